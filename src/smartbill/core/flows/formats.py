"""The flow formats that the product reads, one entry each. A new one: a folder here beside, and a line below."""

import fnmatch
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import BinaryIO

from msgspec import Struct

from smartbill.core.flows.archive import EntryKind, NameRules
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.fatturapa.envelope import DEFAULT_MAX_BYTES
from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.stabo.flow import FlowReader
from smartbill.core.flows.value import Finding, ReadBill, RefusedDocument

Outcome = ReadBill | RefusedDocument | Finding


class FlowFormat(Struct, frozen=True, kw_only=True):
    """How files of a format are recognised and read.

    `read(source, file=, now=, company_code=)` takes a seekable binary file, and is iterated over once: findings of a
    document come right before it. It never raises for what the file holds. That of `invoices` takes `suppliers=`, the
    numbers that the company issues under, and `beside_others=` as well: whether the file came in an archive.
    """

    title: str
    names: tuple[str, ...]  # of a file outside an archive, case ignored
    kind: EntryKind  # what its files are in an archive
    read: Callable[..., Iterable[Outcome]]
    invoices: bool = False
    rules: NameRules = NameRules()  # of the files in an archive
    number: tuple[str, str] = ("10", "number")  # record and field that hold a document's number


def _read_invoices(
    source: BinaryIO, *, file: str, now: datetime, company_code: str, suppliers: Collection[str], beside_others: bool
) -> Iterable[Outcome]:
    """An invoice file names no company of ours but its supplier, and its dates are not compared with today."""
    data = source.read(DEFAULT_MAX_BYTES + 1)
    return read_invoice_file(data, file=file, first_seq=1, suppliers=suppliers, beside_others=beside_others)


FORMATS: dict[str, FlowFormat] = {
    "stabo": FlowFormat(title="STABO v1", names=("*.txt", "*.dat"), kind=EntryKind.FLOW, read=FlowReader),
    "fatturapa": FlowFormat(
        title="FatturaPA", names=("*.xml", "*.p7m"), kind=EntryKind.XML, read=_read_invoices, invoices=True
    ),
}


def described_format(layout: Layout) -> FlowFormat:
    """The format that a layout descriptor makes."""
    names = layout.file_names

    def read(source: BinaryIO, *, file: str, now: datetime, company_code: str) -> Iterable[Outcome]:
        return DescribedFlowReader(source, layout, file=file, now=now, company_code=company_code)

    kind = EntryKind.XML if layout.many_files else EntryKind.FLOW
    return FlowFormat(
        title=layout.title, names=names, kind=kind, read=read, rules=names_with(layout), number=number_of(layout)
    )


def number_of(layout: Layout) -> tuple[str, str]:
    """The sender's record and field with the number of a document."""
    kind, told, _ = layout.told("10", "number" if layout.maps("10", "number") else "display_number")
    return kind, told


def names_with(*layouts: Layout) -> NameRules:
    """Names of an archive's files where these layouts apply beside our own format."""
    standard = NameRules()
    flow = tuple(name for layout in layouts if not layout.many_files for name in layout.file_names)
    xml = tuple(name for layout in layouts if layout.many_files for name in layout.file_names)
    return NameRules(flow=(*flow, *standard.flow), xml=(*xml, *standard.xml))


def format_of_name(name: str) -> str:
    """The format that a file outside an archive is by its name; empty when none."""
    folded = name.casefold()
    for code, known in FORMATS.items():
        if any(fnmatch.fnmatchcase(folded, pattern) for pattern in known.names):
            return code
    return ""
