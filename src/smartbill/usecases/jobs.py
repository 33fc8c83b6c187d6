"""Where a job is, in one value: the same for the command line, the pages and the scripts of others."""

from datetime import datetime

from django.utils import timezone
from msgspec import Struct, field

from smartbill.apps.companies.queries import CompanyEntry, directory
from smartbill.apps.intake.models import Job
from smartbill.apps.intake.queries import job_by_code, latest_jobs
from smartbill.apps.messaging.queries import state_counts
from smartbill.apps.tickets.queries import batch_facts
from smartbill.core.money import from_cents
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.job import JobState, Stage, stage
from smartbill.database.context import company
from smartbill.usecases.checks import checks_found
from smartbill.usecases.progress import BatchProgress, ReadingProgress, batches_of, reading_of, stage_of
from smartbill.usecases.staff.findings import findings_by_level


class NoSuchJob(Exception):
    """There is no such job, or not in that company; said in Italian."""


class BatchOverview(Struct, frozen=True, kw_only=True):
    kind: BatchKind
    state: BatchState
    tickets: int
    states: dict[str, int]  # message state -> how many


class CheckOverview(Struct, frozen=True, kw_only=True):
    """What a check before the go-ahead found."""

    count: int
    amount: str  # to pay, of those bills
    blocks: bool  # the go-ahead waits for a decision
    accepted: bool


class JobOverview(Struct, frozen=True, kw_only=True):
    """What `smartbill job show --json` prints; scripts outside rely on every name."""

    code: str
    stage: Stage
    bills: int
    refused: int
    findings: dict[str, int]  # code -> how many
    batches: list[BatchOverview]  # the oldest first
    refused_amount: str = "0.00"  # to pay on the refused documents, those that could be read
    skipped: int = 0  # already in force with equal content
    reading: ReadingProgress | None = None  # while it goes on
    checks: dict[str, CheckOverview] = field(default_factory=dict)  # of a published job
    checks_pending: bool = False


class JobListed(Struct, frozen=True, kw_only=True):
    """A line of `smartbill job list`."""

    code: str
    stage: Stage
    received_at: datetime
    file: str
    label: str
    bills: int
    refused: int


def overview(company_id: int, job_code: str) -> JobOverview:
    """Raises NoSuchJob."""
    with company(company_id):
        job = job_by_code(job_code)
        if job is None:
            raise NoSuchJob(f"La lavorazione «{job_code}» non esiste.")
        now = timezone.now()
        batches = batches_of(job, now=now)
        found = sorted((code, n) for codes in findings_by_level(job.pk).values() for code, n in codes.items())
        counted: dict[str, int] = {}
        for code, n in found:
            counted[code] = counted.get(code, 0) + n
        checks, pending = _checks(job)
        return JobOverview(
            code=job.code,
            stage=stage_of(job, batches),
            bills=job.bills,
            refused=job.refused,
            findings=counted,
            batches=[_batch(each) for each in reversed(batches) if each.kind is not BatchKind.SUPPORT],
            refused_amount=str(from_cents(job.refused_due)),
            skipped=job.skipped,
            reading=reading_of(job, now=now),
            checks=checks,
            checks_pending=pending,
        )


def jobs_listed(company_id: int, *, size: int = 50) -> list[JobListed]:
    """The latest jobs of a company, the newest first."""
    with company(company_id):
        jobs = latest_jobs(size=size)
        facts = batch_facts(job.pk for job in jobs)
        return [
            JobListed(
                code=job.code,
                stage=stage(JobState(job.state), facts[job.pk]),
                received_at=job.received_at,
                file=job.drop.name,
                label=job.label,
                bills=job.bills,
                refused=job.refused,
            )
            for job in jobs
        ]


def company_of_job(job_code: str, company_code: str = "") -> CompanyEntry:
    """The company whose job this is, by the job's name `<COMPANY>_<year>_<number>`. Raises NoSuchJob.

    With `company_code` only that company's jobs are looked at.
    """
    owner = job_code.rsplit("_", 2)[0]
    if company_code and owner != company_code:
        raise NoSuchJob(f"La lavorazione «{job_code}» non è dell'azienda {company_code}.")
    for entry in directory():
        if entry.code == owner:
            return entry
    raise NoSuchJob(f"La lavorazione «{job_code}» non esiste.")


def _batch(batch: BatchProgress) -> BatchOverview:
    """With the states of its messages, each counted: scripts wait for them. A link for support sends nothing."""
    states = state_counts(batch.id)
    return BatchOverview(kind=batch.kind, state=batch.state, tickets=sum(states.values()), states=states)


def _checks(job: Job) -> tuple[dict[str, CheckOverview], bool]:
    if job.state != JobState.PUBLISHED:
        return {}, False
    found = checks_found(job.pk)
    return {
        line.check.value: CheckOverview(
            count=line.count, amount=str(from_cents(line.amount)), blocks=line.blocks, accepted=line.accepted
        )
        for line in found.lines
    }, found.pending
