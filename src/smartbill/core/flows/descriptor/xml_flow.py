"""Described flows in XML: read as a stream, a document at a time. No document type, no entities, nothing fetched."""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import BinaryIO

from lxml import etree

from smartbill.core.flows.descriptor.blocks import Documents, OpenedFlow, Watch, values_as_text
from smartbill.core.flows.descriptor.document import Gathered
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.descriptor.lines import read_record
from smartbill.core.flows.descriptor.opening import flow_header, flow_trailer
from smartbill.core.flows.descriptor.programs import RecordProgram
from smartbill.core.flows.descriptor.xml_paths import local_name, namespace
from smartbill.core.flows.fatturapa.envelope import has_doctype
from smartbill.core.flows.fatturapa.signed import BrokenEnvelopeError, looks_signed, signed_content
from smartbill.core.flows.stabo.fields import ROME
from smartbill.core.flows.stabo.reader import Outcome
from smartbill.core.flows.value import BlockTotals, Finding, Level

#: of one file
MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 100
#: of one that is signed, which is opened in memory
MAX_SIGNED = 16 * 1024 * 1024
_ENVELOPE_START = 256
_PROLOGUE = 64 * 1024


class XmlRefused(Exception):
    """The whole file is refused; `code` and `values` are those of the finding."""

    def __init__(self, code: str, *, line: int = 1, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.values = values


class XmlDocuments:
    """Streams the elements that are documents, each with its ancestors and what stood before it in them.

    What has been read is let go, so memory holds one document (and what is outside all of them).
    """

    def __init__(self, source: BinaryIO, layout: Layout, file: str) -> None:
        self._source = source
        self._file = file
        self._root = layout.descriptor.layout.root
        path = layout.bill.each
        assert path is not None
        self._path = tuple(step.name for step in path.steps)
        self.root: etree._Element | None = None

    def __iter__(self) -> Iterator[etree._Element]:
        """Raises XmlRefused."""
        self._look()
        depth = 0
        names: list[str] = []
        events = etree.iterparse(
            self._source, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
            huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        try:
            for event, element in events:
                if event == "start":
                    depth += 1
                    if depth > MAX_DEPTH:
                        raise XmlRefused("XML-602", line=line_of(element), nome=self._file, riga=str(line_of(element)))
                    if depth == 1:
                        self.root = element
                        self._check_root(element)
                    names.append(local_name(element))
                    continue
                depth -= 1
                is_document = tuple(names[1:]) == self._path
                names.pop()
                if is_document:
                    yield element
                    _let_go(element)
        except etree.XMLSyntaxError as error:
            line = error.lineno or 1
            raise XmlRefused("XML-602", line=line, nome=self._file, riga=str(line)) from None

    def _look(self) -> None:
        size = self._source.seek(0, 2)
        if size > MAX_BYTES:
            raise XmlRefused("XML-612", nome=self._file, limite=f"{MAX_BYTES // (1024 * 1024)} MiB")
        self._source.seek(0)
        if has_doctype(self._source.read(_PROLOGUE)):
            raise XmlRefused("XML-601", nome=self._file)
        self._source.seek(0)

    def _check_root(self, element: etree._Element) -> None:
        info = element.getroottree().docinfo
        if getattr(info, "doctype", ""):
            raise XmlRefused("XML-601", nome=self._file)
        name, found = local_name(element), namespace(element)
        wanted = self._root
        if wanted is None:
            return
        if name != wanted.name:
            raise XmlRefused("XML-603", nome=self._file, valore=name[:60])
        if wanted.namespaces and found not in wanted.namespaces:
            raise XmlRefused("XML-604", nome=self._file, valore=(found or "senza namespace")[:100])


def unwrapped(source: BinaryIO, layout: Layout) -> BinaryIO:
    """The XML inside a signature envelope or base64, where the layout allows them. Raises BrokenEnvelopeError."""
    if not layout.descriptor.layout.unwrap:
        return source
    source.seek(0)
    start = source.read(_ENVELOPE_START)
    if not looks_signed(start):
        return source
    rest = source.read(MAX_SIGNED - len(start) + 1)
    if len(start) + len(rest) > MAX_SIGNED:
        raise BrokenEnvelopeError
    return BytesIO(signed_content(start + rest))


def _let_go(element: etree._Element) -> None:
    """Empty a document that is read, and take those before it out of the tree."""
    element.clear()
    before = element.getprevious()
    parent = element.getparent()
    while parent is not None and before is not None and before.tag == element.tag and len(before) == 0:
        parent.remove(before)
        before = element.getprevious()


def line_of(element: etree._Element) -> int:
    line: int | None = element.sourceline  # type: ignore[assignment]  # the stubs know no better
    return line or 1


def _refusal(refused: XmlRefused, file: str) -> Finding:
    return Finding(code=refused.code, level=Level.FILE, file=file, line=refused.line, values=refused.values)


def open_xml(source: BinaryIO, layout: Layout, *, file: str, now: datetime) -> tuple[OpenedFlow | None, list[Finding]]:
    """Run through the file once: is it well formed, how many documents are there, what do header and trailer say."""
    documents = XmlDocuments(source, layout, file)
    count = 0
    findings: list[Finding] = []
    outside: dict[str, dict[str, object]] = {"flow": {}, "trailer": {}}
    trailer_line = 1
    try:
        for _ in documents:
            count += 1
        root = documents.root
        for target, values in outside.items():
            for program in layout.of_target(target):
                source_element = _first(program, root)
                if source_element is None:
                    continue
                entry, problems = read_record(program, source_element, {}, {}, line_of(source_element))
                trailer_line = line_of(source_element)
                values.update(entry.values if entry else {})
                findings += [
                    Finding(
                        code=problem.code, level=Level.FILE, file=file, line=problem.line, record=problem.type,
                        field=problem.told, values={"campo": problem.place, **problem.values},
                    )
                    for problem in problems
                ]  # fmt: skip
    except XmlRefused as refused:
        return None, [_refusal(refused, file)]
    created = outside["flow"].get("created_at")
    header = flow_header(layout, outside["flow"], created if isinstance(created, datetime) else now.astimezone(ROME))
    trailer = flow_trailer(outside["trailer"], trailer_line) if layout.of_target("trailer") else None
    opened = OpenedFlow(
        header=header, trailer=trailer, trailer_values=values_as_text(outside["trailer"]), documents=count
    )
    return opened, findings


def _first(program: RecordProgram, root: etree._Element | None) -> etree._Element | None:
    if root is None or program.each is None:
        return root
    return next(program.each.elements(root), None)


class DescribedXmlReader:
    """Iterate once over the outcomes of documents number `start` up to `end`; `totals` is complete at the end."""

    def __init__(
        self,
        source: BinaryIO,
        *,
        layout: Layout,
        file: str,
        today: date,
        start: int = 0,
        end: int | None = None,
        first_seq: int = 1,
        watch: Watch | None = None,
    ) -> None:
        self._documents = Documents(layout, file=file, today=today, watch=watch)
        self._source = source
        self._layout = layout
        self._file = file
        self._start = start
        self._end = end
        self._first_seq = first_seq
        self._children = [
            program for program in layout.records if program.record not in {"", "00", "10", "99"} and program.each
        ]

    @property
    def totals(self) -> BlockTotals:
        return self._documents.totals(first_line=self._start, lines=0)

    def __iter__(self) -> Iterator[Outcome]:
        try:
            for number, element in enumerate(XmlDocuments(self._source, self._layout, self._file)):
                if self._end is not None and number >= self._end:
                    break
                if number >= self._start:
                    gathered = self._gathered(element)
                    if gathered is not None:
                        yield from self._documents.close(gathered, self._first_seq + number)
        except XmlRefused as refused:
            yield _refusal(refused, self._file)

    def _gathered(self, element: etree._Element) -> Gathered | None:
        entry, problems = read_record(self._layout.bill, element, {}, {}, line_of(element))
        if entry is None:
            return None
        gathered = Gathered(entry)
        gathered.problems += problems
        self._below(gathered, self._layout.bill, element)
        return gathered

    def _below(self, gathered: Gathered, parent: RecordProgram, element: etree._Element) -> None:
        """The records inside an element, supplies before what is not in them."""
        for program in self._children:
            above = program.parent or self._layout.bill.type
            if above != parent.type or program.each is None:
                continue
            for found in program.each.elements(element):
                entry, problems = read_record(program, found, {}, gathered.above, line_of(found))
                if entry is None:
                    continue
                gathered.problems += problems
                gathered.add(entry)
                self._below(gathered, program, found)
