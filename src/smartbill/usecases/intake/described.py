"""Jobs whose flow is read by a layout of the company: opening it, reading a part, its totals."""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO

import msgspec
from msgspec import Struct

from smartbill.apps.intake.models import Job, ReadBlock
from smartbill.apps.intake.operations import PlannedBlock
from smartbill.core.flows.descriptor.blocks import DescribedBlockReader, OpenedFlow
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.descriptor.opening import open_flow
from smartbill.core.flows.descriptor.totals import check_described_company, check_described_totals
from smartbill.core.flows.descriptor.xml_flow import DescribedXmlReader, open_xml
from smartbill.core.flows.layouts import FATTURAPA, STABO
from smartbill.core.flows.stabo.reader import Outcome
from smartbill.core.flows.stabo.scan import FlowScan
from smartbill.core.flows.value import BlockTotals, Finding
from smartbill.core.ports.files import FileStore
from smartbill.usecases.layouts.choice import layout_of_version

#: documents of an XML flow in one part; a later part runs over those before it
_XML_DOCUMENTS = 2_000


class DescribedFlow(Struct, kw_only=True):
    """A flow as it was opened; `flow` is None when a finding stands in the way."""

    flow: OpenedFlow | None = None
    scan: FlowScan | None = None
    blocks: list[PlannedBlock]
    findings: list[Finding]


def is_described(job: Job) -> bool:
    return job.layout not in {"", STABO, FATTURAPA}


def layout_of_job(job: Job) -> Layout | None:
    """The layout that a job was opened with, in the version of that time."""
    if not is_described(job):
        return None
    return layout_of_version(job.layout, job.layout_version)


def open_described(
    store: FileStore, key: str, layout: Layout, *, file: str, now: datetime, company_code: str, range_bytes: int
) -> DescribedFlow:
    """Open the inflated flow under `key`."""
    with store.open(key) as source:
        if layout.kind == "xml":
            flow, findings = open_xml(source, layout, file=file, now=now)
            opened = DescribedFlow(flow=flow, blocks=_xml_blocks(flow), findings=findings)
        else:
            opening = open_flow(source, layout, file=file, now=now, range_bytes=range_bytes)
            ranges = opening.scan.ranges if opening.scan else ()
            blocks = [
                PlannedBlock(kind=ReadBlock.Kind.FLOW, start=each.start, end=each.end, first_line=each.first_line)
                for each in ranges
            ]
            opened = DescribedFlow(
                flow=opening.opened, scan=opening.scan, blocks=blocks, findings=list(opening.findings)
            )
    if opened.flow is not None:
        opened.findings += check_described_company(layout, opened.flow, company_code, file=file)
    return opened


def _xml_blocks(flow: OpenedFlow | None) -> list[PlannedBlock]:
    count = flow.documents if flow else 0
    return [
        PlannedBlock(kind=ReadBlock.Kind.FLOW, start=start, end=min(start + _XML_DOCUMENTS, count), first_line=start)
        for start in range(0, count, _XML_DOCUMENTS)
    ]


class DescribedPart:
    """Iterate once over the outcomes of a part of a described flow; `totals` is complete at the end."""

    def __init__(self, store: FileStore, part: "PartOfFlow") -> None:
        self._store = store
        self._part = part
        self.totals = BlockTotals()

    def __iter__(self) -> Iterator[Outcome]:
        part = self._part
        if part.layout.kind == "xml":
            with self._store.open(part.work_key) as source:
                documents = DescribedXmlReader(
                    source, layout=part.layout, file=part.file, today=part.today, start=part.start, end=part.end
                )
                yield from documents
            self.totals = documents.totals
            return
        data = self._store.read_range(part.work_key, part.start, part.end)
        lines = DescribedBlockReader(
            data, first_line=part.first_line, file=part.file, layout=part.layout, opened=part.opened, today=part.today
        )
        yield from lines
        self.totals = lines.totals


class PartOfFlow(Struct, frozen=True, kw_only=True):
    layout: Layout
    opened: OpenedFlow
    work_key: str
    file: str
    start: int
    end: int
    first_line: int
    today: date


def read_described_file(
    content: bytes, layout: Layout, *, file: str, now: datetime, first_seq: int
) -> Iterator[Outcome]:
    """One of many small XML files: a flow of its own, with what its trailer tells."""
    yield from DescribedFlowReader(BytesIO(content), layout, file=file, now=now, first_seq=first_seq)


def described_totals(job: Job, layout: Layout, *, file: str) -> list[Finding]:
    """What the trailer and the checks of the descriptor say of all parts together."""
    if not job.described:
        return []
    opened = msgspec.json.decode(bytes(job.described), type=OpenedFlow)
    scan = msgspec.json.decode(bytes(job.scan), type=FlowScan) if job.scan else None
    rows = job.blocks.filter(kind=ReadBlock.Kind.FLOW).values_list("totals", flat=True)
    blocks = [msgspec.json.decode(bytes(totals), type=BlockTotals) for totals in rows if totals]
    return check_described_totals(blocks, layout, opened, scan, file=file)
