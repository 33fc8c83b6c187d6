"""One document of a described flow: its records while they are read, and its findings in the sender's own names."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from smartbill.core.bill.value import BillKind, ConsumptionKind
from smartbill.core.flows.descriptor.checks import Broken, Entry, broken_in
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.descriptor.programs import RecordProgram
from smartbill.core.flows.stabo.issues import Document, Head
from smartbill.core.flows.value import Finding, Level

MAX_FINDINGS = 200
#: amounts and quantities, by record of chapter 3
_TURNED = {"10": ("total_bill", "taxable", "vat", "total_due"), "20": ("amount", "qty"), "30": ("qty",)}


class Problem(NamedTuple):
    """Something wrong with a record, found while its values were made. `told`, `place`: the sender's field."""

    code: str
    line: int
    type: str
    told: str
    place: str
    values: Mapping[str, str]
    warns: bool = False


class Gathered:
    """The records of one document in the order of the flow, before they are put together."""

    def __init__(self, bill: Entry) -> None:
        self.bill = bill
        self.entries: list[Entry] = [bill]
        self.problems: list[Problem] = []
        self.above: dict[str, Mapping[str, Any]] = {bill.program.type: bill.values}
        self.odd_sign = False

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.program.target == "bill.supply":
            self.above[entry.program.type] = entry.values

    def turn_credit(self) -> None:
        """Make of a credit note that is written with positive amounts what the product keeps: amounts turned over.

        One that is negative all the same stays as it is, with a warning.
        """
        values = self.bill.values
        total = values.get("total_bill") if values.get("total_bill") is not None else values.get("total_due")
        if values.get("doc_type") is not BillKind.CREDIT_NOTE or total is None:
            return
        if total <= 0:
            self.odd_sign = total < 0
            return
        self.entries = [each for each in self.entries if each.program.record != "40"]  # nothing is to be paid
        for entry in self.entries:
            for name in _TURNED.get(entry.program.record, ()):
                if isinstance(entry.values.get(name), Decimal):
                    entry.values[name] = -entry.values[name] + 0
            _recalculate(entry)

    def turn_credit_quantities(self) -> None:
        """Turn over the quantities of a credit note whose amounts alone have the minus."""
        if self.bill.values.get("doc_type") is not BillKind.CREDIT_NOTE:
            return
        for entry in self.entries:
            qty, amount = entry.values.get("qty"), entry.values.get("amount")
            if not isinstance(qty, Decimal) or qty <= 0:
                continue
            if entry.program.record == "20" and isinstance(amount, Decimal) and amount < 0:
                entry.values["qty"] = -qty
            elif entry.program.record == "30":
                entry.values["qty"] = -qty
                _recalculate(entry)


def _recalculate(entry: Entry) -> None:
    """What a credit note takes back was billed before: a billed quantity is never negative."""
    kind = entry.values.get("kind") or ConsumptionKind.BILLED
    if entry.program.record == "30" and kind is ConsumptionKind.BILLED:
        entry.values["kind"] = ConsumptionKind.RECALCULATED


class DescribedDocument(Document):
    """A document whose findings name the records and fields that the sender knows.

    Rules of the common set that the layout cannot fulfil, since it does not tell what they compare, say nothing.
    """

    __slots__ = ("layout", "origins")

    def __init__(self, *, layout: Layout, file: str, line: int, seq: int | None, display: str, head: Head) -> None:
        super().__init__(file=file, line=line, seq=seq, display=display, head=head)
        self.layout = layout
        self.origins: dict[tuple[str, int], RecordProgram] = {}  # record of chapter 3 and line -> where it came from

    @property
    def source(self) -> str:  # type: ignore[override]  # a constant where there is one layout
        return self.layout.id

    def refuse(self, code: str, field: str = "", *, line: int = 0, record: str = "10", **values: str) -> None:
        if not self._is_muted(code, field):
            super().refuse(code, field, line=line, record=record, **values)

    def warn(self, code: str, field: str = "", *, line: int = 0, record: str = "10", **values: str) -> None:
        if not self._is_muted(code, field):
            super().warn(code, field, line=line, record=record, **values)

    def _is_muted(self, code: str, field: str) -> bool:
        muted = self.layout.muted
        return (code, "") in muted or (code, field) in muted

    def _note(self, code: str, level: Level, *, field: str, line: int, record: str, values: dict[str, str]) -> None:
        at = line or self.line
        kind, told, place = self.layout.told(record, field, self.origins.get((record, at)))
        named = {"campo": place, "tipo": kind} if field else {"tipo": kind}
        if code in {"DOC-211"}:  # its type is that of the identifier
            named.pop("tipo", None)
        self._keep(code, level, at, kind=kind, told=told, values={**named, **values})

    def _keep(self, code: str, level: Level, line: int, *, kind: str, told: str, values: dict[str, str]) -> None:
        if len(self.findings) < MAX_FINDINGS or level is not Level.WARNING:
            self.findings.append(
                Finding(
                    code=code, level=level, file=self.file, line=line, record=kind[:10], field=told[:60],
                    document=self.display[:40], values=values,
                )
            )  # fmt: skip

    def tell(self, problem: Problem) -> None:
        """Take over a problem of a record."""
        level = Level.WARNING if problem.warns else Level.DOCUMENT
        self.refused = self.refused or not problem.warns
        values = {"campo": problem.place, "tipo": problem.type, **problem.values}
        self._keep(problem.code, level, problem.line, kind=problem.type, told=problem.told, values=values)

    def tell_rule(self, code: str, field: str, *, record: str = "10", line: int = 0, **values: str) -> None:
        """A finding of the layout's own reading, which no declared check takes the place of."""
        self.refused = True
        self._note(code, Level.DOCUMENT, field=field, line=line, record=record, values=values)

    def check(self, gathered: Gathered) -> None:
        """The checks that the layout declares for a document."""
        for check in self.layout.checks:
            if not check.of_file:
                for broken in broken_in(check, gathered.entries, gathered.bill):
                    self._broken(broken)

    def _broken(self, broken: Broken) -> None:
        program = next(each for each in self.layout.records if each.type == broken.type)
        field = program.by_name.get(broken.field)
        told, place = (field.told, field.place) if field else ("", "")
        level = broken.check.level
        self.refused = self.refused or level is Level.DOCUMENT
        values = {"campo": place, "tipo": broken.type, **broken.values}
        self._keep(broken.check.code, level, broken.line, kind=broken.type, told=told, values=values)
