"""Jobs that stopped on their way: a task that failed for good is deferred again, by the same means as at first; and
those whose reading has no end."""

from datetime import datetime, timedelta

from django.db import connection

from smartbill.apps.intake.models import Job, ReadBlock
from smartbill.apps.intake.operations import add_findings, discard_part, locked_job
from smartbill.core.flows.ledger import FindingLedger
from smartbill.core.flows.value import Finding, Level
from smartbill.core.states.job import JobState
from smartbill.database.context import company, sweep
from smartbill.usecases.each import for_each
from smartbill.usecases.intake.opening import open_job
from smartbill.usecases.intake.publishing import publish_job, refuse
from smartbill.usecases.intake.reading import read_block

#: A job is looked after again when nothing has moved it for so long.
STAY = timedelta(minutes=5)
#: A job whose reading has begun so long ago, and is not over, is given up (flow format 7.2).
MOST_TIME = timedelta(hours=4)
#: Jobs of one sweep, those that wait longest first; the others are there for the next.
_AT_ONCE = 100

# A task that waits for another try, or runs, is alive. One whose worker died is the business of the stalled tasks.
# A reading that goes on for too long is stopped all the same; but PDFs may come to a flow after any time.
_STOPPED = """
    SELECT j.company_id, j.id FROM intake_job j
    WHERE j.state IN ('received', 'reading', 'ready') AND coalesce(j.swept_at, j.received_at) < %s AND (
        j.state = 'reading' AND j.pdfs_until IS NULL AND j.opened_at < %s
        OR NOT EXISTS (
            SELECT FROM procrastinate_jobs t WHERE t.status IN ('todo', 'doing') AND t.queue_name = 'intake'
              AND (t.args ->> 'job_id')::bigint = j.id))
    ORDER BY coalesce(j.swept_at, j.received_at), j.id LIMIT %s
"""


def sweep_intake(*, now: datetime, stay: timedelta = STAY, at_once: int = _AT_ONCE) -> int:
    """Put up to `at_once` jobs that stopped on their way again; returns how many. Raises ExceptionGroup at the end."""
    with sweep(), connection.cursor() as cursor:
        cursor.execute(_STOPPED, [now - stay, now - MOST_TIME, at_once])
        stopped = cursor.fetchall()

    def go_on(found: tuple[int, int]) -> None:
        company_id, job_id = found
        with company(company_id):  # kept even if what follows fails: jobs that cannot go on must not starve the others
            Job.objects.filter(pk=job_id).update(swept_at=now)
        with company(company_id):
            _go_on(locked_job(job_id), now=now)

    for_each(stopped, go_on)
    return len(stopped)


def _go_on(job: Job, *, now: datetime) -> None:
    if _took_too_long(job, now=now):
        _give_up(job)
        return
    if job.state == JobState.RECEIVED:
        open_job.defer(company_id=job.company_id, job_id=job.pk)
        return
    if job.state not in {JobState.READING, JobState.READY}:
        return
    unread = ReadBlock.objects.filter(job=job, read_at__isnull=True).values_list("block", flat=True)
    for block in unread:
        read_block.defer(company_id=job.company_id, job_id=job.pk, block=block)
    if not unread:
        publish_job.defer(company_id=job.company_id, job_id=job.pk)


def _took_too_long(job: Job, *, now: datetime) -> bool:
    """Only of jobs that are stuck in their reading: those that wait for PDFs have none to do."""
    if job.opened_at is None or now - job.opened_at < MOST_TIME:
        return False
    unread = ReadBlock.objects.filter(job=job, read_at__isnull=True).exists()
    return job.state == JobState.RECEIVED or (job.state == JobState.READING and unread)


def _give_up(job: Job) -> None:
    """The job is refused with a finding that says so, in the open transaction."""
    ledger = FindingLedger()
    values = {"ore": str(MOST_TIME // timedelta(hours=1))}
    ledger.add(Finding(code="FLS-029", level=Level.FILE, file=job.drop.name, values=values))
    closing = job.blocks.count() + 1
    discard_part(job.pk, closing)
    add_findings(job.pk, closing, ledger)
    refuse(job)
