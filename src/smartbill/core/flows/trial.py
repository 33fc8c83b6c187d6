"""Trial read of what a company would send: what would be accepted, and every finding. Nothing is stored."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from msgspec import Struct

from smartbill.core.bill.value import Bill, ConsumptionKind, Measure, Supply, TermKind
from smartbill.core.flows.archive import (
    ArchiveListing,
    ArchiveReader,
    ArchiveRefused,
    Entry,
    EntryKind,
    choose_flow,
    inspect,
)
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.fatturapa.reader import no_invoices
from smartbill.core.flows.formats import FORMATS, FlowFormat, Outcome
from smartbill.core.flows.pairing import Wanted, pair_pdfs
from smartbill.core.flows.pdf_check import PdfCheck, check_pdf, pdf_findings
from smartbill.core.flows.stabo.flow import FlowReader
from smartbill.core.flows.stabo.header import FlowHeader
from smartbill.core.flows.stabo.totals import check_pdf_count, refused_share, repeated_document, repeated_documents
from smartbill.core.flows.value import Finding, Level, ReadBill, RefusedDocument

_MAIN_MEASURES = (Measure.ACTIVE, Measure.GAS, Measure.WATER)


class TrialTerm(Struct, frozen=True, kw_only=True):
    due_date: str | None
    amount: str


class TrialSupply(Struct, frozen=True, kw_only=True):
    service: str
    point_code: str
    consumption: str | None
    unit: str | None


class TrialDocument(Struct, frozen=True, kw_only=True):
    """An accepted document as scripts read it (`design.md` 5); amounts are strings."""

    document: str
    kind: str
    issue_date: str
    total_bill: str
    total_due: str
    terms: tuple[TrialTerm, ...]
    supplies: tuple[TrialSupply, ...]


class Trial(Struct, frozen=True, kw_only=True):
    """The outcome of one file."""

    accepted: tuple[TrialDocument, ...]
    findings: tuple[Finding, ...]
    documents: int = 0  # all of them, refused ones too

    @property
    def refuses_something(self) -> bool:
        return any(finding.level is not Level.WARNING for finding in self.findings)

    @property
    def refuses_file(self) -> bool:
        return any(finding.level is Level.FILE for finding in self.findings)


class _Read(Struct, kw_only=True):
    """What is kept of a document until the whole file is known."""

    key: tuple[str, str, int] | None
    wanted: Wanted
    document: TrialDocument | None  # None: refused
    pdf_sha256: str = ""
    einvoice_file: str = ""


class TrialReader:
    """Collects the documents and findings of one file.

    `now` is the moment of the trial; `company_code`, when given, must be the company of the flow, and one of
    `suppliers` the number that its e-invoices are issued under; `check` looks at a PDF.
    """

    def __init__(
        self,
        *,
        file: str,
        now: datetime,
        company_code: str = "",
        suppliers: Collection[str] = (),
        check: PdfCheck = check_pdf,
    ) -> None:
        self._file = file
        self._now = now
        self._company_code = company_code
        self._suppliers = suppliers
        self._check = check
        self._read: list[_Read] = []
        self._findings: list[Finding] = []
        self._number = ("10", "number")

    def bare(self, source: BinaryIO, *, layout: FlowFormat) -> Trial:
        """A file outside an archive. There are no PDFs to check."""
        self._number = layout.number
        reader = self._reader(layout, source, self._file, beside_others=False)
        self._take(reader)
        if isinstance(reader, FlowReader | DescribedFlowReader) and reader.header is not None:
            if isinstance(reader, FlowReader):
                self._check_name(reader.header, self._file)
            if reader.header.pdf_included:
                self._findings.append(_warning("pdf_included", self._file))
        return self._closed()

    def outcomes(self, outcomes: Iterable[Outcome], *, number: tuple[str, str]) -> Trial:
        """What a reader of a bare file yields, judged as a whole. `number`: see `formats.FlowFormat`."""
        self._number = number
        self._take(outcomes)
        return self._closed()

    def archive(self, source: BinaryIO, work: BinaryIO, *, layout: FlowFormat | None = None) -> Trial:
        """A ZIP. `work` is an empty file that the flow is inflated to; without `layout` the archive itself tells it."""
        listing = inspect(source, name=self._file, rules=layout.rules if layout else None)
        self._findings += listing.findings
        if listing.refused:
            return self._closed()
        only_invoices = not listing.of_kind(EntryKind.FLOW) and bool(listing.of_kind(EntryKind.XML))
        layout = layout or FORMATS["fatturapa" if only_invoices else "stabo"]
        self._number = layout.number
        try:
            archive = ArchiveReader(source, name=self._file)
            if layout.kind is EntryKind.FLOW:
                self._flow(archive, listing, work, layout)
            else:
                self._single_documents(archive, listing, layout)
        except ArchiveRefused as refused:
            self._findings.append(refused.finding)
        return self._closed()

    def _single_documents(self, archive: ArchiveReader, listing: ArchiveListing, layout: FlowFormat) -> None:
        """A format of many small files."""
        for entry in listing.of_kind(layout.kind):
            content = BytesIO(archive.read(entry))
            self._take(self._reader(layout, content, entry.base_name, beside_others=True))
        if not self._read:
            nothing = Finding(code="FLS-001", level=Level.FILE, file=self._file)
            self._findings.append(no_invoices(self._file) if layout.invoices else nothing)

    def _reader(self, layout: FlowFormat, source: BinaryIO, file: str, *, beside_others: bool) -> Iterable[Outcome]:
        rules = {"suppliers": self._suppliers, "beside_others": beside_others} if layout.invoices else {}
        return layout.read(source, file=file, now=self._now, company_code=self._company_code, **rules)

    def _flow(self, archive: ArchiveReader, listing: ArchiveListing, work: BinaryIO, layout: FlowFormat) -> None:
        """A format of one large file, with the PDFs and e-invoices beside it."""
        entry, findings = choose_flow(listing, name=self._file)
        self._findings += findings
        if entry is None:
            return
        archive.copy(entry, work)
        file = entry.base_name
        reader = self._reader(layout, work, file, beside_others=True)
        self._take(reader)
        if not isinstance(reader, FlowReader | DescribedFlowReader) or reader.header is None:
            return
        if isinstance(reader, FlowReader):
            self._check_name(reader.header, file)
        self._check_invoice_files(listing, file)
        self._check_pdfs(archive, listing, required=reader.header.pdf_included, file=file)
        if reader.header.pdf_included and reader.trailer is not None:
            pdfs = len(listing.of_kind(EntryKind.PDF))
            self._findings += check_pdf_count(reader.trailer, pdfs, file=file)

    def _take(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Finding):
                self._findings.append(outcome)
            else:
                self._read.append(_kept(outcome, len(self._read)))

    def _check_name(self, header: FlowHeader, name: str) -> None:
        base = name.rpartition("/")[2]
        expected = f"STABO_{header.company_code}_{header.flow_id}"
        if base.rpartition(".")[0].casefold() != expected.casefold():
            self._findings.append(_warning("file_name", self._file, valore=base[:80], atteso=f"{expected}.txt"))

    def _check_invoice_files(self, listing: ArchiveListing, file: str) -> None:
        names = {entry.base_name for entry in listing.of_kind(EntryKind.XML)}
        for read in self._read:
            if read.document is not None and read.einvoice_file and read.einvoice_file not in names:
                self._refuse(read, "DOC-301", "einvoice_file", file, nome=read.einvoice_file)

    def _check_pdfs(self, archive: ArchiveReader, listing: ArchiveListing, *, required: bool, file: str) -> None:
        entries = {entry.base_name: entry for entry in listing.of_kind(EntryKind.PDF)}
        paired = pair_pdfs((read.wanted for read in self._read), entries, file=file, required=required)
        self._findings += paired.findings
        for ref in (*paired.missing, *paired.shared):
            self._read[ref].document = None
        for ref, name in paired.pairs.items():
            if self._read[ref].document is not None:
                self._check_pdf(archive, entries[name], self._read[ref], file)

    def _check_pdf(self, archive: ArchiveReader, entry: Entry, read: _Read, file: str) -> None:
        content = archive.read(entry)
        if read.pdf_sha256 and hashlib.sha256(content).hexdigest() != read.pdf_sha256:
            self._refuse(read, "DOC-303", "pdf_sha256", file)
        wanted = read.wanted
        for finding in pdf_findings(
            content, name=entry.base_name, document=wanted.document, line=wanted.line, file=file, check=self._check
        ):
            self._findings.append(finding)
            if finding.level is Level.DOCUMENT:
                read.document = None

    def _refuse(self, read: _Read, code: str, field: str, file: str, **values: str) -> None:
        read.document = None
        self._findings.append(
            Finding(
                code=code,
                level=Level.DOCUMENT,
                file=file,
                line=read.wanted.line,
                record="10",
                field=field,
                document=read.wanted.document,
                values=values,
            )
        )

    def _closed(self) -> Trial:
        repeated = repeated_documents(read.key for read in self._read if read.key is not None)
        for read in self._read:
            if read.key is not None and read.key in repeated:
                read.document = None
                finding = repeated_document(read.key, line=read.wanted.line, file=self._file, number=self._number)
                self._findings.append(finding)
        accepted = tuple(read.document for read in self._read if read.document is not None)
        total = len(self._read)
        self._findings += refused_share(total - len(accepted), total, file=self._file)
        findings = tuple(sorted(self._findings, key=lambda finding: finding.line or 0))
        trial = Trial(accepted=accepted, findings=findings, documents=total)
        return Trial(accepted=(), findings=findings, documents=total) if trial.refuses_file else trial


def _warning(field: str, file: str, **values: str) -> Finding:
    return Finding(code="WRN-410", level=Level.WARNING, file=file, line=1, record="00", field=field, values=values)


def _kept(outcome: ReadBill | RefusedDocument, ref: int) -> _Read:
    if isinstance(outcome, RefusedDocument):
        key = None
        if outcome.number and outcome.issue_year is not None:
            key = (outcome.series, outcome.number, outcome.issue_year)
        return _Read(
            key=key,
            document=None,
            wanted=Wanted(
                ref=ref,
                document=f"{outcome.series}/{outcome.number}",
                line=outcome.line,
                series=outcome.series,
                number=outcome.number,
                pdf_file=outcome.pdf_file,
                refused=True,
            ),
        )
    bill = outcome.bill
    return _Read(
        key=(bill.series, bill.number, bill.issue_date.year),
        document=trial_document(bill),
        pdf_sha256=outcome.pdf_sha256,
        einvoice_file=outcome.einvoice_file,
        wanted=Wanted(
            ref=ref,
            document=bill.display_number,
            line=outcome.line,
            series=bill.series,
            number=bill.number,
            pdf_file=outcome.pdf_file,
        ),
    )


def trial_document(bill: Bill) -> TrialDocument:
    return TrialDocument(
        document=bill.display_number,
        kind=bill.kind.value,
        issue_date=bill.issue_date.isoformat(),
        total_bill=f"{bill.total_bill:f}",
        total_due=f"{bill.total_due:f}",
        terms=tuple(
            TrialTerm(due_date=term.due_date.isoformat() if term.due_date else None, amount=f"{term.amount:f}")
            for term in bill.terms
            if term.kind is not TermKind.ALTERNATIVE
        ),
        supplies=tuple(_supply(supply) for supply in bill.supplies),
    )


def _supply(supply: Supply) -> TrialSupply:
    used = [
        consumption
        for consumption in supply.consumptions
        if consumption.kind is ConsumptionKind.BILLED and consumption.measure in _MAIN_MEASURES
    ]
    return TrialSupply(
        service=supply.service.value,
        point_code=supply.point_code,
        consumption=shortest(sum((each.quantity for each in used), Decimal(0))) if used else None,
        unit=used[0].unit if used else None,
    )


def shortest(number: Decimal) -> str:
    """The shortest decimal form: no trailing zeros, no exponent, no negative zero."""
    return f"{(number + 0).normalize():f}" if number else "0"
