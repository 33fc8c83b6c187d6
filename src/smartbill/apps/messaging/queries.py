"""How the messages of a batch stand, and which of them were left behind."""

from datetime import datetime

from django.db import connection
from django.db.models import Count, Min
from msgspec import Struct

from smartbill.apps.messaging.models import Message
from smartbill.core.states.message import MessageState


class Unsent(Struct, frozen=True, kw_only=True):
    """What is left to do. `next_at`: when the first message that waits may be tried again."""

    queued: bool
    submitting: bool
    next_at: datetime | None


def state_counts(batch_id: int) -> dict[str, int]:
    """Messages of a batch by state (`core.states.message`)."""
    rows = Message.objects.filter(batch_id=batch_id).values_list("state").annotate(n=Count("id"))
    return dict(rows.order_by("state"))


def unsent(batch_id: int) -> Unsent:
    messages = Message.objects.filter(batch_id=batch_id)
    queued = messages.filter(own=MessageState.QUEUED)
    return Unsent(
        queued=queued.exists(),
        submitting=messages.filter(own=MessageState.SUBMITTING).exists(),
        next_at=queued.aggregate(first=Min("not_before"))["first"],
    )


def queued_up_to(batch_id: int, most: int) -> int:
    """How many are queued, counted no further than `most`."""
    return Message.objects.filter(batch_id=batch_id, own=MessageState.QUEUED)[:most].count()


def companies_with_lost_claims(before: datetime) -> list[int]:
    """Where a hand-over that began before then has no answer; inside `with sweep()`."""
    lost = Message.objects.filter(own=MessageState.SUBMITTING, claimed_at__lt=before)
    return sorted(lost.values_list("company_id", flat=True).distinct())


def batches_to_finish() -> list[tuple[int, int]]:
    """(company, batch) that are being sent and have nothing left to send; inside `with sweep()`."""
    return _batches(
        """b.state = 'sending' AND NOT EXISTS (
               SELECT FROM messaging_message m WHERE m.batch_id = b.id AND m.own = 'queued'
           ) AND NOT EXISTS (
               SELECT FROM messaging_message m WHERE m.batch_id = b.id AND m.own = 'submitting'
           )"""
    )


def batches_with_queued(state: str) -> list[tuple[int, int]]:
    """(company, batch) in this state with queued messages; inside `with sweep()`."""
    return _batches(
        "b.state = %s AND EXISTS (SELECT FROM messaging_message m WHERE m.batch_id = b.id AND m.own = 'queued')", state
    )


def _batches(condition: str, *values: str) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT b.company_id, b.id FROM tickets_batch b WHERE {condition} ORDER BY b.id", values)  # noqa: S608 (ours)
        return [(row[0], row[1]) for row in cursor.fetchall()]
