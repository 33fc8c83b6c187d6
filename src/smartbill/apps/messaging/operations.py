"""Making messages, claiming them, recording what became of them; in the transaction of the use case."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from msgspec import Struct

from smartbill.apps.tickets.models import Batch
from smartbill.core.ports.channels import Channel, HandOver
from smartbill.core.states.hand_over import Judgement
from smartbill.core.states.message import MessageState, rank
from smartbill.database.context import current_company


class Claimed(Struct, frozen=True, kw_only=True):
    """A message that is ours to hand over, with all that its text needs. `total_due` in cents."""

    message_id: int
    reference: UUID
    tries: int
    texts_version: int
    ticket_id: int
    nonce: int
    address: str
    language: str
    validity_days: int
    customer_name: str
    display_number: str
    issue_date: date
    due_date: date | None
    total_due: int
    direct_debit: bool


class Answer(Struct, frozen=True, kw_only=True):
    """What became of one claimed message. `released`: it was not tried at all, so it counts as no try."""

    message_id: int
    started_at: datetime
    outcome: HandOver
    judgement: Judgement
    code: str = ""
    detail: str = ""
    released: bool = False


class Recorded(Struct, frozen=True, kw_only=True):
    """A message whose answer was recorded; those of a claim that is no longer ours are not among them."""

    message_id: int
    ticket_id: int
    own: MessageState


def make_messages(batch: Batch, *, after_bill: int, last_bill: int, texts_version: int) -> int:
    """One queued message for each ticket of these bills that has none. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messaging_message (company_id, ticket_id, batch_id, channel, reference, own, state, rank,
                                           permanent, reason, doubts, tries, texts_version)
            SELECT t.company_id, t.id, t.batch_id, t.channel, gen_random_uuid(), 'queued', 'queued', 0,
                   false, '', 0, 0, %(version)s
            FROM tickets_ticket t
            WHERE t.batch_id = %(batch)s AND t.bill_id > %(after)s AND t.bill_id <= %(last)s ORDER BY t.id
            ON CONFLICT (ticket_id) DO NOTHING
            """,
            {"batch": batch.pk, "after": after_bill, "last": last_bill, "version": texts_version},
        )
        return int(cursor.rowcount)


def claim_next(batch_id: int, *, claim: UUID, most: int, now: datetime) -> list[Claimed]:
    """Take the next queued messages of a batch that is being sent and whose job is in force.

    Nothing while it is paused, stopped or withdrawn. Two lanes never take the same message.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"batch": batch_id, "claim": claim, "most": most, "now": now, **_ranks()})
        return [
            Claimed(**dict(zip(Claimed.__struct_fields__, row, strict=True)))  # columns in the order of the fields
            for row in cursor.fetchall()
        ]


def record_answers(answers: Sequence[Answer], *, claim: UUID) -> list[Recorded]:
    """Record what became of claimed messages, where the claim is still ours, with a Try each."""
    if not answers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            {
                "company": current_company(),
                "claim": claim,
                "ids": [answer.message_id for answer in answers],
                "started": [answer.started_at for answer in answers],
                "outcomes": [str(answer.outcome) for answer in answers],
                "codes": [answer.code[:60] for answer in answers],
                "details": [answer.detail[:200] for answer in answers],
                "released": [answer.released for answer in answers],
                "owns": [str(answer.judgement.own) for answer in answers],
                "own_ranks": [rank(Channel.EMAIL, answer.judgement.own) for answer in answers],
                "reasons": [answer.judgement.reason[:60] for answer in answers],
                "not_before": [answer.judgement.not_before for answer in answers],
                "doubts": [answer.judgement.in_doubt for answer in answers],
            },
        )
        return [Recorded(message_id=row[0], ticket_id=row[1], own=MessageState(row[2])) for row in cursor.fetchall()]


def requeue_lost_claims(before: datetime) -> list[int]:
    """Messages whose hand-over began before then and has no answer go back to the queue, with the same Message-ID.

    That is the rule of SMTP for lost answers. Each claim whose worker died counts as a doubt, with a Try; the doubt
    stays on record until the message is settled. Returns the batches concerned.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REQUEUE, {"before": before, **_ranks()})
        return [row[0] for row in cursor.fetchall()]


def cancel_queued(batch_id: int, *, most: int) -> int:
    """Cancel queued messages of a stopped batch, at most so many. Returns how many were cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH next AS (
                SELECT id FROM messaging_message WHERE batch_id = %(batch)s AND own = 'queued'
                ORDER BY id LIMIT %(most)s FOR UPDATE
            )
            UPDATE messaging_message m SET own = 'cancelled', {_state("'cancelled'", "%(cancelled)s")},
                   reason = 'stopped', not_before = NULL
            FROM next WHERE m.id = next.id
            """,  # noqa: S608 (ours)
            {"batch": batch_id, "most": most, "cancelled": rank(Channel.EMAIL, MessageState.CANCELLED)},
        )
        return int(cursor.rowcount)


def cancel_of_bills(bill_ids: Collection[int], *, reason: str) -> int:
    """Cancel what is queued of bills that are no longer in force. Returns how many were cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH next AS (
                SELECT m.id FROM tickets_ticket t JOIN messaging_message m ON m.ticket_id = t.id
                WHERE t.bill_id = ANY(%(bills)s::bigint[]) AND m.own = 'queued' ORDER BY m.id FOR UPDATE OF m
            )
            UPDATE messaging_message m SET own = 'cancelled', {_state("'cancelled'", "%(cancelled)s")},
                   reason = %(reason)s, not_before = NULL
            FROM next WHERE m.id = next.id
            """,  # noqa: S608 (ours)
            {
                "bills": list(bill_ids),
                "cancelled": rank(Channel.EMAIL, MessageState.CANCELLED),
                "reason": reason,
            },
        )
        return int(cursor.rowcount)


def _ranks() -> dict[str, int]:
    return {
        "queued": rank(Channel.EMAIL, MessageState.QUEUED),
        "submitting": rank(Channel.EMAIL, MessageState.SUBMITTING),
    }


#: Up to here a rank comes from our own doing and may go down again; above, only something higher counts.
_LAST_OWN_RANK: Final = rank(Channel.EMAIL, MessageState.SUBMITTED)


def _state(own: str, own_rank: str) -> str:
    """SQL that sets `state` and `rank` to the higher of own and heard."""
    taken = f"m.rank <= {_LAST_OWN_RANK} OR m.rank < {own_rank}"
    return (
        f"state = CASE WHEN {taken} THEN {own} ELSE m.state END, "
        f"rank = CASE WHEN {taken} THEN {own_rank} ELSE m.rank END"
    )


_CLAIM = f"""
    WITH next AS (
        SELECT m.id FROM messaging_message m
        WHERE m.batch_id = %(batch)s AND m.own = 'queued' AND (m.not_before IS NULL OR m.not_before <= %(now)s)
          AND EXISTS (
              SELECT FROM tickets_batch b JOIN intake_job j ON j.id = b.job_id
              WHERE b.id = %(batch)s AND b.state = 'sending' AND j.state = 'published'
          )
        ORDER BY m.id LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED
    ), claimed AS (
        UPDATE messaging_message m SET own = 'submitting', {_state("'submitting'", "%(submitting)s")},
               claim = %(claim)s, claimed_at = %(now)s, not_before = NULL
        FROM next WHERE m.id = next.id
        RETURNING m.id, m.reference, m.tries, m.texts_version, m.ticket_id
    )
    SELECT c.id, c.reference, c.tries, c.texts_version, c.ticket_id, t.nonce, t.address, t.language, t.validity_days,
           b.customer_name, b.display_number, b.issue_date, b.due_date, b.total_due, b.direct_debit
    FROM claimed c JOIN tickets_ticket t ON t.id = c.ticket_id JOIN archive_bill b ON b.id = t.bill_id
    ORDER BY c.id
"""  # noqa: S608 (ours)

_RECORD = f"""
    WITH answer AS (
        SELECT * FROM unnest(
            %(ids)s::bigint[], %(started)s::timestamptz[], %(outcomes)s::text[], %(codes)s::text[], %(details)s::text[],
            %(released)s::boolean[], %(owns)s::text[], %(own_ranks)s::int[], %(reasons)s::text[],
            %(not_before)s::timestamptz[], %(doubts)s::boolean[]
        ) AS a(id, started_at, outcome, code, detail, released, own, own_rank, reason, not_before, doubt)
    ), done AS (
        UPDATE messaging_message m SET own = a.own, {_state("a.own", "a.own_rank")}, reason = a.reason, claim = NULL,
               not_before = a.not_before,
               tries = m.tries + CASE WHEN a.released THEN 0 ELSE 1 END,
               submitted_at = CASE WHEN a.own = 'submitted' THEN a.started_at ELSE m.submitted_at END,
               doubt_since = CASE WHEN a.doubt THEN coalesce(m.doubt_since, a.started_at)
                                  WHEN a.own IN ('submitted', 's2s_error') THEN NULL ELSE m.doubt_since END,
               doubts = m.doubts + CASE WHEN a.doubt THEN 1 ELSE 0 END
        FROM answer a WHERE m.id = a.id AND m.claim = %(claim)s AND m.own = 'submitting'
        RETURNING m.id, m.ticket_id, m.own, m.tries, a.started_at, a.outcome, a.code, a.detail, a.released
    ), tried AS (
        INSERT INTO messaging_try (company_id, message_id, n, started_at, outcome, code, detail)
        SELECT %(company)s, id, tries, started_at, outcome, code, detail FROM done WHERE NOT released
    )
    SELECT id, ticket_id, own FROM done ORDER BY id
"""  # noqa: S608 (ours)

_REQUEUE = f"""
    WITH lost AS (
        SELECT id, claim IS NOT NULL AS died, claimed_at FROM messaging_message
        WHERE own = 'submitting' AND claimed_at < %(before)s ORDER BY id FOR UPDATE
    ), back AS (
        UPDATE messaging_message m SET own = 'queued', {_state("'queued'", "%(queued)s")}, claim = NULL,
               doubt_since = coalesce(m.doubt_since, lost.claimed_at),
               doubts = m.doubts + lost.died::int, tries = m.tries + lost.died::int
        FROM lost WHERE m.id = lost.id
        RETURNING m.id, m.company_id, m.batch_id, m.tries, lost.died, lost.claimed_at
    ), tried AS (
        INSERT INTO messaging_try (company_id, message_id, n, started_at, outcome, code, detail)
        SELECT company_id, id, tries, claimed_at, 'in_doubt', 'claim', '' FROM back WHERE died
    )
    SELECT DISTINCT batch_id FROM back ORDER BY batch_id
"""  # noqa: S608 (ours)
