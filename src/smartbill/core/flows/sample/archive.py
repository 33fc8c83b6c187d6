"""The ZIP of a sample: the flow, its PDFs, the contacts; or electronic invoices and contacts."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO

from smartbill.core.flows.sample.contacts import contacts_file_name, write_contacts
from smartbill.core.flows.sample.documents import documents
from smartbill.core.flows.sample.fatturapa import invoice_file_name, invoice_xml
from smartbill.core.flows.sample.faults import FaultPlan, plan_faults
from smartbill.core.flows.sample.flow import document_lines, flow_file_name, write_flow
from smartbill.core.flows.sample.pdf import bill_pdf
from smartbill.core.flows.sample.spec import Layout, SampleSpec

_LEVEL = 1  # the fastest that still makes a tenth of the size
_ZIP64_FROM = 300_000  # bills; beyond them an entry may pass 2 GiB
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the same bytes on every day


@dataclass(slots=True)
class SampleSummary:
    """What was written; sums in euro."""

    bills: int = 0
    credit_notes: int = 0
    records: int = 0  # lines of the flow, header and trailer included
    total_bill: Decimal = Decimal("0.00")
    total_due: Decimal = Decimal("0.00")
    pdf_files: int = 0
    contacts: int = 0  # rows of the contacts CSV
    flow_file: str = ""


def write_sample(
    spec: SampleSpec, out: BinaryIO, progress: Callable[[int], object] = lambda done: None
) -> SampleSummary:
    """Write the archive of `spec` to `out` (seekable) in flat memory; `progress` hears how many documents are done.

    Raises `SampleError` before anything is written when the sample cannot be made as asked.
    """
    spec.check()
    summary = SampleSummary()
    plan = plan_faults(spec, document_lines(spec))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        if spec.layout is Layout.FATTURAPA:
            _write_invoices(spec, archive, summary, progress)
        else:
            _write_stabo(spec, plan, archive, summary, progress)
        if spec.contacts_csv or spec.layout is Layout.FATTURAPA:
            with archive.open(contacts_file_name(spec), "w") as entry:
                summary.contacts = write_contacts(spec, entry.write)
    return summary


def _write_stabo(
    spec: SampleSpec,
    plan: FaultPlan,
    archive: zipfile.ZipFile,
    summary: SampleSummary,
    progress: Callable[[int], object],
) -> None:
    summary.flow_file = flow_file_name(spec)
    with archive.open(summary.flow_file, "w", force_zip64=spec.bills > _ZIP64_FROM) as entry:
        totals = write_flow(spec, plan, entry.write, progress)
    summary.bills, summary.credit_notes, summary.records = totals.bills, totals.credit_notes, totals.lines
    summary.total_bill, summary.total_due = Decimal(totals.total_bill) / 100, Decimal(totals.total_due) / 100
    summary.pdf_files = totals.pdf_files
    if "ZIP-011" in plan.codes:
        _write_entry(archive, "LEGGIMI.doc", b"Un file che nessuno ha chiesto.\n")
    if spec.pdf:
        for document in documents(spec):
            pdf = plan.pdf(document.seq, bill_pdf(document, spec))
            if pdf is not None:
                _write_entry(archive, document.pdf_name, pdf)


def _write_invoices(
    spec: SampleSpec, archive: zipfile.ZipFile, summary: SampleSummary, progress: Callable[[int], object]
) -> None:
    for document in documents(spec):
        _write_entry(archive, invoice_file_name(spec, document), invoice_xml(spec, document))
        if document.kind == "N":
            summary.credit_notes += 1
        else:
            summary.bills += 1
        summary.total_bill += Decimal(document.total_bill) / 100
        summary.total_due += Decimal(document.total_due) / 100
        if document.seq % 100 == 0:
            progress(document.seq)
    progress(spec.bills)


def _write_entry(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _FIRST_DAY), content, zipfile.ZIP_DEFLATED, _LEVEL)
