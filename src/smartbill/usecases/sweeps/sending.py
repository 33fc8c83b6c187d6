"""The net under the sending: what stayed too long in a state is taken up again, by the same operations."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from smartbill.apps.intake.operations import locked_job
from smartbill.apps.messaging.operations import requeue_lost_claims
from smartbill.apps.messaging.queries import batches_to_finish, batches_with_queued, companies_with_lost_claims
from smartbill.apps.tickets.queries import batches_without_task, jobs_withdrawn_with_live_batches
from smartbill.core.states.batch import BatchState
from smartbill.core.states.job import JobState
from smartbill.database.context import company, sweep
from smartbill.usecases.each import for_each
from smartbill.usecases.sending.control import cancel_stopped, stop_batches_of
from smartbill.usecases.sending.lane import defer_lanes, finish_batch, hand_over
from smartbill.usecases.sending.prepare import prepare_batch


def sweep_sending(*, now: datetime) -> None:
    """All of it, in the order in which one thing makes the next possible. Raises ExceptionGroup at the end."""
    steps = (_stop_withdrawn, _settle_doubts, _prepare_again, _cancel_again, _finish, _send_again)
    for_each(steps, lambda step: step(now))


def _stop_withdrawn(now: datetime) -> None:
    with sweep():
        found = jobs_withdrawn_with_live_batches()

    def stop(company_id: int, job_id: int) -> None:
        if locked_job(job_id).state == JobState.WITHDRAWN:
            stop_batches_of(job_id, now=now)

    _in_companies(found, stop)


def _settle_doubts(now: datetime) -> None:
    """A hand-over without an answer, older than any can last: again with the same Message-ID (the rule of SMTP)."""
    given = settings.SMARTBILL.submit_timeout_seconds + settings.SMARTBILL.doubt_margin_seconds
    before = now - timedelta(seconds=given)
    with sweep():
        found = companies_with_lost_claims(before)

    def settle(company_id: int) -> None:
        with company(company_id):
            requeue_lost_claims(before)

    for_each(found, settle)


def _prepare_again(now: datetime) -> None:
    with sweep():
        found = batches_without_task(BatchState.PREPARING, prepare_batch.name, before=now)
    _in_companies(found, lambda company_id, batch_id: prepare_batch.defer(company_id=company_id, batch_id=batch_id))


def _cancel_again(now: datetime) -> None:
    with sweep():
        found = batches_with_queued(BatchState.STOPPED)
    _in_companies(found, lambda company_id, batch_id: cancel_stopped.defer(company_id=company_id, batch_id=batch_id))


def _finish(now: datetime) -> None:
    with sweep():
        found = batches_to_finish()
    _in_companies(found, lambda _, batch_id: finish_batch(batch_id, now=now))


def _send_again(now: datetime) -> None:
    with sweep():
        idle = batches_without_task(BatchState.SENDING, hand_over.name, before=now)
        queued = set(batches_with_queued(BatchState.SENDING))
    _in_companies([each for each in idle if each in queued], lambda _, batch_id: defer_lanes(batch_id))


def _in_companies(found: list[tuple[int, int]], work: Callable[[int, int], object]) -> None:
    """Do it for each (company, row), in a transaction of the company."""

    def one(item: tuple[int, int]) -> None:
        with company(item[0]):
            work(*item)

    for_each(found, one)
