"""Batches, the go-ahead, making tickets, and what is fetched by them; in the transaction of the use case."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Max
from msgspec import Struct

from smartbill.apps.tickets.checking import CONTACTS_SUMMED, WHY_UNREACHED
from smartbill.apps.tickets.models import Approval, Batch, Ticket, UnreachedBill
from smartbill.core.ports.channels import Channel
from smartbill.core.states.batch import LIVE_STATES, MOVES, BatchKind, BatchState
from smartbill.core.states.moves import check_move
from smartbill.core.tickets.token import new_nonce
from smartbill.database.context import current_company

_STARTED = frozenset({BatchState.PREPARING, BatchState.SENDING})
_FINISHED = frozenset({BatchState.DONE, BatchState.STOPPED})


def locked_batch(batch_id: int) -> Batch | None:
    return Batch.objects.select_for_update(no_key=True).filter(pk=batch_id).first()


def locked_live_batches(job_id: int) -> list[Batch]:
    """The batches of a job that somebody still works on, or may; one that ends meanwhile is not among them."""
    batches = Batch.objects.select_for_update(no_key=True).filter(job_id=job_id, state__in=sorted(LIVE_STATES))
    return list(batches.order_by("id"))


def create_test_batch(
    *, job_id: int, bill_ids: Sequence[int], addresses: Sequence[str], by: str, now: datetime
) -> Batch:
    return Batch.objects.create(
        company_id=current_company(),
        job_id=job_id,
        kind=BatchKind.TEST,
        state=BatchState.PREPARING,
        created_by=by,
        created_at=now,
        started_at=now,
        bills_chosen=list(bill_ids),
        test_addresses=list(addresses),
    )


def create_mass_batch(*, job_id: int, by: str, now: datetime) -> Batch:
    return Batch.objects.create(
        company_id=current_company(), job_id=job_id, kind=BatchKind.MASS, created_by=by, created_at=now
    )


def add_approval(*, job_id: int, approved: bool, by: str, note: str, now: datetime) -> Approval:
    last = Approval.objects.filter(job_id=job_id).aggregate(last=Max("n"))["last"] or 0
    return Approval.objects.create(
        company_id=current_company(), job_id=job_id, n=last + 1, approved=approved, by=by, at=now, note=note
    )


def move_batch(batch: Batch, new: BatchState, *, now: datetime) -> None:
    """Move a locked batch. Raises MoveNotAllowed."""
    check_move(MOVES, BatchState(batch.state), new)
    batch.state = new
    if new in _STARTED and batch.started_at is None:
        batch.started_at = now
    batch.finished_at = now if new in _FINISHED else None
    batch.save(update_fields=["state", "started_at", "finished_at"])


def start_validity(ticket_ids: Sequence[int], *, at: datetime) -> None:
    """Their messages were handed over: from now on the days of validity count, of 24 hours each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE tickets_ticket SET valid_until = %s + validity_days * interval '24 hours'
               WHERE id = ANY(%s::bigint[])""",
            [at, list(ticket_ids)],
        )


def record_visit(
    *, ticket_id: int, step: str, visitor: int, machine: bool, agent: str, now: datetime, counted_in: int | None
) -> None:
    """Append to the event log of the customer's pages; `counted_in`: the job whose figures the visit changes.

    The mark of `events.operations.mark_tickets`, in the same statement: every page waits for it.
    """
    visit: list[Any] = [current_company(), now, ticket_id, step, visitor, machine, agent]
    with connection.cursor() as cursor:
        if counted_in is None:
            cursor.execute(_VISIT, visit)
        else:
            cursor.execute(_COUNTED_VISIT, [*visit, counted_in])


_VISIT = """
    INSERT INTO tickets_visit (company_id, at, ticket_id, step, visitor, machine, agent)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_COUNTED_VISIT = f"""
    WITH visit AS ({_VISIT} RETURNING company_id, ticket_id)
    INSERT INTO events_change (company_id, job_id, ticket_id) SELECT company_id, %s, ticket_id FROM visit
"""  # noqa: S608 (a constant of ours)


def revoke(ticket_id: int, *, reason: str, now: datetime) -> Ticket | None:
    """Close the ticket for good; None when there is no such ticket, or it is closed already."""
    ticket = (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("batch__job", "bill")
        .defer("bill__document")
        .filter(pk=ticket_id, revoked_at=None)
        .first()
    )
    if ticket is not None:
        ticket.revoked_at = now
        ticket.revocation_reason = reason
        ticket.save(update_fields=["revoked_at", "revocation_reason"])
    return ticket


def make_support_ticket(*, job_id: int, bill_id: int, address: str, validity_days: int, now: datetime) -> Ticket:
    """A ticket by itself, for whoever of the staff has this address: no message, and no part in any figure."""
    batch = Batch.objects.create(
        company_id=current_company(),
        job_id=job_id,
        kind=BatchKind.SUPPORT,
        state=BatchState.DONE,
        created_by=address,
        created_at=now,
        started_at=now,
        finished_at=now,
    )
    return Ticket.objects.create(
        company_id=current_company(),
        batch=batch,
        bill_id=bill_id,
        channel=Channel.EMAIL,
        address=address,
        address_hash=sha256(address.encode()).digest(),
        language="it",
        nonce=new_nonce(),
        created_at=now,
        validity_days=validity_days,
        valid_until=now + timedelta(days=validity_days),
    )


class Reach(Struct, frozen=True, kw_only=True):
    """What a company has settled about reaching its customers."""

    channels: tuple[str, ...]  # usable ones, in the company's order
    languages: tuple[str, ...]
    validity_days: int


#: 64 random bits: a random UUID without its six fixed bits (RFC 9562: those of version and variant).
_NONCE = "('x' || left(random, 8) || substr(random, 10, 4) || right(random, 4))::bit(64)::bigint"


def make_test_tickets(batch: Batch, reach: Reach, *, now: datetime) -> None:
    """One ticket per bill chosen and address of the staff; those that are there already stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO tickets_ticket (company_id, batch_id, bill_id, channel, address, address_hash, language, nonce,
                                        created_at, validity_days, revocation_reason)
            SELECT %(company)s, %(batch)s, bill_id, 'email', address,
                   sha256(convert_to(lower(address), 'UTF8')), language, {_NONCE}, %(now)s, %(days)s, ''
            FROM (
                SELECT b.id AS bill_id, a.address, gen_random_uuid()::text AS random, CASE
                           WHEN b.language = ANY(%(languages)s::text[]) THEN b.language
                           ELSE %(language)s END AS language
                FROM archive_bill b CROSS JOIN unnest(%(addresses)s::text[]) AS a(address)
                WHERE b.id = ANY(%(bills)s::bigint[]) ORDER BY b.id, a.address
            ) chosen
            ON CONFLICT DO NOTHING
            """,  # noqa: S608 (a constant of ours)
            _common(batch, reach, now) | {"bills": batch.bills_chosen, "addresses": batch.test_addresses},
        )


def make_mass_tickets(batch: Batch, reach: Reach, *, after_bill: int, most: int, now: datetime) -> int | None:
    """Tickets of the next bills behind `after_bill`, in order of id: one each, at its first usable contact (R5).

    First the customer's preferred channel when it is usable, then the company's order; on a channel the preferred
    contact, then the most trusted source. A bill without one becomes an UnreachedBill. Returns the last bill looked
    at, or None when there is none left.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT max(bill_id) FROM (
                SELECT bill_id FROM archive_documentkey WHERE job_id = %s AND bill_id > %s ORDER BY bill_id LIMIT %s
            ) slice
            """,
            [batch.job_id, after_bill, most],
        )
        last: int | None = cursor.fetchone()[0]
        if last is None:
            return None
        values = _common(batch, reach, now) | {"job": batch.job_id, "after": after_bill, "last": last}
        cursor.execute(_MASS_TICKETS, values)
        cursor.execute(_UNREACHED, values)
        return last


def bill_prepared_last(batch_id: int) -> int:
    """Where preparing a batch has come to: slices are made whole and in order of the bill's id."""
    tickets = Ticket.objects.filter(batch_id=batch_id).aggregate(last=Max("bill_id"))["last"] or 0
    unreached = UnreachedBill.objects.filter(batch_id=batch_id).aggregate(last=Max("bill_id"))["last"] or 0
    return max(tickets, unreached)


def _common(batch: Batch, reach: Reach, now: datetime) -> dict[str, Any]:
    return {
        "company": current_company(),
        "batch": batch.pk,
        "channels": list(reach.channels),
        "languages": list(reach.languages),
        "language": reach.languages[0] if reach.languages else "it",
        "days": reach.validity_days,
        "now": now,
    }


_MASS_TICKETS = f"""
    INSERT INTO tickets_ticket (company_id, batch_id, bill_id, channel, address, address_hash, language, nonce,
                                created_at, validity_days, revocation_reason)
    SELECT %(company)s, %(batch)s, bill_id, channel, address, address_hash, language, {_NONCE}, %(now)s, %(days)s, ''
    FROM (
        SELECT k.bill_id, c.channel, c.address, c.address_hash, gen_random_uuid()::text AS random,
               CASE WHEN u.language = ANY(%(languages)s::text[]) THEN u.language
                    WHEN b.language = ANY(%(languages)s::text[]) THEN b.language
                    ELSE %(language)s END AS language
        FROM archive_documentkey k
        JOIN archive_bill b ON b.id = k.bill_id
        JOIN archive_customer u ON u.company_id = %(company)s AND u.code = b.customer_code
        CROSS JOIN LATERAL (
            SELECT c.channel, c.address, c.address_hash FROM archive_contact c
            WHERE c.customer_id = u.id AND c.channel = ANY(%(channels)s::text[]) AND c.consent IS DISTINCT FROM false
              AND NOT c.disabled
            ORDER BY c.channel = u.preferred_channel DESC, array_position(%(channels)s::text[], c.channel::text),
                     c.preferred DESC, c.source_rank, c.id
            LIMIT 1
        ) c
        WHERE k.job_id = %(job)s AND k.bill_id > %(after)s AND k.bill_id <= %(last)s AND u.preferred_channel <> 'paper'
        ORDER BY k.bill_id
    ) reached
"""  # noqa: S608 (a constant of ours)

_UNREACHED = f"""
    INSERT INTO tickets_unreachedbill (company_id, batch_id, bill_id, reason)
    SELECT %(company)s, %(batch)s, k.bill_id, coalesce({WHY_UNREACHED}, 'no_consent')
    FROM archive_documentkey k
    JOIN archive_bill b ON b.id = k.bill_id
    LEFT JOIN archive_customer u ON u.company_id = %(company)s AND u.code = b.customer_code
    {CONTACTS_SUMMED}
    WHERE k.job_id = %(job)s AND k.bill_id > %(after)s AND k.bill_id <= %(last)s
      AND NOT EXISTS (SELECT FROM tickets_ticket t WHERE t.batch_id = %(batch)s AND t.bill_id = k.bill_id)
"""  # noqa: S608 (constants of ours)
