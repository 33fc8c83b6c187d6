"""ZIP archives that companies send: checked before anything is taken out, and while it is.

Nothing is ever written under a name that the archive gives, and no size that it tells is believed. Refused outright:
what chapter 7.3 of the flow format lists. `inspect` reads the directory; `copy_entry` streams one entry with counted
limits and raises `ArchiveRefused`, which carries the finding.
"""

import fnmatch
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from msgspec import Struct

from smartbill.core.flows.value import Finding, Level

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 65535
_ENCRYPTED, _SIZES_FOLLOW = 0x1, 0x8
_CHUNK = 256 * KIB
_PEEK = 512
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: what another archive starts with, and where
_ARCHIVE_MARKS = (
    (0, b"PK\x03\x04"), (0, b"PK\x05\x06"), (0, b"\x1f\x8b"), (0, b"7z\xbc\xaf\x27\x1c"), (0, b"Rar!\x1a\x07"),
    (0, b"BZh"), (0, b"\xfd7zXZ\x00"), (257, b"ustar"),
)  # fmt: skip
_MACOSX = "__MACOSX"


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


class Entry(Struct, frozen=True, kw_only=True):
    """One file of the archive. `name` is a label; `base_name` is what bills name it by."""

    index: int  # place in the directory
    name: str
    base_name: str
    kind: EntryKind
    compressed: int
    declared_size: int


class ArchiveListing(Struct, frozen=True, kw_only=True):
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        return any(finding.level is Level.FILE for finding in self.findings)

    def of_kind(self, kind: EntryKind) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.kind is kind)


class ArchiveRefused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class _Directory(Struct, frozen=True, kw_only=True):
    """What the end record says: where the directory is and how much it holds."""

    start: int
    size: int
    count: int


def _refusal(code: str, name: str, **values: str) -> Finding:
    return Finding(code=code, level=Level.FILE, file=name, values=values)


def inspect(
    file: BinaryIO, *, name: str, limits: Limits | None = None, rules: NameRules | None = None
) -> ArchiveListing:
    """Read the directory of a ZIP, checking it before opening. Never raises for what the archive holds."""
    limits = limits or Limits()
    try:
        directory = _directory(file, name, limits)
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
        _check_infos(file, name, limits, directory, infos)
        return _listing(file, infos, limits, rules or NameRules(), name)
    except ArchiveRefused as refused:
        return ArchiveListing(findings=(refused.finding,))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, struct.error, NotImplementedError):
        return ArchiveListing(findings=(_refusal("ZIP-001", name),))


def _directory(file: BinaryIO, name: str, limits: Limits) -> _Directory:
    size = file.seek(0, 2)
    if size > limits.archive:
        raise ArchiveRefused(_refusal("ZIP-003", name, limite=shown_size(limits.archive)))
    tail_start = max(size - _END.size - _MAX_COMMENT, 0)
    file.seek(tail_start)
    tail = file.read(size - tail_start)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise ArchiveRefused(_refusal("ZIP-001", name))
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, at)
    end = tail_start + at
    if disk or first_disk or here != count or at + _END.size + comment != len(tail):
        raise ArchiveRefused(_refusal("ZIP-001", name))
    if count == 0xFFFF or length == 0xFFFFFFFF or start == 0xFFFFFFFF:
        end, length, start, count = _directory64(file, name, end)
    if count > limits.entries:
        raise ArchiveRefused(_refusal("ZIP-004", name, n=str(count), limite=str(limits.entries)))
    # Besides its name, an entry of the directory holds 46 bytes and a few extra fields.
    if start + length != end or length > (count + 1) * (46 + limits.name + 4 * KIB):
        raise ArchiveRefused(_refusal("ZIP-001", name))
    return _Directory(start=start, size=length, count=count)


def _directory64(file: BinaryIO, name: str, end: int) -> tuple[int, int, int, int]:
    """The end record of a ZIP64: its place, size and start of the directory, number of entries."""
    file.seek(end - _END64_LOCATOR.size)
    mark, disk, at, disks = _END64_LOCATOR.unpack(file.read(_END64_LOCATOR.size))
    if mark != b"PK\x06\x07" or disk or disks > 1:
        raise ArchiveRefused(_refusal("ZIP-001", name))
    file.seek(at)
    mark, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(file.read(_END64.size))
    if mark != b"PK\x06\x06" or disk or first_disk or here != count:
        raise ArchiveRefused(_refusal("ZIP-001", name))
    return at, length, start, count


def _check_infos(
    file: BinaryIO, name: str, limits: Limits, directory: _Directory, infos: list[zipfile.ZipInfo]
) -> None:
    """Entries against limits, against their local headers, and against each other."""
    if len(infos) != directory.count:
        raise ArchiveRefused(_refusal("ZIP-001", name))
    spans = []
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            raise ArchiveRefused(_refusal("ZIP-002", name))
        if not _is_plain_name(info, limits):
            raise ArchiveRefused(_refusal("ZIP-006", name, nome=shown_name(info.orig_filename)))
        if info.compress_type not in _METHODS:
            raise ArchiveRefused(_refusal("ZIP-009", name, nome=shown_name(info.filename)))
        spans.append((info.header_offset, _local_end(file, name, info)))
    spans.sort()
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), directory.start]
    if any(start < end for start, end in zip(starts, ends, strict=True)):
        raise ArchiveRefused(_refusal("ZIP-001", name))
    _check_repeated(infos, name)


def _local_end(file: BinaryIO, name: str, info: zipfile.ZipInfo) -> int:
    """Where the data of an entry end, after a look whether its own header agrees with the directory."""
    file.seek(info.header_offset)
    mark, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = _LOCAL.unpack(
        file.read(_LOCAL.size)
    )
    raw_name = file.read(name_length)
    told = raw_name.decode("utf-8" if flags & 0x800 else "cp437", errors="replace")
    agrees = mark == b"PK\x03\x04" and method == info.compress_type and told == info.orig_filename
    if agrees and not flags & _SIZES_FOLLOW:
        agrees = crc == info.CRC
        agrees = agrees and compressed in {info.compress_size, 0xFFFFFFFF} and size in {info.file_size, 0xFFFFFFFF}
    if not agrees or bool(flags & _ENCRYPTED):
        raise ArchiveRefused(_refusal("ZIP-001", name))
    return info.header_offset + _LOCAL.size + int(name_length) + int(extra_length) + info.compress_size


def _is_plain_name(info: zipfile.ZipInfo, limits: Limits) -> bool:
    name = info.orig_filename
    parts = name.removesuffix("/").split("/")
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    return (
        0 < len(name.encode(errors="replace")) <= limits.name
        and len(parts) <= limits.depth + 1
        and not any(part in {"", ".", ".."} for part in parts)
        and not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in name)
        and "\\" not in name
        and ":" not in name
        and kind in {0, stat.S_IFREG, stat.S_IFDIR}
        and name == info.filename
    )


def _same_name(name: str) -> str:
    """Names that a careless system would take for one another become equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_repeated(infos: list[zipfile.ZipInfo], name: str) -> None:
    seen: set[str] = set()
    pdfs: set[str] = set()
    for info in infos:
        whole = _same_name(info.filename)
        base = whole.rpartition("/")[2]
        if whole in seen or (base.endswith(".pdf") and base in pdfs and not _is_foreign(info.filename)):
            raise ArchiveRefused(_refusal("ZIP-008", name, nome=shown_name(info.filename)))
        seen.add(whole)
        if not _is_foreign(info.filename):
            pdfs.add(base)


def _is_foreign(name: str) -> bool:
    """Traces that desktops leave beside the files."""
    return name.startswith(f"{_MACOSX}/") or name.rpartition("/")[2].startswith("._")


def _listing(
    file: BinaryIO, infos: list[zipfile.ZipInfo], limits: Limits, rules: NameRules, name: str
) -> ArchiveListing:
    entries = []
    findings = []
    for index, info in enumerate(infos):
        if info.is_dir():
            continue
        base = info.filename.rpartition("/")[2]
        kind = _kind(info.filename, base, rules)
        entry = Entry(
            index=index,
            name=info.filename,
            base_name=base,
            kind=kind,
            compressed=info.compress_size,
            declared_size=info.file_size,
        )
        entries.append(entry)
        if kind is EntryKind.IGNORED:
            _refuse_nested(_first_bytes(file, info), entry, name)
            findings.append(
                Finding(code="ZIP-011", level=Level.WARNING, file=name, values={"nome": shown_name(info.filename)})
            )
    return ArchiveListing(entries=tuple(entries), findings=tuple(findings))


def _kind(name: str, base: str, rules: NameRules) -> EntryKind:
    if _is_foreign(name):
        return EntryKind.IGNORED
    folded = base.casefold()
    for kind, patterns in (
        (EntryKind.FLOW, rules.flow),
        (EntryKind.CONTACTS, rules.contacts),
        (EntryKind.XML, rules.xml),
        (EntryKind.PDF, rules.pdf),
    ):
        if any(fnmatch.fnmatchcase(folded, pattern.casefold()) for pattern in patterns):
            return kind
    return EntryKind.IGNORED


def _first_bytes(file: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    """The first bytes of an entry that is not read otherwise; nothing when they can't be inflated."""
    file.seek(info.header_offset)
    header = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(info.header_offset + _LOCAL.size + header[-2] + header[-1])
    data = file.read(min(info.compress_size, 4 * _PEEK))
    if info.compress_type == zipfile.ZIP_STORED:
        return data[:_PEEK]
    try:
        return zlib.decompressobj(-15).decompress(data, _PEEK)
    except zlib.error:
        return b""


def _refuse_nested(start: bytes, entry: Entry, name: str) -> None:
    if any(start[at : at + len(mark)] == mark for at, mark in _ARCHIVE_MARKS):
        raise ArchiveRefused(_refusal("ZIP-007", name, nome=shown_name(entry.name)))


class ArchiveReader:
    """Takes entries out of an inspected archive, counting what comes out over all of them. Close it when done."""

    def __init__(self, file: BinaryIO, *, name: str, limits: Limits | None = None) -> None:
        self._archive = zipfile.ZipFile(file)
        self._infos = self._archive.infolist()
        self._name = name
        self._limits = limits or Limits()
        self._out = 0  # bytes taken out so far
        self._counted_in = self._counted_out = 0  # of entries that count for the ratio of the archive

    def __enter__(self) -> "ArchiveReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The content of an entry, piece by piece. Raises ArchiveRefused (ZIP-001, 005, 007, 010)."""
        info = self._infos[entry.index]
        most, ratio = self._limit_of(entry.kind)
        out = 0
        if entry.kind is not EntryKind.FLOW:
            self._counted_in += info.compress_size
        try:
            with self._archive.open(info) as source:
                while chunk := source.read(_CHUNK):
                    if not out:
                        _refuse_nested(chunk[:_PEEK], entry, self._name)
                    out += len(chunk)
                    self._count(entry, len(chunk))
                    if out > most or (out > MIB and out > info.compress_size * ratio):
                        self._refuse_size(most)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError) as error:
            # The last two: flags of an entry that ask for what nobody does (patched data, strong encryption).
            raise ArchiveRefused(_refusal("ZIP-010", self._name, nome=shown_name(entry.name))) from error
        if out != info.file_size:
            raise ArchiveRefused(_refusal("ZIP-001", self._name))

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

    def _limit_of(self, kind: EntryKind) -> tuple[int, int]:
        limits = self._limits
        return {
            EntryKind.FLOW: (limits.flow, limits.flow_ratio),
            EntryKind.XML: (limits.xml, limits.xml_ratio),
            EntryKind.PDF: (limits.pdf, limits.pdf_ratio),
            EntryKind.CONTACTS: (limits.contacts, limits.xml_ratio),
            EntryKind.IGNORED: (0, 1),
        }[kind]

    def _count(self, entry: Entry, size: int) -> None:
        limits = self._limits
        self._out += size
        if self._out > limits.total:
            self._refuse_size(limits.total)
        if entry.kind is not EntryKind.FLOW:
            self._counted_out += size
            if self._counted_out > 10 * MIB and self._counted_out > self._counted_in * limits.total_ratio:
                self._refuse_size(limits.total)

    def _refuse_size(self, limit: int) -> None:
        raise ArchiveRefused(_refusal("ZIP-005", self._name, limite=shown_size(limit)))


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
