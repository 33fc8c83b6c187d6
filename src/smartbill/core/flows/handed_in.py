"""What a company may hand in: a ZIP, or one e-invoice outside any archive, which is read like the only file of one."""

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
    inspect,
    shown_name,
    shown_size,
)
from smartbill.core.flows.value import Finding, Level

BARE_NAMES = (".xml", ".p7m")
#: Names of files that are handed in, lower case.
FINAL_NAMES = (".zip", *BARE_NAMES)

_ZIP_MARK = b"PK"
_CHUNK = 1 << 18
_LAST = 64


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
    return name.lower().endswith(BARE_NAMES)


def is_bare_invoice(file: BinaryIO, name: str) -> bool:
    """Whether it is an e-invoice outside an archive: called one, and no ZIP."""
    file.seek(0)
    return has_bare_name(name) and file.read(len(_ZIP_MARK)) != _ZIP_MARK


def inspect_file(file: BinaryIO, *, name: str, limits: Limits, rules: NameRules | None = None) -> ArchiveListing:
    """What the file holds; never raises for it. A bare invoice that is too large is refused (XML-612)."""
    if not is_bare_invoice(file, name):
        return inspect(file, name=name, limits=limits, rules=rules)
    size = file.seek(0, 2)
    if size > limits.xml:
        values = {"nome": shown_name(name), "limite": shown_size(limits.xml)}
        return ArchiveListing(findings=(Finding(code="XML-612", level=Level.FILE, file=name, values=values),))
    entry = Entry(
        index=0,
        name=name,
        base_name=name,
        kind=EntryKind.XML,
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
    return BareFile(file) if is_bare_invoice(file, name) else ArchiveReader(file, name=name, limits=limits)


def is_complete(file: BinaryIO, name: str) -> bool:
    """Whether nothing is cut off: a ZIP has its end record, XML ends with a tag; an envelope tells when it is read.

    For a file with one of `FINAL_NAMES`. Raises OSError.
    """
    if not is_bare_invoice(file, name):
        return is_zipfile(file)
    file.seek(max(file.seek(0, 2) - _LAST, 0))
    return name.lower().endswith(".p7m") or file.read().rstrip(b" \t\r\n\x00").endswith(b">")
