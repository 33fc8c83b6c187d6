"""Starting the mass sending (R10): an act of the operator, after the go-ahead of the manager."""

from datetime import datetime

from smartbill.apps.tickets.operations import move_batch
from smartbill.apps.tickets.queries import last_approval, mass_batch
from smartbill.core.states.batch import BatchState
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.sending.job import published_job, refuse_test_flow
from smartbill.usecases.sending.prepare import prepare_batch


def start_sending(actor: Actor, job_code: str, *, now: datetime) -> None:
    """Make the tickets of a job and send them. Raises NotAllowed, NotPossible."""
    require(actor.operates, "avviare l'invio")
    with company(actor.company_id):
        job = published_job(job_code)
        refuse_test_flow(job)
        approval = last_approval(job.pk)
        batch = mass_batch(job.pk)
        if batch is None or approval is None or not approval.approved:
            raise NotPossible("Manca il benestare del responsabile: senza, nessun cliente riceve nulla.")
        if batch.state != BatchState.WAITING:
            raise NotPossible("L'invio è già stato avviato.")
        move_batch(batch, BatchState.PREPARING, now=now)
        record_act(actor, "start_sending", f"job {job.code}", now=now)
        prepare_batch.defer(company_id=actor.company_id, batch_id=batch.pk)
