"""The STABO v1 file of a sample, either variant: header, documents, trailer from running totals."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from smartbill.core.flows.sample.calendar import day
from smartbill.core.flows.sample.document import Document
from smartbill.core.flows.sample.documents import documents
from smartbill.core.flows.sample.faults import FaultPlan
from smartbill.core.flows.sample.numbers import euro
from smartbill.core.flows.sample.pdf import bill_pdf
from smartbill.core.flows.sample.spec import Layout, SampleSpec
from smartbill.core.flows.stabo.fixed import fixed_line
from smartbill.core.flows.stabo.records import RECORDS

_BLOCK = 4096  # lines written at once
_CHILDREN = ("11", "12", "20", "30", "31", "40", "50", "60")


@dataclass(slots=True)
class Totals:
    """What the trailer declares: counts of records and sums in cents."""

    lines: int = 0
    bills: int = 0
    credit_notes: int = 0
    total_bill: int = 0
    total_due: int = 0
    records: Counter[str] = field(default_factory=Counter)
    pdf_files: int = 0

    def add(self, lines: list[str]) -> None:
        """Count a document by what is written, faults included."""
        self.lines += len(lines)
        self.records.update([line[:2] for line in lines])
        bill = lines[0].split("|", 16)
        if bill[2] == "N":
            self.credit_notes += 1
        else:
            self.bills += 1
        self.total_bill += int(bill[12].replace(",", ""))
        self.total_due += int(bill[15].replace(",", ""))


def flow_file_name(spec: SampleSpec) -> str:
    return f"STABO_{spec.company_code}_{spec.flow_name}.txt"


def document_lines(spec: SampleSpec) -> Iterator[tuple[int, list[str]]]:
    """The lines of every document, nothing spoiled."""
    for document in documents(spec):
        yield document.seq, _lines(spec, document, digest="")


def write_flow(
    spec: SampleSpec, plan: FaultPlan, write: Callable[[bytes], object], progress: Callable[[int], object]
) -> Totals:
    """Write the file in blocks; memory does not grow with the number of documents."""
    digest = hashlib.sha256()
    totals = Totals()

    def put(lines: list[str]) -> None:
        data = ("\r\n".join(written(spec, lines)) + "\r\n").encode("utf-8", "surrogateescape")
        digest.update(data)
        write(data)

    header = plan.header(_header(spec))
    if header:
        totals.lines += 1
        put([header])
    block: list[str] = []
    for document in documents(spec):
        lines = _spoiled_lines(spec, plan, document, totals)
        totals.add(lines)
        block += lines
        if len(block) >= _BLOCK:
            put(block)
            block = []
            progress(document.seq)
    if block:
        put(block)
    totals.lines += 1
    trailer = plan.trailer(_trailer(totals, digest.hexdigest()))
    if trailer:
        write(f"{written(spec, [trailer])[0]}\r\n".encode())
    progress(spec.bills)
    return totals


def written(spec: SampleSpec, lines: list[str]) -> list[str]:
    """Delimited lines as the variant has them. A line that is no record stays as it is."""
    if spec.layout is Layout.STABO:
        return lines
    return [fixed_line(line.split("|")) if line[:2] in RECORDS and line[2:3] == "|" else line for line in lines]


def _spoiled_lines(spec: SampleSpec, plan: FaultPlan, document: Document, totals: Totals) -> list[str]:
    pdf = plan.pdf(document.seq, bill_pdf(document, spec)) if spec.pdf else None
    totals.pdf_files += pdf is not None
    lines = _lines(spec, document, digest=hashlib.sha256(pdf).hexdigest() if pdf is not None else "")
    return plan.spoil(document.seq, lines, spec) if document.seq in plan.documents else lines


def _lines(spec: SampleSpec, document: Document, *, digest: str) -> list[str]:
    return document.records(pdf=spec.pdf, pdf_sha256=digest, contacts=not spec.contacts_csv)


def _header(spec: SampleSpec) -> str:
    return "|".join([
        "00", "STABO", "01", "D" if spec.layout is Layout.STABO else "F", spec.company_code, spec.vat,
        spec.flow_name, spec.batch_label,
        f"{day(spec.created_on or spec.issue_date)}000000", "UTF-8", "EUR", spec.letters[: spec.bills],
        "T" if spec.test else "P", "S" if spec.pdf else "N", f"Flusso di prova, seme {spec.seed}",
    ])  # fmt: skip


def _trailer(totals: Totals, digest: str) -> str:
    return "|".join([
        "99", str(totals.lines), str(totals.bills), str(totals.credit_notes), euro(totals.total_bill),
        euro(totals.total_due), *(str(totals.records[kind]) for kind in _CHILDREN), str(totals.pdf_files), digest,
    ])  # fmt: skip
