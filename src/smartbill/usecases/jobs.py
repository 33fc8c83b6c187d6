"""Where a job is, in one value: the same for the command line, the pages and the scripts of others."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Count
from msgspec import Struct

from smartbill.apps.companies.queries import CompanyEntry, directory
from smartbill.apps.intake.queries import finding_counts, job_by_code, latest_jobs
from smartbill.apps.messaging.models import Message
from smartbill.apps.tickets.models import Batch
from smartbill.apps.tickets.queries import batch_facts
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.job import JobState, Stage, stage
from smartbill.database.context import company


class NoSuchJob(Exception):
    """There is no such job, or not in that company; said in Italian."""


class BatchOverview(Struct, frozen=True, kw_only=True):
    kind: BatchKind
    state: BatchState
    tickets: int
    states: dict[str, int]  # message state -> how many


class JobOverview(Struct, frozen=True, kw_only=True):
    """What `smartbill job show --json` prints; scripts outside rely on every name."""

    code: str
    stage: Stage
    bills: int
    refused: int
    findings: dict[str, int]  # code -> how many
    batches: list[BatchOverview]  # the oldest first


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
        found: dict[str, int] = defaultdict(int)
        for counted in finding_counts(job.pk):
            found[counted.code] += counted.count
        return JobOverview(
            code=job.code,
            stage=stage(JobState(job.state), batch_facts([job.pk])[job.pk]),
            bills=job.bills,
            refused=job.refused,
            findings=dict(sorted(found.items())),
            batches=_overviews(job.pk),
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


def _overviews(job_id: int) -> list[BatchOverview]:
    """The batches of a job that send something, the oldest first. A link for support sends nothing."""
    batches = list(Batch.objects.filter(job_id=job_id).exclude(kind=BatchKind.SUPPORT).order_by("id"))
    states: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Message.objects.filter(batch__in=batches).values_list("batch_id", "state").annotate(found=Count("id"))
    for batch_id, state, found in counted.order_by("state"):
        states[batch_id][state] = found
    return [
        BatchOverview(
            kind=BatchKind(each.kind),
            state=BatchState(each.state),
            tickets=sum(states[each.pk].values()),
            states=states[each.pk],
        )
        for each in batches
    ]
