"""Reading tickets."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from msgspec import Struct

from smartbill.apps.tickets.models import Ticket
from smartbill.core.states.batch import COUNTED_KINDS, BatchKind
from smartbill.core.states.job import JobState
from smartbill.core.tickets.views import VisitFact
from smartbill.database.context import current_company


class StoredPdf(Struct, frozen=True):
    digest: str  # the content lies under `<company id>/<digest>`
    size: int


class TicketOpening(Struct, frozen=True, kw_only=True):
    """All that opening a link needs, whether or not it may be opened."""

    ticket_id: int
    nonce: int
    created_at: datetime
    validity_days: int
    valid_until: datetime | None
    revoked_at: datetime | None
    channel: str
    address: str
    language: str
    batch_kind: BatchKind
    job_id: int
    job_state: JobState
    in_force: bool  # the bill is the one that counts for its document
    display_number: str
    document: bytes  # core.bill.document
    pdf: StoredPdf | None


def ticket_opening(ticket_id: int) -> TicketOpening | None:
    """One statement: ticket, batch, job, bill, whether it is in force, its PDF. None when there is no such ticket."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id, t.nonce, t.created_at, t.validity_days, t.valid_until, t.revoked_at, t.channel, t.address,
                      t.language, b.kind, j.id, j.state, k.id IS NOT NULL, a.display_number, a.document,
                      f.digest, f.size
               FROM tickets_ticket t
               JOIN tickets_batch b ON b.id = t.batch_id
               JOIN archive_bill a ON a.id = t.bill_id
               JOIN intake_job j ON j.id = a.job_id
               LEFT JOIN archive_documentkey k ON k.bill_id = a.id
               LEFT JOIN archive_billfile f ON f.bill_id = a.id AND f.kind = 'pdf' AND f.n = (
                   SELECT min(g.n) FROM archive_billfile g WHERE g.bill_id = a.id AND g.kind = 'pdf')
               WHERE t.id = %s""",
            [ticket_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return TicketOpening(
        ticket_id=row[0],
        nonce=row[1],
        created_at=row[2],
        validity_days=row[3],
        valid_until=row[4],
        revoked_at=row[5],
        channel=row[6],
        address=row[7],
        language=row[8],
        batch_kind=BatchKind(row[9]),
        job_id=row[10],
        job_state=JobState(row[11]),
        in_force=row[12],
        display_number=row[13],
        document=bytes(row[14]),
        pdf=StoredPdf(row[15], row[16]) if row[15] is not None else None,
    )


def visits_of(job_id: int, ticket_ids: list[int] | None, *, chunk: int) -> Iterator[dict[int, list[VisitFact]]]:
    """The visits of these tickets (None: of all counted tickets of the job), by ticket, so many tickets at once.

    Tickets that nobody fetched are left out.
    """
    for ids in _chunks(job_id, ticket_ids, chunk):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ticket_id, at, step, visitor, machine FROM tickets_visit WHERE ticket_id = ANY(%s)", [ids]
            )
            found: dict[int, list[VisitFact]] = {}
            for ticket_id, at, step, visitor, machine in cursor:
                found.setdefault(ticket_id, []).append(VisitFact(at, step, visitor, machine))
        if found:
            yield found


def _chunks(job_id: int, ticket_ids: list[int] | None, chunk: int) -> Iterator[list[int]]:
    if ticket_ids is not None:
        yield from (ticket_ids[start : start + chunk] for start in range(0, len(ticket_ids), chunk))
        return
    last = 0
    tickets = Ticket.objects.filter(
        company_id=current_company(), batch__job_id=job_id, batch__kind__in=sorted(COUNTED_KINDS)
    ).order_by("id")
    while ids := list(tickets.filter(id__gt=last).values_list("id", flat=True)[:chunk]):
        yield ids
        last = ids[-1]
