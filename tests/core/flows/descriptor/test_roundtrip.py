"""Any layout reads back what it writes: the examples, STABO as a descriptor, and layouts that chance makes."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.adapters.files.shipped import library_sample, library_text
from smartbill.core.bill.value import Bill
from smartbill.core.flows.descriptor.checks import Entry
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.layout import Layout, compile_layout
from smartbill.core.flows.value import Finding, ReadBill
from tests.core.flows.descriptor.writing import header_rows, records_of, write_lines
from tests.core.flows.stabo.example import LINES, content, outcomes
from tests.core.flows.stabo.example import NOW as STABO_NOW
from tests.core.flows.stabo.test_fixed_width import FIXED, fixed

NOW = datetime(2026, 8, 6, 8, 0, tzinfo=UTC)


def layout_of(name: str) -> Layout:
    text = library_text(name)
    assert text is not None
    return compile_layout(text)


def read(layout: Layout, data: bytes, **options: int) -> list[Bill | Finding]:
    reader = DescribedFlowReader(BytesIO(data), layout, file="f", now=NOW, **options)  # type: ignore[arg-type]
    return [each.bill if isinstance(each, ReadBill) else each for each in reader]  # type: ignore[misc]


def written(layout: Layout, documents: list[list[Entry]], data: bytes) -> bytes:
    """The flow anew: its own first and last lines, and between them the documents as a writer makes them."""
    codec = layout.descriptor.encoding.candidates[0]
    lines = data.decode(codec).splitlines()
    first, last = lines[0], lines[-1]
    head = [first, *header_rows(layout)] if layout.descriptor.delimited.header_row else [first]
    body = write_lines(layout, [(each.program.type, each.values) for document in documents for each in document])
    tail = [last] if layout.trailer_type else []
    end = "\r\n" if layout.descriptor.encoding.newlines == ("crlf",) else "\n"
    return (end.join([*head, *body.splitlines(), *tail]) + end).encode(codec)


@pytest.mark.parametrize("name", ["valmarina", "borgoprova"])
def test_examples_are_read_back(name: str) -> None:
    layout, path = layout_of(name), library_sample(name)
    assert path is not None
    data = path.read_bytes()
    documents, _ = records_of(layout, data, NOW)
    again = written(layout, documents, data)
    bills = [each for each in read(layout, data) if isinstance(each, Bill)]
    assert read(layout, again) == bills
    assert len(bills) > 10


@pytest.mark.parametrize(("name", "data"), [
    ("stabo-v1-d", content(LINES)), ("stabo-v1-f", content(fixed(FIXED), encoding="cp1252")),
])  # fmt: skip
def test_stabo_by_descriptor_gives_the_bills_of_its_own_reader(name: str, data: bytes) -> None:
    reader = DescribedFlowReader(BytesIO(data), layout_of(name), file="f.txt", now=STABO_NOW)
    own = outcomes(data)
    described = [
        msgspec.structs.replace(
            each, doc_seq=other.doc_seq, bill=msgspec.structs.replace(each.bill, source=other.bill.source)
        )
        for each, other in zip(reader, own, strict=True)
        if isinstance(each, ReadBill) and isinstance(other, ReadBill)
    ]
    assert described == own
    assert len(own) == 2


# --- layouts that chance makes ---

DATES = ["ddmmyyyy", "yyyymmdd", "dd/mm/yyyy", "yyyy-mm-dd", "ddmmyy", "yyyyddd"]
SECTIONS = {"A1": "AQ", "A2": "FG", "B7": "SER", "Z0": "IVA"}
#: name -> format and width of the fields of three records and the trailer
RECORDS: dict[str, tuple[str, dict[str, tuple[str, int]]]] = {
    "TES": ("bill", {
        "customer_code": ("text", 12), "number": ("text", 12), "issue_date": ("day", 10), "due_date": ("day", 10),
        "total_bill": ("eur", 14), "doc_type": ("kinds", 2), "pdf_file": ("text", 20),
    }),
    "RIG": ("bill.line", {
        "description": ("text", 30), "amount": ("eur", 14), "section": ("section", 2), "qty": ("qty", 14),
        "date_from": ("day", 10),
    }),
    "CON": ("bill.consumption", {"qty": ("qty", 14), "date_from": ("day", 10), "date_to": ("day", 10)}),
    "COD": ("trailer", {"bills": ("count", 8), "sum_total_bill": ("eur", 16)}),
}  # fmt: skip
KINDS = {"F": "invoice", "N": "credit_note"}


def random_layout(chance: random.Random) -> str:
    """The text of a layout: kind, places, formats, encoding and line ends by chance."""
    is_fixed = chance.random() < 0.5
    implied = chance.random() < 0.5
    sign = chance.choice(["leading", "trailing"])
    decimal, thousands = chance.choice([(",", ""), (".", ""), (",", "."), (",", "'")])
    separator = chance.choice([";", "|", "\\t", "~"])
    quote = chance.choice(["", "'"]) if thousands != "'" else ""
    header = not is_fixed and chance.random() < 0.5
    lines = [
        "[layout]", 'id = "caso"', f'kind = "{"fixed" if is_fixed else "delimited"}"',
        f"record_type = {'{ pos = 1, len = 3 }' if is_fixed else '{ field = 1 }'}",
        f"record_length = {chance.choice([0, 200]) if is_fixed else 0}",
        "[encoding]", f'candidates = ["{chance.choice(["utf-8", "cp1252", "iso-8859-15"])}"]',
        f'newlines = ["{chance.choice(["lf", "crlf"])}"]', 'forbid = []',
        "[delimited]", f'separator = "{separator}"', f'quote = "{quote}"', f"header_row = {str(header).lower()}",
    ]  # fmt: skip
    for name, decimals in (("eur", 2), ("qty", 3)):
        lines += [
            f"[formats.{name}]", 'type = "decimal"', f"decimals = {decimals}", f'decimal_char = "{decimal}"',
            f'thousands_char = "{"" if implied else thousands}"', f"implied = {str(implied).lower()}",
            f'sign = "{sign}"', *(['sign_blank = "plus"'] if sign == "trailing" and chance.random() < 0.5 else []),
        ]  # fmt: skip
    lines += ["[formats.day]", 'type = "date"', f'pattern = "{chance.choice(DATES)}"', 'empty = ["", "00000000"]']
    lines += ["[formats.count]", 'type = "int"', "[lookup.sections]"]
    lines += [f'{code} = "{section}"' for code, section in SECTIONS.items()]
    for kind, (target, fields) in RECORDS.items():
        lines += ["[[record]]", f'type = "{kind}"', f'target = "{target}"', 'position = ""', "fields = ["]
        lines += _random_fields(chance, fields, is_fixed=is_fixed, header=header)
        lines += ["]"]
    return "\n".join(lines) + "\n"


def _random_fields(
    chance: random.Random, fields: dict[str, tuple[str, int]], *, is_fixed: bool, header: bool
) -> list[str]:
    names = list(fields)
    chance.shuffle(names)
    place, written = 4, []
    for number, name in enumerate(names, 2):
        form, width = fields[name]
        if is_fixed:
            place += chance.randrange(3)
            source = f"pos = {place}, len = {width}"
            place += width
        else:
            source = f'column = "{name.upper()}"' if header else f"at = {number}"
        extra = {
            "kinds": ', format = "enum", values = { F = "invoice", N = "credit_note" }',
            "section": ', lookup = "sections"', "text": "",
        }.get(form, f', format = "{form}"')  # fmt: skip
        written.append(f'  {{ name = "{name}", {source}{extra} }},')
    return written


def random_documents(chance: random.Random, text: st.SearchStrategy[str] | None = None) -> list[list[tuple[str, Any]]]:
    documents = []
    for number in range(chance.randrange(1, 6)):
        sign = chance.choice([1, 1, 1, -1])
        cents = [sign * chance.randrange(1, 5_000_000) for _ in range(chance.randrange(1, 6))]
        issued = date(2026, 7, 1) + timedelta(days=chance.randrange(60))
        bill = {
            "customer_code": f"C{chance.randrange(10**8)}", "number": f"{number + 1}-{chance.randrange(999)}",
            "issue_date": issued, "due_date": issued + timedelta(days=30) if sum(cents) > 0 else None,
            "total_bill": Decimal(sum(cents)) / 100, "doc_type": "invoice" if sign > 0 else "credit_note",
            "pdf_file": "",
        }  # fmt: skip
        lines = [
            ("RIG", {
                "description": chance.choice(["Acquedotto", "Perché no", "È così", "a 'b' c", "Quota; fissa"]),
                "amount": Decimal(each) / 100, "section": chance.choice(list(SECTIONS.values())),
                "qty": chance.choice([None, Decimal(chance.randrange(10**6)) / 1000]),
                "date_from": chance.choice([None, issued]),
            })
            for each in cents
        ]  # fmt: skip
        used = [("CON", {"qty": Decimal(chance.randrange(10**6)) / 1000, "date_from": issued, "date_to": issued})]
        documents.append([("TES", bill), *lines, *used[: chance.randrange(2)]])
    return documents


def flow_bytes(layout: Layout, documents: list[list[tuple[str, Any]]], *, cent: int = 0) -> bytes:
    """The flow, and a trailer with its sums; `cent` is added to the sum."""
    total = sum((document[0][1]["total_bill"] for document in documents), Decimal(cent) / 100)
    trailer = ("COD", {"bills": len(documents), "sum_total_bill": total})
    head = header_rows(layout) if layout.descriptor.delimited.header_row else []
    body = write_lines(layout, [record for document in documents for record in document] + [trailer])
    end = "\r\n" if layout.descriptor.encoding.newlines == ("crlf",) else "\n"
    text = end.join([*head, *body.splitlines()]) + end
    return text.encode(layout.descriptor.encoding.candidates[0])


def usable(layout: Layout, documents: list[list[tuple[str, Any]]]) -> list[list[tuple[str, Any]]]:
    """Texts without the separator of a layout that has no quotes."""
    keys = layout.descriptor.delimited
    if not keys.quote:
        for document in documents:
            for kind, values in document:
                if kind == "RIG":
                    values["description"] = values["description"].replace(keys.separator, "/")
    return documents


def made(seed: int) -> tuple[Layout, list[list[tuple[str, Any]]]]:
    chance = random.Random(seed)
    layout = compile_layout(random_layout(chance))
    return layout, usable(layout, random_documents(chance))


@given(st.integers(0, 2**32), st.integers(1, 3_000))
def test_what_a_layout_writes_it_reads_back(seed: int, range_bytes: int) -> None:
    layout, documents = made(seed)
    data = flow_bytes(layout, documents)
    outcomes = read(layout, data, range_bytes=range_bytes)
    assert [each for each in outcomes if isinstance(each, Finding) and not each.code.startswith("WRN")] == []
    bills = [each for each in outcomes if isinstance(each, Bill)]
    names = ("number", "issue_date", "due_date", "total_bill", "doc_type", "customer_code")
    assert [
        (bill.number, bill.issue_date, bill.due_date, bill.total_bill, bill.kind, bill.customer.code) for bill in bills
    ] == [tuple(document[0][1][name] for name in names) for document in documents]
    assert [
        [(line.description, line.amount, line.section, line.quantity, line.date_from) for line in bill.lines]
        for bill in bills
    ] == [
        [
            (v["description"], v["amount"], v["section"], v["qty"], v["date_from"])
            for name, v in document
            if name == "RIG"
        ]
        for document in documents
    ]
    assert [[used.quantity for supply in bill.supplies for used in supply.consumptions] for bill in bills] == [
        [values["qty"] for kind, values in document if kind == "CON"] for document in documents
    ]


@given(st.integers(0, 2**32))
def test_money_adds_up_or_the_document_is_refused(seed: int) -> None:
    layout, documents = made(seed)
    assert {each.code for each in read(layout, flow_bytes(layout, documents, cent=1)) if isinstance(each, Finding)} >= {
        "FLS-022"
    }
    documents[0][1][1]["amount"] += Decimal("0.01")
    outcomes = read(layout, flow_bytes(layout, documents))
    assert len([each for each in outcomes if isinstance(each, Bill)]) == len(documents) - 1
    found = next(each for each in outcomes if isinstance(each, Finding) and each.code == "DOC-201")
    assert (found.record, found.document) == ("TES", documents[0][0][1]["number"])


@given(st.integers(0, 2**32))
def test_the_order_of_documents_and_of_unrelated_records_does_not_matter(seed: int) -> None:
    layout, documents = made(seed)
    before = [each for each in read(layout, flow_bytes(layout, documents)) if isinstance(each, Bill)]
    chance = random.Random(seed + 1)
    chance.shuffle(documents)
    for document in documents:
        used = [each for each in document if each[0] == "CON"]
        rest = [each for each in document if each[0] != "CON"]
        place = chance.randrange(1, len(rest) + 1)
        document[:] = [*rest[:place], *used, *rest[place:]]
    after = [each for each in read(layout, flow_bytes(layout, documents)) if isinstance(each, Bill)]
    assert sorted(after, key=lambda bill: bill.number) == sorted(before, key=lambda bill: bill.number)


def test_keyed_records_may_stand_in_any_order_behind_their_document() -> None:
    layout, path = layout_of("borgoprova"), library_sample("borgoprova")
    assert path is not None
    data = path.read_bytes()
    documents, _ = records_of(layout, data, NOW)
    bills = [each for each in read(layout, data) if isinstance(each, Bill)]
    chance = random.Random(5)
    for document in documents:
        first, *others = document
        groups: dict[str, list[Entry]] = {}
        for each in others:
            groups.setdefault(each.program.type, []).append(each)
        order = list(groups)
        chance.shuffle(order)
        document[:] = [first, *(each for kind in order for each in groups[kind])]
    assert read(layout, written(layout, documents, data)) == bills
    assert Path(path).exists()
