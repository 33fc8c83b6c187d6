"""The job that an act of sending is about."""

from smartbill.apps.intake.models import Job
from smartbill.apps.intake.operations import locked_job
from smartbill.apps.intake.queries import job_by_code
from smartbill.core.states.job import JobState
from smartbill.usecases.actor import NotPossible

_WHY_NOT = {
    JobState.WITHDRAWN: "La lavorazione {code} è stata ritirata.",
    JobState.REFUSED: "La lavorazione {code} è stata rifiutata.",
    JobState.HELD: "La lavorazione {code} aspetta una decisione sulle bollette rifiutate.",
}
_NOT_YET = "La lavorazione {code} non è ancora pubblicata: attenda la fine della lettura."


def job_to_act_on(job_code: str) -> Job:
    """The job, locked: acts on one job come one after the other. Raises NotPossible when there is none."""
    found = job_by_code(job_code)
    if found is None:
        raise NotPossible(f"La lavorazione «{job_code}» non esiste.")
    return locked_job(found.pk)


def published_job(job_code: str) -> Job:
    """The job, locked. Raises NotPossible when it is not in force."""
    job = job_to_act_on(job_code)
    if job.state != JobState.PUBLISHED:
        raise NotPossible(_WHY_NOT.get(JobState(job.state), _NOT_YET).format(code=job_code))
    return job


def refuse_test_flow(job: Job) -> None:
    """Raises NotPossible for a flow that was marked as a trial: it never reaches customers."""
    if job.test_flow:
        raise NotPossible(f"La lavorazione {job.code} viene da un flusso di prova: non può essere inviata ai clienti.")
