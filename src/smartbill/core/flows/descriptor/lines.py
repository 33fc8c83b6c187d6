"""Lines of a described flow: cut into cells, known by their type, and where a document begins."""

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from smartbill.core.flows.descriptor.checks import Entry
from smartbill.core.flows.descriptor.document import Gathered, Problem
from smartbill.core.flows.descriptor.fields import ValueDoubted
from smartbill.core.flows.descriptor.formats import Value
from smartbill.core.flows.descriptor.layout import ANY_TYPE, Layout
from smartbill.core.flows.descriptor.programs import FieldProgram, RecordProgram, Row
from smartbill.core.flows.descriptor.sources import column_name
from smartbill.core.flows.stabo.fields import ValueRefused, shown

Columns = Mapping[str, Mapping[str, int]]  # type of record -> its header row: column -> place
Cells = Any  # the cells of a delimited line; a fixed line itself


class LineWrong(Exception):
    """A line that cannot be cut; the values of REC-101."""

    def __init__(self, found: str, wanted: str, field: str) -> None:
        super().__init__(found)
        self.values = {"trovato": found, "atteso": wanted}
        self.field = field


class Lines:
    """How the lines of one flow are read. `columns` are those of its header rows, by type of record."""

    def __init__(self, layout: Layout, columns: Columns | None = None) -> None:
        self.layout = layout
        self.columns: Columns = columns or {}
        self._keys = layout.descriptor.delimited
        self._place = layout.descriptor.layout.record_type
        self._length = layout.descriptor.layout.record_length
        self._skipped = frozenset(layout.descriptor.layout.skip_types)
        self.cut: Callable[[str], Cells] = self._cells if layout.kind == "delimited" else _whole

    def type_of(self, cells: Cells, line: str) -> str:
        """The type of a line, `ANY_TYPE` where all are alike."""
        place = self._place
        if place is None:
            return ANY_TYPE
        if place.field:
            return str(cells[place.field - 1]).strip() if len(cells) >= place.field else ""
        return line[place.pos - 1 : place.pos - 1 + place.len].strip()

    def is_skipped(self, kind: str) -> bool:
        programs = self.layout.programs.get(kind)
        return kind in self._skipped or (programs is not None and not programs[0].record)

    def _cells(self, line: str) -> list[str]:
        """Raises LineWrong for quotes that do not end."""
        keys = self._keys
        if not keys.quote or keys.quote not in line:
            return line.split(keys.separator)
        try:
            return next(csv.reader([line], delimiter=keys.separator, quotechar=keys.quote, strict=True))
        except (csv.Error, StopIteration):
            raise LineWrong("virgolette non chiuse", "virgolette chiuse", "quote") from None

    def check_width(self, programs: Sequence[RecordProgram], cells: Cells, kind: str) -> None:
        """Raises LineWrong for a line with more than the layout knows, or less where that is not allowed."""
        if self.layout.kind == "fixed":
            length = len(cells) if len(cells) <= self._length else max(len(cells.rstrip()), self._length)
            if self._length and length != self._length:
                raise LineWrong(str(len(cells)), str(self._length), "record_length")
            return
        columns = self.columns.get(kind)
        wanted = len(columns) if columns else max(program.widest for program in programs)
        place = self._place.field if self._place else 0
        wanted = max(wanted, place)
        if len(cells) > wanted and self._keys.extra_fields == "error":
            raise LineWrong(str(len(cells)), str(wanted), "")
        if len(cells) < wanted and self._keys.missing_trailing_fields == "error":
            raise LineWrong(str(len(cells)), str(wanted), "")

    def starts_document(self, line: str, before: str | None) -> bool:
        """Whether a document begins with this line. `before`: the line above it, None when it is not known."""
        try:
            cells = self.cut(line)
        except LineWrong:
            return False
        kind = self.type_of(cells, line)
        programs = self.layout.programs.get(kind, ())
        bill = self.layout.bill
        if bill not in programs:
            return False
        if not self.layout.repeats_bill:
            return True
        if before is None:
            return False
        try:
            earlier = self.cut(before)
        except LineWrong:
            return True
        return self.type_of(earlier, before) != kind or self.key_of(cells, kind) != self.key_of(earlier, kind)

    def key_of(self, cells: Cells, kind: str) -> tuple[object, ...]:
        """What tells one document from the next where all of its lines carry it."""
        row = Row(cells, self.columns.get(kind, {}), {})
        for field in self.layout.bill.fields:
            try:
                row.values[field.name] = field.value(row)
            except (ValueRefused, ValueDoubted):
                row.values[field.name] = None
        return tuple(row.values.get(name) for name in self.layout.bill.key)


def _whole(line: str) -> str:
    return line


def header_columns(cells: Sequence[str]) -> dict[str, int]:
    """The columns of a header row; of two with one name the first counts."""
    columns: dict[str, int] = {}
    for place, cell in enumerate(cells):
        columns.setdefault(column_name(cell), place)
    return columns


def read_record(
    program: RecordProgram, source: Any, columns: Mapping[str, int], above: Mapping[str, Mapping[str, Value]], line: int
) -> tuple[Entry | None, list[Problem]]:
    """The values of one record, and what is wrong with them. None for a record that its condition rules out."""
    row = Row(source, columns, above)
    problems: list[Problem] = []
    values = row.values
    for field in program.fields:
        try:
            memory = field.memory  # `field.value`, without the price of a call for each field
            values[field.name] = field.finish(field.fetch(row)) if memory is None else memory[field.fetch(row)]
        except ValueRefused as refused:
            values[field.name] = None
            problems.append(_problem(program, field, line, refused.code, refused.values))
        except ValueDoubted as doubted:
            values[field.name] = doubted.value
            shown_text = {"valore": shown(doubted.text, personal=bool(field.spec and field.spec.personal))}
            problems.append(_problem(program, field, line, "WRN-410", shown_text, warns=True))
    if program.when is not None and not program.when.holds(values.get(program.when.field)):
        return None, []
    if (
        not program.primary
        and all(values[each.name] is None for each in program.fields if each.from_flow)
        and any(each.from_flow for each in program.fields)
    ):
        return None, []  # a further record of the line that tells nothing
    for field in program.fields:
        test = field.required_if
        if test is not None and values[field.name] in {None, ""} and test.holds(values.get(test.field)):
            problems.append(_problem(program, field, line, "REC-102", {}))
    return Entry(program, line, values), problems


def _problem(
    program: RecordProgram, field: FieldProgram, line: int, code: str, values: Mapping[str, str], *, warns: bool = False
) -> Problem:
    return Problem(code, line, program.type, field.told, field.place, values, warns)


def parent_problem(program: RecordProgram, entry: Entry, gathered: Gathered) -> Problem | None:
    """A record whose key names another document than the one that it stands in (REC-108)."""
    bill = gathered.bill
    if program.parent != bill.program.type or not program.match:
        return None
    mine = [entry.values.get(name) for name in program.match]
    theirs = [bill.values.get(name) for name in program.match]
    if all(each in {None, ""} for each in mine) or None in theirs or mine == theirs:
        return None
    field = program.by_name[program.match[0]]
    return Problem("REC-108", entry.line, program.type, field.told, field.place, {"valore": shown(str(mine[0]))})
