"""A complete file was handed in: it is kept, and one job is opened for it."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from msgspec import Struct

from smartbill.adapters.files.registry import open_store
from smartbill.apps.audit.operations import record
from smartbill.apps.intake.models import Drop, Job, SftpAccount
from smartbill.apps.intake.operations import clean, open_job
from smartbill.apps.intake.queries import live_job_with
from smartbill.core.flows.value import Finding, Level
from smartbill.core.ports.files import kept_key
from smartbill.core.wording.findings import message
from smartbill.core.wording.job_notices import JobEvent
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.intake import opening
from smartbill.usecases.intake.notices import tell_staff


class Received(Struct, frozen=True, kw_only=True):
    """What became of a file. `message` (Italian) says why there is no new job."""

    job_code: str | None
    duplicate: bool
    message: str = ""


def receive_drop(
    *,
    company_id: int,
    name: str,
    path: Path,
    digest: str,
    size: int,
    source: str,
    account_id: int | None,
    now: datetime,
) -> Received:
    """Keep the complete file at `path`, which is ours from now on and is removed, and open a job for it.

    `digest` is its SHA-256 in lower-case hex, made while it was received; `source` is `sftp`, `command` or `page`.
    `account_id` is the SFTP account it came by; one deleted meanwhile is left out. A file that a live job of the
    company has already opens no second job. Whatever fails before the commit leaves `path` where it is, so the call
    can be made again.
    """
    store = open_store(settings.SMARTBILL)
    store.keep(kept_key(company_id, digest), path)
    with company(company_id):
        account = None if account_id is None else SftpAccount.objects.filter(pk=account_id).first()
        drop = Drop.objects.create(
            company_id=company_id,
            name=clean(name, 255),
            size=size,
            digest=digest,
            source=source,
            account=account,
            received_at=now,
        )
        job = open_job(drop, year=now.astimezone(ROME).year, now=now)
        received = _of_earlier(drop) if job is None else Received(job_code=job.code, duplicate=False)
        record(
            at=now,
            actor=_sender(source, account),
            act="duplicate_drop" if job is None else "receive_drop",
            subject=f"job {received.job_code}",
            note=drop.name,
        )
        if job is not None:
            opening.open_job.defer(company_id=company_id, job_id=job.pk)
            tell_staff(job, JobEvent.RECEIVED)
    path.unlink(missing_ok=True)
    return received if job is not None else Received(job_code=None, duplicate=True, message=received.message)


def _of_earlier(drop: Drop) -> Received:
    """Tie the drop to the one whose job has the file."""
    earlier: Job | None = live_job_with(drop.digest)
    if earlier is None:
        raise RuntimeError("the live job of an equal file is gone in the same moment")
    drop.duplicate_of = earlier.drop
    drop.save(update_fields=["duplicate_of"])
    when = f"{earlier.received_at.astimezone(ROME):%d/%m/%Y %H:%M}"
    finding = Finding(code="ZIP-012", level=Level.WARNING, file=drop.name, values={"data": when})
    return Received(job_code=earlier.code, duplicate=True, message=message(finding))


def _sender(source: str, account: SftpAccount | None) -> str:
    return source if account is None else f"{source}:{account.username}"
