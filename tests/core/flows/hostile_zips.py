"""Archives made to do harm, and the sentence that each must end in.

`python -m tests.core.flows.hostile_zips` reads each of them in a process of its own, and prints how long that took and
how much memory it needed beyond an empty process.
"""

import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from smartbill.core.flows.archive import ArchiveReader, ArchiveRefused, EntryKind, inspect
from smartbill.core.wording.findings import message
from tests.core.flows.raw_zip import FULL32, RawZip, deflated_zeros, descriptor, end_record
from tests.fuzz.harness import memory_peak

FLOW = "STABO_ACQUALUCE_1.txt"
_UNREADABLE = "L'archivio «a.zip» non è un file ZIP leggibile."
_ENCRYPTED = "L'archivio è cifrato: inviare un archivio senza password."
_MALICIOUS = "Il contenuto decompresso supera il limite ({}): possibile archivio malevolo."

Writer = Callable[[BinaryIO], object]
#: name -> who writes it, and the sentence; empty = it is read, and does no harm
HOSTILE: dict[str, tuple[Writer, str]] = {}


def _hostile(sentence: str = _UNREADABLE, name: str = "") -> Callable[[Writer], Writer]:
    def note(write: Writer) -> Writer:
        HOSTILE[name or write.__name__.removeprefix("_").replace("_", " ")] = (write, sentence)
        return write

    return note


@_hostile(_MALICIOUS.format("200:1"))
def _bomb_that_tells_its_size(out: BinaryIO) -> None:
    packed, crc = deflated_zeros(512 << 20)
    archive = RawZip(out)
    archive.add(FLOW, packed=packed, crc=crc, size=512 << 20)
    archive.close()


@_hostile()
def _bomb_that_tells_another_size(out: BinaryIO) -> None:
    packed, crc = deflated_zeros(512 << 20)
    archive = RawZip(out)
    archive.add(FLOW, packed=packed, crc=crc, size=100 * len(packed))
    archive.close()


@_hostile(_MALICIOUS.format("50:1"))
def _bomb_of_many_small_entries(out: BinaryIO) -> None:
    packed, crc = deflated_zeros(1 << 20)
    archive = RawZip(out)
    for number in range(5_000):
        archive.add(f"{number}.pdf", packed=packed, crc=crc, size=1 << 20)
    archive.close()


@_hostile(_MALICIOUS.format("10 GiB"))
def _more_than_the_total_by_the_directory(out: BinaryIO) -> None:
    archive = RawZip(out)
    for number in range(3):
        archive.add(f"STABO_{number}.txt", packed=bytes(21_000_000), size=4_000_000_000)
    archive.close()


@_hostile()
def _all_entries_on_one_kernel(out: BinaryIO) -> None:
    """Full overlap: one local header, a directory that names it again and again."""
    packed, crc = deflated_zeros(1 << 20)
    archive = RawZip(out)
    at = archive.add("0.pdf", packed=packed, crc=crc, size=1 << 20)
    told: dict[str, int | bytes] = {"flags": 0x800, "method": 8, "crc": crc, "size": 1 << 20, "compressed": len(packed)}
    for number in range(1, 50_000):
        archive.entry({"name": b"%d.pdf" % number} | told, at)
    archive.close()


@_hostile()
def _headers_quoted_inside_data(out: BinaryIO) -> None:
    """Quoted overlap: each entry's data begin with a stored block that holds the next entry's header."""
    kernel, crc = deflated_zeros(1 << 20)
    names = [f"{number:03}.xml" for number in range(200)]
    archive = RawZip(out)
    header_size = 30 + len(names[0])
    quote = struct.pack("<BHH", 0, header_size, 0xFFFF - header_size)
    place = 0
    for number, name in enumerate(names):
        left = len(names) - number - 1
        data = left * (len(quote) + header_size) + len(kernel)
        told: dict[str, int | bytes] = {
            "name": name.encode(), "flags": 0x800, "method": 8, "crc": crc, "size": (1 << 20) + left * header_size,
            "compressed": data,
        }  # fmt: skip
        archive.entry(told, place)
        out.write(struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0x800, 8, 0, 0x21, crc, data, told["size"], len(name), 0))
        out.write(name.encode() + (quote if left else b""))
        place += header_size + len(quote)
    out.write(kernel)
    archive.close()


@_hostile("L'archivio contiene un altro archivio: «lib 0.zip».")
def _archives_in_archives(out: BinaryIO) -> None:
    """As the well-known 42.zip: five floors of sixteen archives each."""
    inner = RawZip()
    packed, crc = deflated_zeros(64 << 20)
    inner.add("0.dll", packed=packed, crc=crc, size=64 << 20)
    content = inner.close()
    for _ in range(4):
        floor = RawZip()
        for number in range(16):
            floor.add(f"lib {number}.zip", content)
        content = floor.close()
    out.write(content)


@_hostile("L'archivio contiene troppi file (10000000, massimo 100000).")
def _ten_million_entries_told(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.directory += bytes(46 * 10_000_000 - len(archive.directory))
    archive.close64(count=10_000_000)


@_hostile("L'archivio contiene troppi file (1000000, massimo 100000).")
def _a_million_entries(out: BinaryIO) -> None:
    archive = RawZip(out)
    told: dict[str, int | bytes] = {"flags": 0, "method": 0, "crc": 0, "size": 0, "compressed": 0}
    for number in range(1_000_000):
        archive.entry({"name": b"%d" % number} | told, 0)
    archive.close64()


@_hostile()
def _more_entries_told_than_there_is_room_for(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close64(count=99_999)


@_hostile("")
def _a_hundred_thousand_strangers(out: BinaryIO) -> None:
    archive = RawZip(out)
    for number in range(100_000):
        archive.add(f"{number}.doc", b"", method=0)
    archive.close64()


@_hostile()
def _directory_blown_up_by_extra_fields(out: BinaryIO) -> None:
    archive = RawZip(out)
    for number in range(3_000):
        archive.add(f"{number}.pdf", extra=bytes(65_000))
    archive.close()


@_hostile("")
def _long_comment(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close(comment=b"PK\x05\x06" * 16_383)


@_hostile()
def _comment_with_another_end(out: BinaryIO) -> None:
    """Two readers would see two archives, by where they look for the end."""
    archive = RawZip(out)
    archive.add("a.pdf")
    other = RawZip()
    other.entry({"name": b"b.pdf", "flags": 0, "method": 0, "crc": 0, "size": 0, "compressed": 0}, 0)
    place = out.tell() + len(archive.directory) + 22
    hidden = bytes(other.directory)
    archive.close(comment=hidden + end_record(count=1, length=len(hidden), start=place))


@_hostile()
def _empty_end_behind_a_whole_archive(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close()
    out.write(end_record(count=1, length=46, start=0))


@_hostile()
def _comment_cut_off(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close(comment=b"x", comment_length=500)


@_hostile()
def _one_disk_of_several(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close(disk=2, first_disk=1)


@_hostile()
def _entry_on_another_disk(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf", disk=3)
    archive.close()


@_hostile()
def _wide_end_that_is_nowhere(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close64(at=(1 << 63) + 5)


@_hostile()
def _wide_end_on_several_disks(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close64(disks=2)


@_hostile()
def _wide_end_of_another_length(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf")
    archive.close64(own_size=1 << 60)


@_hostile()
def _wide_size_without_its_field(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf", size=FULL32)
    archive.close()


@_hostile()
def _local_header_that_is_nowhere(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.entry({"name": b"a.pdf", "flags": 0, "method": 0, "crc": 0, "size": 0, "compressed": 0}, 1 << 31)
    archive.close()


@_hostile()
def _data_that_reach_into_the_directory(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a.pdf", method=0, data=b"x", size=60, compressed=60)
    archive.close()


@_hostile()
def _folder_that_has_content(out: BinaryIO) -> None:
    archive = RawZip(out)
    archive.add("a/", b"x")
    archive.close()


def _one(what: str, sentence: str, /, **told: object) -> None:
    def write(out: BinaryIO) -> None:
        archive = RawZip(out)
        archive.add(**({"name": "a.pdf"} | told))  # type: ignore[arg-type]
        archive.close()

    _hostile(sentence, what)(write)


_LOCAL = {
    "name": b"b.pdf", "flags": 0, "method": 0, "crc": 1, "size": 2, "compressed": 2,
}  # fmt: skip
for _field, _value in _LOCAL.items():
    _one(f"local header with another {_field}", _UNREADABLE, local={_field: _value})
for _flags in (0x801, 0x841, 0x2801):
    _one(f"encrypted {_flags:#x}", _ENCRYPTED, flags=_flags)
_one("encrypted by AES", _ENCRYPTED, flags=0x801, method=99)
_one("encrypted in the local header only", _UNREADABLE, local={"flags": 0x801})
for _method in (1, 6, 9, 12, 14, 93, 95, 98, 0xFFFF):
    _one(f"method {_method}", "Metodo di compressione non ammesso per «a.pdf».", method=_method)
for _name in (
    "../a.pdf", "..", "a/../b.pdf", "/a.pdf", "//server/a.pdf", "a\\b.pdf", "C:a.pdf", "C:\\a.pdf", "a.pdf:stream",
    "./a.pdf", "a//b.pdf", "a/b/c/d.pdf", "a/b/c/", "", "/", "a\x00.pdf", "a\n.pdf", "a\x7f.pdf", "a\u202efdp.exe",
    "a\u200b.pdf", "\ufeffa.pdf", "a\u2028.pdf", "a\ue000.pdf", "CON", "con.pdf", "x/Lpt1.pdf", "AUX .pdf", "a.pdf.",
    "a.pdf ", "a./b.pdf", "x" * 151, "é" * 76, b"\xff\xfe.pdf", b"a\xc0\xae.pdf", b"\xed\xa0\x80.pdf",
):  # fmt: skip
    _text = _name if isinstance(_name, str) else _name.decode(errors="replace")
    _shown = "".join(_char if _char.isprintable() else "�" for _char in _text[:80])
    _one(f"name {_name!r}"[:60], f"Nome di file non ammesso nell'archivio: «{_shown}».", name=_name)
for _kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK):
    _one(
        f"no file but {stat.filemode(_kind)[0]}", "Nome di file non ammesso nell'archivio: «a.pdf».",
        attributes=(_kind | 0o777) << 16,
    )  # fmt: skip
_one(
    "link of another system", "Nome di file non ammesso nell'archivio: «a.pdf».", system=0, attributes=0x420,
)  # fmt: skip
_one("stored, with two sizes", _UNREADABLE, method=0, data=b"xx", size=1, crc=0)
_one("cut stream", "Il file «a.pdf» è danneggiato (controllo CRC fallito).", size=5, packed=b"\x00\x05\x00\xfa\xffab")
_one("no stream", "Il file «a.pdf» è danneggiato (controllo CRC fallito).", packed=b"\xff\xff\xff")
_one("another checksum", "Il file «a.pdf» è danneggiato (controllo CRC fallito).", crc=1)
_one("something behind the stream", _UNREADABLE, packed=b"\x03\x00more", data=b"")
_one("far more behind the stream", _UNREADABLE, packed=b"\x03\x00" + bytes(600_000), data=b"")
_one("empty blocks without end", "", packed=bytes.fromhex("000000ffff") * 2_000_000 + b"\x03\x00", data=b"")
_follow: dict[str, object] = {"flags": 0x808, "packed": b"x", "method": 0}
_one("sizes that follow", "", descriptor=descriptor(b"x", b"x"), **_follow)
_one("sizes that follow, 64 bits", "", descriptor=descriptor(b"x", b"x", wide=True), **_follow)
_one("sizes that follow, unmarked", "", descriptor=descriptor(b"x", b"x", mark=b""), **_follow)
_one("sizes that follow and disagree", _UNREADABLE, descriptor=descriptor(b"y", b"x"), **_follow)
_one("sizes that should follow and do not", _UNREADABLE, **_follow)


def sentence_of(file: BinaryIO) -> str:
    """What refuses the archive, in its directory or while all of it is read."""
    listing = inspect(file, name="a.zip")
    for finding in listing.findings:
        if finding.level.value == "file":
            return message(finding)
    reader = ArchiveReader(file, name="a.zip")
    try:
        for entry in listing.entries:
            if entry.kind is not EntryKind.IGNORED:
                for _ in reader.chunks(entry):
                    pass
    except ArchiveRefused as refused:
        return message(refused.finding)
    return ""


def _measured(path: str) -> None:
    before = memory_peak()
    start = time.perf_counter()
    with open(path, "rb") as file:
        sentence = sentence_of(file)
    seconds = time.perf_counter() - start
    memory = memory_peak() - before
    print(f"{seconds:8.3f} s {memory / (1 << 20):7.1f} MiB  {sentence or 'is read'}")  # noqa: T201


def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        for name, (write, _) in HOSTILE.items():
            with path.open("wb") as file:
                write(file)
            print(f"{name:<45}{path.stat().st_size / 1024:12.1f} KiB", end="", flush=True)  # noqa: T201
            subprocess.run([sys.executable, "-m", "tests.core.flows.hostile_zips", str(path)], check=True)


if __name__ == "__main__":
    _measured(sys.argv[1]) if len(sys.argv) > 1 else _main()
