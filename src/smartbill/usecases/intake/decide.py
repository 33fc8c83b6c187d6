"""What people decide about a flow: a held one is taken or refused, a published one withdrawn."""

from datetime import datetime

from smartbill.apps.archive.operations.publishing import jobs_led_to, lock_publishing, take_out_of_force
from smartbill.apps.companies.models import Role
from smartbill.apps.events.operations import mark_job
from smartbill.apps.intake.models import Job
from smartbill.apps.intake.operations import locked_job, move_job
from smartbill.apps.intake.queries import job_by_code, unread_blocks
from smartbill.core.states.job import JobState
from smartbill.core.wording.job_notices import JobEvent
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.intake import publishing
from smartbill.usecases.intake.notices import tell_staff
from smartbill.usecases.report import put_report
from smartbill.usecases.sending.control import stop_batches_of


def take_held(actor: Actor, job_code: str, note: str, now: datetime) -> None:
    """Take the good bills of a held flow: it is judged again, since others may have been published meanwhile.

    Raises NotAllowed, NotPossible.
    """
    require(actor.operates, "decidere su una lavorazione con scarti")
    with company(actor.company_id):
        lock_publishing()
        job = _job_in(JobState.HELD, job_code, "La lavorazione {code} non è in attesa di decisione.")
        record_act(actor, "take_held", f"job {job.code}", now=now, note=note.strip())
        move_job(job, JobState.READY)
        publishing.decide(job, now=now)


def refuse_held(actor: Actor, job_code: str, note: str, now: datetime) -> None:
    """Refuse a held flow as a whole, or one that waits for PDFs: they are waited for no longer.

    Raises NotAllowed, NotPossible.
    """
    require(actor.operates, "decidere su una lavorazione con scarti")
    with company(actor.company_id):
        lock_publishing()
        found = job_by_code(job_code)
        waits = found is not None and found.pdfs_until is not None and found.state == JobState.READING
        state = JobState.READING if waits else JobState.HELD
        job = _job_in(state, job_code, "La lavorazione {code} non è in attesa di decisione.")
        if job.state == JobState.READING and unread_blocks(job.pk):
            raise NotPossible(f"I PDF della lavorazione {job_code} sono ancora in lettura: riprovare fra poco.")
        record_act(actor, "refuse_held", f"job {job.code}", now=now, note=note.strip())
        if job.state == JobState.HELD:
            publishing.refuse(job)
            return
        job.pdfs_closed = True
        job.save(update_fields=["pdfs_closed"])
        publishing.decide(job, now=now)


def withdraw(actor: Actor, job_code: str, reason: str, now: datetime) -> None:
    """Take a published job back: its bills and links go dark, and its flow may be sent again.

    Raises NotAllowed, NotPossible.
    """
    require(actor.at_least(Role.MANAGER), "ritirare una lavorazione")
    if not reason.strip():
        raise NotPossible("Per ritirare una lavorazione serve una motivazione.")
    with company(actor.company_id):
        lock_publishing()
        job = _job_in(
            JobState.PUBLISHED, job_code, "La lavorazione {code} non è pubblicata: non c'è nulla da ritirare."
        )
        record_act(actor, "withdraw_job", f"job {job.code}", now=now, note=reason.strip())
        move_job(job, JobState.WITHDRAWN)
        job.withdrawn_at = now
        job.withdrawal_reason = reason.strip()
        job.save(update_fields=["withdrawn_at", "withdrawal_reason"])
        led_here = jobs_led_to(job_id=job.pk)
        take_out_of_force(job.pk)
        stop_batches_of(job.pk, now=now)
        for marked in {job.pk, *led_here}:
            mark_job(marked)
        put_report.defer(company_id=job.company_id, job_id=job.pk)
        tell_staff(job, JobEvent.WITHDRAWN)


def _job_in(state: JobState, job_code: str, otherwise: str) -> Job:
    """The job of the code, locked. Raises NotPossible when there is none, or when it is in another state."""
    found = job_by_code(job_code)
    if found is None:
        raise NotPossible(f"La lavorazione «{job_code}» non esiste.")
    job = locked_job(found.pk)
    if job.state != state:
        raise NotPossible(otherwise.format(code=job_code))
    return job
