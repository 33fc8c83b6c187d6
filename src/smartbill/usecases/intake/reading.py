"""One part of a job is read: a range of the flow, a run of e-invoices or files, the contacts file.

Parsing happens outside any transaction; what was read goes in by one transaction, with the mark that the part is read.
Parts may be read in any order, at the same time, and more than once.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from tempfile import TemporaryFile
from threading import Lock

import msgspec
from django.conf import settings
from django.utils import timezone
from msgspec import Struct
from msgspec.structs import replace
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from smartbill.adapters.files.registry import open_store
from smartbill.adapters.pdf_checks.checker import PdfChecker
from smartbill.apps.archive.models import BillFile
from smartbill.apps.archive.operations.bills import BillRow, StoredAttachment, add_bills, bill_row, supply_rows
from smartbill.apps.companies.queries import company_of_transaction, settled
from smartbill.apps.intake.models import Job, ReadBlock, StagedContact, ZipEntry
from smartbill.apps.intake.operations import (
    add_findings,
    add_refused,
    clean,
    finish_block,
    record_contact_file,
    record_entry_contents,
    stage_contacts,
)
from smartbill.core.bill.value import BillKind
from smartbill.core.company.documents import Intake
from smartbill.core.company.limits import archive_limits
from smartbill.core.flows.archive import ArchiveReader, ArchiveRefused, Entry, EntryKind, Limits, inspect
from smartbill.core.flows.contacts_csv.reader import ContactsRules
from smartbill.core.flows.descriptor.blocks import OpenedFlow
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.handed_in import has_bare_name, open_entries
from smartbill.core.flows.ledger import FindingLedger
from smartbill.core.flows.stabo.header import FlowHeader
from smartbill.core.flows.stabo.reader import BlockReader
from smartbill.core.flows.value import BlockTotals, Finding, FlowContact, Level, ReadBill, RefusedDocument
from smartbill.core.ports.files import FileStore, kept_key
from smartbill.core.states.job import JobState
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.intake import further, publishing
from smartbill.usecases.intake.contact_reading import ContactsReading, contacts_rules
from smartbill.usecases.intake.contact_rejects import publish_rejects
from smartbill.usecases.intake.described import DescribedPart, PartOfFlow, layout_of_job, read_described_file
from smartbill.usecases.retries import INTAKE_RETRY

#: Reading a range of a flow keeps a processor busy: threads of one worker that did it together would only take turns,
#: each with its own part in memory. Storing is waiting, and goes on beside it.
_ONE_AT_A_TIME = Lock()

#: PDFs are looked at by processes that all threads of a worker share.
_PDFS = PdfChecker()
#: So many PDFs of one part may take such a process down; those behind them are refused unseen.
_MOST_HARMFUL = 3
_UNREADABLE = "DOC-302"

#: Documents of an e-invoice file are numbered from here on by its place in the archive.
_DOCUMENTS_OF_A_FILE = 100_000


class _Part(Struct, frozen=True, kw_only=True):
    """What is to be read, as the rows tell it."""

    company_id: int
    job_id: int
    block: int
    kind: ReadBlock.Kind
    start: int
    end: int
    first_line: int
    file: str  # name of the flow file, or of the drop
    drop_key: str
    work_key: str
    today: date  # the day the job came: a later run judges dates the same
    header: FlowHeader | None
    entries: tuple[Entry, ...]
    rules: ContactsRules
    pdf_pattern: str
    received_at: datetime
    suppliers: tuple[str, ...]  # numbers that the company's e-invoices bear; empty = any
    other_supplier: Level  # what an invoice of somebody else is: refused where the company lists its numbers
    limits: Limits
    further: bool  # of a further ZIP
    layout: Layout | None = None  # of the company
    opened: OpenedFlow | None = None


class _Outcome(Struct, kw_only=True):
    """What was read, ready to be stored."""

    pdf_pattern: str
    ledger: FindingLedger = msgspec.field(default_factory=FindingLedger)
    bills: list[BillRow] = msgspec.field(default_factory=list)
    supplies: list[tuple[int, int, str, str]] = msgspec.field(default_factory=list)
    attachments: list[StoredAttachment] = msgspec.field(default_factory=list)
    contacts: list[FlowContact] = msgspec.field(default_factory=list)
    refused: list[RefusedDocument] = msgspec.field(default_factory=list)
    contents: dict[int, tuple[str, str]] = msgspec.field(default_factory=dict)
    totals: BlockTotals = BlockTotals()

    def take(self, outcome: ReadBill | RefusedDocument | Finding) -> None:
        if isinstance(outcome, ReadBill):
            self.supplies += supply_rows(len(self.bills), outcome.bill)
            self.bills.append(bill_row(outcome, pdf_pattern=self.pdf_pattern))
            self.contacts += outcome.contacts
        elif isinstance(outcome, RefusedDocument):
            self.refused.append(outcome)
        else:
            self.ledger.add(outcome)


@app.task(name="intake.read_block", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def read_block(*, company_id: int, job_id: int, block: int) -> None:
    """Read one part; the last one of its job defers the decision. A part that is read already stays as it is."""
    with company(company_id):
        part = _part(company_id, job_id, block)
    if part is None:
        return
    store = open_store(settings.SMARTBILL)
    if part.kind == ReadBlock.Kind.CONTACTS:
        _read_contacts_file(store, part)
        return
    if part.kind == ReadBlock.Kind.FURTHER:
        _open_further(store, part)
        return
    outcome = _OPERATIONS[part.kind](store, part)
    with company(company_id):
        if _is_ours(part):
            _store(part, outcome)


def _part(company_id: int, job_id: int, block: int) -> _Part | None:
    row = ReadBlock.objects.select_related("job__drop", "further__drop").get(job_id=job_id, block=block)
    job = row.job
    intake = settled(Intake)
    if row.read_at is not None or job.state != JobState.READING:
        return None
    return _Part(
        company_id=company_id,
        job_id=job_id,
        block=block,
        kind=ReadBlock.Kind(row.kind),
        start=row.start,
        end=row.end,
        first_line=row.first_line,
        file=_flow_name(job) if row.kind == ReadBlock.Kind.FLOW else (row.further or job).drop.name,
        drop_key=kept_key(company_id, (row.further or job).digest),
        further=row.further is not None,
        work_key=job.work_key,
        today=job.received_at.astimezone(ROME).date(),
        header=msgspec.json.decode(bytes(job.header), type=FlowHeader) if job.header else None,
        entries=_entries(job, row),
        rules=contacts_rules(),
        pdf_pattern=intake.pdf_name,
        suppliers=tuple(number for number in (company_of_transaction().vat_number, *intake.suppliers) if number),
        other_supplier=Level.FILE if intake.suppliers else Level.WARNING,
        limits=archive_limits(intake),
        received_at=job.received_at,
        layout=layout_of_job(job),
        opened=msgspec.json.decode(bytes(job.described), type=OpenedFlow) if job.described else None,
    )


def _flow_name(job: Job) -> str:
    return ZipEntry.objects.values_list("base_name", flat=True).get(job=job, kind=EntryKind.FLOW)


def _entries(job: Job, block: ReadBlock) -> tuple[Entry, ...]:
    """The archive's entries that the block is about."""
    kinds = {
        ReadBlock.Kind.FLOW: [],
        ReadBlock.Kind.ENTRIES: [EntryKind.XML],
        ReadBlock.Kind.FILES: [EntryKind.PDF, EntryKind.XML] if job.work_key else [EntryKind.PDF],
        ReadBlock.Kind.CONTACTS: [EntryKind.CONTACTS],
        ReadBlock.Kind.FURTHER: [],
    }[ReadBlock.Kind(block.kind)]
    if not kinds:
        return ()
    rows = ZipEntry.objects.filter(job=job, kind__in=kinds, number__gte=block.start, number__lt=block.end)
    return tuple(
        Entry(
            index=row.number,
            name=row.name,
            base_name=row.base_name,
            kind=EntryKind(row.kind),
            compressed=row.compressed,
            declared_size=row.size,
            start=row.start,
            crc=row.crc,
            deflated=row.deflated,
            sizes_follow=row.sizes_follow,
        )
        for row in rows.order_by("number")
    )


def _is_ours(part: _Part) -> bool:
    """Lock the block; False when another run was faster, or the job was given up meanwhile."""
    rows = ReadBlock.objects.select_for_update(no_key=True, of=("self",)).select_related("job")
    row = rows.get(job_id=part.job_id, block=part.block)
    return row.read_at is None and row.job.state == JobState.READING


def _read_flow(store: FileStore, part: _Part) -> _Outcome:
    outcome = _Outcome(pdf_pattern=part.pdf_pattern)
    if part.layout is not None:
        _read_described(store, part, part.layout, outcome)
        return outcome
    assert part.header is not None
    with _ONE_AT_A_TIME, _no_collection():
        data = store.read_range(part.work_key, part.start, part.end)
        reader = BlockReader(data, first_line=part.first_line, file=part.file, header=part.header, today=part.today)
        for read in reader:
            outcome.take(read)
    outcome.totals = reader.totals
    return outcome


def _read_described(store: FileStore, part: _Part, layout: Layout, outcome: _Outcome) -> None:
    """A range of a flow of the company's own layout."""
    assert part.opened is not None
    flow = PartOfFlow(
        layout=layout, opened=part.opened, work_key=part.work_key, file=part.file, start=part.start, end=part.end,
        first_line=part.first_line, today=part.today,
    )  # fmt: skip
    with _ONE_AT_A_TIME, _no_collection():
        documents = DescribedPart(store, flow)
        for read in documents:
            outcome.take(read)
    outcome.totals = documents.totals


@contextmanager
def _no_collection() -> Iterator[None]:
    """Bills are trees, never rings: looking for rings among millions of new objects takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_invoices(store: FileStore, part: _Part) -> _Outcome:
    outcome = _Outcome(pdf_pattern=part.pdf_pattern)
    look = _PdfLook()
    credit_notes = 0
    sum_total_bill = sum_total_due = Decimal("0.00")
    for entry, content in _contents(store, part, outcome):
        digest = _kept(store, part, content)
        outcome.contents[entry.index] = (digest, "")
        first_seq = entry.index * _DOCUMENTS_OF_A_FILE + 1
        for read in _documents(content, part, entry, first_seq):
            if isinstance(read, ReadBill):
                outcome.attachments.append(
                    StoredAttachment(
                        doc_seq=read.doc_seq,
                        kind=BillFile.Kind.EINVOICE,
                        n=0,
                        name=entry.base_name,
                        digest=digest,
                        size=len(content),
                    )
                )
                outcome.attachments += _attached(store, part, read, look)
                credit_notes += read.bill.kind is BillKind.CREDIT_NOTE
                sum_total_bill += read.bill.total_bill
                sum_total_due += read.bill.total_due
                outcome.take(replace(read, einvoice_file=""))  # tied to its file already, not by name
            else:
                outcome.take(read)
    bills = len(outcome.bills) - credit_notes
    outcome.totals = BlockTotals(
        bills=bills, credit_notes=credit_notes, refused=len(outcome.refused), sum_total_bill=sum_total_bill,
        sum_total_due=sum_total_due,
    )  # fmt: skip
    return outcome


def _documents(
    content: bytes, part: _Part, entry: Entry, first_seq: int
) -> Iterator[ReadBill | RefusedDocument | Finding]:
    if part.layout is not None:
        return read_described_file(
            content, part.layout, file=entry.base_name, now=part.received_at, first_seq=first_seq
        )
    return read_invoice_file(
        content,
        file=entry.base_name,
        first_seq=first_seq,
        max_bytes=part.limits.xml,
        suppliers=part.suppliers,
        other_supplier=part.other_supplier,
        beside_others=not has_bare_name(part.file),
    )


class _PdfLook:
    """PDFs of one part, looked at: behind the first few that take a process down the others are refused unseen, so
    that an archive made of such does not keep a worker for days."""

    def __init__(self) -> None:
        self._harmful = 0

    def problem(self, content: bytes) -> str:
        """The code of what is wrong; empty when nothing is."""
        found = _PDFS.examine(content) if self._harmful < _MOST_HARMFUL else _UNREADABLE
        self._harmful += found is None
        return _UNREADABLE if found is None else found


def _attached(store: FileStore, part: _Part, read: ReadBill, look: _PdfLook) -> Iterator[StoredAttachment]:
    """Files inside an e-invoice. The first good PDF may be the bill's; all else is kept as it is, never opened."""
    has_pdf = False
    for n, attachment in enumerate(read.attachments, 1):
        is_bill = attachment.is_pdf and not has_pdf and look.problem(attachment.content) in {"", "WRN-409"}
        has_pdf = has_pdf or is_bill
        yield StoredAttachment(
            doc_seq=read.doc_seq,
            kind=BillFile.Kind.PDF if is_bill else BillFile.Kind.ATTACHMENT,
            n=n,  # 0 is the place of a PDF that came beside the invoice
            name=clean(attachment.name, 255),
            digest=_kept(store, part, attachment.content),
            size=len(attachment.content),
        )


def _read_files(store: FileStore, part: _Part) -> _Outcome:
    """PDFs are checked, and kept unless they must not be handed on; e-invoices beside a flow are kept."""
    outcome = _Outcome(pdf_pattern=part.pdf_pattern)
    seen: dict[str, str] = {}  # digest -> problem: equal files are looked at, and kept, once
    look = _PdfLook()
    for entry, content in _contents(store, part, outcome):
        digest = sha256(content).hexdigest()
        if digest not in seen:
            seen[digest] = look.problem(content) if entry.kind is EntryKind.PDF else ""
            if not seen[digest].startswith("DOC-"):
                store.write(kept_key(part.company_id, digest), [content])
        outcome.contents[entry.index] = (digest, seen[digest])
    return outcome


_OPERATIONS = {
    ReadBlock.Kind.FLOW: _read_flow,
    ReadBlock.Kind.ENTRIES: _read_invoices,
    ReadBlock.Kind.FILES: _read_files,
}


def _contents(store: FileStore, part: _Part, outcome: _Outcome) -> Iterator[tuple[Entry, bytes]]:
    """The entries with their content. One that can't be taken out refuses the job; the others are read all the same."""
    with store.open(part.drop_key) as file:
        archive = open_entries(file, name=part.file, limits=part.limits)
        for entry in part.entries:
            try:
                content = archive.read(entry)
            except ArchiveRefused as refused:
                _take_out_of_work(part, entry, refused.finding, outcome)
                continue
            yield entry, content


def _take_out_of_work(part: _Part, entry: Entry, finding: Finding, outcome: _Outcome) -> None:
    """An entry that can't be had refuses the flow; in a further ZIP, only the document that it is of."""
    if part.further:
        outcome.contents[entry.index] = ("", _UNREADABLE)
        finding = replace(finding, level=Level.WARNING)
    outcome.ledger.add(finding)


def _kept(store: FileStore, part: _Part, content: bytes) -> str:
    digest = sha256(content).hexdigest()
    store.write(kept_key(part.company_id, digest), [content])
    return digest


def _store(part: _Part, outcome: _Outcome) -> None:
    add_bills(part.job_id, part.block, outcome.bills, outcome.supplies, outcome.attachments)
    if outcome.contacts:
        stage_contacts(part.job_id, part.block, StagedContact.Source.FLOW, outcome.contacts)
    add_refused(part.job_id, part.block, outcome.refused, pdf_pattern=part.pdf_pattern)
    if outcome.contents:
        record_entry_contents(part.job_id, outcome.contents)
    _finish(part, outcome.ledger, outcome.totals)


def _finish(part: _Part, ledger: FindingLedger, totals: BlockTotals) -> None:
    add_findings(part.job_id, part.block, ledger)
    if finish_block(part.job_id, part.block, msgspec.json.encode(totals), now=timezone.now()):
        publishing.publish_job.defer(company_id=part.company_id, job_id=part.job_id)


def _open_further(store: FileStore, part: _Part) -> None:
    """A further ZIP is inspected; its PDFs become parts of the job's reading."""
    with store.open(part.drop_key) as file:
        listing = inspect(file, name=part.file, limits=part.limits)
    ledger = FindingLedger()
    with company(part.company_id):
        if not _is_ours(part):
            return
        block = ReadBlock.objects.select_related("further__drop").get(job_id=part.job_id, block=part.block)
        tasks: list[JSONDict] = [
            {"company_id": part.company_id, "job_id": part.job_id, "block": number}
            for number in further.add_pdfs(block, listing, ledger)
        ]
        if tasks:
            read_block.batch_defer(*tasks)
        _finish(part, ledger, BlockTotals())


def _read_contacts_file(store: FileStore, part: _Part) -> None:
    """Contacts go in as they are read: a file may have two million rows."""
    ledger = FindingLedger()
    (entry,) = part.entries
    with TemporaryFile() as copy:
        digest = sha256()
        try:
            with store.open(part.drop_key) as file:
                for chunk in ArchiveReader(file, name=part.file, limits=part.limits).chunks(entry):
                    digest.update(chunk)
                    copy.write(chunk)
        except ArchiveRefused as refused:
            ledger.add(refused.finding)
            copy.truncate(0)
        copy.seek(0)
        with company(part.company_id), ContactsReading(part.rules, file=entry.base_name, ledger=ledger) as reading:
            if not _is_ours(part):
                return
            if not ledger.counts:
                stage_contacts(part.job_id, part.block, StagedContact.Source.JOB_CSV, reading.contacts(copy))
            now = timezone.now()
            result = reading.result(store, part.company_id)
            recorded = record_contact_file(
                part.job_id, name=entry.name, digest=digest.hexdigest(), now=now, result=result
            )
            if result.rejects_digest:
                publish_rejects.defer(company_id=part.company_id, file_id=recorded.pk)
            record_entry_contents(part.job_id, {entry.index: (digest.hexdigest(), "")})
            _finish(part, ledger, BlockTotals())
