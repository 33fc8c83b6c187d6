"""From the records of a described document to the rows that STABO has: what is not told takes its plain default.

The same rules, totals and assembly then make the bill (`stabo.reader.read_document`). Nothing is computed anew: an
amount that the flow leaves out is either a sum of what it tells, or stays unknown.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from smartbill.core.bill.value import (
    ArrearsState,
    BillKind,
    ConsumptionKind,
    CustomerKind,
    Destination,
    LineRole,
    LineScope,
    Measure,
    MeterEvent,
    NoticeKind,
    Quality,
    ReadingKind,
    Section,
    Service,
    TermKind,
)
from smartbill.core.flows.descriptor.checks import Entry
from smartbill.core.flows.descriptor.document import DescribedDocument, Gathered, Problem
from smartbill.core.flows.descriptor.layout import Layout, may_be
from smartbill.core.flows.descriptor.supplies import Supplies
from smartbill.core.flows.descriptor.targets import PREFIXES
from smartbill.core.flows.fatturapa.payment import SLIPS
from smartbill.core.flows.fatturapa.reader import split_number
from smartbill.core.flows.stabo.codes import DIRECT_DEBIT_METHODS
from smartbill.core.flows.stabo.costs import ZERO
from smartbill.core.flows.stabo.issues import Head, italian
from smartbill.core.flows.stabo.records import RECORDS, FieldType

Values = Mapping[str, Any]

#: what a field is when nothing tells it
_EMPTY: dict[str, dict[str, Any]] = {
    kind: {spec.name: "" if spec.type in {FieldType.TEXT, FieldType.CODE} else None for spec in record.fields}
    for kind, record in RECORDS.items()
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "10": {
        "doc_type": BillKind.INVOICE, "billing_kind": None, "service": None, "split_payment": False,
        "reverse_charge": False, "arrears_state": ArrearsState.UNKNOWN,
    },
    "11": {"kind": CustomerKind.PERSON, "country": "IT"},
    "20": {
        "parent": 0, "role": LineRole.LEAF, "scope": LineScope.BILL, "section": Section.OTHER,
        "destination": Destination.NONE,
    },
    "30": {"kind": ConsumptionKind.BILLED, "band": "TOT", "quality": Quality.UNKNOWN},
    "31": {
        "band": "TOT", "prev_kind": ReadingKind.READ, "curr_kind": ReadingKind.READ, "factor": Decimal(1),
        "rollover": False, "event": MeterEvent.NONE,
    },
    "40": {"slip_present": False},
    "50": {"preferred": False, "consent": None},
    "60": {"kind": NoticeKind.GENERAL, "language": "it"},
}  # fmt: skip
_MEASURES = {
    Service.ELECTRICITY: (Measure.ACTIVE, "kWh"),
    Service.GAS: (Measure.GAS, "Smc"),
    Service.WATER: (Measure.WATER, "mc"),
}  # fmt: skip
_COST = {name: place for place, name in enumerate(("record_type", *_EMPTY["20"]))}
_ROLE, _SCOPE, _SECTION, _AMOUNT = (_COST[name] for name in ("role", "scope", "section", "amount"))
_UNITS = {"kwh": Measure.ACTIVE, "kvarh": Measure.REACTIVE, "kw": Measure.POWER, "smc": Measure.GAS}


_BASE = {kind: tuple((_EMPTY[kind] | _DEFAULTS.get(kind, {})).items()) for kind in _EMPTY}


def row(record: str, values: Values, **given: Any) -> list[Any]:
    """The values of a record in its order. What is given here stands where the flow tells nothing."""
    made: list[Any] = [record]
    for name, empty in _BASE[record]:
        value = values.get(name)
        made.append(given.get(name, empty) if value is None or value == "" else value)
    return made


def prefixed(values: Values, record: str) -> dict[str, Any]:
    """Fields of the bill's own record that tell of its customer, supply or term."""
    prefix = next(prefix for prefix, kind in PREFIXES.items() if kind == record)
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def put_together(gathered: Gathered, layout: Layout, *, file: str, doc_seq: int) -> DescribedDocument:
    """The document with its rows; problems of its records are among its findings already."""
    values = dict(gathered.bill.values)
    customer = next((each for each in gathered.entries if each.program.target == "bill.customer"), None)
    head = _head(values, customer.values if customer else prefixed(values, "11"), doc_seq)
    display = str(values.get("display_number") or (f"{head.series}/{head.number}" if head.series else head.number))
    document = DescribedDocument(
        layout=layout, file=file, line=gathered.bill.line, seq=doc_seq, display=display, head=head
    )
    for problem in gathered.problems:
        document.tell(problem)
    _missing(document, head)
    if document.refused:
        return document
    entries = gathered.entries
    if gathered.odd_sign:
        document.warn("WRN-410", "total_bill", valore=italian(head.total_bill))
    _customer_row(document, entries, prefixed(values, "11"))
    supplies = Supplies(document, entries, prefixed(values, "12"))
    document.rows["12"] = supplies.rows()
    _lines(document, entries, supplies)
    _amounts(document, values)
    _consumptions(document, entries, supplies)
    _readings(document, entries, supplies)
    _terms(document, entries, prefixed(values, "40"))
    _contacts_and_notices(document, entries)
    _service(document)
    _occurrences(document, entries)
    return document


def _head(values: dict[str, Any], customer: Values, doc_seq: int) -> Head:
    display, issued = values.get("display_number") or "", values.get("issue_date")
    if not values.get("number") and display:
        series, number = split_number(display, issued.year if isinstance(issued, date) else 0)
        values["number"] = number
        values["series"] = values.get("series") or series
    code = values.get("customer_code") or customer.get("customer_code") or customer.get("fiscal_code")
    values["customer_code"] = code or customer.get("vat_number") or ""
    total_bill, total_due = values.get("total_bill"), values.get("total_due")
    return Head._make(
        row(
            "10", {**values, "doc_seq": doc_seq},
            total_bill=total_due, total_due=total_bill, series="", number="",
        )
    )  # fmt: skip


def _missing(document: DescribedDocument, head: Head) -> None:
    """What no bill can do without, when the descriptor did not ask for it itself."""
    told = {finding.field for finding in document.findings if finding.code.startswith("REC-")}
    for field, value in (
        ("number", head.number), ("issue_date", head.issue_date), ("total_bill", head.total_bill),
        ("customer_code", head.customer_code),
    ):  # fmt: skip
        kind, name, place = document.layout.told("10", field)
        if (value is None or value == "") and name not in told:
            document.tell(Problem("REC-102", document.line, kind, name, place, {}))


def _of(entries: Iterable[Entry], record: str) -> list[Entry]:
    return [entry for entry in entries if entry.program.record == record]


def _add(document: DescribedDocument, record: str, entry: Entry, values: list[Any]) -> None:
    document.rows[record].append((entry.line, values))
    document.origins[record, entry.line] = entry.program


def _customer_row(document: DescribedDocument, entries: list[Entry], own: Values) -> None:
    """The customer's record; without one, what the bill's own record tells, at least the code."""
    head = document.head
    customers = _of(entries, "11")
    for entry in customers:
        _add(document, "11", entry, row("11", entry.values, customer_code=head.customer_code, name=head.customer_code))
    if not customers and not document.layout.of_target("bill.customer"):
        values = row("11", own, customer_code=head.customer_code, name=head.customer_code)
        document.rows["11"].append((document.line, values))
    if len(document.rows["11"]) != 1:
        document.refuse("DOC-209", record="11")


def _lines(document: DescribedDocument, entries: list[Entry], supplies: Supplies) -> None:
    lines = _of(entries, "20")
    parents = {program.parent for program in document.layout.of_target("bill.line") if program.parent}
    used = {entry.values["line_no"] for entry in lines if entry.values.get("line_no")}
    free = (number for number in range(1, 100_000) if number not in used)
    last: dict[str, list[tuple[int, Values]]] = {}  # records that others hang on
    for entry in lines:
        number = entry.values.get("line_no") or next(free)
        group = entry.program.type in parents
        made = row(
            "20", entry.values, line_no=number, parent=_parent_line(document, entry, last),
            role=LineRole.TOTAL if group else LineRole.LEAF, description=entry.values.get("component") or "–",
        )  # fmt: skip
        made[2] = supplies.of(entry)
        if group:
            last.setdefault(entry.program.type, []).append((number, entry.values))
        _add(document, "20", entry, made)


def _parent_line(document: DescribedDocument, entry: Entry, last: dict[str, list[tuple[int, Values]]]) -> int:
    program = entry.program
    candidates = last.get(program.parent, [])
    if not candidates or program.type == program.parent:
        return 0
    if not program.match:
        return candidates[-1][0]
    wanted = [entry.values.get(name) for name in program.match]
    if not any(each not in {None, ""} for each in wanted):
        return 0
    for number, values in reversed(candidates):
        if [values.get(name) for name in program.match] == wanted:
            return number
    document.refuse("DOC-215", "parent", line=entry.line, record="20", voce=str(wanted[0])[:60])
    return 0


def _amounts(document: DescribedDocument, told: Values) -> None:
    """Totals that the flow leaves out are those of its lines; VAT that no line tells becomes one if it adds up."""
    rows = document.rows["20"]
    head: Any = document.head  # what it lacks is made here
    leaves = [values for _, values in rows if values[_ROLE] is LineRole.LEAF and values[_AMOUNT] is not None]
    in_bill = sum((values[_AMOUNT] for values in leaves if values[_SCOPE] is LineScope.BILL), ZERO)
    due_only = sum((values[_AMOUNT] for values in leaves if values[_SCOPE] is LineScope.DUE), ZERO)
    vat, taxable = head.vat, head.taxable
    total_bill = head.total_bill
    if told.get("total_bill") is None and rows:
        total_bill = head.total_due - due_only
    total_due = head.total_due if told.get("total_due") is not None else total_bill + due_only
    if vat is None and taxable is not None:
        vat = total_bill - taxable
    if vat is None:
        vat = sum((values[_AMOUNT] for values in leaves if values[_SECTION] is Section.VAT), ZERO)
    elif taxable is not None and taxable + vat != total_bill:
        document.tell_rule("DOC-203", "vat")
    if vat and in_bill != total_bill and in_bill + vat == total_bill and _no_line_is_vat(document.layout):
        number = max((values[3] for _, values in rows), default=0) + 1
        line = {"line_no": number, "supply_seq": 0, "section": Section.VAT, "destination": Destination.TAX}
        rows.append((document.line, row("20", line, description="IVA", amount=vat)))
    if taxable is None:
        taxable = total_bill - vat
    document.head = head._replace(total_bill=total_bill, total_due=total_due, taxable=taxable, vat=vat)


def _no_line_is_vat(layout: Layout) -> bool:
    return not may_be(layout.of_target("bill.line"), "section", "IVA")


def _period(document: DescribedDocument, values: Values) -> tuple[date, date]:
    """The dates of a quantity: its own, else those of the bill, else the day of issue."""
    head = document.head
    start = values.get("date_from") or head.period_from or head.issue_date
    end = values.get("date_to") or head.period_to or head.issue_date
    return start, end


def _consumptions(document: DescribedDocument, entries: list[Entry], supplies: Supplies) -> None:
    for entry in _of(entries, "30"):
        if entry.values.get("qty") is None:
            continue  # nothing told, for instance a band that the meter does not have
        seq = supplies.point_of(entry)
        start, end = _period(document, entry.values)
        unit = entry.values.get("uom") or ""
        measure, usual = _MEASURES.get(supplies.service_of(seq), (Measure.ACTIVE, "kWh"))
        made = row(
            "30", entry.values, measure=_UNITS.get(unit.casefold(), measure), date_from=start, date_to=end, uom=usual
        )
        made[2] = seq
        _add(document, "30", entry, made)
    if document.layout.descriptor.supply.consumption:
        document.rows["30"] += supplies.by_descriptions(document.rows["20"])


def _readings(document: DescribedDocument, entries: list[Entry], supplies: Supplies) -> None:
    for entry in _of(entries, "31"):
        values = entry.values
        needed: list[Any] = [values.get(name) for name in ("prev_date", "prev_value", "curr_date", "curr_value")]
        if all(each is None for each in needed):
            continue
        if any(each is None for each in needed):
            name = ("prev_date", "prev_value", "curr_date", "curr_value")[needed.index(None)]
            document.tell_rule("REC-102", name, record="31", line=entry.line)
            continue
        seq = supplies.point_of(entry)
        measure, _ = _MEASURES.get(supplies.service_of(seq), (Measure.ACTIVE, ""))
        factor = values.get("factor") or Decimal(1)
        made = row(
            "31", values, meter_serial=supplies.meter_of(seq), measure=measure,
            qty=(needed[3] - needed[1]) * factor,
        )  # fmt: skip
        made[2] = seq
        _add(document, "31", entry, made)


def _terms(document: DescribedDocument, entries: list[Entry], own: Values) -> None:
    head = document.head
    told = [entry for entry in _of(entries, "40") if entry.values.get("amount") is not None]
    several = sum(entry.values.get("kind") is not TermKind.ALTERNATIVE for entry in told) > 1
    for seq, entry in enumerate(told, 1):
        _add(document, "40", entry, _term(document, seq, entry.values, several=several))
    if not told and head.total_due > 0 and not document.layout.of_target("bill.term"):
        values = {"amount": head.total_due, "due_date": head.due_date, **own}
        document.rows["40"].append((document.line, _term(document, 1, values, several=False)))
    rows = document.rows["40"]
    dates = [values[5] for _, values in rows if values[5] and values[3] is not TermKind.ALTERNATIVE]
    if head.due_date is None and dates:
        document.head = head._replace(due_date=min(dates))


def _term(document: DescribedDocument, seq: int, values: Values, *, several: bool) -> list[Any]:
    method = values.get("method") or ""
    debited = values.get("direct_debit")
    if debited is None:
        debited = method in DIRECT_DEBIT_METHODS
    made = row(
        "40", values, kind=TermKind.INSTALMENT if several else TermKind.SINGLE, due_date=document.head.due_date,
        direct_debit=debited, payable_online=values["amount"] > 0 and not debited, slip_present=method in SLIPS,
    )  # fmt: skip
    made[1], made[2] = document.head.doc_seq, seq
    return made


def _contacts_and_notices(document: DescribedDocument, entries: list[Entry]) -> None:
    code = document.head.customer_code
    for entry in _of(entries, "50"):
        if entry.values.get("address"):
            _add(document, "50", entry, row("50", entry.values, customer_code=code))
    for seq, entry in enumerate((each for each in _of(entries, "60") if each.values.get("text")), 1):
        made = row("60", entry.values)
        made[2] = entry.values.get("msg_seq") or seq
        _add(document, "60", entry, made)


def _service(document: DescribedDocument) -> None:
    """The service of the bill, where the flow does not tell it, is that of its supplies."""
    if not document.layout.maps("10", "service"):
        services = {values[3] for _, values in document.rows["12"]}
        document.head = document.head._replace(service=services.pop() if len(services) == 1 else None)


def _occurrences(document: DescribedDocument, entries: list[Entry]) -> None:
    """How often a record may stand in a document, as the descriptor says."""
    for program in document.layout.records:
        if program.record in {"", "00", "10", "99"} or (program.least == 0 and program.most is None):
            continue
        count = sum(entry.program is program for entry in entries)
        if count < program.least or (program.most is not None and count > program.most):
            if program.record in {"11", "12"} and count < program.least:
                code = "DOC-209" if program.record == "11" else "DOC-210"
                if not any(finding.code == code for finding in document.findings):
                    document.refuse(code, record=program.record)
                continue
            wanted = str(program.least) if count < program.least else str(program.most)
            document.tell_rule("REC-111", "", record=program.record, trovato=str(count), atteso=wanted)
