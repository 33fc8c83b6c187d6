"""Reading a whole STABO v1 flow in one go, in flat memory: the trial read. The intake reads its blocks apart."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from smartbill.core.flows.stabo.fields import ROME
from smartbill.core.flows.stabo.header import FlowHeader, FlowTrailer, read_header, read_trailer
from smartbill.core.flows.stabo.reader import BlockReader, Outcome
from smartbill.core.flows.stabo.scan import RANGE_BYTES, FlowScan, scan
from smartbill.core.flows.stabo.totals import check_company, check_encoding, check_totals
from smartbill.core.flows.value import BlockTotals


class FlowReader:
    """Iterate once over all outcomes of a seekable flow file; `header` and `trailer` are there when it has ended."""

    def __init__(
        self, source: BinaryIO, *, file: str, now: datetime, company_code: str = "", range_bytes: int = RANGE_BYTES
    ) -> None:
        self.header: FlowHeader | None = None
        self.trailer: FlowTrailer | None = None
        self._source = source
        self._file = file
        self._now = now
        self._company_code = company_code
        self._range_bytes = range_bytes

    def __iter__(self) -> Iterator[Outcome]:
        scanned = scan(self._source, file=self._file, range_bytes=self._range_bytes)
        self.header, findings = read_header(scanned.header, now=self._now, file=self._file)
        yield from findings
        yield from scanned.findings
        if self.header is None:
            return
        if self._company_code:
            yield from check_company(self.header, self._company_code, file=self._file)
        yield from check_encoding(scanned, self.header, file=self._file)
        blocks: list[BlockTotals] = []
        yield from self._documents(scanned, self.header, blocks)
        self.trailer, findings = read_trailer(
            scanned.trailer, number=scanned.trailer_line, header=self.header, file=self._file
        )
        yield from findings
        if self.trailer is not None:
            yield from check_totals(blocks, self.header, self.trailer, scanned, file=self._file)

    def _documents(self, scanned: FlowScan, header: FlowHeader, blocks: list[BlockTotals]) -> Iterator[Outcome]:
        today = self._now.astimezone(ROME).date()
        for part in scanned.ranges:
            self._source.seek(part.start)
            data = self._source.read(part.end - part.start)
            block = BlockReader(data, first_line=part.first_line, file=self._file, header=header, today=today)
            yield from block
            blocks.append(block.totals)
