"""How many PDFs a flow announces, and how many have come."""

import msgspec
from msgspec import Struct

from smartbill.apps.intake.models import Job, ZipEntry
from smartbill.core.flows.archive import EntryKind
from smartbill.core.flows.stabo.header import FlowHeader, FlowTrailer


class AwaitedPdfs(Struct, frozen=True, kw_only=True):
    announced: int
    found: int
    line: int  # of the trailer that announces them


def awaited_pdfs(job: Job) -> AwaitedPdfs | None:
    """None when the flow announces none, or does not say how many."""
    if not job.header or not job.trailer:
        return None
    header = msgspec.json.decode(bytes(job.header), type=FlowHeader)
    trailer = msgspec.json.decode(bytes(job.trailer), type=FlowTrailer)
    if not header.pdf_included or trailer.pdf_files is None:
        return None
    found = ZipEntry.objects.filter(job=job, kind=EntryKind.PDF).count()
    return AwaitedPdfs(announced=trailer.pdf_files, found=found, line=trailer.line)
