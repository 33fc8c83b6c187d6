"""From what the stages wrote to the figures: what counts, what does not, and that counting again gives the same."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from smartbill.apps.events.models import Change
from smartbill.apps.events.operations import mark_job, mark_tickets
from smartbill.apps.intake.models import Job
from smartbill.apps.messaging.models import Message
from smartbill.apps.reporting.models import JobFact, TicketRow
from smartbill.apps.reporting.queries import (
    Emission,
    Month,
    OfJob,
    TicketFilters,
    Year,
    emissions_counted,
    statistics_of,
    tickets_counted,
    tickets_found,
    years_counted,
)
from smartbill.apps.tickets.models import Batch, Ticket, Visit
from smartbill.core.states.batch import BatchKind
from smartbill.core.states.message import MessageState
from smartbill.core.tickets.steps import Step
from smartbill.core.tickets.token import new_nonce
from smartbill.database.context import company
from smartbill.usecases.counting.count import count_job, count_marked, rebuild_company
from tests.conftest import CompanyFixture
from tests.factories import JobMade, mailed_bills, make_job

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    job: JobMade
    ticket_ids: list[int]


def send(
    fixture: CompanyFixture,
    states: list[MessageState],
    *,
    kind: BatchKind = BatchKind.MASS,
    at: datetime = NOON,
    number: int = 1,
) -> Sent:
    """A job with one ticket and message per state, as sending leaves them."""
    plans = mailed_bills(10 * number + len(states))[10 * number :] if number > 1 else mailed_bills(len(states))
    job = make_job(fixture.id, plans, number=number, code=fixture.code)
    with company(fixture.id):
        batch = Batch.objects.create(
            company_id=fixture.id, job_id=job.id, kind=kind, state="done", created_by="x", created_at=at
        )
        ticket_ids = []
        for n, (bill_id, state) in enumerate(zip(job.bill_ids, states, strict=True)):
            ticket = Ticket.objects.create(
                company_id=fixture.id, batch=batch, bill_id=bill_id, channel="email",
                address=f"Cliente{n}@clienti.example", address_hash=b"x" * 32, language="it", nonce=new_nonce(),
                created_at=at, validity_days=15, valid_until=at + timedelta(days=15),
            )  # fmt: skip
            Message.objects.create(
                company_id=fixture.id, ticket=ticket, batch=batch, channel="email", reference=uuid4(), state=state
            )
            ticket_ids.append(ticket.pk)
        mark_job(job.id)
    return Sent(job, ticket_ids)


def visit(fixture: CompanyFixture, sent: Sent, ticket_id: int, *steps: str, machine: bool = False) -> None:
    with company(fixture.id):
        with connection.cursor() as cursor:
            for n, step in enumerate(steps):
                cursor.execute(
                    """INSERT INTO tickets_visit (company_id, at, ticket_id, step, visitor, machine, agent)
                       VALUES (%s, %s, %s, %s, 7, %s, 'x')""",
                    [fixture.id, NOON + timedelta(seconds=n), ticket_id, step, machine],
                )
        mark_tickets(sent.job.id, [ticket_id])


def test_states_views_and_downloads_are_counted(acme: CompanyFixture) -> None:
    sent = send(acme, [MessageState.SUBMITTED, MessageState.DELIVERED, MessageState.FAILED, MessageState.S2S_ERROR])
    visit(acme, sent, sent.ticket_ids[1], Step.SUMMARY, Step.BEACON, Step.PDF)
    visit(acme, sent, sent.ticket_ids[0], Step.SUMMARY, machine=True)
    assert count_marked() == 1
    with company(acme.id):
        found = statistics_of(Year(2026))
        email = found.channels["email"]
        assert (found.total, found.viewed, found.viewed_share) == (4, 1, "50.00")
        assert (email.errors, email.errors_share, email.s2s) == (2, "50.00", 1)
        assert email.states == {"DLVRD": 1, "ERROR": 1, "TIMEOUT": 0, "S2S": 1, "PENDING": 1}
        rows = {row.ticket_id: row for row in TicketRow.objects.all()}
        opened, fetched = rows[sent.ticket_ids[1]], rows[sent.ticket_ids[0]]
        assert (opened.viewed, opened.views, opened.downloads, opened.machine_fetches) == (True, 1, 1, 0)
        assert (fetched.viewed, fetched.views, fetched.machine_fetches) == (False, 0, 1)
        assert Change.objects.count() == 0


def test_counting_again_changes_nothing(acme: CompanyFixture) -> None:
    sent = send(acme, [MessageState.DELIVERED] * 3)
    visit(acme, sent, sent.ticket_ids[0], Step.SUMMARY, Step.AMOUNTS)
    count_marked()

    def stored() -> tuple[list[object], list[object]]:
        with company(acme.id):
            return (
                list(TicketRow.objects.order_by("ticket_id").values()),
                list(JobFact.objects.order_by("viewed").values("day", "state", "viewed", "tickets")),
            )

    before = stored()
    assert rebuild_company(acme.id) == 1
    assert stored() == before
    assert count_marked() == 0


def test_a_late_receipt_mends_the_month_of_its_ticket(acme: CompanyFixture) -> None:
    sent = send(acme, [MessageState.SUBMITTED])
    count_marked()
    with company(acme.id):
        Message.objects.update(state=MessageState.DELIVERED)
        mark_tickets(sent.job.id, sent.ticket_ids)
    count_marked()
    with company(acme.id):
        assert statistics_of(Month(2026, 3)).channels["email"].states["DLVRD"] == 1
        assert statistics_of(Month(2026, 4)).total == 0


@pytest.mark.parametrize("kind", [BatchKind.TEST])
def test_test_batches_never_count(acme: CompanyFixture, kind: BatchKind) -> None:
    sent = send(acme, [MessageState.DELIVERED], kind=kind)
    visit(acme, sent, sent.ticket_ids[0], Step.SUMMARY, Step.BEACON)
    count_marked()
    with company(acme.id):
        assert statistics_of(Year(2026)).total == 0
        assert TicketRow.objects.count() == 0


def test_the_day_is_that_of_rome(acme: CompanyFixture) -> None:
    send(acme, [MessageState.DELIVERED], at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    count_marked()
    with company(acme.id):
        assert (statistics_of(Year(2026)).total, statistics_of(Year(2027)).total) == (0, 1)
        assert years_counted() == [2027]


def test_periods_by_emission_and_job(acme: CompanyFixture) -> None:
    send(acme, [MessageState.DELIVERED], number=1)
    second = send(acme, [MessageState.DELIVERED] * 2, number=2)
    with company(acme.id):
        Job.objects.filter(pk=second.job.id).update(label="2026_27")
    count_marked()
    with company(acme.id):
        assert statistics_of(Emission(2026, "2026_27")).total == 2
        assert statistics_of(Emission(2026, "ACME_2026_1")).total == 1
        assert statistics_of(OfJob("ACME_2026_2")).total == 2
        assert statistics_of(OfJob("ACME_2026_9")).total == 0
        assert emissions_counted(2026) == ["2026_27", "ACME_2026_1"]


def test_another_company_sees_nothing(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    send(acme, [MessageState.DELIVERED])
    count_marked()
    with company(hydra.id):
        assert statistics_of(Year(2026)).total == 0
        assert tickets_found(TicketFilters(), now=NOON).rows == []


def test_a_job_being_counted_is_left_to_whoever_counts_it(acme: CompanyFixture) -> None:
    sent = send(acme, [MessageState.DELIVERED])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(7306002, hashint8(%s))", [sent.job.id])
        assert count_job(acme.id, sent.job.id) is False
    assert count_job(acme.id, sent.job.id) is True


@pytest.fixture
def found(acme: CompanyFixture) -> CompanyFixture:
    sent = send(acme, [MessageState.DELIVERED, MessageState.S2S_ERROR, MessageState.SUBMITTED])
    visit(acme, sent, sent.ticket_ids[0], Step.SUMMARY, Step.BEACON, Step.PDF)
    count_marked()
    return acme


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (TicketFilters(), ["3", "2", "1"]),
        (TicketFilters(channel="email"), ["3", "2", "1"]),
        (TicketFilters(channel="sms"), []),
        (TicketFilters(state="S2S"), ["2"]),
        (TicketFilters(s2s=True), ["2"]),
        (TicketFilters(s2s=False), ["3", "1"]),
        (TicketFilters(viewed=True), ["1"]),
        (TicketFilters(viewed=False), ["3", "2"]),
        (TicketFilters(downloaded=True), ["1"]),
        (TicketFilters(downloaded=False), ["3", "2"]),
        (TicketFilters(paid=True), []),
        (TicketFilters(valid=True), ["3", "2", "1"]),
        (TicketFilters(valid=False), []),
        (TicketFilters(number="2"), ["2"]),
        (TicketFilters(address="CLIENTE1@clienti.example"), ["2"]),
        (TicketFilters(address="cliente"), ["3", "2", "1"]),
        (TicketFilters(address="nessuno"), []),
        (TicketFilters(ticket_date=NOON.date()), ["3", "2", "1"]),
        (TicketFilters(ticket_date=NOON.date() + timedelta(days=1)), []),
        (TicketFilters(job_code="ACME_2026_1", issue_year=2026), ["3", "2", "1"]),
        (TicketFilters(job_code="HYDRA_2026_1"), []),
    ],
)
def test_filters(found: CompanyFixture, filters: TicketFilters, numbers: list[str]) -> None:
    with company(found.id):
        assert [row.number for row in tickets_found(filters, now=NOON).rows] == numbers
        assert tickets_counted(filters, now=NOON) == len(numbers)


def test_a_number_is_found_by_its_last_digits(acme: CompanyFixture) -> None:
    send(acme, [MessageState.DELIVERED])
    with company(acme.id):
        Ticket.objects.update(address="+393283208005", channel="sms")
    count_marked()
    with company(acme.id):
        for asked, expected in (("+393283208005", 1), ("8005", 1), ("328 3208005", 1), ("8006", 0)):
            assert tickets_found(TicketFilters(address=asked), now=NOON).total == expected


def test_pages_go_forth_and_back(acme: CompanyFixture) -> None:
    send(acme, [MessageState.DELIVERED] * 5)
    count_marked()
    with company(acme.id):
        first = tickets_found(TicketFilters(), now=NOON, size=2)
        assert ([row.number for row in first.rows], first.total, first.previous) == (["5", "4"], 5, None)
        second = tickets_found(TicketFilters(), now=NOON, size=2, after=first.next)
        assert [row.number for row in second.rows] == ["3", "2"]
        third = tickets_found(TicketFilters(), now=NOON, size=2, after=second.next)
        assert ([row.number for row in third.rows], third.next) == (["1"], None)
        back = tickets_found(TicketFilters(), now=NOON, size=2, before=third.previous)
        assert [row.number for row in back.rows] == ["3", "2"]
        start = tickets_found(TicketFilters(), now=NOON, size=2, before=back.previous)
        assert ([row.number for row in start.rows], start.previous) == (["5", "4"], None)


def test_visits_keep_no_address(acme: CompanyFixture) -> None:
    assert {field.name for field in Visit._meta.concrete_fields} == {
        "id", "at", "company", "ticket_id", "step", "visitor", "machine", "agent",
    }  # fmt: skip
