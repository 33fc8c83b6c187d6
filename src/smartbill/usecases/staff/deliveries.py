"""What came in and what became of it, as staff see it. Read inside `with company()`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from smartbill.apps.intake.models import Drop, Job, StrandedFile
from smartbill.apps.tickets.queries import batch_facts
from smartbill.core.states.job import JobState, Stage, stage
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.area.page_uploads import UploadFacts, ended_uploads, waiting_uploads
from smartbill.usecases.staff.further import FurtherLine, further_line

_PAGE = 25
#: Of files that opened no job the last ones are shown.
_LATEST = 20


class DeliveryLine(Struct, frozen=True, kw_only=True):
    """A complete file. `job` empty: the job of the equal file before it is gone."""

    received_at: datetime
    name: str
    size: int
    source: str
    account: str
    job: str
    stage: Stage | None
    duplicate: bool
    contacts: int | None = None  # id of the contacts file that it is
    contacts_state: str = ""
    further: FurtherLine | None = None  # of PDFs that came by themselves


class StrandedLine(Struct, frozen=True, kw_only=True):
    name: str
    size: int
    source: str
    changed_at: datetime
    expires_at: datetime
    fate: str


def deliveries_found(*, after: str = "", before: str = "") -> Page[DeliveryLine]:
    """The newest first."""
    drops = Drop.objects.select_related(
        "account", "job", "further__job", "duplicate_of__job", "duplicate_of__further__job", "contact_file",
        "duplicate_of__contact_file",
    ).defer("contact_file__report", "duplicate_of__contact_file__report")  # fmt: skip
    page = page_of(drops, keys=["-received_at", "-id"], after=after, before=before, size=_PAGE)
    jobs = {drop.pk: _job(drop) for drop in page.rows}
    facts = batch_facts(job.pk for job in jobs.values() if job)
    stages = {job.pk: stage(JobState(job.state), facts[job.pk]) for job in jobs.values() if job}
    return Page([_line(drop, jobs[drop.pk], stages) for drop in page.rows], next=page.next, previous=page.previous)


def stranded_files() -> list[StrandedLine]:
    """Files that wait for their sender, then those of which that has ended lately."""
    waiting = StrandedFile.objects.filter(settled_at__isnull=True).order_by("-changed_at", "-id")
    settled = StrandedFile.objects.filter(settled_at__isnull=False).order_by("-settled_at", "-id")[:_LATEST]
    return [
        StrandedLine(
            name=row.name, size=row.size, source=row.source, changed_at=row.changed_at, expires_at=row.expires_at,
            fate=row.fate,
        )
        for row in [*waiting, *settled]
    ]  # fmt: skip


def uploads_of_page() -> Sequence[UploadFacts]:
    """Uploads that somebody has to go on with, then those that ended lately without a job."""
    return [*waiting_uploads(), *ended_uploads(_LATEST)]


def _line(drop: Drop, job: Job | None, stages: Mapping[int, Stage]) -> DeliveryLine:
    files = [each.contact_file for each in (drop, drop.duplicate_of) if each and hasattr(each, "contact_file")]
    return DeliveryLine(
        received_at=drop.received_at,
        name=drop.name,
        size=drop.size,
        source=drop.source,
        account=drop.account.username if drop.account else "",
        job=job.code if job else "",
        stage=stages[job.pk] if job else None,
        duplicate=drop.duplicate_of_id is not None,
        contacts=files[0].pk if files else None,
        contacts_state=files[0].state if files else "",
        further=further_line(drop.further) if hasattr(drop, "further") else None,
    )


def _job(drop: Drop) -> Job | None:
    """The job that the file opened or belongs to, or that of the equal file before it."""
    for each in (drop, drop.duplicate_of):
        if each is not None and hasattr(each, "job"):
            return each.job
        if each is not None and hasattr(each, "further"):
            return each.further.job
    return None
