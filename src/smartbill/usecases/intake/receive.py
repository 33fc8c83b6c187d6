"""A complete file was handed in: it is kept, and one job is opened for it; or, if it holds contacts, it is read."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from msgspec import Struct

from smartbill.adapters.files.registry import open_store
from smartbill.apps.audit.operations import record
from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.models import Drop, Job, SftpAccount
from smartbill.apps.intake.operations import clean, open_contact_file, open_job
from smartbill.apps.intake.queries import live_contact_file_with, live_job_with
from smartbill.core.company.documents import Contacts
from smartbill.core.flows.archive import fits
from smartbill.core.flows.handed_in import is_final_name
from smartbill.core.flows.value import Finding, Level
from smartbill.core.ports.files import kept_key
from smartbill.core.wording.findings import message
from smartbill.core.wording.job_notices import JobEvent
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.intake import contact_files, further, opening, reading
from smartbill.usecases.intake.notices import tell_staff, tell_staff_of_pdfs


class Received(Struct, frozen=True, kw_only=True):
    """What became of a file. `message` (Italian) says why there is no new job.

    `job_code` of PDFs that came by themselves (`PDF_<flow_id>_<n>.zip`) is that of their flow's job; None while they
    wait for it.
    """

    job_code: str | None
    duplicate: bool
    message: str = ""
    contact_file: int | None = None  # its id, where the file is one of contacts


def is_taken(company_id: int, name: str) -> bool:
    """Whether a file of this name is one that the company hands in: an archive, a flow, an e-invoice, contacts."""
    if is_final_name(name):
        return True
    if not name.lower().endswith(".csv"):
        return False
    with company(company_id):
        return fits(name, settled(Contacts).file_name)


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
    contacts: bool | None = None,
    sent_by: str = "",
) -> Received:
    """Keep the complete file at `path`, which is ours from now on and is removed, and open a job for it, or have its
    contacts read: `contacts`; None = as its name says.

    `digest` is its SHA-256 in lower-case hex, made while it was received; `source` is `sftp`, `folder`,
    `command` or `page`.
    `account_id` is the SFTP account it came by; one deleted meanwhile is left out. `sent_by`: who uploaded it. A file
    that a live job of the company has already opens no second job, equal contacts are read once. Whatever fails before
    the commit leaves `path` where it is, so the call can be made again.
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
        flow = further.flow_of_name(drop.name)
        if contacts if contacts is not None else fits(name, settled(Contacts).file_name):
            received = _take_contacts(drop, sent_by or _sender(source, account), sent_by=sent_by, now=now)
        elif flow is not None:
            received = _take_further(drop, flow, sent_by or _sender(source, account), now=now)
        else:
            received = _take_flow(drop, sent_by or _sender(source, account), now=now)
    path.unlink(missing_ok=True)
    return received


def _take_further(drop: Drop, flow: tuple[str, int], sender: str, *, now: datetime) -> Received:
    """More PDFs of a flow: tied to its job, or kept until it comes; staff hear of those that wait or are late."""
    earlier = further.earlier_equal(drop.digest)
    if earlier is not None:
        drop.duplicate_of = earlier.drop
        drop.save(update_fields=["duplicate_of"])
        values = {"data": further.shown_time(earlier.received_at)}
        received = Received(
            job_code=None,
            duplicate=True,
            message=message(Finding(code="ZIP-012", level=Level.WARNING, file=drop.name, values=values)),
        )
    else:
        zip_file, block = further.take(drop, *flow, now=now)
        told = further.finding_of(zip_file)
        received = Received(
            job_code=zip_file.job.code if zip_file.job is not None else None,
            duplicate=False,
            message=message(told) if told is not None else "",
        )
        if zip_file.job is not None and block is not None:
            reading.read_block.defer(company_id=drop.company_id, job_id=zip_file.job.pk, block=block)
        if told is not None:
            tell_staff_of_pdfs(zip_file)
    record(
        at=now,
        actor=sender,
        act="duplicate_drop" if received.duplicate else "receive_pdfs",
        subject=f"flow {flow[0]}",
        note=drop.name,
    )
    return received


def _take_flow(drop: Drop, sender: str, *, now: datetime) -> Received:
    job = open_job(drop, year=now.astimezone(ROME).year, now=now)
    if job is None:
        earlier, text = _of_earlier(drop)
        record(at=now, actor=sender, act="duplicate_drop", subject=f"job {earlier}", note=drop.name)
        return Received(job_code=None, duplicate=True, message=text)
    record(at=now, actor=sender, act="receive_drop", subject=f"job {job.code}", note=drop.name)
    opening.open_job.defer(company_id=job.company_id, job_id=job.pk)
    tell_staff(job, JobEvent.RECEIVED)
    return Received(job_code=job.code, duplicate=False)


def _take_contacts(drop: Drop, sender: str, *, sent_by: str, now: datetime) -> Received:
    file = open_contact_file(drop, sent_by=sent_by, now=now)
    if file is not None:
        record(at=now, actor=sender, act="receive_contacts", subject=f"contacts {file.pk}", note=drop.name)
        contact_files.read_contact_file.defer(company_id=file.company_id, file_id=file.pk)
        return Received(job_code=None, duplicate=False, contact_file=file.pk)
    earlier = live_contact_file_with(drop.digest)
    if earlier is None:
        raise RuntimeError("the live file of equal contacts is gone in the same moment")
    drop.duplicate_of = earlier.drop
    drop.save(update_fields=["duplicate_of"])
    record(at=now, actor=sender, act="duplicate_contacts", subject=f"contacts {earlier.pk}", note=drop.name)
    when = f"{earlier.received_at.astimezone(ROME):%d/%m/%Y %H:%M}"
    text = f"File di recapiti già ricevuto il {when}: non viene letto di nuovo."
    return Received(job_code=None, duplicate=True, message=text, contact_file=earlier.pk)


def _of_earlier(drop: Drop) -> tuple[str, str]:
    """Tie the drop to the one whose job has the file; the code of that, and what to say."""
    earlier: Job | None = live_job_with(drop.digest)
    if earlier is None:
        raise RuntimeError("the live job of an equal file is gone in the same moment")
    drop.duplicate_of = earlier.drop
    drop.save(update_fields=["duplicate_of"])
    when = f"{earlier.received_at.astimezone(ROME):%d/%m/%Y %H:%M}"
    finding = Finding(code="ZIP-012", level=Level.WARNING, file=drop.name, values={"data": when})
    return earlier.code, message(finding)


def _sender(source: str, account: SftpAccount | None) -> str:
    return source if account is None else f"{source}:{account.username}"
