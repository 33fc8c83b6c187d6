"""Reading a whole described flow in one go, in flat memory: the trial read. The intake reads its blocks apart."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from smartbill.core.flows.descriptor.blocks import DescribedBlockReader, OpenedFlow, Watch
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.descriptor.opening import open_flow
from smartbill.core.flows.descriptor.totals import check_described_company, check_described_totals
from smartbill.core.flows.descriptor.xml_flow import DescribedXmlReader, open_xml, unwrapped
from smartbill.core.flows.fatturapa.signed import BrokenEnvelopeError
from smartbill.core.flows.stabo.fields import ROME
from smartbill.core.flows.stabo.header import FlowHeader, FlowTrailer
from smartbill.core.flows.stabo.reader import Outcome
from smartbill.core.flows.stabo.scan import RANGE_BYTES, FlowScan
from smartbill.core.flows.value import BlockTotals, Finding, Level


class DescribedFlowReader:
    """Iterate once over all outcomes of a seekable flow file; `header` and `trailer` are there when it has ended."""

    def __init__(
        self,
        source: BinaryIO,
        layout: Layout,
        *,
        file: str,
        now: datetime,
        company_code: str = "",
        range_bytes: int = RANGE_BYTES,
        first_seq: int = 1,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self.header: FlowHeader | None = None
        self.trailer: FlowTrailer | None = None
        self._source = source
        self._layout = layout
        self._file = file
        self._now = now
        self._company_code = company_code
        self._range_bytes = range_bytes
        self._first_seq = first_seq  # of the documents of an XML file

    def __iter__(self) -> Iterator[Outcome]:
        if self._layout.kind == "xml":
            yield from self._xml()
        else:
            yield from self._lines()

    def _lines(self) -> Iterator[Outcome]:
        opening = open_flow(self._source, self._layout, file=self._file, now=self._now, range_bytes=self._range_bytes)
        yield from opening.findings
        if opening.opened is None or opening.scan is None:
            return
        opened = opening.opened
        yield from self._begun(opened)
        blocks: list[BlockTotals] = []
        today = self._now.astimezone(ROME).date()
        for part in opening.scan.ranges:
            self._source.seek(part.start)
            data = self._source.read(part.end - part.start)
            block = DescribedBlockReader(
                data,
                first_line=part.first_line,
                file=self._file,
                layout=self._layout,
                opened=opened,
                today=today,
                watch=self._watch,
            )
            yield from block
            blocks.append(block.totals)
        yield from self._ended(blocks, opened, opening.scan)

    def _xml(self) -> Iterator[Outcome]:
        try:
            self._source = unwrapped(self._source, self._layout)
        except BrokenEnvelopeError:
            yield Finding(code="XML-605", level=Level.FILE, file=self._file, line=1, values={"nome": self._file})
            return
        opened, findings = open_xml(self._source, self._layout, file=self._file, now=self._now)
        yield from findings
        if opened is None:
            return
        yield from self._begun(opened)
        reader = DescribedXmlReader(
            self._source,
            layout=self._layout,
            file=self._file,
            today=self._now.astimezone(ROME).date(),
            first_seq=self._first_seq,
            watch=self._watch,
        )
        yield from reader
        yield from self._ended([reader.totals], opened, None)

    def _begun(self, opened: OpenedFlow) -> Iterator[Outcome]:
        self.header = opened.header
        if self._company_code:
            yield from check_described_company(self._layout, opened, self._company_code, file=self._file)

    def _ended(self, blocks: list[BlockTotals], opened: OpenedFlow, scan: FlowScan | None) -> Iterator[Outcome]:
        self.trailer = opened.trailer
        yield from check_described_totals(blocks, self._layout, opened, scan, file=self._file)
