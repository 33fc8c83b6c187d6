"""Reads of the intake: jobs, what was found in them, what is left to read."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q, Sum
from msgspec import Struct

from smartbill.apps.intake.models import Drop, Finding, FindingCount, Job, ReadBlock, RefusedDocument
from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding as FlowFinding
from smartbill.core.flows.value import Level
from smartbill.core.states.job import LIVE_STATES, JobState


class FoundRow(Struct, frozen=True, kw_only=True):
    """A stored finding; `n` is its place in the job, by which pages go on."""

    n: int
    finding: FlowFinding


class Progress(Struct, frozen=True):
    """How far the reading is."""

    blocks: int
    read: int


class SftpLogin(Struct, frozen=True):
    """An active SFTP account; found by name before any company is known."""

    account_id: int
    company_id: int
    company_code: str
    password: str  # Django hash, empty = keys only
    public_keys: list[str]  # OpenSSH form, without comments


def sftp_login(username: str) -> SftpLogin | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, company_id, company_code, password, public_keys FROM smartbill_sftp_account(%s)", [username]
        )
        row = cursor.fetchone()
    return SftpLogin(*row) if row else None


def job_by_code(code: str) -> Job | None:
    return Job.objects.select_related("drop").filter(code=code).first()


def live_job_with(digest: str) -> Job | None:
    """The live job of a file with this digest."""
    return Job.objects.select_related("drop").filter(digest=digest, state__in=LIVE_STATES).first()


def jobs_page(
    *,
    before: tuple[datetime, int] | None = None,
    states: Collection[JobState] = (),
    label: str = "",
    size: int = 50,
) -> list[Job]:
    """Jobs, the newest first; `before` is time of receipt and id of the last job of the page before."""
    jobs = Job.objects.select_related("drop").order_by("-received_at", "-id")
    if states:
        jobs = jobs.filter(state__in=states)
    if label:
        jobs = jobs.filter(label=label)
    if before is not None:
        received_at, last_id = before
        jobs = jobs.filter(Q(received_at__lt=received_at) | Q(received_at=received_at, pk__lt=last_id))
    return list(jobs[:size])


def drops_page(*, before: tuple[datetime, int] | None = None, size: int = 50) -> list[Drop]:
    """Files received, duplicates too, the newest first."""
    drops = Drop.objects.select_related("job", "duplicate_of__job").order_by("-received_at", "-id")
    if before is not None:
        received_at, last_id = before
        drops = drops.filter(Q(received_at__lt=received_at) | Q(received_at=received_at, pk__lt=last_id))
    return list(drops[:size])


def findings_page(job_id: int, *, after: int = -1, code: str = "", size: int = 100) -> list[FoundRow]:
    """Findings in the order of the reading; the sentence is made by `core.wording.findings.message`."""
    rows = Finding.objects.filter(job_id=job_id, n__gt=after).order_by("n")
    if code:
        rows = rows.filter(code=code)
    return [
        FoundRow(
            n=row.n,
            finding=FlowFinding(
                code=row.code,
                level=Level(row.level),
                file=row.file,
                line=row.line,
                record=row.record,
                field=row.field,
                document=row.document,
                values=row.values,
            ),
        )
        for row in rows[:size]
    ]


def finding_counts(job_id: int) -> list[CodeCount]:
    """How often each code was found, exactly; the gravest first."""
    order = list(Level)
    rows = FindingCount.objects.filter(job_id=job_id).values_list("code", "level").annotate(total=Sum("count"))
    counts = [CodeCount(code, Level(level), total) for code, level, total in rows]
    return sorted(counts, key=lambda each: (order.index(each.level), each.code))


def refused_documents(job_id: int) -> int:
    return RefusedDocument.objects.filter(job_id=job_id).count()


def progress(job_id: int) -> Progress:
    blocks = ReadBlock.objects.filter(job_id=job_id)
    return Progress(blocks.count(), blocks.filter(read_at__isnull=False).count())


def unread_blocks(job_id: int) -> Sequence[int]:
    return list(
        ReadBlock.objects.filter(job_id=job_id, read_at__isnull=True).order_by("block").values_list("block", flat=True)
    )
