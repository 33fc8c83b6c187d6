"""Handing out a kept file: its size and its content piece by piece."""

from collections.abc import Iterator

from django.conf import settings
from msgspec import Struct

from smartbill.adapters.files.registry import open_store
from smartbill.core.ports.files import FileStore, kept_key

_PIECE = 256 * 1024


class KeptFile(Struct, frozen=True):
    size: int
    pieces: Iterator[bytes]


def kept_file(company_id: int, digest: str) -> KeptFile:
    """Raises FileNotFoundError when the store has lost it. Outside any transaction: a reader may be slow."""
    store, key = open_store(settings.SMARTBILL), kept_key(company_id, digest)
    return KeptFile(store.size(key), _pieces(store, key))


def _pieces(store: FileStore, key: str) -> Iterator[bytes]:
    with store.open(key) as file:
        while piece := file.read(_PIECE):
            yield piece
