"""Further ZIPs of a flow, `PDF_<flow_id>_<n>.zip`: PDFs that came before the flow, with it, or after it.

A further ZIP is tied to the job of its flow as one more part of the job's reading; its PDFs become parts in turn. One
whose flow is not there yet waits; one whose job is decided is kept and told. What is wrong with a further ZIP refuses
that ZIP alone: the job goes on waiting for a better one.
"""

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db import connection
from django.db.models import Max
from msgspec.structs import replace

from smartbill.apps.intake.models import Drop, FurtherZip, Job, ReadBlock, ZipEntry
from smartbill.apps.intake.operations import PlannedBlock, add_entries, locked_job, plan_blocks
from smartbill.core.flows.archive import ArchiveListing, Entry, EntryKind, shown_name
from smartbill.core.flows.ledger import FindingLedger
from smartbill.core.flows.value import Finding, Level
from smartbill.core.states.job import LIVE_STATES, JobState
from smartbill.core.zone import ROME
from smartbill.database.context import current_company
from smartbill.usecases.intake.notices import tell_staff_of_pdfs
from smartbill.usecases.intake.parts import runs

_NAME = re.compile(r"PDF_(?P<flow_id>.{1,30})_(?P<n>\d{1,4})\.zip", re.IGNORECASE)
_IN_USE = (FurtherZip.State.WAITING, FurtherZip.State.READING, FurtherZip.State.READ)


def flow_of_name(name: str) -> tuple[str, int] | None:
    """The flow that a file of this name has PDFs of, and its number; None when it is no further ZIP."""
    found = _NAME.fullmatch(name)
    return (found["flow_id"], int(found["n"])) if found else None


def lock_flow(flow_id: str) -> None:
    """Until the transaction ends: whoever ties a ZIP to a flow, or opens the flow, sees what the other has done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [current_company() % 2**31, flow_id.upper()])


def earlier_equal(digest: str) -> FurtherZip | None:
    """A ZIP of the same bytes that is in use."""
    known = FurtherZip.objects.select_related("job").filter(digest=digest, state__in=_IN_USE)
    return next((each for each in known.order_by("id") if each.job is None or each.job.state in LIVE_STATES), None)


def take(drop: Drop, flow_id: str, n: int, *, now: datetime) -> tuple[FurtherZip, int | None]:
    """Note the further ZIP and tie it to the job of its flow, in the open transaction; the job's new part, if any."""
    lock_flow(flow_id)
    zip_file = FurtherZip.objects.create(
        company_id=current_company(), drop=drop, digest=drop.digest, flow_id=flow_id, n=n, received_at=now
    )
    found = Job.objects.filter(flow_id__iexact=flow_id, state__in=LIVE_STATES).order_by("-id").first()
    job = locked_job(found.pk) if found is not None else None
    if job is None:
        _note(zip_file, FurtherZip.State.WAITING, "ZIP-013")
        return zip_file, None
    zip_file.job = job
    if job.state != JobState.READING:
        _note(zip_file, FurtherZip.State.LATE, "ZIP-014")
        return zip_file, None
    return zip_file, _tie(zip_file, job)


def tie_waiting(job: Job, *, first_block: int) -> int:
    """Tie the ZIPs that came before the flow of this job, as parts from `first_block` on; how many.

    A job that is read again takes those of the job before it.
    """
    if job.flow_id is None:
        return 0
    same_flow = FurtherZip.objects.filter(flow_id__iexact=job.flow_id)
    waiting = list(same_flow.filter(state=FurtherZip.State.WAITING).order_by("n", "id"))
    if job.drop.source == "again":
        before = Job.objects.filter(flow_id=job.flow_id, id__lt=job.pk, digest=job.digest).order_by("-id").first()
        waiting += list(same_flow.filter(job=before).exclude(state=FurtherZip.State.REFUSED).order_by("n", "id"))
    for block, zip_file in enumerate(waiting, first_block):
        zip_file.job = job
        _tie(zip_file, job, block=block)
    return len(waiting)


def _tie(zip_file: FurtherZip, job: Job, *, block: int = 0) -> int:
    number = block or _next_block(job.pk)
    ReadBlock.objects.create(
        company_id=current_company(), job=job, block=number, kind=ReadBlock.Kind.FURTHER, start=0, end=0,
        further=zip_file,
    )  # fmt: skip
    zip_file.state, zip_file.finding = FurtherZip.State.READING, None
    zip_file.save(update_fields=["job", "state", "finding"])
    return number


def _next_block(job_id: int) -> int:
    return (ReadBlock.objects.filter(job_id=job_id).aggregate(last=Max("block"))["last"] or 0) + 1


def add_pdfs(block: ReadBlock, listing: ArchiveListing, ledger: FindingLedger) -> list[int]:
    """Take the PDFs of an inspected ZIP into its job, in the open transaction; the parts that they are to be read in.

    Findings go to the ledger as warnings: the job is not refused for a ZIP that may be sent again.
    """
    job = locked_job(block.job_id)
    zip_file = block.further
    assert zip_file is not None
    pdfs = listing.of_kind(EntryKind.PDF)
    why = _why_not(job, listing, pdfs, zip_file.drop.name)
    if why is not None:
        ledger.add(replace(why, level=Level.WARNING))
        _set(zip_file, FurtherZip.State.REFUSED, why)
        tell_staff_of_pdfs(zip_file)
        return []
    for entry in listing.entries:
        if entry.kind is not EntryKind.PDF:
            values = {"nome": shown_name(entry.name)}
            ledger.add(Finding(code="ZIP-011", level=Level.WARNING, file=zip_file.drop.name, values=values))
    first = (ZipEntry.objects.filter(job=job).aggregate(last=Max("number"))["last"] or 0) + 1
    renumbered = [replace(entry, index=first + place) for place, entry in enumerate(pdfs)]
    add_entries(job, renumbered)
    planned = [PlannedBlock(kind=ReadBlock.Kind.FILES, start=start, end=end) for start, end in runs(renumbered)]
    number = _next_block(job.pk)
    count = plan_blocks(job, planned, first=number, further=zip_file)
    _set(zip_file, FurtherZip.State.READ, None)
    return list(range(number, number + count))


def _why_not(job: Job, listing: ArchiveListing, pdfs: Iterable[Entry], name: str) -> Finding | None:
    for finding in listing.findings:
        if finding.level is Level.FILE:
            return finding
    known = {each.lower() for each in ZipEntry.objects.filter(job=job, kind=EntryKind.PDF)
             .values_list("base_name", flat=True)}  # fmt: skip
    none = True
    for entry in pdfs:
        none = False
        if entry.base_name.lower() in known:
            values = {"nome": shown_name(entry.name)}
            return Finding(code="ZIP-008", level=Level.FILE, file=name, values=values)
    return Finding(code="ZIP-015", level=Level.FILE, file=name, values={"nome": name}) if none else None


def _note(zip_file: FurtherZip, state: FurtherZip.State, code: str) -> None:
    """A state that somebody has to know of, with the finding that tells it."""
    told = Finding(code=code, level=Level.WARNING, file=zip_file.drop.name, values={"valore": zip_file.flow_id})
    _set(zip_file, state, told)


def _set(zip_file: FurtherZip, state: FurtherZip.State, finding: Finding | None) -> None:
    zip_file.state = state
    zip_file.finding = msgspec.json.encode(finding) if finding is not None else None
    zip_file.save(update_fields=["job", "state", "finding"])


def finding_of(zip_file: FurtherZip) -> Finding | None:
    return msgspec.json.decode(bytes(zip_file.finding), type=Finding) if zip_file.finding else None


def shown_time(moment: datetime) -> str:
    return f"{moment.astimezone(ROME):%d/%m/%Y %H:%M}"
