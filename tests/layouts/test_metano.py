"""A flow that nobody had when the engine was made: described from its plain-words page alone, read as that page says.

What is expected is cut from the file here, by the positions of `metano/description.md`, without the product's reader.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from smartbill.core.bill.value import Bill, BillKind, ConsumptionKind, Service
from smartbill.core.flows.descriptor.loading import no_library
from smartbill.core.wording.layout_terms import HINTS
from smartbill.usecases.layouts.trying import LayoutTry, MissingValue, SampleFile, read_sample

FOLDER = Path(__file__).parent / "metano"
NAME = "MTP01_20261102.DAT"
TEXT = (FOLDER / "descriptor.toml").read_text(encoding="utf-8")
LINES = (FOLDER / NAME).read_bytes().decode("cp1252").split("\r\n")
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
UNITS = {"SMC": "Smc", "MC": "mc", "MES": "mese", "": ""}


def tried(lines: list[str] = LINES, show: int = 1, text: str = TEXT) -> LayoutTry:
    sample = SampleFile(NAME, "\r\n".join(lines).encode("cp1252"))
    return read_sample(text, sample, library=no_library, now=NOW, show=show, seconds=60)


def cut(line: str, first: int, last: int) -> str:
    return line[first - 1 : last].strip()


def money(line: str, first: int, last: int) -> Decimal:
    digits = Decimal(line[first - 1 : last - 1]).scaleb(-2)
    return -digits if line[last - 1] == "-" else digits


def number(line: str, first: int, last: int, decimals: int) -> Decimal | None:
    digits = cut(line, first, last)
    return Decimal(digits).scaleb(-decimals) if digits else None


def day(line: str, first: int) -> date | None:
    digits = line[first - 1 : first + 7]
    return None if digits == "00000000" else datetime.strptime(digits, "%Y%m%d").date()


def of_document(n: int) -> dict[str, list[str]]:
    """The lines of the n-th document by type."""
    starts = [place for place, line in enumerate(LINES) if line[5:7] == "D1"]
    last = starts[n] if n < len(starts) else len(LINES) - 1
    kinds: dict[str, list[str]] = {}
    for line in LINES[starts[n - 1] : last]:
        kinds.setdefault(line[5:7], []).append(line)
    kinds.pop("Z9", None)
    return kinds


@pytest.mark.parametrize("n", range(1, 11))
def test_a_bill_has_what_the_file_tells(n: int) -> None:
    bill = tried(show=n).bill
    assert isinstance(bill, Bill)
    rows = of_document(n)
    (d1,), (d2,), (d3,), (d4,) = rows["D1"], rows["D2"], rows["D3"], rows["D4"]
    credit = d1[17] == "N"
    assert (bill.kind is BillKind.CREDIT_NOTE) is credit
    assert bill.display_number == f"MTP/{int(cut(d1, 8, 17))}"
    assert (bill.total_bill, bill.taxable, bill.vat) == (money(d1, 51, 62), money(d1, 63, 74), money(d1, 75, 86))
    assert bill.total_due == bill.total_bill
    assert (bill.issue_date, bill.due_date, bill.period_from, bill.period_to) == tuple(
        day(d1, first) for first in (19, 27, 35, 43)
    )
    assert [(term.amount, term.method, term.direct_debit) for term in bill.terms] == (
        [] if credit else [(bill.total_due, *{"RID": ("MP19", True), "BOL": ("MP18", False)}[cut(d1, 87, 89)])]
    )
    assert (bill.customer.code, bill.customer.name, bill.customer.first_name, bill.customer.fiscal_code) == (
        cut(d2, 18, 25), cut(d2, 26, 55), cut(d2, 56, 75), cut(d2, 76, 91),
    )  # fmt: skip
    (supply,) = bill.supplies
    gas = d3[17] == "G"
    assert (supply.service, supply.point_code) == (Service.GAS if gas else Service.WATER, cut(d3, 19, 34))
    assert (supply.conversion_coefficient, supply.calorific_value) == (number(d3, 119, 126, 6), number(d3, 127, 134, 6))
    (used,), (reading,) = supply.consumptions, supply.readings
    billed = number(d4, 54, 63, 3)
    assert billed is not None
    assert (used.quantity, used.unit) == (-billed if credit else billed, "Smc" if gas else "mc")
    assert used.kind is (ConsumptionKind.RECALCULATED if credit else ConsumptionKind.BILLED)
    assert (reading.previous_value, reading.current_value) == (number(d4, 26, 34, 0), number(d4, 44, 52, 0))
    assert (reading.previous_date, reading.current_date) == (day(d4, 18), day(d4, 36))
    wanted = []
    for d5 in rows["D5"]:
        qty = number(d5, 65, 74, 3)
        wanted.append(
            (
                cut(d5, 25, 64), -qty if qty and credit else qty, UNITS[cut(d5, 75, 77)], number(d5, 78, 87, 6),
                money(d5, 88, 99), number(d5, 100, 103, 2),
            )
        )  # fmt: skip
    assert wanted == [
        (line.description, line.quantity, line.unit, line.unit_price, line.amount, line.vat_rate) for line in bill.lines
    ]


def test_the_file_is_taken_whole() -> None:
    read = tried()
    assert (read.documents, read.accepted, read.refused_file) == (10, 10, False)
    assert {(each.code, each.line, each.field) for each in read.findings} == {
        ("WRN-403", line, field) for line in (26, 65) for field in ("fiscal_code", "vat_number")
    }


def test_a_trial_tells_what_is_blank() -> None:
    """Some customers have no tax code: taken all the same, and told."""
    blank = {(each.type, each.name): each for each in tried().missing}
    assert blank["D2", "fiscal_code"] == MissingValue(
        type="D2", name="fiscal_code", place="posizioni 76-91", blank=8, records=10
    )
    assert (blank["D2", "first_name"].blank, blank["D1", "due_date"].blank) == (2, 1)
    assert ("D2", "name") not in blank


@pytest.mark.parametrize(("lines", "codes", "refuses_file"), [
    ([*LINES[:9], *LINES[17:]], {"FLS-022", "FLS-026", "TRC-001", "TRC-002"}, True),  # without the second bill
    ([*LINES[:6], *LINES[7:]], {"DOC-201", "WRN-405"}, False),  # without a line of the first
    ([*LINES[:4], *LINES[5:]], {"REC-111"}, False),  # without its reading
    ([*LINES[:4], LINES[4].replace("0000005001", "0000005999"), *LINES[5:]], {"REC-108"}, False),
    ([*LINES[:5], LINES[5][:150], *LINES[6:]], {"REC-101"}, False),
])  # fmt: skip
def test_what_is_not_whole_is_refused(lines: list[str], codes: set[str], refuses_file: bool) -> None:
    read = tried(lines)
    assert {each.code for each in read.findings} == codes | {"WRN-403"}
    assert (read.refused_file, read.refused) == (refuses_file, 0 if refuses_file else 1)


def test_quantities_without_a_sign_on_a_credit_note_are_told() -> None:
    """As the layout was first written; the hint names the key that mends it."""
    read = tried(text=TEXT.replace('credit_sign = "amounts"', 'credit_sign = "negative"'))
    told = [(each.code, each.line, each.advice) for each in read.findings if each.code == "WRN-404"]
    assert told == [("WRN-404", line, HINTS["WRN-404"]) for line in (52, 53, 54)]
    assert 'credit_sign = "amounts"' in HINTS["WRN-404"]


def test_consumption_outside_of_the_period_is_told_on_its_own_line() -> None:
    text = TEXT.replace(
        '  { name = "qty", pos = 54, len = 10, format = "quantita", required = true },',
        '  { name = "date_from", pos = 18, len = 8, format = "giorno" },\n'
        '  { name = "qty", pos = 54, len = 10, format = "quantita", required = true },',
    )
    told = [(each.line, each.sentence) for each in tried(text=text).findings if each.code == "WRN-410"]
    assert told[0] == (
        5,
        "Documento MTP/5001: valore da verificare nel campo «date_from, posizioni 18-25» "
        "(31/08/2026, fuori dal periodo della bolletta; fornitura 1).",
    )
    assert len(told) == 9  # what a credit note takes back is not judged
