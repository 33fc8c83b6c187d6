"""The go-ahead of a job, and its refusal (R9): an act of the company's manager, kept for good."""

from datetime import datetime

from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.models import Job
from smartbill.apps.tickets.models import Batch
from smartbill.apps.tickets.operations import add_approval, create_mass_batch, move_batch
from smartbill.apps.tickets.queries import last_approval, last_tested, mass_batch
from smartbill.core.company.documents import Intake
from smartbill.core.states.batch import BatchState
from smartbill.core.wording.job_notices import JobEvent
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.checks import refuse_unchecked
from smartbill.usecases.intake.notices import tell_staff
from smartbill.usecases.sending.job import published_job, refuse_test_flow


def approve(actor: Actor, job_code: str, *, note: str, now: datetime) -> None:
    """Give the go-ahead: the mass batch waits to be started. Raises NotAllowed, NotPossible."""
    require(actor.approves, "dare il benestare")
    with company(actor.company_id):
        job = published_job(job_code)
        refuse_test_flow(job)
        tested = _tested(job)
        if settled(Intake).four_eyes and tested.created_by == actor.email:
            raise NotPossible("Chi ha inviato il lotto di prova non può dare il benestare: serve un'altra persona.")
        batch = mass_batch(job.pk)
        approval = last_approval(job.pk)
        if batch is not None and batch.started_at is not None:
            raise NotPossible("L'invio è già iniziato.")
        if batch is not None and batch.state == BatchState.WAITING and approval is not None and approval.approved:
            raise NotPossible("Il benestare è già stato dato.")
        refuse_unchecked(job.pk)
        add_approval(job_id=job.pk, approved=True, by=actor.email, note=note, now=now)
        if batch is None:
            create_mass_batch(job_id=job.pk, by=actor.email, now=now)
        else:
            move_batch(batch, BatchState.WAITING, now=now)
        record_act(actor, "approve_job", f"job {job.code}", note=note, now=now)


def refuse(actor: Actor, job_code: str, *, note: str, now: datetime) -> None:
    """Refuse the go-ahead, or take it back before the sending starts. Raises NotAllowed, NotPossible."""
    require(actor.approves, "rifiutare il benestare")
    with company(actor.company_id):
        job = published_job(job_code)
        _tested(job)
        if not note.strip():
            raise NotPossible("Scriva il motivo per cui rifiuta il benestare.")
        batch = mass_batch(job.pk)
        if batch is not None and batch.started_at is not None:
            raise NotPossible("L'invio è già iniziato: si può sospendere o fermare.")
        add_approval(job_id=job.pk, approved=False, by=actor.email, note=note, now=now)
        if batch is not None and batch.state == BatchState.WAITING:
            move_batch(batch, BatchState.STOPPED, now=now)
        record_act(actor, "refuse_job", f"job {job.code}", note=note, now=now)
        tell_staff(job, JobEvent.NOT_APPROVED)


def _tested(job: Job) -> Batch:
    tested = last_tested(job.pk)
    if tested is None:
        raise NotPossible("Prima del benestare va inviato un lotto di prova al personale.")
    return tested
