"""Reading tickets: one that is opened, and the batches of a job."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Count
from msgspec import Struct

from smartbill.apps.archive.models import DocumentKey
from smartbill.apps.intake.models import Job
from smartbill.apps.tickets.models import Approval, Batch, Ticket, UnreachedBill
from smartbill.core.states.batch import COUNTED_KINDS, LIVE_STATES, BatchKind, BatchState
from smartbill.core.states.job import BatchFact, JobState
from smartbill.core.tickets.views import VisitFact
from smartbill.database.context import current_company


class StoredPdf(Struct, frozen=True):
    digest: str  # the content lies under `<company id>/<digest>`
    size: int
    made: bool  # by us, from the bill's data


class TicketOpening(Struct, frozen=True, kw_only=True):
    """All that opening a link needs, whether or not it may be opened."""

    ticket_id: int
    bill_id: int
    nonce: int
    created_at: datetime
    validity_days: int
    valid_until: datetime | None
    revoked_at: datetime | None
    channel: str
    address: str
    language: str
    batch_kind: BatchKind
    job_id: int  # of the batch: its figures count the visit
    job_state: JobState  # of the bill shown
    in_force: bool  # the bill is the one that counts for its document
    display_number: str
    document: bytes  # core.bill.document
    pdf: StoredPdf | None


def ticket_opening(ticket_id: int) -> TicketOpening | None:
    """One statement: ticket, batch, job, bill, whether it is in force, its PDF. None when there is no such ticket.

    The link of a bill that was replaced leads to the one in its place.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id, t.nonce, t.created_at, t.validity_days, t.valid_until, t.revoked_at, t.channel, t.address,
                      t.language, b.kind, b.job_id, j.state, k.id IS NOT NULL, a.display_number, a.document,
                      f.digest, f.size, f.kind, a.id
               FROM tickets_ticket t
               JOIN tickets_batch b ON b.id = t.batch_id
               LEFT JOIN archive_replacedbill r ON r.bill_id = t.bill_id
               JOIN archive_bill a ON a.id = coalesce(r.new_bill_id, t.bill_id)
               JOIN intake_job j ON j.id = a.job_id
               LEFT JOIN archive_documentkey k ON k.bill_id = a.id
               LEFT JOIN LATERAL (
                   SELECT g.digest, g.size, g.kind FROM archive_billfile g
                   WHERE g.bill_id = a.id AND g.kind IN ('pdf', 'made') ORDER BY g.kind = 'made', g.n LIMIT 1
               ) f ON true
               WHERE t.id = %s""",
            [ticket_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return TicketOpening(
        ticket_id=row[0],
        bill_id=row[18],
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
        pdf=StoredPdf(row[15], row[16], row[17] == "made") if row[15] is not None else None,
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


def batch_facts(job_ids: Iterable[int]) -> dict[int, list[BatchFact]]:
    """What the stage of these jobs depends on, by job; a job without batches has none."""
    found: dict[int, list[BatchFact]] = {job_id: [] for job_id in job_ids}
    rows = Batch.objects.filter(job_id__in=list(found)).order_by("id")
    for job_id, kind, state, started_at in rows.values_list("job_id", "kind", "state", "started_at"):
        found[job_id].append(BatchFact(BatchKind(kind), BatchState(state), started_at is not None))
    return found


def mass_batch(job_id: int) -> Batch | None:
    return Batch.objects.filter(job_id=job_id, kind=BatchKind.MASS).first()


def last_tested(job_id: int) -> Batch | None:
    """The newest test batch that went out."""
    tests = Batch.objects.filter(job_id=job_id, kind=BatchKind.TEST, state=BatchState.DONE)
    return tests.order_by("-id").first()


def last_approval(job_id: int) -> Approval | None:
    """The one that counts."""
    return Approval.objects.filter(job_id=job_id).order_by("-n").first()


def bills_in_force(job_id: int, bill_ids: Iterable[int]) -> list[int]:
    """Those of the bills that belong to the job and are in force, in order of id."""
    keys = DocumentKey.objects.filter(job_id=job_id, bill_id__in=list(bill_ids))
    return list(keys.order_by("bill_id").values_list("bill_id", flat=True))


def varied_bills(job_id: int, limit: int) -> list[int]:
    """A pick of bills that differ in kind, services, way of payment and size of the amount, in order of id.

    The first of every mixture; mixtures of kind and service come before further amounts; filled up with others.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH mixture AS (
                SELECT min(b.id) AS bill_id, b.kind, b.services, b.direct_debit
                FROM archive_documentkey k JOIN archive_bill b ON b.id = k.bill_id
                WHERE k.job_id = %(job)s
                GROUP BY b.kind, b.services, b.direct_debit, sign(b.total_due),
                         length(greatest(b.total_due, 1)::text)
            ), placed AS (
                SELECT bill_id, row_number() OVER (PARTITION BY kind, services, direct_debit ORDER BY bill_id) AS place
                FROM mixture
            ), further AS (
                SELECT bill_id, NULL::bigint AS place FROM archive_documentkey WHERE job_id = %(job)s
                ORDER BY bill_id LIMIT %(limit)s
            )
            SELECT bill_id FROM (SELECT * FROM placed UNION ALL SELECT * FROM further) picked
            GROUP BY bill_id ORDER BY min(place) NULLS LAST, bill_id LIMIT %(limit)s
            """,
            {"job": job_id, "limit": limit},
        )
        return sorted(row[0] for row in cursor.fetchall())


def tickets_made(batch_id: int) -> int:
    return Ticket.objects.filter(batch_id=batch_id).count()


def unreached_counts(batch_id: int) -> dict[str, int]:
    """Bills of a batch without a ticket, by reason (`UnreachedBill.Reason`)."""
    rows = UnreachedBill.objects.filter(batch_id=batch_id).values_list("reason").annotate(n=Count("id"))
    return dict(rows.order_by("reason"))


def jobs_withdrawn_with_live_batches() -> list[tuple[int, int]]:
    """(company, job); inside `with sweep()`."""
    jobs = Job.objects.filter(state=JobState.WITHDRAWN, batches__state__in=sorted(LIVE_STATES))
    return list(jobs.order_by("id").distinct().values_list("company_id", "id"))


def batches_without_task(state: BatchState, task_name: str, *, before: datetime) -> list[tuple[int, int]]:
    """(company, batch) in this state, started before, that no waiting or running task works on; in `with sweep()`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT b.company_id, b.id FROM tickets_batch b
            WHERE b.state = %s AND b.started_at < %s AND NOT EXISTS (
                SELECT FROM procrastinate_jobs t
                WHERE t.task_name = %s AND t.status IN ('todo', 'doing') AND (t.args->>'batch_id')::bigint = b.id
            ) ORDER BY b.id
            """,
            [state, before, task_name],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]
