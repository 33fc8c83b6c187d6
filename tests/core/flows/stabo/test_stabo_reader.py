"""The worked example to the cent, blocks of any size, and flows that no one would write."""

import random
from datetime import date
from decimal import Decimal
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from smartbill.core.bill.document import decode_document, encode_document
from smartbill.core.bill.value import (
    Arrears,
    ArrearsState,
    BillingKind,
    BillKind,
    Consumption,
    ConsumptionKind,
    CostLine,
    Destination,
    LineRole,
    LineScope,
    Measure,
    Quality,
    Section,
    Service,
    VatSummary,
)
from smartbill.core.flows.stabo.records import RECORDS, FieldType
from smartbill.core.flows.stabo.scan import scan
from smartbill.core.flows.value import Finding, FlowContact, ReadBill, RefusedDocument
from smartbill.core.wording.findings import message
from tests.core.flows.stabo.example import LINES, PATH, bills, content, edited, outcomes, told, with_trailer

EXAMPLE = PATH.read_bytes()


def test_example_is_accepted_without_a_finding() -> None:
    read = outcomes(EXAMPLE)
    assert [type(outcome) for outcome in read] == [ReadBill, ReadBill]
    assert sum(outcome.bill.total_bill for outcome in bills(EXAMPLE)) == Decimal("225.02")
    assert sum(outcome.bill.total_due for outcome in bills(EXAMPLE)) == Decimal("242.57")


def test_electricity_bill_of_the_example() -> None:
    read = bills(EXAMPLE)[0]
    bill = read.bill
    assert (read.doc_seq, read.line, read.file, read.pdf_file) == (1, 2, "f.txt", "B051_601.pdf")
    assert (bill.kind, bill.display_number, bill.billing_kind) == (
        BillKind.INVOICE, "B051/601", BillingKind.PERIODIC,
    )  # fmt: skip
    assert (bill.issue_date, bill.due_date) == (date(2026, 7, 6), date(2026, 7, 27))
    assert (bill.period_from, bill.period_to) == (date(2026, 5, 1), date(2026, 6, 30))
    assert [str(n) for n in (bill.total_bill, bill.taxable, bill.vat, bill.total_due)] == [
        "128.57", "116.88", "11.69", "146.57",
    ]  # fmt: skip
    assert (bill.slip_present, bill.direct_debit, bill.payable_online) == (True, False, True)
    assert bill.arrears == Arrears(state=ArrearsState.ALL_PAID, as_of=date(2026, 7, 5))
    assert (bill.customer.full_name, bill.customer.fiscal_code) == ("Mario Rossi", "RSSMRA80A01H501U")
    assert (bill.customer.paper_bill, bill.customer.email_bill, bill.customer.privacy_marketing) == (False, True, None)
    supply = bill.supplies[0]
    assert (supply.service, supply.point_code, supply.address.city) == (
        Service.ELECTRICITY, "IT001E00000017", "Castel di Iudica",
    )  # fmt: skip
    assert (supply.power_committed, supply.annual_quantity) == (Decimal("3.00"), Decimal("2486"))
    assert len(bill.lines) == 19
    assert bill.lines[3] == CostLine(
        line_no=4,
        parent=1,
        supply_seq=1,
        role=LineRole.LEAF,
        scope=LineScope.BILL,
        section=Section.USAGE,
        destination=Destination.SALE,
        component="ENERGIA",
        description="Energia fascia F3",
        date_from=date(2026, 5, 1),
        date_to=date(2026, 6, 30),
        band="F3",
        quantity=Decimal("153"),
        unit="kWh",
        unit_price=Decimal("0.1332"),
        amount=Decimal("20.38"),
        vat_rate=Decimal("10.00"),
    )
    assert supply.consumptions[0] == Consumption(
        kind=ConsumptionKind.BILLED,
        measure=Measure.ACTIVE,
        band="F1",
        date_from=date(2026, 5, 1),
        date_to=date(2026, 6, 30),
        quantity=Decimal("138"),
        unit="kWh",
        quality=Quality.READ,
    )
    assert [str(reading.previous_value) for reading in supply.readings] == ["5210.4", "4822.1", "6120"]
    assert bill.vat_summary == (VatSummary(rate=Decimal("10.00"), taxable=Decimal("116.88"), vat=Decimal("11.69")),)
    assert (bill.terms[0].notice_code, bill.terms[0].method) == ("301000000000000601", "MP23")
    assert read.contacts == (
        FlowContact(
            key_kind="customer_code", key="106201", mobile="+393330000001", channel="sms", language="it",
            consent=True, consent_date=date(2026, 1, 12), preferred=True, line=34,
        ),
        FlowContact(
            key_kind="customer_code", key="106201", email="mario.rossi@example.org", channel="email", language="it",
            consent=True, consent_date=date(2026, 1, 12), line=35,
        ),
    )  # fmt: skip


def test_water_bill_of_the_example() -> None:
    read = bills(EXAMPLE)[1]
    bill = read.bill
    assert [str(n) for n in (bill.total_bill, bill.taxable, bill.vat, bill.total_due)] == [
        "96.45", "87.68", "8.77", "96.00",
    ]  # fmt: skip
    assert (bill.slip_present, bill.direct_debit, bill.payable_online) == (False, True, False)
    assert bill.arrears == Arrears(state=ArrearsState.UNPAID, amount=Decimal("61.00"), as_of=date(2026, 7, 5))
    assert bill.customer.language == "ro"
    assert bill.customer.mail_address is not None
    assert bill.customer.mail_address.street == "Via del Recapito 8"
    assert (bill.supplies[0].residents, bill.supplies[0].units) == (3, 1)
    assert [contact.mobile for contact in read.contacts] == ["+393330000002"]
    assert bill.services == (Service.WATER,)


def test_a_bill_survives_being_stored() -> None:
    for read in bills(EXAMPLE):
        assert decode_document(encode_document(read.bill)) == read.bill


def test_records_are_as_wide_as_the_format_says() -> None:
    for record in RECORDS.values():
        assert record.fixed_length == 2 + sum(field.width for field in record.fields)
    assert {kind: len(record.fields) + 1 for kind, record in RECORDS.items()} == {
        "00": 15, "10": 29, "11": 29, "12": 32, "20": 20, "30": 11, "31": 16, "40": 17, "50": 9, "60": 8, "99": 16,
    }  # fmt: skip


def test_trailing_empties_may_be_written_or_cut() -> None:
    cut = [line.rstrip("|") for line in LINES]
    written = [line + "|" * (len(RECORDS[line[:2]].fields) - line.count("|")) for line in LINES]
    assert [read.bill for read in bills(content(cut))] == [read.bill for read in bills(content(written))]


def many(count: int) -> bytes:
    """A flow of `count` copies of the water bill, with ordinals and numbers of their own."""
    lines = edited((1, 12, "I"))[:1]
    for seq in range(1, count + 1):
        for line in LINES[36:62]:
            fields = line.split("|")
            fields[1] = str(seq)
            if fields[0] == "10":
                fields[4] = str(seq)
            lines.append("|".join(fields))
    trailer = with_trailer(lines)[-1].split("|")
    trailer[4] = f"{Decimal('96.45') * count:f}".replace(".", ",")
    trailer[5] = f"{96 * count},00"
    return content([*lines, "|".join(trailer)])


MANY = many(40)


@given(st.integers(1, 200_000))
@settings(max_examples=30, deadline=None)
def test_blocks_of_any_size_give_the_same(range_bytes: int) -> None:
    whole = outcomes(MANY, range_bytes=10_000_000)
    assert outcomes(MANY, range_bytes=range_bytes) == whole
    assert len(whole) == 40
    ranges = scan(BytesIO(MANY), range_bytes=range_bytes).ranges
    assert b"".join(MANY[part.start : part.end] for part in ranges) == b"\n".join(MANY.split(b"\n")[1:-2]) + b"\n"
    for part in ranges:
        assert MANY[: part.start].count(b"\n") + 1 == part.first_line


def sentences(data: bytes, range_bytes: int = 4096) -> list[str]:
    """Reads everything; whatever is wrong must be a finding with a sentence."""
    texts = [message(outcome) for outcome in outcomes(data, range_bytes=range_bytes) if isinstance(outcome, Finding)]
    assert all(texts)
    return texts


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 20_000))
@settings(max_examples=400, deadline=None)
def test_mutations_are_findings_and_never_raise(seed: int, times: int, range_bytes: int) -> None:
    chance = random.Random(seed)
    data = bytearray(EXAMPLE)
    for _ in range(times):
        at = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randrange(1, 60)]
        elif kind == 2:
            data[at:at] = bytes(chance.choice(b"|-,0129\n\r SNE\xc3") for _ in range(chance.randrange(1, 5)))
        else:
            other = chance.randrange(len(data))
            data[at:at] = data[other : other + chance.randrange(1, 300)]
    sentences(bytes(data), range_bytes)


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_mutated_fields_are_findings_and_never_raise(seed: int) -> None:
    """Fields are swapped for extreme values that are well formed, so that the rules behind the fields are reached."""
    chance = random.Random(seed)
    edits = []
    for _ in range(chance.randrange(1, 5)):
        line = chance.randrange(2, 63)
        spec = chance.choice(RECORDS[LINES[line - 1][:2]].fields)
        field = RECORDS[LINES[line - 1][:2]].fields.index(spec) + 2
        pool = {
            FieldType.DAY: ["", "01011900", "31129999", "00000000", "29022024"],
            FieldType.SIGNED: ["", "0", "-0", "9" * (spec.size - spec.decimals), "-1,5"],
            FieldType.UNSIGNED: ["", "0", "9" * (spec.size - spec.decimals), "0,1"],
            FieldType.INTEGER: ["", "0", "9" * spec.size, "1"],
        }.get(spec.type, ["", *(spec.codes or ["x", "X" * spec.size])])
        edits.append((line, field, chance.choice(pool)))
    sentences(content(edited(*edits)))


@given(st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_random_bytes_never_raise(data: bytes) -> None:
    sentences(data)
    sentences(content(LINES[:1]) + data)
    sentences(content(LINES[:2]) + data + content(LINES[2:]))


@given(st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_order_of_consumptions_changes_no_finding(order: list[int]) -> None:
    lines = [*LINES[:23], *(LINES[23 + place] for place in order), *LINES[29:]]
    assert told(lines) == []


@given(st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=15), st.integers(-5000, 5000))
@settings(max_examples=60, deadline=None)
def test_money_adds_up_to_the_cent_or_the_document_is_refused(cents: list[int], vat: int) -> None:
    def euro(value: int) -> str:
        return f"{'-' if value < 0 else ''}{abs(value) // 100},{abs(value) % 100:02}"

    total = sum(cents) + vat
    lines = edited(
        (37, 13, euro(total)), (37, 14, euro(sum(cents))), (37, 15, euro(vat)), (37, 16, euro(total)),
        *([(37, 7, "")] if total <= 0 else []), (60, 5, euro(total)),
    )  # fmt: skip
    cost = [
        f"20|2|1|{number}|0|L|B|AQ|S||Voce {number}|||||||{euro(value)}|10,00|" for number, value in enumerate(cents, 1)
    ]
    cost.append(f"20|2|0|{len(cents) + 1}|0|L|B|IVA|T||IVA|||||||{euro(vat)}|10,00|")
    document = [*lines[36:39], *cost, *lines[56:59], *(lines[59:60] if total > 0 else []), *lines[60:62]]
    right = outcomes(content([*LINES[:36], *document, LINES[-1]]))
    assert [o.bill.total_due for o in right if isinstance(o, ReadBill)][1:] == [Decimal(total) / 100]
    wrong = [line.replace(f"|{euro(cents[0])}|10,00|", f"|{euro(cents[0] + 1)}|10,00|") for line in document]
    found = outcomes(content([*LINES[:36], *wrong, LINES[-1]]))
    assert sum(isinstance(outcome, RefusedDocument) for outcome in found) == 1
    assert "DOC-201" in {outcome.code for outcome in found if isinstance(outcome, Finding)}
