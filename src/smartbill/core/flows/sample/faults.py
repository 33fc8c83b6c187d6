"""Faults that a sample can hold on purpose: code of the finding → what is spoiled, once, and nothing beside it.

A document fault changes the lines of one document and says whether that document was fit for it; the trailer is made
from what is written, so it agrees unless the fault is about the trailer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from smartbill.core.flows.sample.calendar import day
from smartbill.core.flows.sample.numbers import euro
from smartbill.core.flows.sample.spec import SampleError, SampleSpec
from smartbill.core.flows.stabo.records import RECORDS

_PLACES = {
    (kind, spec.name): place
    for kind, record in RECORDS.items()
    for place, spec in enumerate(record.fields, 1)
}  # fmt: skip
_RAW_BYTE = "\udcff"  # written as the byte FF, which no UTF-8 text holds


class Row:
    """One line as fields that are reached by name."""

    def __init__(self, line: str) -> None:
        self.fields = line.split("|")

    @property
    def kind(self) -> str:
        return self.fields[0]

    def __getitem__(self, name: str) -> str:
        place = _PLACES[self.kind, name]
        return self.fields[place] if place < len(self.fields) else ""

    def __setitem__(self, name: str, value: str) -> None:
        place = _PLACES[self.kind, name]
        self.fields += [""] * (place + 1 - len(self.fields))
        self.fields[place] = value

    def add(self, name: str, cents: int) -> None:
        self[name] = euro(int(self[name].replace(",", "")) + cents)

    def line(self) -> str:
        return "|".join(self.fields)


class Rows:
    """The lines of one document."""

    def __init__(self, lines: list[str], spec: SampleSpec) -> None:
        self.rows = [Row(line) for line in lines]
        self.bill = self.rows[0]
        self.issue_date = spec.issue_date

    def of(self, kind: str, /, **values: str) -> list[Row]:
        return [
            row
            for row in self.rows
            if row.kind == kind and all(row[name] == value for name, value in values.items())
        ]  # fmt: skip

    def first(self, kind: str, /, **values: str) -> Row | None:
        found = self.of(kind, **values)
        return found[0] if found else None

    @property
    def to_pay(self) -> Row | None:
        """The single term of an ordinary bill, where there is one."""
        return self.first("40", kind="U") if self.bill["doc_type"] == "F" and len(self.of("40")) == 1 else None


Spoil = Callable[[Rows], bool]


def _totals(*names: str, term: bool) -> Spoil:
    """One euro more in some totals of the bill, and in its term when the amount to pay grows with them."""

    def spoil(rows: Rows) -> bool:
        if rows.to_pay is None:
            return False
        for name in names:
            rows.bill.add(name, 100)
        if term:
            rows.to_pay.add("amount", 100)
        return True

    return spoil


def _set(kind: str, name: str, value: str, /, **where: str) -> Spoil:
    """Another value in one field of the first record of a kind."""

    def spoil(rows: Rows) -> bool:
        row = rows.first(kind, **where)
        if row is None:
            return False
        row[name] = value
        return True

    return spoil


def _too_many_fields(rows: Rows) -> bool:
    row = rows.first("31")
    if row is None:
        return False
    row["event"] = row["event"] + "|X"
    return True


def _foreign_child(rows: Rows) -> bool:
    row = rows.first("31")
    if row is None:
        return False
    row["doc_seq"] = str(int(row["doc_seq"]) + 1)
    return True


def _wrong_order(rows: Rows) -> bool:
    reading, last = rows.first("31"), rows.rows[-1]
    if reading is None or last.kind <= "31":
        return False
    rows.rows.remove(reading)
    rows.rows.append(reading)
    return True


def _wrong_group(rows: Rows) -> bool:
    group = rows.first("20", role="T")
    if group is None:
        return False
    group.add("amount", 100)
    return True


def _wrong_tree(rows: Rows) -> bool:
    line = rows.first("20", role="L", parent="0")
    if line is None:
        return False
    line["parent"] = line["line_no"]
    return True


def _no_due_date(rows: Rows) -> bool:
    if rows.to_pay is None:
        return False
    rows.bill["due_date"] = ""
    return True


def _due_before_issue(rows: Rows) -> bool:
    if rows.to_pay is None:
        return False
    rows.bill["due_date"] = rows.to_pay["due_date"] = day(rows.issue_date - timedelta(days=1))
    return True


def _due_after_term(rows: Rows) -> bool:
    if rows.to_pay is None:
        return False
    rows.bill["due_date"] = day(rows.issue_date + timedelta(days=90))
    return True


def _turned_period(rows: Rows) -> bool:
    rows.bill["period_from"], rows.bill["period_to"] = rows.bill["period_to"], rows.bill["period_from"]
    return True


def _without(*kinds: str) -> Spoil:
    def spoil(rows: Rows) -> bool:
        rows.rows = [row for row in rows.rows if row.kind not in kinds]
        for row in rows.of("20"):
            if "12" in kinds:
                row["supply_seq"] = "0"
        return True

    return spoil


def _other_customer(rows: Rows) -> bool:
    customer = rows.first("11")
    assert customer is not None
    customer["customer_code"] += "9"
    return True


def _debit_and_online(rows: Rows) -> bool:
    term = rows.to_pay
    if term is None or term["direct_debit"] != "S":
        return False
    term["payable_online"] = "S"
    return True


def _split_without_line(rows: Rows) -> bool:
    if rows.bill["split_payment"] == "S" or rows.bill["vat"] == "0,00" or rows.to_pay is None:
        return False
    rows.bill["split_payment"] = "S"
    return True


def _positive_credit(rows: Rows) -> bool:
    if rows.to_pay is None or rows.bill["total_bill"].startswith("-"):
        return False
    rows.bill["doc_type"] = "N"
    rows.bill["ref_series"], rows.bill["ref_number"] = rows.bill["series"], "999999"
    rows.bill["ref_date"] = day(rows.issue_date - timedelta(days=90))
    return True


def _reading_back(rows: Rows) -> bool:
    reading = rows.first("31", rollover="N")
    if reading is None or reading["qty"] == "0":
        return False
    reading["prev_value"], reading["curr_value"] = reading["curr_value"], reading["prev_value"]
    reading["qty"] = f"-{reading['qty']}"
    return True


def _same_number(rows: Rows) -> bool:
    rows.bill["number"] = str(int(rows.bill["number"]) - 1)
    return True


def _same_pdf(rows: Rows) -> bool:
    bill = rows.bill
    bill["pdf_file"] = f"{bill['series']}_{int(bill['number']) - 1}.pdf"
    return True


def _skipped_number(rows: Rows) -> bool:
    for row in rows.rows:
        row["doc_seq"] = str(int(row["doc_seq"]) + 1)
    return True


def _unknown_record(rows: Rows) -> bool:
    rows.rows.append(Row(f"70|{rows.bill['doc_seq']}|record di prova"))
    return True


def _nothing(rows: Rows) -> bool:
    """The lines stay; the PDF is spoiled."""
    return bool(rows.rows)


_DOCUMENT: dict[str, Spoil] = {
    "REC-101": _too_many_fields,
    "REC-102": _set("11", "city", ""),
    "REC-103": _set("30", "qty", "12,5,1", kind="S"),
    "REC-104": _set("30", "date_from", "31022024", kind="S"),
    "REC-105": _set("10", "billing_kind", "Z"),
    "REC-106": _set("11", "city", "Borgo " + "Lungo " * 12),
    "REC-107": _set("11", "recipient_code", "abc-123"),
    "REC-108": _foreign_child,
    "REC-109": _set("31", "supply_seq", "999"),
    "REC-110": _wrong_order,
    "DOC-201": _totals("total_bill", "taxable", "total_due", term=True),
    "DOC-202": _totals("total_due", term=True),
    "DOC-203": _totals("taxable", term=False),
    "DOC-204": _wrong_group,
    "DOC-205": _totals(term=True),
    "DOC-206": _no_due_date,
    "DOC-207": _due_before_issue,
    "DOC-208": _turned_period,
    "DOC-209": _without("11"),
    "DOC-210": _without("12", "30", "31"),
    "DOC-211": _set("12", "point_code", "IT999X0001"),
    "DOC-212": _other_customer,
    "DOC-213": _debit_and_online,
    "DOC-214": _split_without_line,
    "DOC-215": _wrong_tree,
    "DOC-216": _due_after_term,
    "DOC-217": _set("30", "band", "F1", kind="F", band="TOT"),
    "DOC-218": _positive_credit,
    "DOC-220": _reading_back,
    "DOC-262": _same_number,
    "DOC-301": _nothing,
    "DOC-302": _nothing,
    "DOC-303": _set("10", "pdf_sha256", "0" * 64),
    "DOC-304": _same_pdf,
    "DOC-305": _nothing,
    "FLS-003": _set("20", "description", f"Energia {_RAW_BYTE}"),
    "FLS-008": _unknown_record,
    "FLS-009": _set("20", "description", " " * 17_000 + "Energia"),
    "FLS-026": _skipped_number,
    "FLS-027": _set("20", "description", "Energia\x07elettrica"),
}
_WITH_PREVIOUS = frozenset({"DOC-262", "DOC-304"})  # they take something of the document before, which stays whole
_WITH_PDF = frozenset({"DOC-301", "DOC-302", "DOC-303", "DOC-304", "DOC-305"})
_HEADER = {"FLS-006": ("version", "02"), "FLS-007": ("company_code", "ALTRA999")}
_TRAILER: dict[str, tuple[str, int]] = {
    "FLS-020": ("lines", 1),
    "FLS-021": ("bills", 1),
    "FLS-023": ("n20", 1),
}
_FILE = frozenset({"FLS-004", "FLS-005", "FLS-022", "FLS-024", "ZIP-011"})

#: every code that can be asked for
FAULT_CODES = frozenset(_DOCUMENT) | frozenset(_HEADER) | frozenset(_TRAILER) | _FILE


@dataclass(slots=True)
class FaultPlan:
    """Which fault strikes where; found by a run over the documents before anything is written."""

    codes: frozenset[str] = frozenset()
    documents: dict[int, str] = field(default_factory=dict)  # doc_seq -> code

    def spoil(self, seq: int, lines: list[str], spec: SampleSpec) -> list[str]:
        rows = Rows(lines, spec)
        fit = _DOCUMENT[self.documents[seq]](rows)
        assert fit, "the plan was made on the same lines"
        return [row.line() for row in rows.rows]

    def header(self, line: str) -> str:
        """The header as it is to be written, empty when the fault is that there is none."""
        row = Row(line)
        for code in sorted(self.codes & _HEADER.keys()):
            name, value = _HEADER[code]
            row[name] = value
        return "" if "FLS-004" in self.codes else row.line()

    def trailer(self, line: str) -> str:
        row = Row(line)
        for code in sorted(self.codes & _TRAILER.keys()):
            name, more = _TRAILER[code]
            row[name] = str(int(row[name]) + more)
        if "FLS-022" in self.codes:
            row.add("sum_total_bill", 100)
        if "FLS-024" in self.codes:
            row["sha256"] = "0" * 64
        return "" if "FLS-005" in self.codes else row.line()

    def pdf(self, seq: int, content: bytes) -> bytes | None:
        """The PDF as it is to be written; None when it is missing."""
        match self.documents.get(seq):
            case "DOC-301" | "DOC-304":
                return None
            case "DOC-302":
                return b"Questo non e' un PDF.\n"
            case "DOC-305":
                start = content.index(b" /Lang (it)")
                return _with_script(content, start)
        return content


def _with_script(content: bytes, start: int) -> bytes:
    """Plant a script of the same length as the entry it replaces and its padding, so that no offset moves."""
    end = content.index(b">>\nendobj", start)
    script = b" /OpenAction << /S /JavaScript /JS (app.beep\\(0\\)) >> "
    return content[:start] + script.ljust(end - start) + content[end:]


def plan_faults(spec: SampleSpec, documents: Iterator[tuple[int, list[str]]]) -> FaultPlan:
    """Find a fit document for each fault asked for, one fault a document.

    Raises `SampleError` for an unknown code, for PDF faults without PDFs, and when the sample is too small.
    """
    unknown = sorted(set(spec.faults) - FAULT_CODES)
    if unknown:
        raise SampleError(
            f"Codici di errore non previsti: {', '.join(unknown)}. Previsti: {', '.join(sorted(FAULT_CODES))}."
        )
    if not spec.pdf and set(spec.faults) & _WITH_PDF:
        raise SampleError("Gli errori DOC-301…305 riguardano i PDF: aggiungere --pdf.")
    plan = FaultPlan(codes=frozenset(spec.faults))
    pending = [code for code in dict.fromkeys(spec.faults) if code in _DOCUMENT]
    for seq, lines in documents if pending else ():
        code = _fit(pending, seq, lines, spec, plan)
        if code:
            plan.documents[seq] = code
            pending.remove(code)
        if not pending:
            return plan
    if pending:
        raise SampleError(f"Troppo poche bollette per gli errori {', '.join(pending)}: aumentare --bills.")
    return plan


def _fit(pending: list[str], seq: int, lines: list[str], spec: SampleSpec, plan: FaultPlan) -> str:
    for code in pending:
        if (code == "FLS-026") != (seq == spec.bills and "FLS-026" in pending):
            continue  # the last document, and that one for nothing else
        if code in _WITH_PREVIOUS and (seq == 1 or seq - 1 in plan.documents):
            continue
        if _DOCUMENT[code](Rows(lines, spec)):
            return code
    return ""
