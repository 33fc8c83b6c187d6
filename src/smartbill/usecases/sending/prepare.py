"""Making the tickets and messages of a batch, in slices of bills: each slice a transaction, in order of the bill's id.

A second run goes on behind the last slice, so a bill never gets two tickets, whatever happened to contacts meanwhile.
"""

from typing import Final

from django.utils import timezone
from procrastinate.contrib.django import app

from smartbill.adapters.channels.registry import CHANNELS
from smartbill.apps.companies.queries import published, settled
from smartbill.apps.events.operations import mark_job
from smartbill.apps.messaging.operations import make_messages
from smartbill.apps.tickets.models import Batch
from smartbill.apps.tickets.operations import (
    Reach,
    bill_prepared_last,
    locked_batch,
    make_mass_tickets,
    make_test_tickets,
    move_batch,
)
from smartbill.core.company.documents import Access, Texts
from smartbill.core.states.batch import COUNTED_KINDS, BatchKind, BatchState
from smartbill.database.context import company
from smartbill.usecases.retries import SENDING_RETRY
from smartbill.usecases.sending.lane import defer_lanes

_BILLS_AT_ONCE: Final = 20_000


@app.task(name="sending.prepare", queue="send", pass_context=False, retry=SENDING_RETRY)
def prepare_batch(*, company_id: int, batch_id: int) -> None:
    """Make what is missing of the batch's tickets, then let the lanes send."""
    more = True
    while more:
        with company(company_id):
            batch = locked_batch(batch_id)
            if batch is None or batch.state != BatchState.PREPARING:
                return  # stopped meanwhile, or prepared by another run
            more = _prepare_slice(batch)
            if not more:
                move_batch(batch, BatchState.SENDING, now=timezone.now())
                if batch.kind in COUNTED_KINDS:
                    mark_job(batch.job_id)
                defer_lanes(batch_id)


def _prepare_slice(batch: Batch) -> bool:
    """Returns whether there may be more."""
    version, _ = published(Texts)
    access = settled(Access)
    usable = tuple(channel for channel in access.channels if channel in CHANNELS)
    reach = Reach(channels=usable, languages=access.languages, validity_days=access.validity_days)
    now = timezone.now()
    if batch.kind == BatchKind.TEST:
        make_test_tickets(batch, reach, now=now)
        last_chosen = max(batch.bills_chosen or [0])
        make_messages(batch, after_bill=0, last_bill=last_chosen, texts_version=version)
        return False
    after = bill_prepared_last(batch.pk)
    last = make_mass_tickets(batch, reach, after_bill=after, most=_BILLS_AT_ONCE, now=now)
    if last is None:
        return False
    make_messages(batch, after_bill=after, last_bill=last, texts_version=version)
    return True
