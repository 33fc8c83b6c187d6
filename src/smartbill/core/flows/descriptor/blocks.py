"""Reading the documents of a described flow, block by block, as `stabo.reader` does for ours."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from smartbill.core.bill.value import BillKind
from smartbill.core.flows.descriptor.checks import Entry, unique_key
from smartbill.core.flows.descriptor.document import Gathered, Problem
from smartbill.core.flows.descriptor.layout import ANY_TYPE, Layout
from smartbill.core.flows.descriptor.lines import Lines, LineWrong, parent_problem, read_record
from smartbill.core.flows.descriptor.programs import RecordProgram
from smartbill.core.flows.descriptor.rows import put_together
from smartbill.core.flows.stabo.costs import ZERO
from smartbill.core.flows.stabo.fields import shown
from smartbill.core.flows.stabo.header import FlowHeader, FlowTrailer
from smartbill.core.flows.stabo.issues import Head
from smartbill.core.flows.stabo.reader import (
    MAX_FILE_FINDINGS,
    Ordinals,
    Outcome,
    read_document,
    refused_document,
    service_letters,
)
from smartbill.core.flows.value import BlockTotals, Finding, Level

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")

#: is told the records of each document before they are judged
Watch = Callable[[Gathered], None]


class OpenedFlow(Struct, frozen=True, kw_only=True):
    """What the parts of a flow are read with, found when it was opened. Kept as JSON while the flow is read."""

    header: FlowHeader
    trailer: FlowTrailer | None = None
    trailer_values: dict[str, str] = msgspec.field(default_factory=dict)  # what declared checks compare with
    codec: str = "utf-8"
    columns: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    header_lines: tuple[int, ...] = ()  # numbers of the header rows
    documents: int = 0  # XML: how many there are


class Documents:
    """Closes documents one after the other, and counts them: what lines and XML elements have in common."""

    def __init__(self, layout: Layout, *, file: str, today: date, watch: Watch | None = None) -> None:
        self._watch = watch
        self.layout = layout
        self.file = file
        self.today = today
        self._counts: dict[str, int] = {}
        self._services: set[str] = set()
        self._ordinals = Ordinals()
        self._with_ordinals = "doc_seq" in layout.bill.by_name
        self._sums: dict[str, Decimal] = {}
        self._keys: dict[str, list[tuple[int, int]]] = {}
        self._numbers = {"bills": 0, "credit_notes": 0, "refused": 0, "unreadable_totals": 0}
        self._sum_total_bill = self._sum_total_due = ZERO
        self._file_findings = 0

    def totals(self, *, first_line: int, lines: int) -> BlockTotals:
        return BlockTotals(
            first_line=first_line,
            lines=lines,
            first_seq=self._ordinals.first,
            last_seq=self._ordinals.last,
            sum_total_bill=self._sum_total_bill,
            sum_total_due=self._sum_total_due,
            records=self._counts,
            services="".join(sorted(self._services)),
            sums=self._sums,
            keys=self._keys,
            **self._numbers,
        )

    def file_finding(self, code: str, line: int, kind: str, field: str, **values: str) -> Iterator[Finding]:
        self._file_findings += 1
        if self._file_findings <= MAX_FILE_FINDINGS:
            yield Finding(
                code=code,
                level=Level.FILE,
                file=self.file,
                line=line,
                record=kind[:10],
                field=field[:60],
                values=values,
            )

    def close(self, gathered: Gathered, doc_seq: int) -> Iterator[Outcome]:
        """The document's findings, then its bill or its refusal."""
        if self._watch is not None:
            self._watch(gathered)
        match self.layout.descriptor.layout.credit_sign:
            case "positive":
                gathered.turn_credit()
            case "amounts":
                gathered.turn_credit_quantities()
        document = put_together(gathered, self.layout, file=self.file, doc_seq=doc_seq)
        self._count(gathered, document.head)
        if self._with_ordinals:
            yield from self._sequence(gathered)
        read = None
        if not document.refused:
            self._services |= service_letters(document)
            read = read_document(document, self.today)
        if not any(problem.code.startswith("REC") for problem in gathered.problems):
            document.check(gathered)
        yield from document.findings
        if read is None or document.refused:
            self._numbers["refused"] += 1
            yield refused_document(document)
        else:
            yield read

    def _sequence(self, gathered: Gathered) -> Iterator[Finding]:
        field = gathered.bill.program.by_name["doc_seq"]
        seq = gathered.bill.values.get("doc_seq")
        expected = self._ordinals.broken(seq)
        if expected is not None:
            values = {"trovato": str(seq), "atteso": str(expected), "campo": field.place}
            kind = gathered.bill.program.type
            yield from self.file_finding("FLS-026", gathered.bill.line, kind, field.told, **values)

    def _count(self, gathered: Gathered, head: Head) -> None:
        """What control totals are compared with: refused documents count too.

        A total that the layout does not tell is the one that the bill gets; the job adds up to its bills all the same.
        """
        values = gathered.bill.values
        credit_note = values.get("doc_type") is BillKind.CREDIT_NOTE
        self._numbers["credit_notes" if credit_note else "bills"] += 1
        total_bill, total_due = values.get("total_bill"), values.get("total_due")
        by_name = gathered.bill.program.by_name
        if (total_bill is None and "total_bill" in by_name) or (total_due is None and "total_due" in by_name):
            self._numbers["unreadable_totals"] += 1
        else:
            self._sum_total_bill += (total_bill if total_bill is not None else head.total_bill) or ZERO
            self._sum_total_due += (total_due if total_due is not None else head.total_due) or ZERO
        for entry in gathered.entries:
            record = entry.program.record
            self._counts[record] = self._counts.get(record, 0) + 1
        for check in self.layout.checks:
            if not check.of_file:
                continue
            if check.kind == "unique":
                key = repr(unique_key(check, values)).encode()
                number = int.from_bytes(blake2b(key, digest_size=7).digest())
                self._keys.setdefault(str(check.number), []).append((number, gathered.bill.line))
                continue
            for entry in gathered.entries:
                if check.counts(entry):
                    self._gather(str(check.number), check.amount(entry))

    def _gather(self, number: str, amount: Decimal | None) -> None:
        key = number if amount is not None else f"{number}!"  # how many could not be read
        self._sums[key] = self._sums.get(key, Decimal(0)) + (amount if amount is not None else 1)


class DescribedBlockReader:
    """Iterate once over the outcomes of a block of lines; `totals` is complete when the iteration has ended.

    `data` is whole lines of whole documents; a document's findings come right before its bill or refusal. Bad input
    never raises.
    """

    def __init__(
        self,
        data: bytes,
        *,
        first_line: int,
        file: str,
        layout: Layout,
        opened: OpenedFlow,
        today: date,
        watch: Watch | None = None,
    ) -> None:
        self._data = data
        self._first_line = first_line
        self._layout = layout
        self._opened = opened
        self._lines = Lines(layout, opened.columns)
        self._documents = Documents(layout, file=file, today=today, watch=watch)
        self._count = 0
        self._open: Gathered | None = None
        self._last_type = ""

    @property
    def totals(self) -> BlockTotals:
        return self._documents.totals(first_line=self._first_line, lines=self._count)

    def __iter__(self) -> Iterator[Outcome]:
        text, undecodable = self._decoded()
        yield from undecodable
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        self._count = len(lines)
        skipped = frozenset(self._opened.header_lines)
        for number, line in enumerate(lines, self._first_line):
            if line.strip() and number not in skipped:
                yield from self._line(line, number)
        yield from self._closed()

    def _decoded(self) -> tuple[str, list[Finding]]:
        data = self._data.replace(b"\r\n", b"\n") if b"\r" in self._data else self._data
        codec = self._opened.codec
        if self._first_line == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            return data.decode(codec), []
        except UnicodeDecodeError as error:
            line = self._first_line + data.count(b"\n", 0, error.start)
            told = self._documents.file_finding("FLS-003", line, "", "encoding", codifica=codec, riga=str(line))
            return data.decode(codec, errors="replace"), list(told)

    def _line(self, line: str, number: int) -> Iterator[Outcome]:
        try:
            cells = self._lines.cut(line)
            kind = self._lines.type_of(cells, line)
            if self._lines.is_skipped(kind):
                return
            programs = self._layout.programs.get(kind)
            if programs is None:
                yield from self._documents.file_finding("FLS-008", number, "", "record_type", valore=shown(kind))
                return
            label = programs[0].type
            if programs[0].record in {"00", "99"}:  # a header or a trailer in the middle
                yield from self._documents.file_finding("REC-110", number, label, "", tipo=label, tipo2=self._last_type)
                return
            wrong = None
            try:
                self._lines.check_width(programs, cells, kind)
            except LineWrong as error:
                wrong = Problem("REC-101", number, label, error.field, error.field, error.values)
        except LineWrong as error:
            wrong = Problem("REC-101", number, "", error.field, error.field, error.values)
            yield from self._misfit(wrong)
            return
        self._last_type = label
        yield from self._records(programs, cells, kind, number, wrong)

    def _misfit(self, wrong: Problem) -> Iterator[Outcome]:
        """A line whose type can't be known: of the document that is open, else of the file."""
        if self._open is not None:
            self._open.problems.append(wrong)
        else:
            yield from self._documents.file_finding(wrong.code, wrong.line, wrong.type, wrong.told, **wrong.values)

    def _records(
        self, programs: Sequence[RecordProgram], cells: Any, kind: str, number: int, wrong: Problem | None
    ) -> Iterator[Outcome]:
        columns = self._opened.columns.get(kind, {})
        bill = self._layout.bill
        if bill in programs:
            entry, problems = read_record(bill, cells, columns, {}, number)
            if entry is not None and not self._continues(entry):
                yield from self._closed()
                self._open = Gathered(entry)
                self._open.problems += problems
        document = self._open
        if document is None:
            label = programs[0].type
            yield from self._documents.file_finding("REC-108", number, label, "", tipo=label, valore="–")
            return
        if wrong is not None:
            document.problems.append(wrong)
        for program in programs:
            if program is bill:
                continue
            entry, problems = read_record(program, cells, columns, document.above, number)
            if entry is None:
                continue
            document.problems += problems
            document.add(entry)
            if misplaced := parent_problem(program, entry, document):
                document.problems.append(misplaced)

    def _continues(self, entry: Entry) -> bool:
        """Whether a line of the bill's type is one more of the document that is open."""
        if self._open is None or not self._layout.repeats_bill:
            return False
        key, first = self._layout.bill.key, self._open.bill
        if [entry.values.get(name) for name in key] != [first.values.get(name) for name in key]:
            return False
        for field in self._layout.bill.fields:
            value = entry.values[field.name]
            if field.from_flow and value != first.values[field.name]:
                told = {"valore": shown(str(value), personal=bool(field.spec and field.spec.personal))}
                kind = self._layout.bill.type
                self._open.problems.append(Problem("REC-105", entry.line, kind, field.told, field.place, told))
        return True

    def _closed(self) -> Iterator[Outcome]:
        if self._open is not None:
            yield from self._documents.close(self._open, self._open.bill.line)
            self._open = None


def values_as_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Numbers and texts of a header or trailer, to be kept as JSON."""
    return {name: str(value) for name, value in values.items() if value is not None}


def type_label(layout: Layout, kind: str) -> str:
    return layout.programs[kind][0].type if kind != ANY_TYPE else layout.bill.type
