"""Variant F: the worked example with the same bills as in variant D, and what is wrong with lines of fixed width."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.flows.stabo.fixed import fixed_line
from smartbill.core.flows.stabo.records import RECORDS
from smartbill.core.flows.value import Finding, ReadBill, RefusedDocument
from smartbill.core.wording.findings import message
from tests.core.flows.stabo.example import LINES, NOW, PATH, bills, content, edited, outcomes, told

#: chapter 4 of the flow format, record for record
HEADER = (
    "00STABO     01FACQUALUCE 05550120835  ACQUALUCE-2026-0027           2026_27             06072026183000CP1252"
    "      EUREI PSEmissione ordinaria"
)
TRAILER = (
    "99000000063000002000000+000000000022502+000000000024257000000002000000002000000036000000008000000004000000002000"
    "000003000000002000002"
)
FIXED = edited((1, 4, "F"), (1, 10, "CP1252"))


def fixed(lines: list[str]) -> list[str]:
    return [fixed_line(line.split("|")) for line in lines]


def changed(number: int, field: str, text: str, lines: list[str] | None = None) -> list[str]:
    """The example in fixed width with the characters of one field replaced."""
    lines = list(lines or fixed(FIXED))
    spec = RECORDS[lines[number - 1][:2]]
    place = spec.fixed_slices[field]
    line = lines[number - 1].ljust(spec.fixed_length)
    lines[number - 1] = (line[: place.start] + text.ljust(place.stop - place.start) + line[place.stop :]).rstrip()
    return lines


def told_of(lines: list[str]) -> list[tuple[str, str]]:
    return [(code, sentence) for code, _, sentence in told(content(lines, encoding="cp1252"))]


def test_lines_are_those_of_the_format() -> None:
    lines = fixed(FIXED)
    assert (lines[0], lines[-1]) == (HEADER, TRAILER)
    assert lines[1].startswith(
        "10000001FB051      601                 06072026270720260105202630062026PE106201          "
        "+0000000012857+0000000011688+0000000001169+0000000014657NNR              05072026"
    )


@pytest.mark.parametrize("encoding", ["UTF-8", "CP1252", "ISO-8859-1", "ISO-8859-15"])
def test_both_variants_make_the_same_bills(encoding: str) -> None:
    lines = [line.replace("’", "'").replace("€", "EUR") for line in edited((1, 4, "F"), (1, 10, encoding))]
    plain = [line.replace("’", "'").replace("€", "EUR") for line in LINES]
    data = content(fixed(lines), encoding=encoding, end="\r\n")
    assert told(data) == []
    assert bills(data) == bills(content(plain))


def test_positions_count_characters_after_decoding() -> None:
    lines = fixed(edited((1, 4, "F"), (3, 5, "Però È più"), (3, 6, "Zoë")))
    (first, _) = bills(content(lines))
    assert (first.bill.customer.name, first.bill.customer.first_name) == ("Però È più", "Zoë")
    assert first.bill.customer.fiscal_code == "RSSMRA80A01H501U"


def test_a_separator_is_a_character_like_others() -> None:
    lines = changed(36, "text", "uno|due")
    (first, _) = bills(content(lines, encoding="cp1252"))
    assert [notice.text for notice in first.bill.notices] == ["uno|due"]


@pytest.mark.parametrize(
    ("number", "field", "text", "code"),
    [
        (2, "total_bill", "0000000012857 ", "REC-103"),
        (2, "total_bill", "              ", "REC-102"),
        (2, "issue_date", "        ", "REC-102"),
        (2, "due_date", "00000000", "DOC-206"),
        (2, "doc_type", " ", "REC-102"),
        (2, "doc_type", "Z", "REC-105"),
        (5, "line_no", "000X", "REC-103"),
        (4, "power_committed", "3,00", "REC-103"),
        (2, "vat", "+000000000116,", "REC-103"),
    ],
)
def test_wrong_values_are_named(number: int, field: str, text: str, code: str) -> None:
    found = told_of(changed(number, field, text))
    assert next(each for each, _ in found if each not in {"FLS-022", "WRN-410", "FLS-025"}) == code


def test_numbers_may_be_padded_with_blanks() -> None:
    lines = changed(6, "line_no", "   2")
    lines = changed(2, "total_bill", "        +12857", lines)
    assert told_of(lines) == []


def test_beyond_the_record_and_cut_before_its_end() -> None:
    lines = fixed(FIXED)
    longer = [*lines[:29], lines[29].ljust(106) + "X", *lines[30:]]
    assert told_of(longer) == [("REC-101", "Riga 30: numero di campi errato (17, attesi 16).")]
    assert told_of([*lines[:29], lines[29].ljust(106) + "   ", *lines[30:]]) == []
    assert [code for code, _ in told_of([*lines[:29], lines[29][:100], *lines[30:]])] == [
        "REC-103",
        "REC-102",
        "REC-102",
    ]
    cut = told_of([*lines[:29], lines[29][:88], *lines[30:]])
    assert cut == [
        ("REC-102", f"Riga 30, campo «{field}»: valore obbligatorio mancante.")
        for field in ("qty", "rollover", "event")
    ]


def test_the_header_and_the_way_of_writing_agree() -> None:
    lines = fixed(edited((1, 4, "D")))
    assert told(content(lines))[0][2] == (
        "Versione del tracciato non prevista: variante D, ma il file è a larghezza fissa."
    )
    mixed = [*fixed(FIXED)[:-1], LINES[-1]]
    assert told_of(mixed)[-1] == ("FLS-005", "Manca il record di coda 99: il file potrebbe essere incompleto.")


def test_unknown_types_and_misplaced_records() -> None:
    lines = fixed(FIXED)
    assert told_of([*lines[:3], "77 forse", *lines[3:]])[0] == ("FLS-008", "Riga 4: tipo record «77» sconosciuto.")
    swapped = [*lines[:3], lines[4], lines[3], *lines[5:]]
    assert told_of(swapped) == [("REC-110", "Riga 5: il record 12 non può seguire il record 20.")]


@given(st.integers(1, 60_000))
def test_blocks_of_any_size_give_the_same(range_bytes: int) -> None:
    data = content(fixed(FIXED), encoding="cp1252", end="\r\n")
    assert outcomes(data, range_bytes=range_bytes) == outcomes(data)
    assert len(outcomes(data)) == 2


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 20_000))
def test_mutations_are_findings_and_never_raise(seed: int, times: int, range_bytes: int) -> None:
    chance = random.Random(seed)
    data = bytearray(content(fixed(FIXED), encoding="cp1252"))
    for _ in range(times):
        at = chance.randrange(len(data))
        kind = chance.randrange(3)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randrange(1, 60)]
        else:
            data[at:at] = bytes(chance.choice(b" +-0129\n\r SNE\xc3") for _ in range(chance.randrange(1, 5)))
    for outcome in outcomes(bytes(data), range_bytes=range_bytes):
        if isinstance(outcome, Finding):
            assert message(outcome)
        elif isinstance(outcome, ReadBill):
            assert outcome.bill.total_bill == outcome.bill.taxable + outcome.bill.vat
        else:
            assert isinstance(outcome, RefusedDocument)


def test_money_keeps_its_cents_and_quantities_no_zeros() -> None:
    (first, _) = bills(content(fixed(FIXED), encoding="cp1252"), now=NOW)
    assert str(first.bill.total_bill) == "128.57"
    assert [str(line.quantity) for line in first.bill.lines[:5]] == ["412", "138", "121", "153", "453.2"]
    assert first.bill.lines[1].unit_price == Decimal("0.1521")
    assert PATH.exists()
