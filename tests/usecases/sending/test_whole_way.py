"""From test batch to handed-over messages, with a real mail server."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.events.models import Change
from smartbill.apps.messaging.models import Message, Try
from smartbill.apps.messaging.queries import state_counts
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.apps.tickets.queries import batch_facts, mass_batch
from smartbill.core.company.documents import Access, EmailText, Intake, Senders, Texts
from smartbill.core.states.job import JobState, Stage, stage
from smartbill.core.tickets.token import open_token, same_nonce, ticket_keys
from smartbill.database.context import company
from smartbill.standins.mailbox import text_of
from smartbill.usecases.actor import Actor, NotAllowed, NotPossible
from smartbill.usecases.sending.approval import approve, refuse
from smartbill.usecases.sending.start import start_sending
from smartbill.usecases.sending.test_batch import send_test_batch
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, ContactPlan, JobMade, mailed_bills, make_job
from tests.smtp_standin import SmtpStandIn
from tests.usecases.sending.conftest import RunTasks

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LINK = re.compile(r"http://localhost:8000/c/ACME/t/([0-9A-Za-z]{22})\n")


def job_stage(acme: CompanyFixture, job: JobMade) -> Stage:
    with company(acme.id):
        return stage(JobState.PUBLISHED, batch_facts([job.id])[job.id])


def job_ready(acme: CompanyFixture, run_tasks: RunTasks, count: int = 3) -> JobMade:
    job = make_job(acme.id, mailed_bills(count))
    send_test_batch(acme.editor, job.code, now=NOW, addresses=["prova@acme.example"], bill_ids=job.bill_ids[:1])
    run_tasks()
    return job


def test_a_job_goes_from_test_to_done(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    with company(acme.id):
        publish_settings(
            Senders(email_address="bollette@acme.example", email_name='Acme "Energia"'), by="x@acme.example", now=NOW
        )
        texts = Texts(email={"it": EmailText(subject="{azienda}: {numero}")})
        version = publish_settings(texts, by="x@acme.example", now=NOW)
    job = make_job(acme.id, mailed_bills(45))
    assert job_stage(acme, job) is Stage.PUBLISHED

    send_test_batch(acme.editor, job.code, now=NOW, addresses=["Prova@acme.example"], bill_ids=job.bill_ids[:2])
    assert job_stage(acme, job) is Stage.TESTING
    run_tasks()
    assert job_stage(acme, job) is Stage.TESTED
    assert [(mail.recipient, mail.subject) for mail in fast.received()] == [
        ("Prova@acme.example", "[PROVA] Acme Energia: A/1"),
        ("Prova@acme.example", "[PROVA] Acme Energia: A/2"),
    ]
    with company(acme.id):
        assert Change.objects.count() == 0  # test batches are never counted

    approve(acme.manager, job.code, note="visto", now=NOW)
    assert job_stage(acme, job) is Stage.APPROVED
    run_tasks()
    assert len(fast.received()) == 2

    start_sending(acme.operator, job.code, now=NOW)
    assert job_stage(acme, job) is Stage.SENDING
    run_tasks()
    assert job_stage(acme, job) is Stage.DONE

    mails = fast.received("@clienti.example")
    assert sorted(mail.recipient for mail in mails) == sorted(f"cliente{n}@clienti.example" for n in range(1, 46))
    assert {(mail.sender, mail.envelope_sender) for mail in mails} == {
        ('"Acme \\"Energia\\"" <bollette@acme.example>', "bollette@acme.example")
    }
    with company(acme.id):
        messages = {str(message.reference): message for message in Message.objects.filter(batch__kind="mass")}
        assert {mail.message_id for mail in mails} == {f"<{reference}@localhost>" for reference in messages}
        assert {message.texts_version for message in messages.values()} == {version}
        assert state_counts(Batch.objects.get(kind="mass").pk) == {"submitted": 45}
        for ticket in Ticket.objects.filter(batch__kind="mass").select_related("message"):
            assert ticket.valid_until is not None
            handed_over = ticket.valid_until - timedelta(days=15)
            assert abs((handed_over - ticket.message.submitted_at).total_seconds()) < 5
        assert Try.objects.filter(outcome="accepted").count() == 47
        assert set(Change.objects.values_list("job_id", flat=True)) == {job.id}
        acts = list(Entry.objects.order_by("id").values_list("act", "actor", "role", "subject"))
        assert acts == [
            ("send_test_batch", "editor@acme.example", "editor", f"job {job.code}"),
            ("approve_job", "manager@acme.example", "manager", f"job {job.code}"),
            ("start_sending", "operator@acme.example", "operator", f"job {job.code}"),
        ]


def test_every_link_opens_its_own_ticket(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    job_ready(acme, run_tasks, count=1)
    found = fast.mailbox.mail(fast.received()[0].id)
    assert found is not None
    [token] = LINK.findall(text_of(found[1], "plain"))
    assert text_of(found[1], "html").count(token) == 1
    reference = open_token(token, ticket_keys(settings.SMARTBILL.secret_keys))
    with company(acme.id):
        ticket = Ticket.objects.get()
    assert reference is not None
    assert reference.ticket_id == ticket.pk
    assert same_nonce(reference.nonce, ticket.nonce)


def test_a_test_batch_goes_to_the_staff_by_itself(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    job = make_job(acme.id, mailed_bills(2))
    send_test_batch(acme.editor, job.code, now=NOW)
    run_tasks()
    roles = ("editor", "manager", "operator", "viewer")
    assert sorted(mail.recipient for mail in fast.received()) == sorted(f"{role}@acme.example" for role in roles * 2)


@pytest.mark.parametrize(
    ("act", "actor"),
    [
        ("test", "viewer"),
        *(("approve", role) for role in ("viewer", "editor", "operator")),
        *(("refuse", role) for role in ("viewer", "editor", "operator")),
        *(("start", role) for role in ("viewer", "editor", "manager")),
    ],
)
def test_roles(acme: CompanyFixture, act: str, actor: str) -> None:
    job = make_job(acme.id, mailed_bills(1))
    person: Actor = getattr(acme, actor)
    acts = {
        "test": lambda: send_test_batch(person, job.code, now=NOW),
        "approve": lambda: approve(person, job.code, note="", now=NOW),
        "refuse": lambda: refuse(person, job.code, note="no", now=NOW),
        "start": lambda: start_sending(person, job.code, now=NOW),
    }
    with pytest.raises(NotAllowed):
        acts[act]()
    with company(acme.id):
        assert Entry.objects.count() == 0
        assert Batch.objects.count() == 0


def test_nothing_goes_without_a_test_batch_and_a_go_ahead(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks
) -> None:
    job = make_job(acme.id, mailed_bills(1))
    with pytest.raises(NotPossible, match="lotto di prova"):
        approve(acme.manager, job.code, note="", now=NOW)
    with pytest.raises(NotPossible, match="Manca il benestare"):
        start_sending(acme.operator, job.code, now=NOW)
    send_test_batch(acme.editor, job.code, now=NOW)
    with pytest.raises(NotPossible, match="lotto di prova"):
        approve(acme.manager, job.code, note="", now=NOW)  # not yet sent
    run_tasks()
    with pytest.raises(NotPossible, match="motivo"):
        refuse(acme.manager, job.code, note=" ", now=NOW)
    refuse(acme.manager, job.code, note="logo sbagliato", now=NOW)
    with pytest.raises(NotPossible, match="Manca il benestare"):
        start_sending(acme.operator, job.code, now=NOW)


def test_a_go_ahead_taken_back_can_be_given_again(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    job = job_ready(acme, run_tasks)
    approve(acme.manager, job.code, note="", now=NOW)
    with pytest.raises(NotPossible, match="già stato dato"):
        approve(acme.manager, job.code, note="", now=NOW)
    refuse(acme.manager, job.code, note="aspettiamo", now=NOW)
    assert job_stage(acme, job) is Stage.TESTED
    with pytest.raises(NotPossible, match="Manca il benestare"):
        start_sending(acme.operator, job.code, now=NOW)
    approve(acme.manager, job.code, note="", now=NOW)
    start_sending(acme.operator, job.code, now=NOW)
    with pytest.raises(NotPossible, match="già stato avviato"):
        start_sending(acme.operator, job.code, now=NOW)
    with pytest.raises(NotPossible, match="già iniziato"):
        refuse(acme.manager, job.code, note="tardi", now=NOW)
    run_tasks()
    assert job_stage(acme, job) is Stage.DONE
    with company(acme.id):
        batch = mass_batch(job.id)
        assert batch is not None
        assert list(batch.job.approvals.order_by("n").values_list("n", "approved", "note")) == [
            (1, True, ""),
            (2, False, "aspettiamo"),
            (3, True, ""),
        ]


def test_four_eyes(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    with company(acme.id):
        publish_settings(Intake(four_eyes=True), by="x@acme.example", now=NOW)
    job = make_job(acme.id, mailed_bills(1))
    send_test_batch(acme.manager, job.code, now=NOW)
    run_tasks()
    with pytest.raises(NotPossible, match="un'altra persona"):
        approve(acme.manager, job.code, note="", now=NOW)
    send_test_batch(acme.editor, job.code, now=NOW)
    run_tasks()
    approve(acme.manager, job.code, note="", now=NOW)


def test_the_manager_of_a_company_that_is_its_own_operator_starts(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks
) -> None:
    job = job_ready(acme, run_tasks)
    own = Actor(company_id=acme.id, email="manager@acme.example", role=acme.manager.role, own_operator=True)
    approve(own, job.code, note="", now=NOW)
    start_sending(own, job.code, now=NOW)


def test_a_trial_flow_never_reaches_customers(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    job = make_job(acme.id, mailed_bills(1), test_flow=True)
    send_test_batch(acme.editor, job.code, now=NOW)
    run_tasks()
    for act in (
        lambda: approve(acme.manager, job.code, note="", now=NOW),
        lambda: start_sending(acme.operator, job.code, now=NOW),
    ):
        with pytest.raises(NotPossible, match="flusso di prova"):
            act()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"addresses": ["non-un-indirizzo"]}, "Indirizzo e-mail non valido: non-un-indirizzo"),
        ({"addresses": []}, "Indichi almeno un indirizzo e-mail"),
        ({"addresses": [f"a{n}@acme.example" for n in range(31)]}, "al massimo a 30 indirizzi"),
        ({"bill_ids": []}, "Scelga almeno una bolletta"),
        ({"bill_ids": [999]}, "non sono in vigore"),
        ({"bill_ids": list(range(21))}, "al massimo 20 bollette"),
    ],
)
def test_a_test_batch_that_makes_no_sense_is_refused(acme: CompanyFixture, asked: dict[str, list], said: str) -> None:  # type: ignore[type-arg]
    job = make_job(acme.id, mailed_bills(1))
    with pytest.raises(NotPossible, match=said):
        send_test_batch(acme.editor, job.code, now=NOW, **asked)
    with pytest.raises(NotPossible, match="non esiste"):
        send_test_batch(acme.editor, "ACME_2026_99", now=NOW)


def test_another_companys_job_does_not_exist(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(1))
    with pytest.raises(NotPossible, match="non esiste"):
        send_test_batch(hydra.editor, job.code, now=NOW, bill_ids=job.bill_ids)
    other = make_job(hydra.id, mailed_bills(1), code="HYDRA")
    with pytest.raises(NotPossible, match="non sono in vigore"):
        send_test_batch(hydra.editor, other.code, now=NOW, bill_ids=job.bill_ids)


def test_the_language_is_the_customers_where_the_company_has_it(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks
) -> None:
    with company(acme.id):
        publish_settings(Access(languages=("it", "de"), validity_days=30), by="x", now=NOW)
        texts = Texts(email={"it": EmailText(), "de": EmailText(subject="Rechnung {numero}")})
        publish_settings(texts, by="x", now=NOW)
    plans = [
        BillPlan(number=str(n), language=language, contacts=[ContactPlan(address=f"{language}@clienti.example")])
        for n, language in enumerate(("de", "fr"), 1)
    ]
    job = make_job(acme.id, plans)
    send_test_batch(acme.editor, job.code, now=NOW)
    run_tasks()
    approve(acme.manager, job.code, note="", now=NOW)
    start_sending(acme.operator, job.code, now=NOW)
    run_tasks()
    assert sorted((mail.recipient, mail.subject) for mail in fast.received("@clienti.example")) == [
        ("de@clienti.example", "Rechnung A/1"),
        ("fr@clienti.example", "Acme Energia: la bolletta A/2 è disponibile"),
    ]
    with company(acme.id):
        assert set(Ticket.objects.values_list("language", "validity_days")) == {("de", 30), ("it", 30)}
