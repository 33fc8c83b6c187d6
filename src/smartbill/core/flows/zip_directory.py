"""The directory of a ZIP, read entry by entry in bounded memory; every number in it is a claim until it is checked.

Layout: APPNOTE.TXT 6.3.10, PKWARE. One file, no splitting, no encrypted directory.
"""

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from msgspec import Struct

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")
_DESCRIPTORS = (struct.Struct("<4s3L"), struct.Struct("<4sL2Q"), struct.Struct("<3L"), struct.Struct("<L2Q"))
_MAX_COMMENT = 0xFFFF
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_FIELD = 0x0001
_SIZES_FOLLOW, _UTF8 = 0x8, 0x800
#: Flags of encrypted entries: the plain one, strong encryption, and a masked directory.
_ENCRYPTED = 0x1 | 0x40 | 0x2000


class ZipBroken(Exception):
    """The file is no ZIP, or does not agree with itself."""


class Directory(Struct, frozen=True, kw_only=True):
    """Where the directory is, as its end record says, and how much it holds."""

    start: int
    size: int
    count: int


class RawEntry(Struct, frozen=True, kw_only=True, gc=False):
    """An entry as the directory tells it."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int  # of its local header
    system: int  # that the attributes are of: 0 DOS, 3 Unix
    attributes: int

    @property
    def encrypted(self) -> bool:
        return bool(self.flags & _ENCRYPTED)

    @property
    def sizes_follow(self) -> bool:
        return bool(self.flags & _SIZES_FOLLOW)

    def name(self) -> str | None:
        """The name as text; None when it isn't in the encoding that the flags tell."""
        try:
            return self.raw_name.decode("utf-8" if self.flags & _UTF8 else "cp437")
        except UnicodeDecodeError:
            return None


def find_directory(file: BinaryIO) -> Directory:
    """The one directory of the file. Raises ZipBroken, also where two end records could be meant."""
    size = file.seek(0, 2)
    tail_start = max(size - _END.size - _MAX_COMMENT, 0)
    file.seek(tail_start)
    tail = file.read(size - tail_start)
    found = [place for place in _end_records(tail) if _fits(file, tail, place, tail_start)]
    if len(found) != 1:
        raise ZipBroken
    return _directory(file, tail, found[0], tail_start)


def _end_records(tail: bytes) -> Iterator[int]:
    """Places of end records whose comment ends with the file."""
    place = tail.rfind(b"PK\x05\x06")
    while place >= 0:
        if place + _END.size <= len(tail):
            comment = _END.unpack_from(tail, place)[-1]
            if place + _END.size + comment == len(tail):
                yield place
        place = tail.rfind(b"PK\x05\x06", 0, place)


def _fits(file: BinaryIO, tail: bytes, place: int, tail_start: int) -> bool:
    try:
        _directory(file, tail, place, tail_start)
    except ZipBroken:
        return False
    return True


def _directory(file: BinaryIO, tail: bytes, place: int, tail_start: int) -> Directory:
    _, disk, first_disk, here, count, length, start, _ = _END.unpack_from(tail, place)
    end = tail_start + place
    if disk or first_disk or here != count:
        raise ZipBroken
    if count == _FULL16 or _FULL32 in {length, start}:
        wide = _directory64(file, end)
        if wide is not None:
            end, length, start, count = wide
    if start + length != end or count * _CENTRAL.size > length:
        raise ZipBroken
    return Directory(start=start, size=length, count=count)


def _directory64(file: BinaryIO, end: int) -> tuple[int, int, int, int] | None:
    """The end record of a ZIP64: its place, size and start of the directory, number of entries. None without one."""
    locator = _unpack_at(file, _END64_LOCATOR, end - _END64_LOCATOR.size)
    if locator is None or locator[0] != b"PK\x06\x07":
        return None
    _, disk, at, disks = locator
    record = _unpack_at(file, _END64, at)
    if disk or disks > 1 or record is None or record[0] != b"PK\x06\x06":
        raise ZipBroken
    _, own_size, _, _, disk, first_disk, here, count, length, start = record
    if disk or first_disk or here != count or at + 12 + own_size != end - _END64_LOCATOR.size:
        raise ZipBroken
    return at, length, start, count


def _unpack_at(file: BinaryIO, form: struct.Struct, at: int) -> tuple[Any, ...] | None:
    if not 0 <= at < 1 << 62:
        return None
    file.seek(at)
    data = file.read(form.size)
    return form.unpack(data) if len(data) == form.size else None


def read_entries(file: BinaryIO, directory: Directory) -> Iterator[RawEntry]:
    """The entries in the order of the directory. Nothing else may read the file meanwhile. Raises ZipBroken."""
    file.seek(directory.start)
    left = directory.size
    for _ in range(directory.count):
        head = file.read(_CENTRAL.size)
        if len(head) < _CENTRAL.size or head[:4] != b"PK\x01\x02":
            raise ZipBroken
        (_, made_by, _, flags, method, _, _, crc, compressed, size, name_length, extra_length, comment_length,
         disk, _, attributes, offset) = _CENTRAL.unpack(head)  # fmt: skip
        variable = name_length + extra_length + comment_length
        left -= _CENTRAL.size + variable
        if left < 0:
            raise ZipBroken
        rest = file.read(variable)
        if len(rest) < variable:
            raise ZipBroken
        if _FULL32 in {compressed, size, offset} or disk == _FULL16:
            extra = rest[name_length : name_length + extra_length]
            size, compressed, offset, disk = _wide(extra, (size, compressed, offset), disk)
        if disk:
            raise ZipBroken
        yield RawEntry(
            raw_name=rest[:name_length],
            flags=flags,
            method=method,
            crc=crc,
            compressed=compressed,
            size=size,
            offset=offset,
            system=made_by >> 8,
            attributes=attributes,
        )
    if left:
        raise ZipBroken


def _wide(extra: bytes, values: tuple[int, ...], disk: int) -> tuple[int, ...]:
    """The values with those that did not fit taken from the ZIP64 field, in its fixed order, the disk at the end."""
    field = _zip64_field(extra)
    wide = []
    for value in values:
        if value == _FULL32:
            if len(field) < 8:
                raise ZipBroken
            wide.append(int.from_bytes(field[:8], "little"))
            field = field[8:]
        else:
            wide.append(value)
    if disk == _FULL16:
        if len(field) < 4:
            raise ZipBroken
        disk = int.from_bytes(field[:4], "little")
    return (*wide, disk)


def _zip64_field(extra: bytes) -> bytes:
    at = 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if kind == _ZIP64_FIELD:
            return extra[at : at + length]
        at += length
    return b""


def data_start(file: BinaryIO, entry: RawEntry) -> int:
    """Where the data of an entry begin, after a look whether its own header agrees with the directory.

    Raises ZipBroken.
    """
    header = _unpack_at(file, _LOCAL, entry.offset)
    if header is None or header[0] != b"PK\x03\x04":
        raise ZipBroken
    _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = header
    variable = file.read(name_length + extra_length)
    if len(variable) < name_length + extra_length or variable[:name_length] != entry.raw_name:
        raise ZipBroken
    if _FULL32 in {compressed, size}:
        size, compressed, *_ = _wide(variable[name_length:], (size, compressed), 0)
    told = (crc, compressed, size)
    agrees = told == (entry.crc, entry.compressed, entry.size) or (entry.sizes_follow and told == (0, 0, 0))
    if not agrees or method != entry.method or (flags ^ entry.flags) & (_ENCRYPTED | _SIZES_FOLLOW | _UTF8):
        raise ZipBroken
    return entry.offset + _LOCAL.size + int(name_length) + int(extra_length)


def check_descriptor(file: BinaryIO, expected: tuple[int, int, int], at: int) -> None:
    """What follows the data at `at` tells the CRC, packed and whole size that the directory tells.

    With 32 or 64 bits, with a mark or without. Raises ZipBroken.
    """
    for form in _DESCRIPTORS:
        found = _unpack_at(file, form, at)
        if found in {expected, (b"PK\x07\x08", *expected)}:
            return
    raise ZipBroken
