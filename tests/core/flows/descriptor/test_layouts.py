"""What layouts can say, one thing at a time, on flows of a few lines."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from smartbill.core.bill.value import Bill, BillKind, LineRole, Section, Service, TermKind
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.layout import compile_layout
from smartbill.core.flows.value import Finding, ReadBill
from smartbill.core.wording.findings import message

SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "fatturapa" / "dotnet"
NOW = datetime(2026, 8, 6, 8, 0, tzinfo=UTC)
HEAD = """
[layout]
id = "prova"
kind = "delimited"
record_type = { field = 1 }
[formats.eur]
type = "decimal"
[formats.day]
type = "date"
pattern = ["dd/mm/yyyy", "yyyymmdd"]
"""
BILL = """
[[record]]
type = "T"
target = "bill"
fields = [
  { name = "customer_code", at = 2 },
  { name = "number", at = 3 },
  { name = "issue_date", at = 4, format = "day" },
  { name = "total_bill", at = 5, format = "eur" },
  { name = "due_date", at = 6, format = "day" },
]
"""
LINE = """
[[record]]
type = "R"
target = "bill.line"
fields = [
  { name = "description", at = 2 },
  { name = "amount", at = 3, format = "eur" },
]
"""


def read(text: str, flow: str | bytes, *, encoding: str = "utf-8") -> list[ReadBill | Finding]:
    data = flow if isinstance(flow, bytes) else flow.encode(encoding)
    reader = DescribedFlowReader(BytesIO(data), compile_layout(text), file="f", now=NOW, range_bytes=50)
    return [each for each in reader if isinstance(each, ReadBill | Finding)]


def bills(text: str, flow: str | bytes) -> list[Bill]:
    return [each.bill for each in read(text, flow) if isinstance(each, ReadBill)]


def told(text: str, flow: str | bytes) -> list[tuple[str, str]]:
    return [(each.code, message(each)) for each in read(text, flow) if isinstance(each, Finding)]


def with_fields(record: str, *fields: str) -> str:
    """A record with further fields."""
    added = "".join(f"  {{ {field} }},\n" for field in fields)
    return record[: record.rindex("]")] + added + "]\n"


def test_the_least_that_a_flow_can_tell() -> None:
    least = BILL.replace('  { name = "due_date", at = 6, format = "day" },\n', "")
    (bill,) = bills(HEAD + least, "T;C1;77;01/07/2026;10,50\n")
    assert (bill.source, bill.kind, bill.series, bill.number, bill.display_number) == (
        "prova", BillKind.INVOICE, "", "77", "77",
    )  # fmt: skip
    assert (bill.total_bill, bill.total_due, bill.taxable, bill.vat) == (
        Decimal("10.50"), Decimal("10.50"), Decimal("10.50"), Decimal("0.00"),
    )  # fmt: skip
    assert (bill.customer.code, bill.customer.name, bill.lines) == ("C1", "C1", ())
    assert [(supply.service, supply.point_code) for supply in bill.supplies] == [(Service.OTHER, "")]


def test_what_is_to_be_paid_becomes_one_term() -> None:
    (bill,) = bills(HEAD + BILL, "T;C1;77;01/07/2026;10,50;31/07/2026\n")
    (term,) = bill.terms
    assert (term.kind, term.amount, term.due_date, term.payable_online, term.direct_debit) == (
        TermKind.SINGLE, Decimal("10.50"), date(2026, 7, 31), True, False,
    )  # fmt: skip
    (credit,) = bills(HEAD + BILL, "T;C1;77;01/07/2026;-10,50\n")
    assert credit.terms == ()


def test_rules_of_every_flow_hold() -> None:
    assert (
        told(HEAD + BILL + LINE, "T;C1;77;01/07/2026;10,50;31/07/2026\nR;uno;10,00\n")
        == [
            ("WRN-410", "Documento 77: valore da verificare nel campo «supply_seq» (fornitura 1 senza voci)."),
        ][:0]
    )
    vat = with_fields(BILL, 'name = "vat", at = 7, format = "eur"')
    assert told(HEAD + vat + LINE, "T;C1;77;01/07/2026;10,50;30/06/2026;0,50\nR;uno;9,00\n") == [
        ("DOC-207", "Documento 77: la scadenza precede l'emissione."),
        ("DOC-201", "Documento 77: il totale bolletta (10,50) non coincide con la somma delle voci (9,00)."),
        ("DOC-207", "Documento 77: la scadenza precede l'emissione."),
    ]


def test_vat_that_no_line_tells_becomes_a_line_when_it_adds_up() -> None:
    vat = with_fields(BILL, 'name = "vat", at = 7, format = "eur"')
    (bill,) = bills(
        HEAD + vat + LINE, "T;C1;77;01/07/2026;11,00;;1,00\nR;uno;4,00\nR;due;6,00\n".replace(";;", ";31/07/2026;")
    )
    assert [(line.section, line.amount) for line in bill.lines] == [
        (Section.OTHER, Decimal("4.00")), (Section.OTHER, Decimal("6.00")), (Section.VAT, Decimal("1.00")),
    ]  # fmt: skip
    assert (bill.taxable, bill.vat) == (Decimal("10.00"), Decimal("1.00"))


def test_one_line_makes_several_records() -> None:
    """All of a bill on one row: customer, supply, three bands of which one is empty."""
    text = HEAD.replace("record_type = { field = 1 }\n", "") + "[delimited]\nheader_row = true\n"
    text += """
[[record]]
type = "riga"
target = "bill"
fields = [
  { name = "number", column = "Numero" },
  { name = "issue_date", column = "Data", format = "day" },
  { name = "total_bill", column = "Totale", format = "eur" },
  { name = "customer_code", column = "Cliente" },
  { name = "customer_name", column = "Nome" },
  { name = "supply_point_code", column = "POD" },
  { name = "supply_service", const = "electricity" },
  { name = "term_due_date", column = "Scadenza", format = "day" },
  { name = "term_method", const = "MP05" },
]
"""
    for band in ("F1", "F2", "F23"):
        text += f"""
[[record]]
type = "riga"
target = "bill.consumption"
fields = [
  {{ name = "qty", column = "{band}", format = "eur" }},
  {{ name = "band", const = "{band}" }},
  {{ name = "date_from", from = "riga.issue_date" }},
]
"""
    flow = (
        "numero;DATA;Totale;Cliente;Nome;POD;F1;F2;F23;Scadenza\n"
        "7;01/07/2026;10;C1;Rossi;IT001E00000017;5;;8;31/07/2026\n"
    )
    (bill,) = bills(text, flow)
    (supply,) = bill.supplies
    assert (bill.customer.name, supply.service, supply.point_code) == ("Rossi", Service.ELECTRICITY, "IT001E00000017")
    assert [(used.band, used.quantity, used.unit) for used in supply.consumptions] == [
        ("F1", Decimal(5), "kWh"), ("F23", Decimal(8), "kWh"),
    ]  # fmt: skip
    assert (bill.terms[0].due_date, bill.terms[0].method, bill.due_date) == (
        date(2026, 7, 31),
        "MP05",
        date(2026, 7, 31),
    )


ROWS = """
[layout]
id = "righe"
kind = "delimited"
[formats.eur]
type = "decimal"
[formats.day]
type = "date"
pattern = "yyyymmdd"
[[record]]
type = "riga"
target = "bill"
key = "number"
fields = [
  { name = "number", at = 1 },
  { name = "customer_code", at = 2 },
  { name = "issue_date", at = 3, format = "day" },
  { name = "total_bill", at = 4, format = "eur" },
  { name = "due_date", at = 7, format = "day" },
]
[[record]]
type = "riga"
target = "bill.line"
fields = [{ name = "description", at = 5 }, { name = "amount", at = 6, format = "eur" }]
"""


def test_rows_that_each_repeat_their_bill() -> None:
    rows = [f"{number};C;20260701;3,00;voce {n};1,00;20260801" for number in range(1, 30) for n in range(3)]
    read_bills = bills(ROWS, "\n".join(rows) + "\n")
    assert [(bill.number, len(bill.lines)) for bill in read_bills] == [(str(number), 3) for number in range(1, 30)]
    rows[1] = rows[1].replace("3,00", "4,00")
    assert [each for each in told(ROWS, "\n".join(rows) + "\n") if each[0] != "DOC-201"] == [
        ("REC-105", "Riga 2, campo «total_bill, colonna 4»: valore «4.00» non previsto.")
    ]


def test_groups_of_lines_and_what_hangs_on_them() -> None:
    group = LINE.replace('"R"', '"G"')
    child = LINE.replace('target = "bill.line"', 'target = "bill.line"\nparent = { record = "G" }')
    flow = "T;C1;77;01/07/2026;10,00;31/07/2026\nG;Quota;10,00\nR;uno;4,00\nR;due;6,00\n"
    (bill,) = bills(HEAD + BILL + group + child, flow)
    assert [(line.line_no, line.parent, line.role) for line in bill.lines] == [
        (1, 0, LineRole.TOTAL), (2, 1, LineRole.LEAF), (3, 1, LineRole.LEAF),
    ]  # fmt: skip
    assert ("DOC-204", "Documento 77: il totale del gruppo «Quota» non coincide con le sue voci.") in told(
        HEAD + BILL + group + child, flow.replace("due;6,00", "due;5,00")
    )


SUPPLY = """
[[record]]
type = "F"
target = "bill.supply"
starts = "supply"
fields = [{ name = "point_code", at = 2 }, { name = "service", const = "water" }]
"""


def test_records_belong_to_the_supply_before_them_to_one_that_they_name_or_to_the_bill() -> None:
    named = LINE.replace('"R"', '"K"').replace(
        '"bill.line"', '"bill.line"\nparent = { record = "F", match = ["point_code"] }'
    )
    named = with_fields(named, 'name = "point_code", at = 4')
    whole = LINE.replace('"R"', '"W"').replace('"bill.line"', '"bill.line"\nlevel = "document"')
    flow = (
        "T;C1;77;01/07/2026;10,00;31/07/2026\nF;AAA\nR;uno;1,00\nF;BBB\nR;due;2,00\nK;tre;3,00;AAA\n"
        "K;quattro;1,00;\nW;cinque;3,00\n"
    )
    (bill,) = bills(HEAD + BILL + SUPPLY + LINE + named + whole, flow)
    assert [(line.description, line.supply_seq) for line in bill.lines] == [
        ("uno", 1), ("due", 2), ("tre", 1), ("quattro", 0), ("cinque", 0),
    ]  # fmt: skip
    assert told(HEAD + BILL + SUPPLY + named, "T;C1;77;01/07/2026;3,00;31/07/2026\nF;AAA\nK;tre;3,00;CCC\n")[-1] == (
        "REC-109", "Riga 3: la fornitura CCC non esiste in questo documento.",
    )  # fmt: skip


def test_fields_that_depend_on_others() -> None:
    bill = with_fields(
        BILL, 'name = "doc_type", derive = "sign:total_bill:invoice:credit_note"',
        'name = "period_to", derive = "add_days:issue_date:-1"', 'name = "period_from", derive = "first_day_of:issue_date"',
        'name = "pdf_file", derive = "template:{number}_{customer_code}.pdf"',
        'name = "extra", at = 7, format = "eur", default = "0"', 'name = "total_due", derive = "add:total_bill:extra"',
        'name = "ref_number", at = 8, required_if = { field = "doc_type", op = "=", value = "credit_note" }',
    )  # fmt: skip
    first, second = (
        each
        for each in read(HEAD + bill, "T;C1;77;15/07/2026;10,00;31/07/2026;0,50\nT;C1;78;15/07/2026;-1;;;77\n")
        if isinstance(each, ReadBill)
    )
    assert (first.bill.period_from, first.bill.period_to) == (date(2026, 7, 1), date(2026, 7, 14))
    assert (first.pdf_file, first.bill.total_due) == ("77_C1.pdf", Decimal("10.50"))
    assert (second.bill.kind, second.bill.total_due) == (BillKind.CREDIT_NOTE, Decimal("-1.00"))
    assert told(HEAD + bill, "T;C1;78;15/07/2026;-1\n") == [
        ("REC-102", "Riga 1, campo «ref_number, colonna 8»: valore obbligatorio mancante.")
    ]


def test_conditions_look_ups_and_unknown_codes() -> None:
    line = with_fields(
        LINE.replace('"bill.line"', '"bill.line"\nwhen = { field = "amount", op = "!=", value = 0 }'),
        'name = "section", at = 4, lookup = "voci", on_unknown = "warning", default = "ALT"',
    )
    text = HEAD + BILL + line + '[lookup.voci]\nA = "AQ"\n'
    flow = "T;C1;77;01/07/2026;10,00;31/07/2026\nR;uno;4,00;a\nR;due;6,00;ZZ\nR;zero;0;A\n"
    (bill,) = bills(text, flow)
    assert [(line.description, line.section) for line in bill.lines] == [
        ("uno", Section.WATER_SUPPLY), ("due", Section.OTHER),
    ]  # fmt: skip
    assert told(text, flow) == [("WRN-410", "Documento 77: valore da verificare nel campo «section, colonna 4» (ZZ).")]
    strict = text.replace('on_unknown = "warning", default = "ALT"', 'on_unknown = "reject_document"')
    assert told(strict, flow) == [("REC-105", "Riga 3, campo «section, colonna 4»: valore «ZZ» non previsto.")]


@pytest.mark.parametrize(("form", "text", "number"), [
    ('decimal_char = ","\nthousands_char = "."', "1.234.567,89", "1234567.89"),
    ('decimal_char = "."', "-12.5", "-12.50"),
    ('implied = true', "001234", "12.34"),
    ('implied = true\nsign = "trailing"', "001234-", "-12.34"),
    ('sign = "trailing"', "12,34 -", "-12.34"),
    ("decimals = 4", "1,005", "1.01"),
])  # fmt: skip
def test_forms_of_amounts(form: str, text: str, number: str) -> None:
    (bill,) = bills(
        HEAD.replace('type = "decimal"', f'type = "decimal"\n{form}') + BILL, f"T;C1;77;20260701;{text};20260801\n"
    )
    assert str(bill.total_bill) == number


@pytest.mark.parametrize("text", ["1,234.50", "12,345", "1..2", "12-", "€ 5", "1e5", "٣"])
def test_no_amounts(text: str) -> None:
    (found,) = told(HEAD + BILL, f"T;C1;77;20260701;{text};20260801\n")[:1]
    assert found == ("REC-103", f"Riga 1, campo «total_bill, colonna 5»: «{text}» non è un numero valido.")


def test_credit_notes_that_are_written_positive() -> None:
    text = HEAD.replace('id = "prova"', 'id = "prova"\ncredit_sign = "positive"')
    text += with_fields(BILL, 'name = "doc_type", at = 7, format = "enum", values = { N = "credit_note" }') + LINE
    text += (
        '[[record]]\ntype = "Z"\ntarget = "trailer"\nfields = [{ name = "sum_total_bill", at = 2, format = "eur" }]\n'
    )
    flow = "T;C1;77;01/07/2026;10,00;;N\nR;uno;10,00\nZ;-10,00\n"
    (bill,) = bills(text, flow)
    assert (bill.total_bill, bill.lines[0].amount, bill.terms) == (Decimal("-10.00"), Decimal("-10.00"), ())
    assert told(text, flow.replace("77;01/07/2026;10,00", "77;01/07/2026;-10,00").replace("uno;10", "uno;-10")) == [
        ("WRN-410", "Documento 77: valore da verificare nel campo «total_bill, colonna 5» (-10,00).")
    ]


CHECKED = (
    HEAD
    + with_fields(BILL, 'name = "period_from", at = 7, format = "day"', 'name = "period_to", at = 8, format = "day"')
    + LINE
)
FLOW = "T;C1;77;01/07/2026;10,00;31/07/2026;01/05/2026;30/06/2026\nR;uno;4,00\nR;due;6,00\n"


@pytest.mark.parametrize(("check", "old", "new", "sentence"), [
    ('code = "DOC-201"\nkind = "sum_equals"\nsum = "R.amount"\nequals = "T.total_bill"', "due;6,00", "due;5,99",
     "Documento 77: il totale bolletta (10,00) non coincide con la somma delle voci (9,99)."),
    ('code = "TRC-1"\nkind = "count_equals"\ncount = "R"\nwhere = { description = ["uno", "due"] }\nequals = "T.customer_code"',
     "", "", ""),
    ('code = "TRC-2"\nkind = "range"\nfield = "R.amount"\nmin = 5', "", "",
     "Riga 2, campo «amount, colonna 3»: controllo TRC-2 non superato (trovato 4,00, atteso 5)."),
    ('code = "DOC-208"\nkind = "date_order"\nfields = ["T.period_from", "T.period_to", "T.issue_date"]', "30/06/2026", "02/07/2026",
     "Documento 77: il periodo di fatturazione non è valido."),
    ('code = "TRC-3"\nkind = "unique"\nfield = "R.description"', "due", "uno",
     "Riga 3, campo «description, colonna 2»: controllo TRC-3 non superato (trovato uno, atteso )."),
    ('code = "TRC-4"\nkind = "equals"\nfield = "T.customer_code"\nequals = "C2"', "", "",
     "Riga 1, campo «customer_code, colonna 2»: controllo TRC-4 non superato (trovato C1, atteso C2)."),
])  # fmt: skip
def test_declared_checks(check: str, old: str, new: str, sentence: str) -> None:
    found = [text for _, text in told(f"{CHECKED}[[check]]\n{check}\n", FLOW.replace(old, new, 1) if old else FLOW)]
    assert found == ([sentence] if sentence else [])


def test_a_value_that_no_two_bills_of_a_file_may_share() -> None:
    check = '[[check]]\ncode = "TRC-9"\nkind = "unique"\nlevel = "warning"\nfield = "T.customer_code"\n'
    flow = "".join(f"T;C{number % 3};{number};20260701;1,00;20260801\n" for number in range(4))
    assert told(HEAD + BILL + check, flow) == [
        (
            "TRC-9",
            "Riga 4, campo «customer_code, colonna 2»: controllo TRC-9 non superato (trovato ripetuto, atteso riga 1).",
        )
    ]


HEADER = """
[[record]]
type = "H"
target = "flow"
position = "first"
fields = [{ name = "flow_id", at = 2, required = true }, { name = "encoding", at = 3 }]
[[record]]
type = "Z"
target = "trailer"
position = "last"
fields = [{ name = "bills", at = 2, format = "int" }, { name = "lines", at = 3, format = "int" }]
"""


def test_header_and_trailer_that_have_to_be_there() -> None:
    text, row = HEAD + HEADER + BILL, "T;C1;77;20260701;1,00;20260801\n"
    assert told(text, f"H;1\n{row}Z;1;3\n") == []
    assert told(text, f"{row}Z;1;2\n") == [("FLS-004", "Manca il record di testata H alla prima riga.")]
    assert told(text, f"H;1\n{row}") == [("FLS-005", "Manca il record di coda Z: il file potrebbe essere incompleto.")]
    assert told(text, f"H;\n{row}Z;1;3\n") == [
        ("REC-102", "Riga 1, campo «flow_id, colonna 2»: valore obbligatorio mancante.")
    ]
    assert told(text, f"H;1\n{row}Z;2;4\n") == [
        ("FLS-020", "La coda dichiara 4 righe, il file ne contiene 3."),
        ("FLS-021", "La coda dichiara 2 bollette, il file ne contiene 1."),
    ]
    assert told(text, f"H;1\n{row}H;2\n{row.replace('77', '78')}Z;2;5\n")[0] == (
        "REC-110", "Riga 3: il record H non può seguire il record T.",
    )  # fmt: skip


def test_encodings_are_tried_in_order_or_declared() -> None:
    name = with_fields(BILL, 'name = "customer_name", at = 7')
    tried = '[encoding]\ncandidates = ["utf-8", "cp1252"]\n'
    flow = "T;C1;77;20260701;1,00;20260801;Però €\n"
    for codec in ("utf-8", "cp1252"):
        assert bills(HEAD + tried + name, flow.encode(codec))[0].customer.name == "Però €"
    strict = '[encoding]\ncandidates = ["ascii"]\n'
    assert told(HEAD + strict + name, flow.encode()) == [
        ("FLS-003", "Il file non è leggibile con la codifica dichiarata (ascii), riga 1.")
    ]
    declared = '[encoding]\ncandidates = ["utf-8", "cp1252", "iso-8859-15"]\ndeclared_in = "H.encoding"\n'
    whole = HEAD + declared + HEADER + name
    assert bills(whole, f"H;1;ISO-8859-15\n{flow}Z;1;3\n".encode("iso-8859-15"))[0].customer.name == "Però €"
    assert told(whole, f"H;1;UTF-8\n{flow}Z;1;3\n".encode("cp1252"))[0][0] == "FLS-003"
    assert told(whole, f"H;1;KOI8-R\n{flow}Z;1;3\n".encode())[0][0] == "FLS-003"


def test_line_ends_and_characters_that_are_not_allowed() -> None:
    row = "T;C1;77;20260701;1,00;20260801"
    crlf = HEAD + '[encoding]\nnewlines = ["crlf"]\nfinal_newline = "required"\n' + BILL
    assert told(crlf, f"{row}\r\n") == []
    assert told(crlf, f"{row}\n") == [("FLS-027", "Riga 1: carattere o riga non ammessi (fine riga non previsto).")]
    assert told(crlf, row) == [("FLS-027", "Riga 1: carattere o riga non ammessi (manca l'ultimo fine riga).")]
    assert told(HEAD + BILL, f"{row}\x00\n")[0] == ("FLS-027", "Riga 1: carattere o riga non ammessi (NUL).")
    assert told(HEAD + BILL, f"{row}\n\n{row.replace('77', '78')}\r\n")[0][0] == "FLS-027"
    allowed = HEAD + "[encoding]\nforbid = []\n" + BILL
    assert bills(allowed, f"{row.replace('C1', 'C1' + chr(0) + 'x')}\n")[0].customer.code == "C1 x"


def test_cells_too_many_or_too_few() -> None:
    row = "T;C1;77;20260701;1,00;20260801"
    assert told(HEAD + BILL, f"{row};x\n")[0] == ("REC-101", "Riga 1: numero di campi errato (7, attesi 6).")
    assert told(HEAD + '[delimited]\nextra_fields = "ignore"\n' + BILL, f"{row};x\n") == []
    short = HEAD + '[delimited]\nmissing_trailing_fields = "error"\n' + BILL
    assert told(short, "T;C1;77;20260701;1,00\n")[0] == ("REC-101", "Riga 1: numero di campi errato (5, attesi 6).")
    quoted = HEAD + "[delimited]\nquote = '\"'\n" + BILL
    assert bills(quoted, 'T;"C;1";77;20260701;1,00;20260801\n')[0].customer.code == "C;1"
    assert "REC-101" in {code for code, _ in told(quoted, f'{row}\nT;"C1;77;20260701;1,00\n')}


def test_header_rows_of_each_kind_stand_before_their_first_line() -> None:
    text = (
        HEAD
        + "[delimited]\nheader_row = true\n"
        + BILL.replace("at = 5", 'column = "TOT"')
        + LINE.replace("at = 3", 'column = "IMP"')
    )
    flow = "T;cli;num;data;tot;scad\nT;C1;77;20260701;1,00;20260801\nR;descr;imp\nR;uno;1,00\n"
    (bill,) = bills(text, flow)
    assert [line.amount for line in bill.lines] == [Decimal("1.00")]
    required = text.replace('column = "TOT", format = "eur"', 'column = "TOT", format = "eur", required = true')
    assert told(required, flow.replace("tot", "totale")) == [
        ("REC-112", "Riga 1: manca la colonna «TOT» nella riga di intestazione del record «T».")
    ]


def test_skipped_lines_and_types() -> None:
    text = HEAD.replace('id = "prova"', 'id = "prova"\nskip_lines = 2\nskip_types = ["N"]') + BILL
    text += '[[record]]\ntype = "P"\ntarget = "ignore"\n'
    assert told(text, "titolo\n\nN;nota\nT;C1;77;20260701;1,00;20260801\nP;salto\n") == []
    assert told(text, "a\nb\nX;1\n")[0] == ("FLS-008", "Riga 3: tipo record «X» sconosciuto.")


def test_documents_without_a_bill_and_children_without_a_document() -> None:
    assert told(HEAD + BILL + LINE, "R;uno;1,00\n") == [
        ("REC-108", "Riga 1: il record R si riferisce al documento –, che non è quello corrente.")
    ]
    keyed = LINE.replace('"bill.line"', '"bill.line"\nparent = { record = "T", match = "number" }')
    keyed = with_fields(keyed, 'name = "number", at = 4')
    assert told(HEAD + BILL + keyed, "T;C1;77;20260701;1,00;20260801\nR;uno;1,00;78\n") == [
        ("REC-108", "Riga 2: il record R si riferisce al documento 78, che non è quello corrente.")
    ]
    many = LINE.replace('"bill.line"', '"bill.line"\noccurs = "2..3"')
    assert told(HEAD + BILL + many, "T;C1;77;20260701;1,00;20260801\nR;uno;1,00\n") == [
        ("REC-111", "Documento 77: i record «R» sono 1, previsti 2.")
    ]


def test_personal_values_are_masked_in_findings() -> None:
    name = with_fields(BILL, 'name = "customer_pec", at = 7')
    assert told(HEAD + name, "T;C1;77;20260701;1,00;20260801;mario.rossi@esempio\n") == [
        ("REC-107", "Riga 1, campo «customer_pec, colonna 7»: il formato di «ma…io» non è valido.")
    ]


@pytest.mark.parametrize(("unit", "service"), [("mc", Service.WATER), ("Smc", Service.GAS), ("kWh", Service.OTHER)])
def test_a_service_that_nothing_tells_is_what_the_lines_are_measured_in(unit: str, service: Service) -> None:
    line = with_fields(LINE, 'name = "uom", at = 4')
    (bill,) = bills(HEAD + BILL + line, f"T;C1;77;20260701;1,00;20260801\nR;uno;1,00;{unit}\n")
    assert bill.services == (service,)


def test_signed_xml_is_read_where_the_layout_allows_it() -> None:
    text = """
[layout]
id = "xml"
kind = "xml"
unwrap = ["p7m"]
root = { name = "FatturaElettronica" }
[[record]]
type = "body"
target = "bill"
each = "FatturaElettronicaBody"
fields = [
  { name = "display_number", path = "DatiGenerali/DatiGeneraliDocumento/Numero" },
  { name = "issue_date", path = "DatiGenerali/DatiGeneraliDocumento/Data", format = "day" },
  { name = "total_bill", derive = "sum_summary" },
  { name = "customer_code", path = "../FatturaElettronicaHeader/CessionarioCommittente/DatiAnagrafici/IdFiscaleIVA/IdCodice" },
]
[formats.day]
type = "date"
pattern = "yyyy-mm-dd"
"""
    (bill,) = bills(text, (SAMPLES / "IT02182030391_31.xml.p7m").read_bytes())
    (again,) = bills(text, (SAMPLES / "IT02182030391_31.Base64.xml.p7m").read_bytes())
    assert (bill, bill.total_bill > 0, bool(bill.customer.code)) == (again, True, True)
    assert told(text, b"MIIbroken")[0][0] == "XML-605"


def test_the_company_that_a_flow_names_is_the_one_it_came_to() -> None:
    header = HEADER.replace("flow_id", "company_code")
    layout = compile_layout(HEAD + header + BILL)
    data = b"H;ACME\nT;C1;77;20260701;1,00;20260801\nZ;1;3\n"
    for company, codes in (("ACME", []), ("HYDRA", [("FLS-007", "H", "company_code")])):
        reader = DescribedFlowReader(BytesIO(data), layout, file="f", now=NOW, company_code=company)
        assert [(each.code, each.record, each.field) for each in reader if isinstance(each, Finding)] == codes
