"""Reads of the intake: jobs, what was found in them, what is left to read."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Sum
from msgspec import Struct

from smartbill.apps.intake.models import ContactFile, FindingCount, Job, ReadBlock, RefusedDocument
from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Level
from smartbill.core.states import contact_file
from smartbill.core.states.job import LIVE_STATES


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


def live_contact_file_with(digest: str) -> ContactFile | None:
    """The live contacts file of its own with this digest."""
    files = ContactFile.objects.select_related("drop").filter(job__isnull=True, digest=digest)
    return files.filter(state__in=contact_file.LIVE_STATES).first()


def latest_jobs(*, size: int) -> list[Job]:
    """Jobs, the newest first."""
    return list(Job.objects.select_related("drop").order_by("-received_at", "-id")[:size])


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
