"""A layout tried on a file: what would be taken, row by row, and one bill whole. Nothing of the file is kept."""

import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from io import BytesIO

from django.utils.translation import gettext as _
from msgspec import Struct

from smartbill.apps.companies.models import Role
from smartbill.core.bill.value import Bill
from smartbill.core.company.documents import LayoutTrial
from smartbill.core.flows.descriptor.checks import Entry
from smartbill.core.flows.descriptor.document import Gathered
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.layout import Layout, compile_layout
from smartbill.core.flows.descriptor.loading import Library
from smartbill.core.flows.descriptor.programs import FieldProgram
from smartbill.core.flows.formats import Outcome, number_of
from smartbill.core.flows.trial import TrialReader
from smartbill.core.flows.value import Finding, Level, ReadBill, RefusedDocument
from smartbill.core.wording import layout_terms
from smartbill.core.wording.findings import message
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, record_act, require
from smartbill.usecases.layouts.versions import company_library, note_trial

MAX_SECONDS = 5.0
MAX_ROWS = 200  # of the document shown
MAX_RAW = 2_000  # characters of a line shown
MAX_VALUE = 300


class SampleFile(Struct, frozen=True):
    name: str
    content: bytes


class FindingLine(Struct, frozen=True, kw_only=True):
    line: int | None
    level: Level
    code: str
    record: str
    field: str
    sentence: str
    advice: str = ""  # what to look at in the descriptor
    document: str = ""
    file: str = ""


class ReadValue(Struct, frozen=True):
    name: str
    text: str
    place: str = ""  # where it stands in the record, for whoever looks for it there


class ReadRow(Struct, frozen=True, kw_only=True):
    """One record as the flow has it, and what was read in it."""

    line: int
    type: str
    target: str
    raw: str
    values: tuple[ReadValue, ...]
    findings: tuple[FindingLine, ...]

    @property
    def ruler(self) -> str:
        """Positions of the characters: a digit every ten."""
        tens = -(-len(self.raw) // 10)
        return "".join(f"----+---{ten:>2}" if ten > 9 else f"----+----{ten}" for ten in range(1, tens + 1))


class ShownDocument(Struct, frozen=True, kw_only=True):
    number: int  # in the order of the file, from 1
    document: str
    accepted: bool
    rows: tuple[ReadRow, ...]
    cut: bool  # there are more rows
    fixed: bool  # by positions


class MissingValue(Struct, frozen=True, kw_only=True):
    """A field of the flow that was blank in some records: always blank often means that it is read in a wrong place."""

    type: str
    name: str
    place: str
    blank: int
    records: int


class LayoutTry(Struct, frozen=True, kw_only=True):
    file: str
    documents: int
    accepted: int
    findings: tuple[FindingLine, ...]
    refused_file: bool
    stopped: bool  # at the time limit: the rest of the file was not read
    shown: ShownDocument | None
    bill: Bill | None  # of the document shown, when it was taken
    missing: tuple[MissingValue, ...] = ()  # in the order of the layout

    @property
    def refused(self) -> int:
        return self.documents - self.accepted


def try_layout(
    actor: Actor, text: str, sample: SampleFile, *, now: datetime, name: str = "", show: int = 1
) -> LayoutTry:
    """Read the sample by a text that has no mistakes. `show`: which document to show whole, from 1.

    That it was tried is on record, and on the draft of exactly this text. Raises NotAllowed, LayoutMistakes.
    """
    require(actor.at_least(Role.EDITOR), _("provare i tracciati"))
    with company(actor.company_id):
        library = company_library()
    tried = read_sample(text, sample, library=library, now=now, show=show)
    with company(actor.company_id):
        told = f"{tried.accepted}/{tried.documents} {sample.name}"
        record_act(actor, "try_layout", f"layout {name or '–'}", note=told, now=now)
        if name and not tried.stopped:
            trial = LayoutTrial(
                at=now,
                by=actor.email,
                file=sample.name,
                documents=tried.documents,
                accepted=0 if tried.refused_file else tried.accepted,
            )
            note_trial(actor, name, text, trial)
    return tried


def read_sample(
    text: str, sample: SampleFile, *, library: Library, now: datetime, show: int = 1, seconds: float = MAX_SECONDS
) -> LayoutTry:
    """The same without record: needs no database. Raises LayoutMistakes."""
    layout = compile_layout(text, library=library)
    watch = _Watch(show)
    reader = DescribedFlowReader(BytesIO(sample.content), layout, file=sample.name, now=now, watch=watch.gathered)
    outcomes = _Bounded(watch.passing(reader), time.monotonic() + seconds)
    trial = TrialReader(file=sample.name, now=now).outcomes(outcomes, number=number_of(layout))
    findings = tuple(_line(finding) for finding in trial.findings)
    return LayoutTry(
        file=sample.name,
        documents=trial.documents,
        accepted=watch.accepted if trial.refuses_file else len(trial.accepted),
        findings=findings,
        refused_file=trial.refuses_file,
        stopped=outcomes.stopped,
        shown=watch.shown(sample.content, findings, fixed=layout.kind == "fixed"),
        bill=watch.bill,
        missing=watch.missing(layout),
    )


class _Bounded:
    """Outcomes until a deadline (of the monotonic clock)."""

    def __init__(self, outcomes: Iterable[Outcome], deadline: float) -> None:
        self._outcomes = outcomes
        self._deadline = deadline
        self.stopped = False

    def __iter__(self) -> Iterator[Outcome]:
        for outcome in self._outcomes:
            yield outcome
            if time.monotonic() > self._deadline:
                self.stopped = True
                return


class _Watch:
    """Notes the records of one document, and its bill, while all go by."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._seen = 0
        self._gathered: Gathered | None = None
        self._document = ""
        self._records: dict[int, int] = {}  # id of a record of the layout -> how many
        self._blank: dict[tuple[int, str], int] = {}
        self.accepted = 0
        self.bill: Bill | None = None

    def gathered(self, gathered: Gathered) -> None:
        """The reader has all records of the next document."""
        if self._seen + 1 == self._number:
            self._gathered = gathered
        for entry in gathered.entries:
            number = id(entry.program)
            self._records[number] = self._records.get(number, 0) + 1
            for field in entry.program.fields:
                if field.from_flow and entry.values.get(field.name) in {None, ""}:
                    self._blank[number, field.name] = self._blank.get((number, field.name), 0) + 1

    def missing(self, layout: Layout) -> tuple[MissingValue, ...]:
        return tuple(
            MissingValue(
                type=program.type, name=field.name, place=_place(field), blank=blank, records=self._records[id(program)]
            )
            for program in layout.records
            for field in program.fields
            if (blank := self._blank.get((id(program), field.name), 0))
        )

    def passing(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if not isinstance(outcome, Finding):
                self._seen += 1
                self.accepted += isinstance(outcome, ReadBill)
                if self._seen == self._number:
                    self._take(outcome)
            yield outcome

    def _take(self, outcome: ReadBill | RefusedDocument) -> None:
        if isinstance(outcome, ReadBill):
            self.bill, self._document = outcome.bill, outcome.bill.display_number
        else:
            self._document = "/".join(part for part in (outcome.series, outcome.number) if part)

    def shown(self, content: bytes, findings: tuple[FindingLine, ...], *, fixed: bool) -> ShownDocument | None:
        if self._gathered is None:
            return None
        lines = _SourceLines(content)
        entries = self._gathered.entries
        rows = tuple(
            ReadRow(
                line=entry.line,
                type=entry.program.type,
                target=entry.program.target,
                raw=lines.text(entry.line),
                values=tuple(_values(entry)),
                findings=tuple(each for each in findings if each.line == entry.line),
            )
            for entry in entries[:MAX_ROWS]
        )
        return ShownDocument(
            number=self._number,
            document=self._document,
            accepted=self.bill is not None,
            rows=rows,
            cut=len(entries) > MAX_ROWS,
            fixed=fixed,
        )


class _SourceLines:
    """The lines of a file as its maker would see them; what no common encoding reads is shown as it can be."""

    def __init__(self, content: bytes) -> None:
        self._lines = content.split(b"\n")

    def text(self, number: int) -> str:
        if not 1 <= number <= len(self._lines):
            return ""
        line = self._lines[number - 1][: MAX_RAW * 4].rstrip(b"\r")
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = line.decode("cp1252", errors="replace")
        return text.rstrip()[:MAX_RAW]


def _values(entry: Entry) -> Iterator[ReadValue]:
    for name, value in entry.values.items():
        field = entry.program.by_name.get(name)
        yield ReadValue(name, _text(value), _place(field) if field is not None and field.from_flow else "")


def _place(field: FieldProgram) -> str:
    place = field.place.removeprefix(f"{field.name}, ")
    return "" if place == field.name else place


def _line(finding: Finding) -> FindingLine:
    return FindingLine(
        line=finding.line,
        level=finding.level,
        code=finding.code,
        record=finding.record,
        field=finding.field,
        sentence=message(finding),
        document=finding.document,
        advice=layout_terms.HINTS.get(finding.code, ""),
    )


def _text(value: object) -> str:
    """A value as the editor's reader writes it: dates as gg/mm/aaaa, a decimal comma, the words of a descriptor."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case Enum():
            text = str(value.value)
        case datetime():
            text = f"{value:%d/%m/%Y %H:%M:%S}"
        case date():
            text = f"{value:%d/%m/%Y}"
        case Decimal():
            text = f"{value:f}".replace(".", ",")
        case _:
            text = str(value)
    return text[:MAX_VALUE]
