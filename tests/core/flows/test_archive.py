"""ZIP archives that are wrong in every way the format names, each with its whole Italian sentence."""

import stat
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartbill.core.flows.archive import (
    MIB,
    ArchiveListing,
    ArchiveReader,
    ArchiveRefused,
    EntryKind,
    Limits,
    choose_flow,
    inspect,
    shown_size,
)
from smartbill.core.flows.value import Finding
from smartbill.core.wording.findings import message

FLOW = "STABO_ACQUALUCE_1.txt"


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return target.getvalue()


GOOD = zipped(
    (FLOW, b"00|STABO\n" * 100), ("pdf/B051_1.pdf", b"%PDF-1.7"), ("CONTATTI_1.csv", b"a;b"), ("f.xml.p7m", b"x")
)


def refused(data: bytes, limits: Limits | None = None) -> tuple[str, str]:
    """The code and sentence that refuse an archive, whether found in the directory or while reading."""
    listing = inspect(BytesIO(data), name="a.zip", limits=limits)
    found = [finding for finding in listing.findings if finding.level.value == "file"]
    if not found:
        found = refused_while_reading(data, listing, limits)
    return found[0].code, message(found[0])


def refused_while_reading(data: bytes, listing: ArchiveListing, limits: Limits | None = None) -> list[Finding]:
    reader = ArchiveReader(BytesIO(data), name="a.zip", limits=limits)
    for entry in listing.entries:
        try:
            reader.read(entry)
        except ArchiveRefused as refusal:
            return [refusal.finding]
    return []


def test_entries_are_told_apart_by_name() -> None:
    listing = inspect(BytesIO(GOOD), name="a.zip")
    assert listing.findings == ()
    assert [(entry.base_name, entry.kind) for entry in listing.entries] == [
        (FLOW, EntryKind.FLOW),
        ("B051_1.pdf", EntryKind.PDF),
        ("CONTATTI_1.csv", EntryKind.CONTACTS),
        ("f.xml.p7m", EntryKind.XML),
    ]
    sink = BytesIO()
    reader = ArchiveReader(BytesIO(GOOD), name="a.zip")
    assert reader.copy(listing.entries[0], sink) == 900
    assert reader.read(listing.entries[1]) == b"%PDF-1.7"
    assert sink.getvalue() == b"00|STABO\n" * 100


def test_foreign_files_are_ignored_with_a_warning() -> None:
    data = zipped(("Thumbs.db", b"x"), ("__MACOSX/._B051_1.pdf", b"x"), ("B051_1.pdf", b"%PDF"), ("leggimi/", b""))
    listing = inspect(BytesIO(data), name="a.zip")
    assert [message(finding) for finding in listing.findings] == [
        "File non riconosciuto, ignorato: «Thumbs.db».",
        "File non riconosciuto, ignorato: «__MACOSX/._B051_1.pdf».",
    ]
    assert [entry.name for entry in listing.of_kind(EntryKind.PDF)] == ["B051_1.pdf"]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"no archive at all", GOOD[:-10], GOOD[:200], GOOD + b"more", b"before" + GOOD],
    ids=["empty", "two bytes", "text", "cut end", "cut", "more behind", "more before"],
)
def test_no_readable_archive(data: bytes) -> None:
    assert refused(data) == ("ZIP-001", "L'archivio «a.zip» non è un file ZIP leggibile.")


def patched(data: bytes, change: Callable[[bytearray, int, int], None]) -> bytes:
    """Change bytes; the function gets the place of the first local header and of the directory."""
    spoiled = bytearray(data)
    end = spoiled.rfind(b"PK\x05\x06")
    change(spoiled, 0, struct.unpack_from("<L", spoiled, end + 16)[0])
    return bytes(spoiled)


def _second_entry_overlaps(data: bytearray, _: int, directory: int) -> None:
    first_length = 46 + struct.unpack_from("<H", data, directory + 28)[0]
    data[directory + first_length + 42 : directory + first_length + 46] = bytes(4)


def _other_name_inside(data: bytearray, local: int, _: int) -> None:
    data[local + 30] ^= 1


def _other_disk(data: bytearray, _: int, __: int) -> None:
    data[data.rfind(b"PK\x05\x06") + 4] = 1


def _count_is_wrong(data: bytearray, _: int, __: int) -> None:
    at = data.rfind(b"PK\x05\x06")
    data[at + 8] = data[at + 10] = 1


@pytest.mark.parametrize("change", [_second_entry_overlaps, _other_name_inside, _other_disk, _count_is_wrong])
def test_directory_that_disagrees(change: Callable[[bytearray, int, int], None]) -> None:
    assert refused(patched(GOOD, change))[0] == "ZIP-001"


def test_encrypted() -> None:
    def encrypt(data: bytearray, local: int, directory: int) -> None:
        data[local + 6] |= 1
        data[directory + 8] |= 1

    assert refused(patched(GOOD, encrypt)) == (
        "ZIP-002", "L'archivio è cifrato: inviare un archivio senza password.",
    )  # fmt: skip


def test_limits_of_the_archive() -> None:
    assert refused(GOOD, Limits(archive=100)) == (
        "ZIP-003", "L'archivio supera la dimensione massima (100 byte).",
    )  # fmt: skip
    assert refused(GOOD, Limits(entries=3)) == ("ZIP-004", "L'archivio contiene troppi file (4, massimo 3).")


@pytest.mark.parametrize(
    ("name", "size", "limits"),
    [
        ("a.pdf", 2 * MIB, Limits(pdf=1 * MIB)),
        ("a.pdf", 2 * MIB, Limits()),  # twenty to one
        ("a.xml", 2 * MIB, Limits()),
        (FLOW, 2 * MIB, Limits()),
        (FLOW, 2 * MIB, Limits(flow=1 * MIB, flow_ratio=10_000)),
        ("a.pdf", 900_000, Limits(total=500_000)),
    ],
)
def test_more_comes_out_than_allowed(name: str, size: int, limits: Limits) -> None:
    code, sentence = refused(zipped((name, bytes(size))), limits)
    assert code == "ZIP-005"
    assert sentence.startswith("Il contenuto decompresso supera il limite (")


def test_many_small_entries_are_a_bomb_too() -> None:
    data = zipped(*((f"{n}.pdf", bytes(MIB)) for n in range(20)))
    assert refused(data)[0] == "ZIP-005"


@pytest.mark.parametrize(
    "name",
    [
        "../a.pdf",
        "/a.pdf",
        "a\\b.pdf",
        "C:a.pdf",
        "a/./b.pdf",
        "a//b.pdf",
        "a\x07.pdf",
        "a\u202efdp.exe",
        "x" * 151,
        "a/b/c/d.pdf",
    ],
)
def test_names_that_are_not_plain(name: str) -> None:
    code, sentence = refused(zipped((name, b"x")))
    assert code == "ZIP-006"
    assert sentence.startswith("Nome di file non ammesso nell'archivio: «")
    assert sentence.isprintable()


def test_symbolic_links() -> None:
    link = zipfile.ZipInfo("B051_1.pdf")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refused(zipped((link, b"/etc/passwd"))) == (
        "ZIP-006", "Nome di file non ammesso nell'archivio: «B051_1.pdf».",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a.pdf", "note.bin"])
@pytest.mark.parametrize(
    "inner", [GOOD, b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", bytes(257) + b"ustar\x0000"]
)
def test_archive_in_the_archive_whatever_its_name(name: str, inner: bytes) -> None:
    assert refused(zipped((name, inner))) == ("ZIP-007", f"L'archivio contiene un altro archivio: «{name}».")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names", [("a.xml", "a.xml"), ("a.xml", "A.XML"), ("é.xml", "e\u0301.xml"), ("x/a.pdf", "y/A.pdf")]
)
def test_two_entries_with_one_name(names: tuple[str, str]) -> None:
    assert refused(zipped((names[0], b"x"), (names[1], b"y"))) == (
        "ZIP-008", f"Nell'archivio ci sono due file con lo stesso nome: «{names[1]}».",
    )  # fmt: skip


def test_method() -> None:
    assert refused(zipped(("a.pdf", b"x" * 100), method=zipfile.ZIP_BZIP2)) == (
        "ZIP-009", "Metodo di compressione non ammesso per «a.pdf».",
    )  # fmt: skip


def test_damaged_content() -> None:
    data = bytearray(zipped(("a.pdf", b"%PDF-1.7 content"), method=zipfile.ZIP_STORED))
    data[data.index(b"content")] ^= 1
    assert refused(bytes(data)) == ("ZIP-010", "Il file «a.pdf» è danneggiato (controllo CRC fallito).")


def test_one_flow_file() -> None:
    none = inspect(BytesIO(zipped(("a.pdf", b"x"))), name="a.zip")
    assert [message(finding) for finding in choose_flow(none, name="a.zip")[1]] == [
        "Nell'archivio manca il file del flusso STABO."
    ]
    two = inspect(BytesIO(zipped(("STABO_1.txt", b"x"), ("stabo_2.DAT", b"x"))), name="a.zip")
    assert [message(finding) for finding in choose_flow(two, name="a.zip")[1]] == [
        "Nell'archivio ci sono più file di flusso: STABO_1.txt, stabo_2.DAT."
    ]
    one = inspect(BytesIO(GOOD), name="a.zip")
    assert choose_flow(one, name="a.zip") == (one.entries[0], ())


def test_sizes_are_shown_in_italian() -> None:
    assert [shown_size(size) for size in (10, 1536, 10 * MIB, 4 << 30)] == ["10 byte", "1,5 KiB", "10 MiB", "4 GiB"]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_spoiled_archives_never_raise_anything_else(data: st.DataObject) -> None:
    spoiled = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    listing = inspect(BytesIO(spoiled), name="a.zip")
    if listing.refused:
        return
    assert all(message(finding) for finding in refused_while_reading(bytes(spoiled), listing))
