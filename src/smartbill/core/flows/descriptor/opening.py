"""A described flow is opened: its encoding, header rows, first and last record, and the parts it is read in."""

import codecs
from datetime import datetime
from typing import Any, BinaryIO

from msgspec import Struct

from smartbill.core.flows.descriptor.blocks import OpenedFlow, type_label, values_as_text
from smartbill.core.flows.descriptor.document import Problem
from smartbill.core.flows.descriptor.layout import ANY_TYPE, Layout
from smartbill.core.flows.descriptor.lines import Lines, LineWrong, header_columns, read_record
from smartbill.core.flows.descriptor.sources import column_name
from smartbill.core.flows.stabo.fields import ROME
from smartbill.core.flows.stabo.header import CLOCK_TOLERANCE, FlowHeader, FlowTrailer
from smartbill.core.flows.stabo.scan import RANGE_BYTES, FlowScan, ScanRules, scan
from smartbill.core.flows.value import Finding, Level

#: header rows and the first record are looked for here
_HEAD = 4 * 1024 * 1024
_CHUNK = 4 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_LINE_ENDS = {"crlf": b"\r\n", "lf": b"\n"}


class Opening(Struct, kw_only=True):
    opened: OpenedFlow | None = None  # None: a finding stands in the way of reading
    scan: FlowScan | None = None
    findings: list[Finding]


class _Head(Struct, kw_only=True):
    """What stands before the documents."""

    offset: int = 0  # of the first line of a document
    line: int = 1
    columns: dict[str, dict[str, int]]
    header_lines: tuple[int, ...] = ()
    values: dict[str, Any]
    has_header: bool = False


class _Refused(Exception):
    def __init__(self, *findings: Finding) -> None:
        super().__init__(findings[0].code)
        self.findings = findings


def open_flow(source: BinaryIO, layout: Layout, *, file: str, now: datetime, range_bytes: int = RANGE_BYTES) -> Opening:
    """Open a seekable file of lines in flat memory. Never raises for what it holds; `now` is when it came."""
    return _Opener(source, layout, file, now).opening(range_bytes)


class _Opener:
    def __init__(self, source: BinaryIO, layout: Layout, file: str, now: datetime) -> None:
        self._source = source
        self._layout = layout
        self._file = file
        self._now = now
        self._findings: list[Finding] = []

    def opening(self, range_bytes: int) -> Opening:
        try:
            codec = self._codec()
            head = self._head(codec)
            if head.values:
                codec = self._declared(codec, head)
            scanned = scan(self._source, file=self._file, range_bytes=range_bytes, rules=self._rules(codec, head))
            self._findings += scanned.findings
            trailer, values = self._trailer(scanned, codec, head)
        except _Refused as refused:
            return Opening(findings=[*self._findings, *refused.findings])
        header = self._header(head)
        opened = OpenedFlow(
            header=header, trailer=trailer, trailer_values=values, codec=codec, columns=head.columns,
            header_lines=head.header_lines,
        )  # fmt: skip
        return Opening(opened=opened, scan=scanned, findings=self._findings)

    def _finding(self, code: str, line: int, record: str = "", field: str = "", **values: str) -> Finding:
        record, field = record[:10], field[:60]
        return Finding(
            code=code, level=Level.FILE, file=self._file, line=line, record=record, field=field, values=values
        )

    # --- encoding ---

    def _codec(self) -> str:
        """The first candidate that all of the file decodes by."""
        candidates = [each.lower() for each in self._layout.descriptor.encoding.candidates]
        firsts: dict[str, int] = {}
        for codec in candidates:
            line = self._undecodable(codec)
            if line is None:
                return codec
            firsts[codec] = line
        tried = ", ".join(candidates)
        line = max(firsts.values())
        raise _Refused(self._finding("FLS-003", line, "", "encoding", codifica=tried, riga=str(line)))

    def _undecodable(self, codec: str) -> int | None:
        """The first line that a codec cannot decode; None when it decodes all."""
        decoder = codecs.getincrementaldecoder(codec)()
        self._source.seek(0)
        lines = 1
        while chunk := self._source.read(_CHUNK):
            if not chunk.isascii() or lines == 1:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    return lines + chunk.count(b"\n", 0, error.start)
            lines += chunk.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return lines
        return None

    def _declared(self, codec: str, head: _Head) -> str:
        """The encoding that the header names is the one that is used; it has to be a candidate, and to decode."""
        name = self._layout.descriptor.encoding.declared_in.rpartition(".")[2]
        told = str(head.values.get(name) or "").strip()
        if not name or not told:
            return codec
        try:
            declared = codecs.lookup(told).name
        except LookupError:
            declared = ""
        candidates = {codecs.lookup(each).name: each for each in self._layout.descriptor.encoding.candidates}
        if codecs.lookup(codec).name == "utf-8-sig" and declared == "utf-8":
            return codec
        line = self._undecodable(declared) if declared in candidates else 1
        if line is not None:
            raise _Refused(
                self._finding("FLS-003", line, self._layout.flow_type, name, codifica=told[:40], riga=str(line))
            )
        if not declared.startswith("utf") and codec.startswith("utf") and not self._is_ascii():
            self._findings.append(
                Finding(
                    code="WRN-410", level=Level.WARNING, file=self._file, line=1, field="encoding",
                    values={"valore": told[:40]},
                )
            )  # fmt: skip
        return declared

    def _is_ascii(self) -> bool:
        self._source.seek(0)
        while chunk := self._source.read(_CHUNK):
            if not chunk.isascii():
                return False
        return True

    # --- first lines ---

    def _head(self, codec: str) -> _Head:
        self._source.seek(0)
        data = self._source.read(_HEAD)
        head = _Head(columns={}, values={})
        lines = data.split(b"\n")
        skip = self._layout.descriptor.layout.skip_lines
        head.offset = sum(len(line) + 1 for line in lines[:skip])
        head.line = skip + 1
        texts = [_text(line, codec) for line in lines[skip:]]
        if self._layout.descriptor.delimited.header_row and self._layout.kind == "delimited":
            self._header_rows(texts, head)
        self._first_record(texts, lines[skip:], head)
        head.offset = min(head.offset, self._source.seek(0, 2))
        return head

    def _header_rows(self, texts: list[str], head: _Head) -> None:
        """One header row for each kind of record: the first line of the kind; or one for all, of no known kind."""
        layout, lines = self._layout, Lines(self._layout)
        wanted = {kind for kind, programs in layout.programs.items() if programs[0].record}
        found: list[int] = []
        for number, text in enumerate(texts):
            if not text.strip():
                continue
            try:
                cells = lines.cut(text)
            except LineWrong as wrong:
                raise _Refused(self._finding("REC-101", head.line + number, **wrong.values)) from None
            kind = lines.type_of(cells, text)
            if not found and kind not in layout.programs:
                head.columns = dict.fromkeys(wanted, header_columns(cells))
                found.append(head.line + number)
                break
            if kind in wanted:
                head.columns[kind] = header_columns(cells)
                wanted.discard(kind)
                found.append(head.line + number)
            if not wanted:
                break
        head.header_lines = tuple(found)
        self._check_columns(head)

    def _check_columns(self, head: _Head) -> None:
        missing = []
        for kind, programs in self._layout.programs.items():
            columns = head.columns.get(kind)
            asked = {
                field.name: way
                for record in self._layout.descriptor.records
                if record.type == programs[0].type or kind == ANY_TYPE
                for field in record.fields
                for way in [field.column]
                if way and field.required
            }
            if columns is None and (not asked or programs[0].target != "bill"):
                continue
            line = head.header_lines[0] if head.header_lines else head.line
            missing += [
                self._finding("REC-112", line, type_label(self._layout, kind), way, nome=way[:60])
                for way in dict.fromkeys(asked.values())
                if column_name(way) not in (columns or {})
            ]
        if missing:
            raise _Refused(*missing)

    def _first_record(self, texts: list[str], raw: list[bytes], head: _Head) -> None:
        """The flow's own record, which stands before all documents."""
        layout = self._layout
        lines = Lines(layout, head.columns)
        offset = head.offset
        for number, text in enumerate(texts):
            at = head.line + number
            cells: Any = None
            kind = None
            if text.strip() and at not in head.header_lines:
                try:
                    cells = lines.cut(text)
                    kind = lines.type_of(cells, text)
                except LineWrong:
                    break
            if kind is not None and not lines.is_skipped(kind):
                programs = layout.programs.get(kind)
                if programs is None or programs[0].record != "00":
                    break
                entry, problems = read_record(programs[0], cells, head.columns.get(kind, {}), {}, at)
                if problems:
                    raise _Refused(*(self._told(problem) for problem in problems))
                assert entry is not None
                head.values, head.has_header = entry.values, True
                head.offset, head.line = offset + len(raw[number]) + 1, at + 1
                return
            offset += len(raw[number]) + 1
        flow = layout.of_target("flow")
        if flow and (flow[0].least > 0 or flow[0].most != 0) and _is_mandatory(layout):
            raise _Refused(self._finding("FLS-004", head.line, layout.flow_type))

    def _told(self, problem: Problem) -> Finding:
        values = {"campo": problem.place, "tipo": problem.type, **problem.values}
        return self._finding(problem.code, problem.line, problem.type, problem.told, **values)

    def _header(self, head: _Head) -> FlowHeader:
        values = head.values
        created = values.get("created_at") or self._now.astimezone(ROME)
        if created > self._now + CLOCK_TOLERANCE:
            kind, told, place = self._layout.told("00", "created_at")
            shown = {"valore": f"{created:%d/%m/%Y %H:%M}", "campo": place}
            self._findings.append(self._finding("REC-104", max(head.line - 1, 1), kind, told, **shown))
        return flow_header(self._layout, values, created)

    # --- last line ---

    def _rules(self, codec: str, head: _Head) -> ScanRules:
        lines = Lines(self._layout, head.columns)
        encoding = self._layout.descriptor.encoding
        trailers = self._layout.of_target("trailer")

        def starts(line: bytes, before: bytes | None) -> bool:
            return lines.starts_document(_text(line, codec), None if before is None else _text(before, codec))

        def document_after(data: bytes, place: int) -> int:
            end = data.find(b"\n", place)
            before = data[data.rfind(b"\n", 0, end) + 1 : end] if end >= 0 else None
            while 0 <= end < len(data) - 1:
                next_end = data.find(b"\n", end + 1)
                line = data[end + 1 : next_end if next_end >= 0 else len(data)]
                if line.strip() and starts(line, before):
                    return end
                before, end = line, next_end
            return -1

        def is_trailer(line: bytes) -> bool:
            if not trailers:
                return False
            text = _text(line, codec)
            try:
                return lines.type_of(lines.cut(text), text) == self._layout.trailer_type
            except LineWrong:
                return False

        forbidden = [sign for sign in encoding.forbid if sign not in {"\r", "\n"} and ord(sign) < 128]
        if self._layout.descriptor.delimited.separator in forbidden:
            forbidden.remove(self._layout.descriptor.delimited.separator)
        return ScanRules(
            document_after=document_after,
            is_trailer=is_trailer,
            controls="".join(forbidden).encode(),
            line_ends=tuple(_LINE_ENDS[each] for each in encoding.newlines),
            final_line_end=encoding.final_newline,
            blank_lines=True,
            first_range=(head.offset, head.line),
            encoding_declared=False,
        )

    def _trailer(self, scanned: FlowScan, codec: str, head: _Head) -> tuple[FlowTrailer | None, dict[str, str]]:
        programs = self._layout.of_target("trailer")
        if not programs:
            return None, {}
        program, line = programs[0], scanned.trailer_line
        if not scanned.trailer:
            if program.least > 0 or _is_last(self._layout):
                raise _Refused(self._finding("FLS-005", max(scanned.lines, 1), program.type))
            return None, {}
        text = _text(scanned.trailer, codec)
        lines = Lines(self._layout, head.columns)
        entry, problems = read_record(program, lines.cut(text), head.columns.get(program.type, {}), {}, line)
        self._findings += [self._told(problem) for problem in problems]
        values = entry.values if entry else {}
        return flow_trailer(values, line), values_as_text(values)


def _is_mandatory(layout: Layout) -> bool:
    record = next(each for each in layout.descriptor.records if each.target == "flow")
    return record.position == "first" or record.occurs == "1"


def _is_last(layout: Layout) -> bool:
    record = next(each for each in layout.descriptor.records if each.target == "trailer")
    return record.position == "last"


def _text(line: bytes, codec: str) -> str:
    return line.removeprefix(_BOM).rstrip(b"\r\n").decode(codec.replace("utf-8-sig", "utf-8"), errors="replace")


def flow_header(layout: Layout, values: dict[str, Any], created: datetime) -> FlowHeader:
    """The header as the intake knows it; what the flow does not tell stays empty."""
    announced = any(
        check.kind == "exists_in_zip" and check.level is not Level.WARNING and check.refs[0].field == "pdf_file"
        for check in layout.checks
    )
    told = values.get("pdf_included")
    return FlowHeader(
        company_code=str(values.get("company_code") or ""),
        company_vat=str(values.get("company_vat") or "").removeprefix("IT"),
        flow_id=str(values.get("flow_id") or ""),
        batch=str(values.get("batch") or ""),
        created_at=created,
        encoding="UTF-8",
        services=str(values.get("services") or ""),
        is_test=values.get("environment") == "T",
        pdf_included=announced if told is None else bool(told),
        note=str(values.get("note") or ""),
    )


def flow_trailer(values: dict[str, Any], line: int) -> FlowTrailer:
    names = ("lines", "bills", "credit_notes", "sum_total_bill", "sum_total_due", "pdf_files")
    return FlowTrailer(
        line=line,
        **{name: values.get(name) for name in names},
        records={
            name[1:]: value
            for name, value in values.items()
            if name[:1] == "n" and name[1:].isdecimal() and value is not None
        },
        sha256=str(values.get("sha256") or "").lower(),
    )
