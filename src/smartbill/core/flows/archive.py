"""ZIP archives that companies send: checked before anything is taken out, and while it is.

Nothing is ever written under a name that the archive gives, and no size that it tells is believed. Refused outright:
what chapter 7.3 of the flow format lists. `inspect` reads the directory and every local header; `ArchiveReader` streams
one entry with counted limits and raises `ArchiveRefused`, which carries the finding.
"""

import fnmatch
import stat
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from operator import attrgetter
from typing import BinaryIO

from msgspec import Struct

from smartbill.core.flows.value import Finding, Level
from smartbill.core.flows.zip_directory import (
    Directory,
    RawEntry,
    ZipBroken,
    check_descriptor,
    data_start,
    find_directory,
    read_entries,
)

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

_CHUNK = 256 * KIB
_PEEK = 512
_STORED, _DEFLATED = 0, 8
_DOS, _REPARSE_POINT = {0, 10}, 0x400
#: Findings of ignored files that a listing holds; all of them are counted.
_IGNORED_TOLD = 1_000
#: what another archive starts with, and where
_ARCHIVE_MARKS = (
    (0, b"PK\x03\x04"), (0, b"PK\x05\x06"), (0, b"PK\x07\x08"), (0, b"\x1f\x8b"), (0, b"\x1f\x9d"), (0, b"BZh"),
    (0, b"7z\xbc\xaf\x27\x1c"), (0, b"Rar!\x1a\x07"), (0, b"\xfd7zXZ\x00"), (0, b"\x28\xb5\x2f\xfd"),
    (0, b"LZIP"), (0, b"MSCF"), (0, b"xar!"), (0, b"!<arch>\n"), (2, b"-lh"), (257, b"ustar"),
)  # fmt: skip
_MACOSX = "__MACOSX"
#: Names that some systems take for devices, whatever follows their first dot.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
#: Kinds of characters that nobody sees: control, format, surrogates, private, separators of lines.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


class EntryKind(StrEnum):
    FLOW = "flow"
    XML = "xml"
    PDF = "pdf"
    CONTACTS = "contacts"
    IGNORED = "ignored"


class Limits(Struct, frozen=True, kw_only=True):
    """Bytes, unless said. Defaults: chapter 7.2 of the flow format."""

    archive: int = 4 * GIB
    entries: int = 100_000  # how many
    total: int = 10 * GIB  # uncompressed, counted while reading
    flow: int = 4 * GIB
    pdf: int = 10 * MIB
    xml: int = 10 * MIB
    contacts: int = 200 * MIB
    flow_ratio: int = 200  # uncompressed : compressed of one entry, above 1 MiB out
    xml_ratio: int = 100
    pdf_ratio: int = 20
    total_ratio: int = 50  # over all entries but the flow, above 10 MiB out
    name: int = 150
    depth: int = 2  # folders


class NameRules(Struct, frozen=True, kw_only=True):
    """Patterns of base names, case ignored, that say what an entry is."""

    flow: tuple[str, ...] = ("STABO*.txt", "STABO*.dat")
    xml: tuple[str, ...] = ("*.xml", "*.p7m")
    pdf: tuple[str, ...] = ("*.pdf",)
    contacts: tuple[str, ...] = ("CONTATTI*.csv",)


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """One file of the archive. `name` is a label; `base_name` is what bills name it by."""

    index: int  # place in the directory
    name: str
    base_name: str
    kind: EntryKind
    compressed: int
    declared_size: int
    start: int  # of its data
    crc: int
    deflated: bool  # else stored
    sizes_follow: bool  # the data: a descriptor that has to agree


class ArchiveListing(Struct, frozen=True, kw_only=True):
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: int = 0  # ZIP-011 in all; the first of them are in `findings`

    @property
    def refused(self) -> bool:
        return any(finding.level is Level.FILE for finding in self.findings)

    def of_kind(self, kind: EntryKind) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.kind is kind)


class ArchiveRefused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def _refusal(code: str, name: str, **values: str) -> Finding:
    return Finding(code=code, level=Level.FILE, file=name, values=values)


def inspect(
    file: BinaryIO, *, name: str, limits: Limits | None = None, rules: NameRules | None = None
) -> ArchiveListing:
    """Read the directory of a ZIP, checking it before opening. Never raises for what the archive holds."""
    limits = limits or Limits()
    try:
        directory = _directory(file, name, limits)
        return _Inspection(file, name, limits, rules or NameRules()).listing(directory)
    except ArchiveRefused as refused:
        return ArchiveListing(findings=(refused.finding,))
    except ZipBroken:
        return ArchiveListing(findings=(_refusal("ZIP-001", name),))


def _directory(file: BinaryIO, name: str, limits: Limits) -> Directory:
    if file.seek(0, 2) > limits.archive:
        raise ArchiveRefused(_refusal("ZIP-003", name, limite=shown_size(limits.archive)))
    directory = find_directory(file)
    if directory.count > limits.entries:
        raise ArchiveRefused(_refusal("ZIP-004", name, n=str(directory.count), limite=str(limits.entries)))
    # Besides its name, an entry of the directory holds 46 bytes and a few extra fields.
    if directory.size > (directory.count + 1) * (46 + limits.name + 4 * KIB):
        raise ZipBroken
    return directory


class _Inspection:
    """One look at an archive: entries against limits, local headers, and each other."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits, rules: NameRules) -> None:
        self._file = file
        self._name = name
        self._limits = limits
        self._rules = rules
        self._seen: set[str] = set()
        self._pdfs: set[str] = set()

    def listing(self, directory: Directory) -> ArchiveListing:
        """Raises ArchiveRefused, ZipBroken."""
        found = [self._named(index, raw) for index, raw in enumerate(read_entries(self._file, directory))]
        # From the first to the last place in the file, so that neighbours are all that can overlap.
        end = 0
        entries = []
        for index, name, raw in sorted(found, key=lambda each: each[2].offset):
            if raw.offset < end:
                raise ZipBroken
            start = data_start(self._file, raw)
            end = start + raw.compressed + (12 if raw.sizes_follow else 0)
            if name.endswith("/"):
                if raw.size:
                    raise ZipBroken
                continue
            entries.append(self._entry(index, name, raw, start))
        if end > directory.start:
            raise ZipBroken
        entries.sort(key=attrgetter("index"))
        check_totals(entries, name=self._name, limits=self._limits)
        return self._with_ignored(entries)

    def _named(self, index: int, raw: RawEntry) -> tuple[int, str, RawEntry]:
        if raw.encrypted:
            raise ArchiveRefused(_refusal("ZIP-002", self._name))
        name = raw.name()
        if name is None or not _is_plain_name(name, raw, self._limits) or not _is_plain_file(raw):
            shown = shown_name(raw.raw_name.decode("utf-8", errors="replace") if name is None else name)
            raise ArchiveRefused(_refusal("ZIP-006", self._name, nome=shown))
        if raw.method not in {_STORED, _DEFLATED}:
            raise ArchiveRefused(_refusal("ZIP-009", self._name, nome=shown_name(name)))
        self._refuse_repeated(name)
        return index, name, raw

    def _refuse_repeated(self, name: str) -> None:
        whole = _same_name(name.removesuffix("/"))
        base = whole.rpartition("/")[2]
        is_pdf = base.endswith(".pdf") and not _is_foreign(name)
        if whole in self._seen or (is_pdf and base in self._pdfs):
            raise ArchiveRefused(_refusal("ZIP-008", self._name, nome=shown_name(name)))
        self._seen.add(whole)
        if is_pdf:
            self._pdfs.add(base)

    def _entry(self, index: int, name: str, raw: RawEntry, start: int) -> Entry:
        base = name.rpartition("/")[2]
        return Entry(
            index=index,
            name=name,
            base_name=base,
            kind=EntryKind.IGNORED if _is_foreign(name) else kind_of(base, self._rules),
            compressed=raw.compressed,
            declared_size=raw.size,
            start=start,
            crc=raw.crc,
            deflated=raw.method == _DEFLATED,
            sizes_follow=raw.sizes_follow,
        )

    def _with_ignored(self, entries: list[Entry]) -> ArchiveListing:
        findings = []
        ignored = 0
        for entry in entries:
            if entry.kind is EntryKind.IGNORED:
                _refuse_nested(_first_bytes(self._file, entry), entry, self._name)
                ignored += 1
                if ignored <= _IGNORED_TOLD:
                    values = {"nome": shown_name(entry.name)}
                    findings.append(Finding(code="ZIP-011", level=Level.WARNING, file=self._name, values=values))
        return ArchiveListing(entries=tuple(entries), findings=tuple(findings), ignored=ignored)


def check_totals(entries: list[Entry], *, name: str, limits: Limits) -> None:
    """What the entries to be read tell of their sizes; each is held to that when it is read.

    Raises ArchiveRefused (ZIP-005).
    """
    total = out = packed = 0
    for entry in entries:
        if entry.kind is EntryKind.IGNORED:
            continue
        most, ratio = limit_of(entry.kind, limits)
        if entry.declared_size > most:
            raise _too_large(most, name)
        if _too_dense(entry.declared_size, entry.compressed, MIB, ratio):
            raise _bomb(ratio, name)
        total += entry.declared_size
        if entry.kind is not EntryKind.FLOW:
            out, packed = out + entry.declared_size, packed + entry.compressed
    if total > limits.total:
        raise _too_large(limits.total, name)
    if _too_dense(out, packed, 10 * MIB, limits.total_ratio):
        raise _bomb(limits.total_ratio, name)


def limit_of(kind: EntryKind, limits: Limits) -> tuple[int, int]:
    """Bytes that an entry may have, and how many may come out of one."""
    return {
        EntryKind.FLOW: (limits.flow, limits.flow_ratio),
        EntryKind.XML: (limits.xml, limits.xml_ratio),
        EntryKind.PDF: (limits.pdf, limits.pdf_ratio),
        EntryKind.CONTACTS: (limits.contacts, limits.xml_ratio),
        EntryKind.IGNORED: (0, 1),
    }[kind]


def _too_dense(out: int, packed: int, free: int, ratio: int) -> bool:
    return out > free and out > packed * ratio


def _too_large(limit: int, name: str) -> ArchiveRefused:
    return ArchiveRefused(_refusal("ZIP-005", name, limite=shown_size(limit)))


def _bomb(ratio: int, name: str) -> ArchiveRefused:
    """More comes out of what is packed than honest files hold: the limit is told as a ratio."""
    return ArchiveRefused(_refusal("ZIP-005", name, limite=f"{ratio}:1"))


def _is_plain_name(name: str, raw: RawEntry, limits: Limits) -> bool:
    parts = name.split("/")
    if not parts[-1]:  # a folder's own entry
        parts.pop()
        depth = len(parts)
    else:
        depth = len(parts) - 1
    return (
        0 < len(raw.raw_name) <= limits.name
        and len(name.encode()) <= limits.name
        and depth <= limits.depth
        and all(_is_plain_part(part) for part in parts)
        and "\\" not in name
        and ":" not in name
        and not any(unicodedata.category(char) in _UNSEEN for char in name)
    )


def _is_plain_part(part: str) -> bool:
    """Neither nothing, nor a step elsewhere, nor what a system reads as something else than it says."""
    return bool(part) and part[-1] not in ". " and part.partition(".")[0].strip().casefold() not in _DEVICES


def _is_plain_file(raw: RawEntry) -> bool:
    if raw.system in _DOS and raw.attributes & _REPARSE_POINT:
        return False
    return stat.S_IFMT(raw.attributes >> 16) in {0, stat.S_IFREG, stat.S_IFDIR}


def _same_name(name: str) -> str:
    """Names that a careless system would take for one another become equal."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_foreign(name: str) -> bool:
    """Traces that desktops leave beside the files."""
    return name.startswith(f"{_MACOSX}/") or name.rpartition("/")[2].startswith("._")


def kind_of(base_name: str, rules: NameRules) -> EntryKind:
    """What a file is, by its name alone."""
    for kind, patterns in (
        (EntryKind.CONTACTS, rules.contacts),  # before flows, which may be any CSV
        (EntryKind.FLOW, rules.flow),
        (EntryKind.XML, rules.xml),
        (EntryKind.PDF, rules.pdf),
    ):
        if fits(base_name, *patterns):
            return kind
    return EntryKind.IGNORED


def fits(base_name: str, *patterns: str) -> bool:
    """Whether a file name is one of these patterns, case ignored."""
    folded = base_name.casefold()
    return any(fnmatch.fnmatchcase(folded, pattern.casefold()) for pattern in patterns)


def _first_bytes(file: BinaryIO, entry: Entry) -> bytes:
    """The first bytes of an entry that is not read otherwise; nothing when they can't be inflated."""
    file.seek(entry.start)
    data = file.read(min(entry.compressed, 4 * _PEEK))
    if not entry.deflated:
        return data[:_PEEK]
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _PEEK)
    except zlib.error:
        return b""


def _refuse_nested(start: bytes, entry: Entry, name: str) -> None:
    if any(start[at : at + len(mark)] == mark for at, mark in _ARCHIVE_MARKS):
        raise ArchiveRefused(_refusal("ZIP-007", name, nome=shown_name(entry.name)))


class ArchiveReader:
    """Takes entries out of an inspected archive, counting what comes out over all of them."""

    def __init__(self, file: BinaryIO, *, name: str, limits: Limits | None = None) -> None:
        self._file = file
        self._name = name
        self._limits = limits or Limits()
        self._out = 0  # bytes taken out so far
        self._counted_in = self._counted_out = 0  # of entries that count for the ratio of the archive

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The content of an entry, piece by piece. Raises ArchiveRefused (ZIP-001, 005, 007, 010).

        Nothing else may be read from the archive meanwhile.
        """
        most, ratio = limit_of(entry.kind, self._limits)
        if entry.kind is not EntryKind.FLOW:
            self._counted_in += entry.compressed
        out = crc = 0
        for chunk in self._inflated(entry) if entry.deflated else self._packed(entry):
            if not out:
                _refuse_nested(chunk[:_PEEK], entry, self._name)
            out += len(chunk)
            crc = zlib.crc32(chunk, crc)
            self._count(entry, len(chunk))
            if out > most:
                raise _too_large(most, self._name)
            if _too_dense(out, entry.compressed, MIB, ratio):
                raise _bomb(ratio, self._name)
            if out > entry.declared_size:
                raise ArchiveRefused(_refusal("ZIP-001", self._name))
            yield chunk
        if crc != entry.crc:
            raise self._damaged(entry)
        if out != entry.declared_size:
            raise ArchiveRefused(_refusal("ZIP-001", self._name))
        self._check_descriptor(entry)

    def copy(self, entry: Entry, sink: BinaryIO) -> int:
        """Write an entry to `sink`; the number of bytes. Raises as `chunks` does: then throw the sink away."""
        size = 0
        for chunk in self.chunks(entry):
            sink.write(chunk)
            size += len(chunk)
        return size

    def read(self, entry: Entry) -> bytes:
        """A whole entry of bounded size (a PDF, an XML)."""
        return b"".join(self.chunks(entry))

    def _packed(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry as they lie in the file, which may be shorter than it was."""
        self._file.seek(entry.start)
        left = entry.compressed
        while left:
            data = self._file.read(min(left, _CHUNK))
            if not data:
                raise self._damaged(entry)
            left -= len(data)
            yield data

    def _inflated(self, entry: Entry) -> Iterator[bytes]:
        """Pieces of at most `_CHUNK`, however much is packed into how little."""
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflate: Callable[[bytes, int], bytes] = inflater.decompress
        try:
            for packed in self._packed(entry):
                if inflater.eof:
                    raise ArchiveRefused(_refusal("ZIP-001", self._name))  # more data than the stream has
                rest = packed
                while rest and not inflater.eof:
                    if piece := inflate(rest, _CHUNK):
                        yield piece
                    rest = inflater.unconsumed_tail
            while not inflater.eof and (piece := inflate(b"", _CHUNK)):
                yield piece
        except zlib.error as error:
            raise self._damaged(entry) from error
        if not inflater.eof:
            raise self._damaged(entry)
        if inflater.unused_data:
            raise ArchiveRefused(_refusal("ZIP-001", self._name))

    def _check_descriptor(self, entry: Entry) -> None:
        if not entry.sizes_follow:
            return
        try:
            check_descriptor(
                self._file, (entry.crc, entry.compressed, entry.declared_size), entry.start + entry.compressed
            )
        except ZipBroken:
            raise ArchiveRefused(_refusal("ZIP-001", self._name)) from None

    def _count(self, entry: Entry, size: int) -> None:
        limits = self._limits
        self._out += size
        if self._out > limits.total:
            raise _too_large(limits.total, self._name)
        if entry.kind is not EntryKind.FLOW:
            self._counted_out += size
            if _too_dense(self._counted_out, self._counted_in, 10 * MIB, limits.total_ratio):
                raise _bomb(limits.total_ratio, self._name)

    def _damaged(self, entry: Entry) -> ArchiveRefused:
        return ArchiveRefused(_refusal("ZIP-010", self._name, nome=shown_name(entry.name)))


def choose_flow(listing: ArchiveListing, *, name: str) -> tuple[Entry | None, tuple[Finding, ...]]:
    """The one flow file of an archive (FLS-001 without, FLS-002 with several)."""
    flows = listing.of_kind(EntryKind.FLOW)
    if not flows:
        return None, (_refusal("FLS-001", name),)
    if len(flows) > 1:
        names = ", ".join(shown_name(entry.name) for entry in flows[:5])
        return None, (_refusal("FLS-002", name, nomi=names),)
    return flows[0], ()


def shown_name(name: str) -> str:
    """A name from outside as a finding shows it: bounded, nothing that moves a cursor or turns the text."""
    return "".join(char if char.isprintable() else "�" for char in name[:80])


def shown_size(size: int) -> str:
    for unit, factor in (("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if size >= factor:
            return f"{size / factor:.4g} {unit}".replace(".", ",")
    return f"{size} byte"
