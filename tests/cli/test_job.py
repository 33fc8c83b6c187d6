"""`smartbill job` and `smartbill ticket`: what they tell, who may do what, and how they end."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from smartbill.apps.archive.models import DocumentKey
from smartbill.apps.audit.models import Entry
from smartbill.apps.events.models import Change
from smartbill.apps.intake.models import FindingCount, Job
from smartbill.apps.messaging.models import Message
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.core.states.job import JobState
from smartbill.core.tickets.agents import known_agent
from smartbill.core.tickets.steps import Step
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.jobs import NoSuchJob, company_of_job, overview
from smartbill.usecases.portal.open_ticket import Closed, Guest, OpenTicket, open_ticket
from smartbill.usecases.support_link import support_link
from tests.cli.calling import Smartbill
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, JobMade, mailed_bills, make_job

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
GUEST = Guest(client_address="192.0.2.1", user_agent="Browser", agent=known_agent("Mozilla/5.0 Firefox/140.0"))


def make_batch(job: JobMade, company_id: int, kind: str, state: str, message_states: list[str]) -> None:
    """A batch of this job with a message in each of these states, on its first bills."""
    with company(company_id):
        batch = Batch.objects.create(
            company_id=company_id, job_id=job.id, kind=kind, state=state, created_by="x@acme.example", created_at=NOW
        )
        for n, message_state in enumerate(message_states):
            ticket = Ticket.objects.create(
                company_id=company_id, batch=batch, bill_id=job.bill_ids[n], channel="email",
                address=f"c{n}@clienti.example", address_hash=bytes([n]) * 32, language="it", nonce=n, created_at=NOW,
                validity_days=90,
            )  # fmt: skip
            Message.objects.create(
                company_id=company_id, ticket=ticket, batch=batch, channel="email", state=message_state,
                reference=f"00000000-0000-4000-8000-{batch.pk:06d}{n:06d}",
            )  # fmt: skip


def test_a_job_is_told_with_its_findings_and_batches(acme: CompanyFixture, smartbill: Smartbill) -> None:
    job = make_job(acme.id, mailed_bills(3))
    with company(acme.id):
        for block, code, level, count in ((0, "WRN-410", "warning", 2), (1, "WRN-410", "warning", 3)):
            FindingCount.objects.create(
                company_id=acme.id, job_id=job.id, block=block, code=code, level=level, count=count
            )
    make_batch(job, acme.id, "test", "done", ["submitted"])
    make_batch(job, acme.id, "mass", "sending", ["submitted", "submitted", "queued"])
    assert json.loads(smartbill("job", "show", "acme_2026_1", "--json")) == {
        "code": "ACME_2026_1",
        "stage": "sending",
        "bills": 3,
        "refused": 0,
        "findings": {"WRN-410": 5},
        "refused_amount": "0.00",
        "skipped": 0,
        "reading": None,
        "checks": {},
        "checks_pending": False,
        "batches": [
            {"kind": "test", "state": "done", "tickets": 1, "states": {"submitted": 1}},
            {"kind": "mass", "state": "sending", "tickets": 3, "states": {"queued": 1, "submitted": 2}},
        ],
    }


def test_jobs_are_listed_newest_first_over_all_companies_or_one(
    acme: CompanyFixture, hydra: CompanyFixture, smartbill: Smartbill
) -> None:
    make_job(acme.id, mailed_bills(1), number=1)
    make_job(acme.id, [BillPlan(number="11"), BillPlan(number="12")], number=2)
    make_job(hydra.id, mailed_bills(3), code="HYDRA")
    every = [json.loads(line) for line in smartbill("job", "list", "--json").splitlines()]
    assert [(job["code"], job["bills"]) for job in every] == [
        ("ACME_2026_2", 2),
        ("ACME_2026_1", 1),
        ("HYDRA_2026_1", 3),
    ]
    (only,) = (json.loads(line) for line in smartbill("job", "list", "--company", "hydra", "--json").splitlines())
    assert (only["code"], only["stage"]) == ("HYDRA_2026_1", "published")


def test_a_job_is_found_in_its_company_alone(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    make_job(acme.id, mailed_bills(1))
    assert company_of_job("ACME_2026_1").id == acme.id
    assert company_of_job("ACME_2026_1", "ACME").id == acme.id
    with pytest.raises(NoSuchJob, match="non è dell'azienda HYDRA"):
        company_of_job("ACME_2026_1", "HYDRA")
    with pytest.raises(NoSuchJob, match="non esiste"):
        company_of_job("senza senso")
    with pytest.raises(NoSuchJob, match="non esiste"):
        overview(hydra.id, "ACME_2026_1")


def test_a_wrong_call_ends_with_2_and_a_refusal_with_1(acme: CompanyFixture, smartbill: Smartbill) -> None:
    make_job(acme.id, mailed_bills(1))
    assert smartbill.failing("job", "show", "ACME_2026_7") == (2, "La lavorazione «ACME_2026_7» non esiste.")
    assert smartbill.failing("job", "withdraw", "ACME_2026_1", "--note", "Prova") == (
        2, "Serve --as E-MAIL: chi agisce.",
    )  # fmt: skip
    assert smartbill.failing("job", "withdraw", "ACME_2026_1", "--as", "nessuno@acme.example") == (
        1, "«nessuno@acme.example» non lavora in questa azienda.",
    )  # fmt: skip
    by_editor = ("--as", "editor@acme.example", "--note", "Prova")
    assert smartbill.failing("job", "withdraw", "ACME_2026_1", *by_editor) == (
        1, "Il suo ruolo non consente di ritirare una lavorazione.",
    )  # fmt: skip


def test_a_job_is_withdrawn_from_the_command_line(acme: CompanyFixture, smartbill: Smartbill) -> None:
    make_job(acme.id, mailed_bills(1))
    told = smartbill("job", "withdraw", "ACME_2026_1", "--as", "Manager@acme.example", "--note", "Letture errate")
    assert told == "ACME_2026_1: withdrawn\n"
    with company(acme.id):
        (entry,) = Entry.objects.all()
    assert (entry.actor, entry.role, entry.subject, entry.note) == (
        "manager@acme.example", "manager", "job ACME_2026_1", "Letture errate",
    )  # fmt: skip


def test_single_bills_and_substitutions_from_the_command_line(acme: CompanyFixture, smartbill: Smartbill) -> None:
    make_job(acme.id, mailed_bills(2))
    by_manager, by_operator = ("--as", "manager@acme.example"), ("--as", "operator@acme.example")
    assert smartbill.failing("job", "withdraw-bill", "ACME_2026_1", "A/7", *by_manager, "--note", "Prova") == (
        1, "Il documento «A/7» non è tra le bollette in vigore di ACME_2026_1.",
    )  # fmt: skip
    told = smartbill("job", "withdraw-bill", "ACME_2026_1", "A/2", *by_manager, "--note", "Intestatario errato")
    assert told == "ACME_2026_1: published\n"
    assert smartbill("job", "replace", "ACME_2026_1", *by_operator, "--note", "Letture") == told
    assert smartbill("job", "replace", "ACME_2026_1", "--close", *by_operator) == told
    with company(acme.id):
        acts = list(Entry.objects.order_by("id").values_list("act", "note"))
        assert DocumentKey.objects.get().bill.display_number == "A/1"
    assert acts == [
        ("withdraw_bill", "A/2: Intestatario errato"),
        ("open_replacement", "tutte le bollette: Letture"),
        ("close_replacement", ""),
    ]
    assert smartbill.failing("job", "accept", "ACME_2026_1", "double", *by_manager, "--note", "x") == (
        1, "Il controllo non ha trovato nulla in questa lavorazione.",
    )  # fmt: skip
    assert smartbill("job", "report", "ACME_2026_1").startswith('\ufeff"job";"file";"riga"')
    assert json.loads(smartbill("job", "report", "ACME_2026_1", "--json"))["segnalazioni"] == []
    assert smartbill("job", "show", "ACME_2026_1", "--follow").startswith(told)


def token_of(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


def test_a_link_for_support_opens_the_bill_and_counts_nowhere(acme: CompanyFixture, smartbill: Smartbill) -> None:
    make_job(acme.id, mailed_bills(2))
    address = smartbill(
        "ticket", "link", "--job", "ACME_2026_1", "--document", "A/2", "--as", "editor@acme.example",
        "--reason", "Reclamo 7",
    ).strip()  # fmt: skip
    now = datetime.now(UTC)
    with company(acme.id):
        marks = Change.objects.count()
    opened = open_ticket(acme.id, token_of(address), Step.SUMMARY, guest=GUEST, now=now, makes_pdf=True)
    assert isinstance(opened, OpenTicket)
    assert opened.bill.display_number == "A/2"
    assert (
        open_ticket(acme.id, token_of(address), Step.SUMMARY, guest=GUEST, now=now + timedelta(days=8), makes_pdf=True)
        is Closed.EXPIRED
    )
    with company(acme.id):
        assert Change.objects.count() == marks
        (entry,) = Entry.objects.all()
    assert (entry.actor, entry.act, entry.note) == ("editor@acme.example", "support_link", "A/2: Reclamo 7")
    found = overview(acme.id, "ACME_2026_1")
    assert (found.stage, found.batches) == ("published", [])


def test_a_link_for_support_needs_role_reason_and_a_bill_in_force(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    make_job(acme.id, mailed_bills(1))

    def link(actor: object, document: str = "A/1", reason: str = "Reclamo") -> str:
        return support_link(actor, "ACME_2026_1", document, reason=reason, now=NOW)  # type: ignore[arg-type]

    with pytest.raises(NotAllowed):
        link(acme.viewer)
    with pytest.raises(NotPossible, match="motivo"):
        link(acme.editor, reason="  ")
    with pytest.raises(NotPossible, match="A/9"):
        link(acme.editor, document="A/9")
    with pytest.raises(NotPossible, match="non esiste"):
        link(hydra.operator)
    with company(acme.id):
        assert Ticket.objects.count() == 0
    first, second = link(acme.editor), link(acme.editor)
    assert first != second


def test_a_withdrawn_job_gives_no_link(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(1))
    with company(acme.id):
        Job.objects.filter(pk=job.id).update(state=JobState.WITHDRAWN)
    with pytest.raises(NotPossible, match="non è pubblicata"):
        support_link(acme.manager, "ACME_2026_1", "A/1", reason="Reclamo", now=NOW)
