"""A job is opened: what its archive holds, which format it is, and the parts that reading is cut into."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO

import msgspec
from django.conf import settings
from django.utils import timezone
from msgspec import Struct
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from smartbill.adapters.files.registry import open_store
from smartbill.apps.companies.queries import company_of_transaction, settled
from smartbill.apps.intake.models import Job, ReadBlock
from smartbill.apps.intake.operations import (
    OPENING,
    PlannedBlock,
    add_entries,
    add_findings,
    claim_flow_id,
    locked_job,
    move_job,
    plan_blocks,
)
from smartbill.core.company.documents import Contacts, Intake
from smartbill.core.company.limits import archive_limits
from smartbill.core.flows.archive import (
    ArchiveListing,
    ArchiveRefused,
    EntryKind,
    Limits,
    choose_flow,
)
from smartbill.core.flows.descriptor.blocks import OpenedFlow
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.handed_in import inspect_file, open_entries
from smartbill.core.flows.layouts import FATTURAPA, STABO
from smartbill.core.flows.ledger import FindingLedger
from smartbill.core.flows.stabo.header import FlowHeader, FlowTrailer, read_header, read_trailer
from smartbill.core.flows.stabo.scan import FlowScan, scan
from smartbill.core.flows.stabo.totals import check_company, check_encoding
from smartbill.core.flows.value import Finding, Level
from smartbill.core.ports.files import FileStore, kept_key, work_key
from smartbill.core.states.job import JobState
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.intake import further, publishing
from smartbill.usecases.intake.described import open_described
from smartbill.usecases.intake.parts import runs
from smartbill.usecases.intake.reading import read_block
from smartbill.usecases.layouts.choice import Choice, layouts_on
from smartbill.usecases.retries import INTAKE_RETRY

#: One task's worth of a flow, some 700 bills: small enough for a worker with eight threads to stay in its memory.
RANGE_BYTES = 2 * 1024 * 1024


#: Bytes of the store that stay free whatever comes: for PDFs, and for what others write.
RESERVE = 1 << 30


class NotEnoughRoom(Exception):
    """The store has no room for the flow: the task is tried again, and staff see it in the log."""


class _Drop(Struct, frozen=True, kw_only=True):
    """What is opened, as the row tells it."""

    job_id: int
    company_code: str
    company_vat: str
    name: str
    key: str
    work_key: str
    received_at: datetime
    contacts_name: str  # pattern
    choice: Choice  # of the company's own layouts
    limits: Limits


class _Opened(Struct, kw_only=True):
    """What the archive turned out to be."""

    layout: str = ""
    listing: ArchiveListing = ArchiveListing()
    header: FlowHeader | None = None
    trailer: FlowTrailer | None = None
    scan: FlowScan | None = None
    flow: OpenedFlow | None = None  # of a layout of the company
    inflated: bool = False  # there is one flow file, in its work file
    many_files: bool = False  # of a layout of the company
    blocks: list[PlannedBlock] = msgspec.field(default_factory=list)


@app.task(name="intake.open_job", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def open_job(*, company_id: int, job_id: int) -> None:
    """Look into the file of a received job and defer its reading, or refuse it. A second run changes nothing."""
    with company(company_id):
        job = Job.objects.select_related("drop").get(pk=job_id)
        if job.state != JobState.RECEIVED:
            return
        owner = company_of_transaction()
        drop = _Drop(
            job_id=job_id,
            company_code=owner.code,
            company_vat=owner.vat_number,
            name=job.drop.name,
            key=kept_key(company_id, job.digest),
            work_key=work_key(company_id, job_id),
            received_at=job.received_at,
            contacts_name=settled(Contacts).file_name,
            choice=layouts_on(job.received_at.astimezone(ROME).date()),
            limits=archive_limits(settled(Intake)),
        )
        if job.opened_at is None:
            Job.objects.filter(pk=job_id).update(opened_at=timezone.now())
    ledger = FindingLedger()
    opened = _opened(open_store(settings.SMARTBILL), drop, ledger)
    with company(company_id):
        _record(company_id, drop, opened, ledger)


def _opened(store: FileStore, drop: _Drop, ledger: FindingLedger) -> _Opened:
    opened = _Opened()
    with store.open(drop.key) as file:
        rules = msgspec.structs.replace(drop.choice.rules, contacts=(drop.contacts_name,))
        opened.listing = inspect_file(file, name=drop.name, limits=drop.limits, rules=rules)
        _add(ledger, drop.choice.findings(drop.name))
        _add(ledger, opened.listing.findings)
        if opened.listing.ignored > len(opened.listing.findings) > 0:
            ledger.add(opened.listing.findings[-1], times=opened.listing.ignored - len(opened.listing.findings))
        if ledger.refuses_flow:
            return opened
        layout = drop.choice.of(opened.listing.entries)
        if layout is not None:
            _open_described(store, drop, file, opened, ledger, layout=layout)
        elif not opened.listing.of_kind(EntryKind.FLOW) and opened.listing.of_kind(EntryKind.XML):
            opened.layout = FATTURAPA
        else:
            _open_stabo(store, drop, file, opened, ledger)
    if not ledger.refuses_flow:
        opened.blocks += _file_blocks(opened)
    return opened


def _open_stabo(store: FileStore, drop: _Drop, file: BinaryIO, opened: _Opened, ledger: FindingLedger) -> None:
    """Inflate the flow once, find its ranges, read its first and last line."""
    opened.layout = STABO
    name = _inflated(store, drop, file, opened, ledger)
    if not name:
        return
    with store.open(drop.work_key) as flow:
        opened.scan = scan(flow, file=name, range_bytes=RANGE_BYTES)
    _add(ledger, opened.scan.findings)
    opened.header, odd = read_header(opened.scan.header, now=drop.received_at, file=name)
    _add(ledger, odd)
    if opened.header is None:
        return
    opened.trailer, odd = read_trailer(
        opened.scan.trailer, number=opened.scan.trailer_line, header=opened.header, file=name
    )
    _add(ledger, odd)
    _add(ledger, check_company(opened.header, drop.company_code, file=name))
    _add(ledger, check_encoding(opened.scan, opened.header, file=name))
    _add(ledger, _odd_names(opened.header, drop, name))
    opened.blocks = [
        PlannedBlock(kind=ReadBlock.Kind.FLOW, start=each.start, end=each.end, first_line=each.first_line)
        for each in opened.scan.ranges
    ]


def _inflated(store: FileStore, drop: _Drop, file: BinaryIO, opened: _Opened, ledger: FindingLedger) -> str:
    """Take the one flow of the archive out to its work file; its name, empty when it cannot be."""
    entry, findings = choose_flow(opened.listing, name=drop.name)
    _add(ledger, findings)
    if entry is None:
        return ""
    if store.room() < entry.declared_size + RESERVE:
        raise NotEnoughRoom(f"{entry.declared_size} bytes and a reserve are needed")
    try:
        archive = open_entries(file, name=drop.name, limits=drop.limits)
        store.write(drop.work_key, archive.chunks(entry))
    except ArchiveRefused as refused:
        ledger.add(refused.finding)
        return ""
    opened.inflated = True
    return entry.base_name


def _open_described(
    store: FileStore, drop: _Drop, file: BinaryIO, opened: _Opened, ledger: FindingLedger, *, layout: Layout
) -> None:
    """A flow of the company's own layout. One of many small files is read file by file, as e-invoices are."""
    opened.layout = layout.id
    if not opened.listing.of_kind(EntryKind.FLOW):
        opened.many_files = True
        return
    name = _inflated(store, drop, file, opened, ledger)
    if not name:
        return
    described = open_described(
        store, drop.work_key, layout, file=name, now=drop.received_at, company_code=drop.company_code,
        range_bytes=RANGE_BYTES,
    )  # fmt: skip
    _add(ledger, described.findings)
    opened.scan, opened.flow, opened.blocks = described.scan, described.flow, described.blocks
    if described.flow is not None:
        opened.header, opened.trailer = described.flow.header, described.flow.trailer


def _odd_names(header: FlowHeader, drop: _Drop, file: str) -> Iterator[Finding]:
    """The VAT number and the file name should be those of company and header; a warning when they are not."""

    def warn(field: str, **values: str) -> Finding:
        return Finding(code="WRN-410", level=Level.WARNING, file=file, line=1, record="00", field=field, values=values)

    if drop.company_vat and header.company_vat != drop.company_vat.removeprefix("IT"):
        yield warn("company_vat", valore=header.company_vat)
    expected = f"STABO_{header.company_code}_{header.flow_id}"
    if file.rpartition(".")[0].upper() != expected.upper():
        yield warn("file_name", valore=file[:60], atteso=f"{expected}.txt")


def _file_blocks(opened: _Opened) -> Iterator[PlannedBlock]:
    """Runs of the archive's other files. Electronic invoices are the bills where there is no flow, else files."""
    entries = opened.listing.entries
    files = {EntryKind.PDF, EntryKind.XML} if opened.inflated else {EntryKind.PDF}
    parts = [(ReadBlock.Kind.FILES, files)]
    if opened.layout == FATTURAPA or opened.many_files:
        parts.append((ReadBlock.Kind.ENTRIES, {EntryKind.XML}))
    for block_kind, kinds in parts:
        for start, end in runs(entry for entry in entries if entry.kind in kinds):
            yield PlannedBlock(kind=block_kind, start=start, end=end)
    for entry in opened.listing.of_kind(EntryKind.CONTACTS):
        yield PlannedBlock(kind=ReadBlock.Kind.CONTACTS, start=entry.index, end=entry.index + 1)


def _add(ledger: FindingLedger, findings: Iterable[Finding]) -> None:
    for finding in findings:
        ledger.add(finding)


def _record(company_id: int, drop: _Drop, opened: _Opened, ledger: FindingLedger) -> None:
    """Write down what was found and go on: one transaction, which a second run finds done."""
    job = locked_job(drop.job_id)
    if job.state != JobState.RECEIVED:
        return
    _describe(job, drop, opened)
    if opened.header is not None and opened.header.flow_id and not ledger.refuses_flow:
        further.lock_flow(opened.header.flow_id)
        earlier = claim_flow_id(job, opened.header.flow_id)
        if earlier is not None:
            when = f"{earlier.received_at.astimezone(ROME):%d/%m/%Y}"
            values = {"valore": opened.header.flow_id, "data": when}
            ledger.add(Finding(code="FLS-010", level=Level.FILE, file=drop.name, line=1, record="00", values=values))
    add_entries(job, opened.listing.entries)
    add_findings(job.pk, OPENING, ledger)
    if ledger.refuses_flow:
        publishing.refuse(job)
        return
    move_job(job, JobState.READING)
    count = plan_blocks(job, opened.blocks)
    count += further.tie_waiting(job, first_block=count + 1)
    if count:
        tasks: list[JSONDict] = [
            {"company_id": company_id, "job_id": job.pk, "block": block} for block in range(1, count + 1)
        ]
        read_block.batch_defer(*tasks)
    else:
        publishing.publish_job.defer(company_id=company_id, job_id=job.pk)


def _describe(job: Job, drop: _Drop, opened: _Opened) -> None:
    job.layout = opened.layout
    job.layout_version = drop.choice.version_of(opened.layout)
    if opened.inflated:
        job.work_key = drop.work_key
    if opened.flow is not None:
        job.described = msgspec.json.encode(opened.flow)
    if opened.scan is not None:
        job.scan = msgspec.json.encode(msgspec.structs.replace(opened.scan, header=b"", trailer=b"", ranges=()))
    if opened.header is not None:
        job.header = msgspec.json.encode(opened.header)
        job.label = opened.header.batch
        job.test_flow = opened.header.is_test
    if opened.trailer is not None:
        job.trailer = msgspec.json.encode(opened.trailer)
    job.save(
        update_fields=[
            "layout", "layout_version", "described", "work_key", "scan", "header", "label", "test_flow", "trailer",
        ]
    )  # fmt: skip
