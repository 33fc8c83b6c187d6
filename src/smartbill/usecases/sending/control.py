"""Pausing, resuming and stopping a mass sending (R11)."""

from datetime import datetime
from typing import Final

from procrastinate.contrib.django import app

from smartbill.apps.companies.models import Role
from smartbill.apps.events.operations import mark_job
from smartbill.apps.intake.models import Job
from smartbill.apps.messaging.operations import cancel_queued
from smartbill.apps.tickets.models import Batch
from smartbill.apps.tickets.operations import locked_batch, locked_live_batches, move_batch
from smartbill.apps.tickets.queries import mass_batch
from smartbill.core.states.batch import COUNTED_KINDS, BatchState
from smartbill.database.context import company, current_company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.sending.job import job_to_act_on
from smartbill.usecases.sending.lane import defer_lanes

_CANCELLED_AT_ONCE: Final = 5_000


def pause(actor: Actor, job_code: str, *, note: str, now: datetime) -> None:
    """Hand nothing more over until it is resumed; what is being handed over now still leaves."""
    require(actor.at_least(Role.MANAGER), "sospendere l'invio")
    with company(actor.company_id):
        job, batch = _started_batch(job_code)
        if batch.state != BatchState.SENDING:
            raise NotPossible(_not_now(batch, "sospendere"))
        move_batch(batch, BatchState.PAUSED, now=now)
        record_act(actor, "pause_sending", f"job {job.code}", note=note, now=now)


def resume(actor: Actor, job_code: str, *, note: str, now: datetime) -> None:
    require(actor.at_least(Role.MANAGER), "riprendere l'invio")
    with company(actor.company_id):
        job, batch = _started_batch(job_code)
        if batch.state != BatchState.PAUSED:
            raise NotPossible("L'invio non è sospeso.")
        move_batch(batch, BatchState.SENDING, now=now)
        record_act(actor, "resume_sending", f"job {job.code}", note=note, now=now)
        defer_lanes(batch.pk)


def stop(actor: Actor, job_code: str, *, note: str, now: datetime) -> None:
    """End the sending for good: what has not left is cancelled."""
    require(actor.at_least(Role.MANAGER), "fermare l'invio")
    with company(actor.company_id):
        job, batch = _started_batch(job_code)
        if batch.state in (BatchState.WAITING, BatchState.DONE, BatchState.STOPPED):
            raise NotPossible(_not_now(batch, "fermare"))
        _stop(batch, now=now)
        record_act(actor, "stop_sending", f"job {job.code}", note=note, now=now)


def stop_batches_of(job_id: int, *, now: datetime) -> None:
    """Stop all batches of a job that is withdrawn, in the open transaction of whoever withdraws it."""
    for batch in locked_live_batches(job_id):
        _stop(batch, now=now)


@app.task(name="sending.cancel", queue="send", pass_context=False)
def cancel_stopped(*, company_id: int, batch_id: int) -> None:
    """Cancel what a stopped batch has queued, in blocks."""
    more = True
    while more:
        with company(company_id):
            batch = Batch.objects.get(pk=batch_id)
            if batch.state != BatchState.STOPPED:
                return
            more = cancel_queued(batch_id, most=_CANCELLED_AT_ONCE) == _CANCELLED_AT_ONCE
            if not more and batch.kind in COUNTED_KINDS:
                mark_job(batch.job_id)


def _stop(batch: Batch, *, now: datetime) -> None:
    move_batch(batch, BatchState.STOPPED, now=now)
    cancel_stopped.defer(company_id=current_company(), batch_id=batch.pk)


def _started_batch(job_code: str) -> tuple[Job, Batch]:
    job = job_to_act_on(job_code)
    batch = mass_batch(job.pk)
    locked = locked_batch(batch.pk) if batch is not None else None
    if locked is None:
        raise NotPossible("L'invio non è ancora stato avviato.")
    return job, locked


def _not_now(batch: Batch, act: str) -> str:
    sentences = {
        BatchState.WAITING: f"L'invio non è ancora stato avviato: non c'è nulla da {act}.",
        BatchState.PREPARING: f"L'invio si sta preparando: si può {act} tra poco.",
        BatchState.PAUSED: "L'invio è già sospeso.",
        BatchState.DONE: "L'invio è già concluso.",
        BatchState.STOPPED: "L'invio è già stato fermato.",
    }
    return sentences[BatchState(batch.state)]
