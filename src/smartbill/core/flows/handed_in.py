"""What a company may hand in: a ZIP, or one flow or e-invoice outside any archive, read like the only file of one."""

from collections.abc import Iterator
from typing import BinaryIO
from zipfile import is_zipfile

from smartbill.core.flows.archive import (
    ArchiveListing,
    ArchiveReader,
    Entry,
    EntryKind,
    Limits,
    NameRules,
    fits,
    inspect,
    shown_name,
    shown_size,
)
from smartbill.core.flows.value import Finding, Level

_INVOICE_NAMES = (".xml", ".p7m")
_ARCHIVE_NAME = ".zip"

_ZIP_MARK = b"PK"
_CHUNK = 1 << 18
#: Enough bytes for the last tag of an invoice, or the last line of a flow; and what that line begins with.
_LAST, _LAST_LINE = 64, 1 << 16
_TRAILER = b"99"


class BareFile:
    """One file, taken out as `ArchiveReader` takes out an entry. Its size was checked by `inspect_file`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def chunks(self, _: Entry) -> Iterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def read(self, entry: Entry) -> bytes:
        return b"".join(self.chunks(entry))


def has_bare_name(name: str) -> bool:
    """Whether an e-invoice outside an archive is called so."""
    return name.lower().endswith(_INVOICE_NAMES)


def is_final_name(name: str) -> bool:
    """Whether a file of this name is handed in when it is complete, whatever the company has settled."""
    return name.lower().endswith(_ARCHIVE_NAME) or _bare_kind(name) is not None


def _bare_kind(name: str) -> EntryKind | None:
    if has_bare_name(name):
        return EntryKind.XML
    return EntryKind.FLOW if fits(name, *NameRules().flow) else None


def is_bare(file: BinaryIO, name: str) -> bool:
    """Whether it is a flow or an e-invoice outside an archive: called one, and no ZIP."""
    file.seek(0)
    return _bare_kind(name) is not None and file.read(len(_ZIP_MARK)) != _ZIP_MARK


def inspect_file(file: BinaryIO, *, name: str, limits: Limits, rules: NameRules | None = None) -> ArchiveListing:
    """What the file holds; never raises for it. A bare file that is too large is refused (XML-612, ZIP-003)."""
    kind = _bare_kind(name)
    if kind is None or not is_bare(file, name):
        return inspect(file, name=name, limits=limits, rules=rules)
    size = file.seek(0, 2)
    most, code = (limits.xml, "XML-612") if kind is EntryKind.XML else (limits.flow, "ZIP-003")
    if size > most:
        values = {"nome": shown_name(name), "limite": shown_size(most)}
        return ArchiveListing(findings=(Finding(code=code, level=Level.FILE, file=name, values=values),))
    entry = Entry(
        index=0,
        name=name,
        base_name=name,
        kind=kind,
        compressed=size,
        declared_size=size,
        start=0,
        crc=0,
        deflated=False,
        sizes_follow=False,
    )
    return ArchiveListing(entries=(entry,))


def open_entries(file: BinaryIO, *, name: str, limits: Limits | None = None) -> ArchiveReader | BareFile:
    """Takes out what `inspect_file` listed."""
    return BareFile(file) if is_bare(file, name) else ArchiveReader(file, name=name, limits=limits)


def is_complete(file: BinaryIO, name: str) -> bool:
    """Whether nothing is cut off: a ZIP has its end record, XML ends with a tag, a flow with its trailer; an envelope
    tells when it is read.

    For a file with one of the names of `is_final_name`. Raises OSError.
    """
    if not is_bare(file, name):
        return is_zipfile(file)
    if _bare_kind(name) is EntryKind.FLOW:
        file.seek(max(file.seek(0, 2) - _LAST_LINE, 0))
        return file.read().rstrip(b" \t\r\n\x1a").rpartition(b"\n")[2].startswith(_TRAILER)
    file.seek(max(file.seek(0, 2) - _LAST, 0))
    return name.lower().endswith(".p7m") or file.read().rstrip(b" \t\r\n\x00").endswith(b">")
