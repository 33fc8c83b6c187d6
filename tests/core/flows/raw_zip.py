"""ZIPs written number by number, so that each of them can lie."""

import struct
import zlib
from io import BytesIO
from typing import BinaryIO

FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


class RawZip:
    """Writes an archive to `out`. Whatever is given by name is written instead of what would be right."""

    def __init__(self, out: BinaryIO | None = None) -> None:
        self.out = out if out is not None else BytesIO()
        self.directory = bytearray()
        self.count = 0

    def add(
        self,
        name: str | bytes,
        data: bytes = b"x",
        *,
        method: int = 8,
        flags: int = 0x800,
        packed: bytes | None = None,
        crc: int | None = None,
        size: int | None = None,
        compressed: int | None = None,
        local: dict[str, int | bytes] | None = None,
        descriptor: bytes = b"",
        attributes: int = 0,
        system: int = 3,
        extra: bytes = b"",
        comment: bytes = b"",
        disk: int = 0,
    ) -> int:
        """An entry with its local header; the place of that. `local` overrides what the local header says."""
        raw = name.encode() if isinstance(name, str) else name
        content = packed if packed is not None else _deflated(data) if method == 8 else data
        told: dict[str, int | bytes] = {
            "name": raw,
            "flags": flags,
            "method": method,
            "crc": zlib.crc32(data) if crc is None else crc,
            "size": len(data) if size is None else size,
            "compressed": len(content) if compressed is None else compressed,
        }
        at = self.out.tell()
        self.out.write(_local_header(told | (local or {})))
        self.out.write(content + descriptor)
        self.entry(told, at, attributes=attributes, system=system, extra=extra, comment=comment, disk=disk)
        return at

    def entry(
        self,
        told: dict[str, int | bytes],
        at: int,
        *,
        attributes: int = 0,
        system: int = 3,
        extra: bytes = b"",
        comment: bytes = b"",
        disk: int = 0,
    ) -> None:
        """An entry of the directory for a local header that is there already."""
        raw = told["name"]
        assert isinstance(raw, bytes)
        self.directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", system << 8 | 20, 20, told["flags"], told["method"], 0, 0x21, told["crc"],
            told["compressed"], told["size"], len(raw), len(extra), len(comment), disk, 0, attributes, at,
        ) + raw + extra + comment  # fmt: skip
        self.count += 1

    def close(
        self,
        *,
        count: int | None = None,
        length: int | None = None,
        start: int | None = None,
        comment: bytes = b"",
        comment_length: int | None = None,
        disk: int = 0,
        first_disk: int = 0,
    ) -> bytes:
        """The directory and its end record; the whole archive where it was written to memory."""
        place = self.out.tell()
        self.out.write(self.directory)
        here = self.count if count is None else count
        self.out.write(
            end_record(
                count=here,
                length=len(self.directory) if length is None else length,
                start=place if start is None else start,
                comment=comment,
                comment_length=comment_length,
                disk=disk,
                first_disk=first_disk,
            )
        )
        return self.out.getvalue() if isinstance(self.out, BytesIO) else b""

    def close64(self, *, count: int | None = None, at: int | None = None, disks: int = 1, own_size: int = 44) -> bytes:
        """As `close`, by the end records of a ZIP64."""
        start = self.out.tell()
        self.out.write(self.directory)
        place = self.out.tell()
        here = self.count if count is None else count
        self.out.write(
            struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", own_size, 45, 45, 0, 0, here, here, len(self.directory), start)
        )
        self.out.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, place if at is None else at, disks))
        self.out.write(end_record(count=FULL16, length=FULL32, start=FULL32))
        return self.out.getvalue() if isinstance(self.out, BytesIO) else b""


def end_record(
    *,
    count: int,
    length: int,
    start: int,
    comment: bytes = b"",
    comment_length: int | None = None,
    disk: int = 0,
    first_disk: int = 0,
) -> bytes:
    told = len(comment) if comment_length is None else comment_length
    return struct.pack("<4s4H2LH", b"PK\x05\x06", disk, first_disk, count, count, length, start, told) + comment


def descriptor(data: bytes, packed: bytes, *, mark: bytes = b"PK\x07\x08", wide: bool = False) -> bytes:
    return mark + struct.pack("<L2Q" if wide else "<3L", zlib.crc32(data), len(packed), len(data))


def _local_header(told: dict[str, int | bytes]) -> bytes:
    raw, extra = told["name"], told.get("extra", b"")
    assert isinstance(raw, bytes)
    assert isinstance(extra, bytes)
    return (
        struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, told["flags"], told["method"], 0, 0x21, told["crc"], told["compressed"],
            told["size"], len(raw), len(extra),
        ) + raw + extra
    )  # fmt: skip


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def deflated_zeros(size: int) -> tuple[bytes, int]:
    """So many zeros, packed, and their CRC: a thousand to one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, crc, piece = bytearray(), 0, bytes(1 << 20)
    for _ in range(size >> 20):
        packed += packer.compress(piece)
        crc = zlib.crc32(piece, crc)
    return bytes(packed + packer.flush()), crc
