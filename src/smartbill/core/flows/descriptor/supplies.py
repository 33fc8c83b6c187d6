"""The supplies of a described document, and which of them a line, consumption or reading belongs to."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from smartbill.core.bill.value import BillKind, Service
from smartbill.core.flows import identifiers
from smartbill.core.flows.descriptor.checks import Entry
from smartbill.core.flows.descriptor.document import DescribedDocument
from smartbill.core.flows.fatturapa.supplies import MAX_SUPPLIES, RawLine, billed_consumption, service_by_units
from smartbill.core.flows.stabo.records import RECORDS, FieldType

_NAMES = [spec.name for spec in RECORDS["12"].fields]
_EMPTY = {spec.name: "" if spec.type in {FieldType.TEXT, FieldType.CODE} else None for spec in RECORDS["12"].fields}


class Supplies:
    """Supplies that the flow tells, or that its lines name (`group_lines_by`), or the one that the bill implies."""

    def __init__(self, document: DescribedDocument, entries: Sequence[Entry], own: Mapping[str, Any]) -> None:
        self._document = document
        self._told = [entry for entry in entries if entry.program.record == "12"]
        self._lines_by = document.layout.descriptor.supply.group_lines_by
        self._values: list[tuple[int, dict[str, Any]]] = []  # line, values
        self._current: dict[int, int] = {}  # place of an entry in the document -> ordinal of the supply before it
        self._place = {id(entry): place for place, entry in enumerate(entries)}
        last = 0
        for place, entry in enumerate(entries):
            if entry.program.record == "12":
                last += 1
                self._values.append((entry.line, dict(entry.values)))
                document.origins["12", entry.line] = entry.program
            self._current[place] = last
        units = {str(entry.values.get("uom")) for entry in entries if entry.program.record in {"20", "30"}}
        self._by_units = service_by_units(units)
        self._by_point: dict[str, int] = {}
        if not self._told:
            self._implied(entries, own)
        for seq, (_, values) in enumerate(self._values, 1):
            if code := str(values.get("point_code") or ""):
                self._by_point.setdefault(code, seq)
        if len(self._values) > MAX_SUPPLIES:
            document.tell_rule("REC-111", "", record="12", trovato=str(len(self._values)), atteso=str(MAX_SUPPLIES))
            del self._values[MAX_SUPPLIES:]

    def _implied(self, entries: Sequence[Entry], own: Mapping[str, Any]) -> None:
        document = self._document
        if self._lines_by:
            codes = {
                code: entry.line
                for entry in reversed(entries)
                if entry.program.record == "20" and (code := str(entry.values.get(self._lines_by) or ""))
            }
            for code, line in sorted(codes.items(), key=lambda item: item[1]):
                self._values.append((line, {**own, "point_code": code}))
        if not self._values and not document.layout.of_target("bill.supply"):
            self._values.append((document.line, dict(own)))
        if not self._values:
            document.refuse("DOC-210", record="12")

    def rows(self) -> list[tuple[int, list[Any]]]:
        rows = []
        for seq, (line, values) in enumerate(self._values, 1):
            made = {name: values.get(name) if values.get(name) is not None else _EMPTY[name] for name in _NAMES}
            made["supply_seq"] = seq
            made["service"] = self.service_of(seq)
            rows.append((line, ["12", *made.values()]))
        return rows

    def service_of(self, seq: int) -> Service:
        """The supply's own, else the bill's, else what its code looks like, else what its lines are measured in."""
        if not 1 <= seq <= len(self._values):
            return self._document.head.service or self._by_units
        values = self._values[seq - 1][1]
        told = values.get("service") or self._document.head.service
        if isinstance(told, Service):
            return told
        code = str(values.get("point_code") or "")
        if identifiers.is_pod(code):
            return Service.ELECTRICITY
        return Service.GAS if identifiers.is_pdr(code) else self._by_units

    def meter_of(self, seq: int) -> str:
        values = self._values[seq - 1][1] if 1 <= seq <= len(self._values) else {}
        return str(values.get("meter_serial") or "–")

    def point_of(self, entry: Entry) -> int:
        """The supply of a consumption or a reading, which always has one."""
        seq = self.of(entry)
        if seq == 0 and len(self._values) > 1:
            self._document.refuse(
                "REC-109", "supply_seq", line=entry.line, record=entry.program.record, valore="non indicata"
            )
        return seq or 1

    def of(self, entry: Entry) -> int:  # noqa: PLR0911 - the ways that an entry may name its supply, in their order
        """Ordinal of the supply that an entry belongs to; 0 = the whole document."""
        program, values = entry.program, entry.values
        if program.level == "document":
            return 0
        parent = next((each for each in self._document.layout.records if each.type == program.parent), None)
        if parent is not None and parent.record == "12" and program.match:
            return self._matched(entry)
        if values.get("supply_seq") is not None:
            return self._numbered(entry, int(values["supply_seq"]))
        if self._lines_by and values.get(self._lines_by):
            return self._by_point.get(str(values[self._lines_by]), 0)
        if values.get("point_code"):
            return self._coded(entry, str(values["point_code"]))
        if len(self._values) == 1:
            return 1
        if parent is not None and parent.record == "10":
            return 0
        return self._current.get(self._place.get(id(entry), -1), 0)

    def _matched(self, entry: Entry) -> int:
        wanted = [entry.values.get(name) for name in entry.program.match]
        if all(each in {None, ""} for each in wanted):
            return 0
        for seq, (_, values) in enumerate(self._values, 1):
            if [values.get(name) for name in entry.program.match] == wanted:
                return seq
        return self._unknown(entry, str(wanted[0]))

    def _numbered(self, entry: Entry, number: int) -> int:
        if number == 0:
            return 0
        for seq, (_, values) in enumerate(self._values, 1):
            if values.get("supply_seq", seq) == number:
                return seq
        return self._unknown(entry, str(number))

    def _coded(self, entry: Entry, code: str) -> int:
        return self._by_point[code] if code in self._by_point else self._unknown(entry, code)

    def _unknown(self, entry: Entry, told: str) -> int:
        field = entry.program.match[0] if entry.program.match else "supply_seq"
        self._document.refuse("REC-109", field, line=entry.line, record=entry.program.record, valore=told[:60])
        return 0

    def by_descriptions(self, costs: Sequence[tuple[int, list[Any]]]) -> list[tuple[int, list[Any]]]:
        """Consumptions by the named rule: quantities of lines summed per description, the largest sum of a supply."""
        document, rows = self._document, []
        for seq in range(1, len(self._values) + 1):
            lines = [_raw(values) for _, values in costs if values[2] == seq]
            used = billed_consumption(
                self.service_of(seq), lines, issued=document.head.issue_date,
                credit_note=document.head.doc_type is BillKind.CREDIT_NOTE,
            )  # fmt: skip
            if used is not None:
                rows.append(
                    (
                        document.line,
                        ["30", None, seq, used.kind, used.measure, used.band, used.date_from, used.date_to,
                         used.quantity, used.unit, used.quality],
                    )
                )  # fmt: skip
        return rows


def _raw(values: list[Any]) -> RawLine:
    return RawLine(
        description=values[10], date_from=values[11], date_to=values[12], quantity=values[14], unit=values[15],
        unit_price=values[16], amount=values[17], vat_rate=values[18] or Decimal(0), vat_nature=values[19], point=None,
        address="",
    )  # fmt: skip
