"""The file of a refused or held job is read once more, as a new job: for when we mended the way it is read."""

from datetime import datetime

from smartbill.apps.intake.models import Drop
from smartbill.apps.intake.operations import locked_job, open_job
from smartbill.apps.intake.queries import job_by_code
from smartbill.core.states.job import JobState
from smartbill.core.wording.job_notices import JobEvent
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.intake import opening, publishing
from smartbill.usecases.intake.notices import tell_staff


def process_again(actor: Actor, job_code: str, *, note: str, now: datetime) -> str:
    """Open a new job for the kept file of this one, and say its code. A held job is refused by that.

    Raises NotAllowed unless the actor operates, NotPossible when the job's flow counts as taken (published,
    withdrawn, still being read) or the file has come again meanwhile.
    """
    require(actor.operates, "far leggere di nuovo una consegna")
    with company(actor.company_id):
        found = job_by_code(job_code)
        if found is None:
            raise NotPossible(f"La lavorazione «{job_code}» non esiste.")
        job = locked_job(found.pk)
        if job.state == JobState.HELD:
            publishing.refuse(job)
        elif job.state != JobState.REFUSED:
            raise NotPossible(
                f"La lavorazione {job_code} non è rifiutata né in attesa di decisione: non si può leggere di nuovo."
            )
        earlier = job.drop
        drop = Drop.objects.create(
            company_id=actor.company_id,
            name=earlier.name,
            size=earlier.size,
            digest=earlier.digest,
            source="again",
            account_id=earlier.account_id,
            received_at=now,
        )
        new = open_job(drop, year=now.astimezone(ROME).year, now=now)
        if new is None:
            raise NotPossible(f"Il file della lavorazione {job_code} è già in un'altra lavorazione.")
        noted = f"{new.code}: {note}" if note else new.code
        record_act(actor, "process_again", f"job {job_code}", now=now, note=noted)
        opening.open_job.defer(company_id=actor.company_id, job_id=new.pk)
        tell_staff(new, JobEvent.RECEIVED)
        new_code: str = new.code
        return new_code
