"""What a job's pages tell of customers. Inside `with company(...)`; that somebody looked is on record."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from smartbill.apps.tickets.models import Ticket, UnreachedBill
from smartbill.core.states.batch import BatchKind
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.actor import Actor
from smartbill.usecases.staff.jobs import PAGE, JobPage
from smartbill.usecases.staff.looks import record_look


class TrialMessage(Struct, frozen=True, kw_only=True):
    """A message of a test batch: whose bill, to whom of the staff, and what became of it."""

    document: str
    customer: str
    channel: str
    address: str
    state: str
    reason: str
    submitted_at: datetime | None


def trial_messages(actor: Actor, job: JobPage, *, now: datetime, limit: int = 200) -> dict[int, list[TrialMessage]]:
    """The messages of the job's test batches, by batch."""
    found: dict[int, list[TrialMessage]] = defaultdict(list)
    for ticket in _trial_tickets([batch.id for batch in job.tests], limit):
        found[ticket.batch_id].append(
            TrialMessage(
                document=ticket.bill.display_number,
                customer=ticket.bill.customer_name,
                channel=ticket.channel,
                address=ticket.address,
                state=ticket.message.state,
                reason=ticket.message.reason,
                submitted_at=ticket.message.submitted_at,
            )
        )
    if found:
        record_look(actor, "list_trials", f"trials {job.code}", now=now)
    return found


def unreached_found(
    actor: Actor, job: JobPage, *, now: datetime, reason: str = "", after: str = "", before: str = "", size: int = PAGE
) -> Page[UnreachedBill]:
    """Bills of the mass batch that got no ticket, and why."""
    record_look(actor, "list_unreached", f"unreached {job.code}", now=now)
    found = UnreachedBill.objects.filter(batch__job=job.id, batch__kind=BatchKind.MASS)
    if reason:
        found = found.filter(reason=reason)
    found = found.select_related("bill").defer("bill__document")
    return page_of(found, keys=("id",), after=after, before=before, size=size)


def _trial_tickets(batch_ids: Collection[int], limit: int) -> list[Ticket]:
    tickets = Ticket.objects.filter(batch__in=batch_ids).select_related("bill", "message").defer("bill__document")
    return list(tickets.order_by("batch_id", "id")[:limit])
