"""What the STABO reader says of samples: nothing but expected warnings, and of each wanted fault exactly its code."""

import io
import zipfile
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from smartbill.core.bill.value import BillKind, Service
from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.sample import FAULT_CODES, Layout, SampleSpec, write_sample
from smartbill.core.flows.stabo.header import read_header, read_trailer
from smartbill.core.flows.stabo.reader import BlockReader
from smartbill.core.flows.stabo.scan import scan
from smartbill.core.flows.stabo.totals import check_company, check_totals, repeated_document, repeated_documents
from smartbill.core.flows.value import Finding, Level, ReadBill, RefusedDocument

TODAY = date(2026, 7, 6)
ROME = ZoneInfo("Europe/Rome")
#: codes that are about the archive or its PDFs, not about the flow file
ARCHIVE_CODES = {"ZIP-011", "DOC-301", "DOC-302", "DOC-303", "DOC-304", "DOC-305"}


def sample_flow(**changes: object) -> bytes:
    out = io.BytesIO()
    spec = SampleSpec(**({"company_code": "ACQUALUCE", "bills": 60, "seed": 1, "issue_date": TODAY} | changes))
    summary = write_sample(spec, out)
    with zipfile.ZipFile(out) as archive:
        return archive.read(summary.flow_file)


def read(flow: bytes, today: date = TODAY) -> tuple[list[ReadBill | RefusedDocument], list[Finding]]:
    source = io.BytesIO(flow)
    scanned = scan(source)
    header, findings = read_header(scanned.header, now=datetime.combine(today, time(9), ROME))
    findings += scanned.findings
    documents: list[ReadBill | RefusedDocument] = []
    if header is None:
        return documents, findings
    findings += check_company(header, "ACQUALUCE")
    blocks = []
    for part in scanned.ranges:
        reader = BlockReader(
            flow[part.start : part.end], first_line=part.first_line, file="", header=header, today=today
        )
        for outcome in reader:
            (findings if isinstance(outcome, Finding) else documents).append(outcome)
        blocks.append(reader.totals)
    trailer, problems = read_trailer(scanned.trailer, number=scanned.trailer_line, header=header)
    findings += problems
    if trailer is not None:
        findings += check_totals(blocks, header, trailer, scanned)
    keys = [
        (document.bill.series, document.bill.number, document.bill.issue_date.year)
        for document in documents
        if isinstance(document, ReadBill)
    ]
    findings += [repeated_document(key, line=0) for key in repeated_documents(keys)]
    return documents, findings


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_reader_finds_nothing_wrong(seed: int) -> None:
    documents, findings = read(sample_flow(bills=2000, seed=seed))
    assert findings == []
    assert len([document for document in documents if isinstance(document, ReadBill)]) == 2000


@pytest.mark.parametrize(
    "services", [(Service.ELECTRICITY,), (Service.GAS,), (Service.WATER,), (Service.ELECTRICITY, Service.GAS)]
)
@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1), date(2027, 4, 10)])
def test_any_day_and_any_services(day: date, services: tuple[Service, ...]) -> None:
    flow = sample_flow(bills=150, seed=day.toordinal(), issue_date=day, services=services)
    documents, findings = read(flow, day)
    assert (findings, len(documents)) == ([], 150)


def test_a_handful_of_bills_names_only_the_services_it_has() -> None:
    assert read(sample_flow(bills=1))[1] == []
    assert read(sample_flow(bills=2))[1] == []


@pytest.mark.parametrize("code", sorted(FAULT_CODES - ARCHIVE_CODES))
def test_a_wanted_fault_gives_exactly_its_code(code: str) -> None:
    _, findings = read(sample_flow(faults=(code,)))
    assert {finding.code for finding in findings if finding.level is not Level.WARNING} == {code}


def test_many_faults_at_once_strike_one_document_each() -> None:
    codes = {code for code in FAULT_CODES - ARCHIVE_CODES if code[:3] in {"DOC", "REC"}}
    documents, findings = read(sample_flow(bills=200, faults=tuple(sorted(codes))))
    assert {finding.code for finding in findings if finding.level is not Level.WARNING} == codes
    refused = [document for document in documents if isinstance(document, RefusedDocument)]
    assert len(refused) == len(codes) - 1  # of DOC-262 the flow as a whole speaks


def test_the_reader_of_invoices_finds_nothing_wrong() -> None:
    out = io.BytesIO()
    write_sample(
        SampleSpec(company_code="PROVA", bills=600, seed=5, issue_date=date(2026, 2, 9), layout=Layout.FATTURAPA), out
    )
    outcomes = []
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            if name.endswith(".xml"):
                outcomes += read_invoice_file(archive.read(name), file=name, first_seq=1)
    assert {type(outcome) for outcome in outcomes} == {ReadBill}
    bills = [outcome.bill for outcome in outcomes if isinstance(outcome, ReadBill)]
    assert len(bills) == 600
    assert all(supply.point_code for bill in bills for supply in bill.supplies)
    assert {bill.kind for bill in bills} >= {BillKind.INVOICE, BillKind.CREDIT_NOTE}


def test_both_variants_of_a_sample_are_the_same_bills() -> None:
    delimited, _ = read(sample_flow())
    fixed, findings = read(sample_flow(layout=Layout.STABO_FIXED))
    assert [finding for finding in findings if finding.level is not Level.WARNING] == []
    assert [each.bill for each in fixed if isinstance(each, ReadBill)] == [
        each.bill for each in delimited if isinstance(each, ReadBill)
    ]
    assert len(fixed) == 60


@pytest.mark.parametrize("code", ["FLS-022", "DOC-201", "REC-104", "REC-108", "FLS-005"])
def test_faults_of_the_fixed_width_are_found(code: str) -> None:
    _, findings = read(sample_flow(layout=Layout.STABO_FIXED, faults=(code,)))
    assert code in {finding.code for finding in findings}
