"""Handing out a kept file: its size and its content piece by piece, once it is sure to be what came in (R41)."""

from collections.abc import Iterator
from hashlib import sha256

from django.conf import settings
from msgspec import Struct

from smartbill.adapters.files.registry import open_store
from smartbill.core.ports.files import FileFault, FileStore, kept_key

_PIECE = 256 * 1024


class FaultyFile(Exception):
    """The kept file is missing, or its content is not that of its digest: it must not be handed out."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class KeptFile(Struct, frozen=True):
    size: int
    pieces: Iterator[bytes]


def kept_file(company_id: int, digest: str) -> KeptFile:
    """Raises FaultyFile. Outside any transaction: a reader may be slow."""
    store, key = open_store(settings.SMARTBILL), kept_key(company_id, digest)
    fault = file_fault(store, company_id, digest)
    if fault is not None:
        raise FaultyFile(fault)
    return KeptFile(store.size(key), _pieces(store, key))


def file_fault(store: FileStore, company_id: int, digest: str) -> FileFault | None:
    """Whether the store still has what came in. Reads the whole file: a bill of 200 kB takes half a millisecond."""
    found = sha256()
    try:
        for piece in _pieces(store, kept_key(company_id, digest)):
            found.update(piece)
    except FileNotFoundError:
        return FileFault.MISSING
    return None if found.hexdigest() == digest else FileFault.ALTERED


def _pieces(store: FileStore, key: str) -> Iterator[bytes]:
    with store.open(key) as file:
        while piece := file.read(_PIECE):
            yield piece
