"""Bills that come again with another content, and single bills that are withdrawn: keys, links, messages, figures."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from smartbill.apps.archive.models import Bill, DocumentKey, ReplacedBill, Replacement, WithdrawnBill
from smartbill.apps.audit.models import Entry
from smartbill.apps.events.models import Change
from smartbill.apps.intake.models import Job
from smartbill.apps.messaging.models import Message
from smartbill.apps.reporting.models import TicketRow
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.core.states.job import JobState
from smartbill.core.tickets.agents import known_agent
from smartbill.core.tickets.steps import Step
from smartbill.core.tickets.token import make_token, new_nonce, ticket_keys
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.checks import checks_found
from smartbill.usecases.counting.count import count_marked
from smartbill.usecases.intake.bills import close_replacements, open_replacement, withdraw_bill
from smartbill.usecases.intake.decide import take_held, withdraw
from smartbill.usecases.intake.publishing import tidy_job
from smartbill.usecases.portal.open_ticket import Closed, Guest, OpenTicket, open_ticket
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import NOW, counted, life, sample
from tests.worker import run_tasks

GUEST = Guest(client_address="192.0.2.1", user_agent="Browser", agent=known_agent("Mozilla/5.0 Firefox/140.0"))


def corrected(owner: CompanyFixture, folder: Path, n: int = 2) -> Job:
    """The same documents with other contents, in a flow of their own."""
    return life(owner, sample(owner, seed=n, flow_id=f"ACME-2026-9{n}"), folder)


def some_bill(owner: CompanyFixture, job: Job) -> Bill:
    with company(owner.id):
        return Bill.objects.filter(job=job).order_by("id")[0]


def ticket_of(owner: CompanyFixture, job: Job, bill: Bill, *, state: str = "queued", n: int = 0) -> Ticket:
    with company(owner.id):
        batch, _ = Batch.objects.get_or_create(
            company_id=owner.id, job=job, kind="mass",
            defaults={"state": "sending", "created_by": "x", "created_at": NOW, "started_at": NOW},
        )  # fmt: skip
        ticket = Ticket.objects.create(
            company_id=owner.id, batch=batch, bill=bill, channel="email", address=f"a{n}@clienti.example",
            address_hash=bytes([n]) * 32, language="it", nonce=new_nonce(), created_at=NOW, validity_days=15,
        )  # fmt: skip
        Message.objects.create(
            company_id=owner.id, ticket=ticket, batch=batch, channel="email", own=state, state=state,
            reference=f"00000000-0000-4000-8000-{batch.pk:06d}{n:06d}",
        )  # fmt: skip
        return ticket


def opened(owner: CompanyFixture, ticket: Ticket) -> OpenTicket | Closed:
    token = make_token(ticket.pk, ticket.nonce, ticket_keys(settings.SMARTBILL.secret_keys))
    return open_ticket(owner.id, token, Step.SUMMARY, guest=GUEST, now=NOW + timedelta(hours=1), makes_pdf=False)


def message_of(owner: CompanyFixture, ticket: Ticket) -> tuple[str, str]:
    with company(owner.id):
        found = Message.objects.get(ticket=ticket)
        return found.own, found.reason


def in_force(owner: CompanyFixture, job: Job) -> int:
    with company(owner.id):
        return DocumentKey.objects.filter(job=job).count()


def test_without_a_substitution_other_contents_are_refused(acme: CompanyFixture, tmp_path: Path) -> None:
    old = life(acme, sample(acme), tmp_path)
    new = corrected(acme, tmp_path)
    assert (new.state, in_force(acme, old)) == (JobState.REFUSED, 20)
    assert counted(acme, new)["DOC-261"] > 10


def test_a_substitution_moves_the_documents_and_their_links(acme: CompanyFixture, tmp_path: Path) -> None:
    old = life(acme, sample(acme), tmp_path)
    bill = some_bill(acme, old)
    sent, waiting = ticket_of(acme, old, bill, state="submitted"), ticket_of(acme, old, bill, n=1)
    before = opened(acme, sent)
    assert isinstance(before, OpenTicket)
    open_replacement(acme.operator, old.code, note="letture corrette", now=NOW)
    new = corrected(acme, tmp_path)
    assert (new.state, new.bills, new.refused) == (JobState.PUBLISHED, 20, 0)
    assert counted(acme, new)["DOC-263"] == 20
    assert (in_force(acme, old), in_force(acme, new)) == (0, 20)
    after = opened(acme, sent)
    assert isinstance(after, OpenTicket)
    assert after.bill.display_number == before.bill.display_number
    assert after.bill != before.bill
    assert (message_of(acme, sent), message_of(acme, waiting)) == (("submitted", ""), ("cancelled", "replaced"))
    with company(acme.id):
        assert Bill.objects.filter(job=old).count() == 20  # kept, though not in force
        assert ReplacedBill.objects.count() == 20
        visited = set(Change.objects.filter(ticket_id=sent.pk).values_list("job_id", flat=True))
        assert visited == {old.pk}  # a visit counts where its ticket does
    tidy_job(company_id=acme.id, job_id=old.pk)
    with company(acme.id):
        assert Bill.objects.filter(job=old).count() == 20


def test_a_chain_of_substitutions_leads_to_the_last(acme: CompanyFixture, tmp_path: Path) -> None:
    first = life(acme, sample(acme), tmp_path)
    ticket = ticket_of(acme, first, some_bill(acme, first), state="submitted")
    open_replacement(acme.operator, first.code, note="uno", now=NOW)
    second = corrected(acme, tmp_path, 2)
    open_replacement(acme.operator, second.code, note="due", now=NOW)
    third = corrected(acme, tmp_path, 3)
    with company(acme.id):
        assert set(ReplacedBill.objects.values_list("new_bill__job_id", flat=True)) == {third.pk}
    assert isinstance(opened(acme, ticket), OpenTicket)
    withdraw(acme.manager, third.code, "tutto sbagliato", NOW)
    count_marked()
    run_tasks()
    assert opened(acme, ticket) is Closed.WITHDRAWN
    with company(acme.id):
        assert TicketRow.objects.get(ticket_id=ticket.pk).dark


def test_one_document_alone_is_substituted_and_the_substitution_is_over(acme: CompanyFixture, tmp_path: Path) -> None:
    old = life(acme, sample(acme, bills=3), tmp_path)
    bill = some_bill(acme, old)
    open_replacement(acme.operator, old.code, document=bill.display_number, note="una sola", now=NOW)
    new = life(acme, sample(acme, bills=3, seed=2, flow_id="ACME-2026-92"), tmp_path)
    assert (new.state, new.bills, new.refused) == (JobState.HELD, 1, 2)
    take_held(acme.operator, new.code, "le altre restano", NOW)
    run_tasks()
    assert (in_force(acme, old), in_force(acme, new)) == (2, 1)
    with company(acme.id):
        assert ReplacedBill.objects.get().bill_id == bill.pk
        assert Replacement.objects.get().closed_at == NOW


def test_a_substitution_is_closed_and_refuses_again(acme: CompanyFixture, tmp_path: Path) -> None:
    old = life(acme, sample(acme), tmp_path)
    for actor in (acme.viewer, acme.editor, acme.manager):
        with pytest.raises(NotAllowed):
            open_replacement(actor, old.code, note="x", now=NOW)
    for document, note in (("", " "), ("Z/99999", "x")):
        with pytest.raises(NotPossible):
            open_replacement(acme.operator, old.code, document=document, note=note, now=NOW)
    open_replacement(acme.operator, old.code, note="aperta", now=NOW)
    with pytest.raises(NotPossible, match="già aperta"):
        open_replacement(acme.operator, old.code, note="ancora", now=NOW)
    close_replacements(acme.operator, old.code, now=NOW)
    with pytest.raises(NotPossible, match="Nessuna"):
        close_replacements(acme.operator, old.code, now=NOW)
    assert corrected(acme, tmp_path).state == JobState.REFUSED
    assert in_force(acme, old) == 20


def test_only_the_refused_are_delivered_again(acme: CompanyFixture, tmp_path: Path) -> None:
    held = life(acme, sample(acme, faults=("DOC-201",)), tmp_path)
    take_held(acme.operator, held.code, "", NOW)
    run_tasks()
    again = life(acme, sample(acme, flow_id="ACME-2026-77"), tmp_path)
    assert (again.state, again.bills, again.skipped, again.refused) == (JobState.PUBLISHED, 1, 19, 0)
    assert counted(acme, again)["DOC-260"] == 19


def test_a_single_bill_is_withdrawn_and_delivered_again(
    acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path
) -> None:
    job = life(acme, sample(acme), tmp_path)
    bill = some_bill(acme, job)
    ticket = ticket_of(acme, job, bill)
    document = bill.display_number
    with pytest.raises(NotAllowed):
        withdraw_bill(acme.editor, job.code, document, reason="x", now=NOW)
    for actor, number, reason in (
        (acme.manager, document, " "), (acme.manager, "Z/99999", "x"), (hydra.manager, document, "x"),
    ):  # fmt: skip
        with pytest.raises(NotPossible):
            withdraw_bill(actor, job.code, number, reason=reason, now=NOW)
    withdraw_bill(acme.manager, job.code, document, reason="intestatario sbagliato", now=NOW)
    count_marked()
    run_tasks()
    assert opened(acme, ticket) is Closed.WITHDRAWN
    assert message_of(acme, ticket) == ("cancelled", "withdrawn")
    assert in_force(acme, job) == 19
    with company(acme.id):
        row = WithdrawnBill.objects.get()
        assert (row.bill_id, row.by, row.reason) == (bill.pk, "manager@acme.example", "intestatario sbagliato")
        assert TicketRow.objects.get(ticket_id=ticket.pk).dark
        entry = Entry.objects.get(act="withdraw_bill")
        assert (entry.subject, entry.note) == (f"job {job.code}", f"{document}: intestatario sbagliato")
        assert not checks_found(job.pk).lines or checks_found(job.pk).computed_at
    with pytest.raises(NotPossible):
        withdraw_bill(acme.manager, job.code, document, reason="di nuovo", now=NOW)
    again = life(acme, sample(acme, flow_id="ACME-2026-78"), tmp_path)
    assert (again.bills, again.skipped) == (1, 19)
    assert opened(acme, ticket) is Closed.WITHDRAWN  # the new bill has links of its own
