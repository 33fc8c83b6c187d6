"""Paths as clients of the area write them: the folder for deliveries with files in it, and folders that are read only.

A path is any bytes. It is never joined to a path of the machine: what comes out is one of the places below.
"""

from enum import StrEnum

from msgspec import Struct

from smartbill.core.flows.handed_in import is_final_name

#: Most bytes of a name; file systems take no more.
LONGEST_NAME = 255

#: Endings that clients use while they are still sending.
UNFINISHED_SUFFIXES = (b".part", b".tmp", b".filepart", b".partial")
#: An empty file of this ending says that the file of the same name is whole (`flusso.zip.ok`).
MARKER_SUFFIX = b".ok"
_CONTACTS_SUFFIX = b".csv"


class Shelf(StrEnum):
    """A folder that the company reads and we fill."""

    OUTCOMES = "esiti"
    EXPORTS = "esportazioni"


class NoSuchPlace(Exception):
    """Nothing can lie under this path."""


class Place(Struct, frozen=True):
    """A place of the area. `shelf` empty: the folder for deliveries, which is the root; `name` empty: the folder."""

    shelf: Shelf | None = None
    name: bytes = b""

    @property
    def path(self) -> bytes:
        parts = [self.shelf.value.encode() if self.shelf else b"", self.name]
        return b"/" + b"/".join(part for part in parts if part)


def place_of(path: bytes) -> Place:
    """The place that a path of a client names; `..` at the root stays there. Raises NoSuchPlace."""
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    if not parts:
        return Place()
    shelf = next((shelf for shelf in Shelf if shelf.value.encode() == parts[0]), None)
    name = parts[1:] if shelf else parts
    if len(name) > 1 or any(b"\x00" in part for part in name):
        raise NoSuchPlace(path)
    return Place(shelf, name[0] if name else b"")


def name_mistake(name: bytes) -> str:
    """Why no file may be written under this name, in Italian; empty when it may."""
    if len(name) > LONGEST_NAME:
        return f"Il nome supera i {LONGEST_NAME} byte."
    if any(byte < 0x20 or byte == 0x7F for byte in name):
        return "Il nome contiene caratteri di controllo."
    if b"\\" in name:
        return "Il nome contiene una barra rovesciata: indicare solo il nome del file, senza cartelle."
    return ""


def shown_name(name: bytes) -> str:
    """The name as people see it: clients may send any bytes."""
    return name.decode("utf-8", "replace")


def is_final(name: bytes) -> bool:
    """Whether a file of this name may be one that is handed in: an archive, a flow, an e-invoice, or contacts alone.

    Which texts are contacts the company has settled: `usecases.intake.receive.is_taken`.
    """
    if name.startswith(b"."):
        return False
    return name.lower().endswith(_CONTACTS_SUFFIX) or is_final_name(shown_name(name))


def is_unfinished(name: bytes) -> bool:
    """Whether its sender says by the name that it is still sending."""
    return name.lower().endswith(UNFINISHED_SUFFIXES)


def marked(name: bytes) -> bytes:
    """The name of the file that one of this name says is whole; empty when it is no such marker."""
    if not name.lower().endswith(MARKER_SUFFIX):
        return b""
    whole = name[: -len(MARKER_SUFFIX)]
    return whole if is_final(whole) else b""
