"""The public samples give what their README says."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest

from smartbill.core.bill.value import BillKind, LineScope, Section
from tests.core.flows.fatturapa.invoices import Outcome

SAMPLES = Path(__file__).parents[3] / "samples" / "fatturapa"


def sample(name: str) -> Outcome:
    path = SAMPLES / name
    return Outcome(path.read_bytes(), file=path.name)


def short(outcome: Outcome) -> list[tuple[object, ...]]:
    return [
        (bill.kind, bill.display_number, bill.issue_date, str(bill.total_bill), str(bill.total_due))
        for bill in (read.bill for read in outcome.bills)
    ]


def test_one_document_without_a_declared_total() -> None:
    outcome = sample("simevo/IT01234567890_FPA01.xml")
    assert short(outcome) == [(BillKind.INVOICE, "123", date(2017, 1, 18), "6.10", "6.10")]
    bill = outcome.bills[0].bill
    assert (str(bill.taxable), str(bill.vat), bill.due_date) == ("5.00", "1.10", date(2017, 2, 18))
    assert [(term.method, str(term.amount)) for term in bill.terms] == [("MP01", "6.10")]
    assert outcome.codes == ["WRN-403", "XML-610"]


def test_two_documents_the_second_debited() -> None:
    outcome = sample("simevo/IT01234567890_FPR03.xml")
    assert short(outcome) == [
        (BillKind.INVOICE, "123", date(2014, 12, 18), "32.95", "32.95"),
        (BillKind.INVOICE, "456", date(2014, 12, 20), "2440.00", "2440.00"),
    ]
    first, second = (read.bill for read in outcome.bills)
    assert (first.payable_online, first.direct_debit) == (True, False)
    assert (second.payable_online, second.direct_debit, second.due_date) == (False, True, date(2015, 1, 28))
    assert [read.doc_seq for read in outcome.bills] == [1, 2]
    assert outcome.codes == ["WRN-403", "XML-610", "WRN-410", "WRN-403", "XML-610"]  # its lines lack 2.00


def test_an_attachment_is_kept_and_is_no_bill() -> None:
    outcome = sample("simevo/IT01234567890_FPR04.xml")
    assert short(outcome)[0][3] == "6.10"
    assert [(a.name, a.is_pdf, a.content[:3]) for a in outcome.bills[0].attachments] == [
        ("LogoA.jpg", False, b"\xff\xd8\xff")
    ]


def test_a_missing_number() -> None:
    outcome = sample("simevo/missing_DatiGeneraliDocumento_Numero.xml")
    assert (len(outcome.bills), len(outcome.refused)) == (0, 1)
    assert [(f.code, f.values["elemento"]) for f in outcome.findings if f.code == "XML-606"] == [("XML-606", "Numero")]


def test_an_entity_bomb_is_refused_at_once() -> None:
    start = monotonic()
    outcome = sample("simevo/billion_laughs.xml")
    assert outcome.codes == ["XML-601"]
    assert monotonic() - start < 0.5


def test_a_credit_note_with_a_discount_on_the_whole() -> None:
    outcome = sample("gobl/invoice-credit-note.xml")
    assert short(outcome) == [(BillKind.CREDIT_NOTE, "CN-001", date(2024, 10, 9), "-1388.40", "-1388.40")]
    bill = outcome.bills[0].bill
    assert (bill.terms, bill.payable_online, bill.due_date) == ((), False, None)
    assert bill.corrects is not None
    assert (bill.corrects.number, bill.corrects.issue_date) == ("SAMPLE-001", date(2023, 3, 2))
    assert [(line.section, line.description, str(line.amount)) for line in bill.lines] == [
        (Section.OTHER, "Development services", "-1620.00"),
        (Section.OTHER, "Special Untaxed Work", "-100.00"),
        (Section.VAT, "IVA 22%", "-356.40"),
        (Section.DISCOUNT, "Sconto sul documento", "860.00"),
        (Section.OTHER, "Maggiorazione sul documento", "-172.00"),
    ]
    assert sum(line.amount for line in bill.lines) == Decimal("-1388.40")
    assert outcome.codes == ["XML-610"]


@pytest.mark.parametrize("name", ["IT02182030391_31.xml.p7m", "IT02182030391_31.Base64.xml.p7m"])
def test_a_signed_invoice_with_split_payment(name: str) -> None:
    outcome = sample(f"dotnet/{name}")
    assert short(outcome) == [(BillKind.INVOICE, "2", date(2018, 6, 8), "122.00", "100.00")]
    bill = outcome.bills[0].bill
    assert (str(bill.vat), bill.split_payment) == ("22.00", True)
    assert [(str(term.amount), term.due_date) for term in bill.terms] == [("100.00", None)]
    assert [(line.scope, line.section, str(line.amount)) for line in bill.lines] == [
        (LineScope.BILL, Section.OTHER, "100.00"),
        (LineScope.BILL, Section.VAT, "22.00"),
        (LineScope.DUE, Section.SPLIT_VAT, "-22.00"),
    ]
    assert outcome.codes == ["XML-610"]


def test_no_vat_abroad() -> None:
    outcome = sample("gobl/invoice-reverse-charge.xml")
    assert short(outcome) == [(BillKind.INVOICE, "SAMPLE-010", date(2024, 2, 15), "2300.00", "2300.00")]
    bill = outcome.bills[0].bill
    assert (str(bill.vat), bill.customer.code, bill.terms[0].due_date) == ("0.00", "DE111111125", None)
    assert [(row.nature, str(row.vat)) for row in bill.vat_summary] == [("N2.1", "0.00")]


def test_a_fee_note_is_no_bill() -> None:
    outcome = sample("gobl/invoice-services-period.xml")
    assert [(f.code, f.values["valore"]) for f in outcome.findings] == [("XML-609", "TD06")]
    assert [(r.number, r.issue_year) for r in outcome.refused] == [("SAMPLE-001", 2023)]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.*")), ids=lambda path: path.name)
def test_every_document_is_there_once(path: Path) -> None:
    outcome = sample(str(path.relative_to(SAMPLES)))
    seqs = [item.doc_seq for item in [*outcome.bills, *outcome.refused]]
    assert sorted(seqs, key=lambda seq: seq or 0) == list(range(1, len(seqs) + 1))
