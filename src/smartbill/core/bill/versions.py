"""Versions of the stored bill document: pure upgrades, chained; old rows are never rewritten.

A change that older readers ignore (a new optional field) needs no new version. A breaking change adds an entry to
`UPGRADES` and ships one release before the first writer of the new version. A golden document of every version stays
in the tests.
"""

from collections.abc import Callable
from typing import Any

import msgspec

CURRENT = 1

#: version -> function from a document of that version to one of the next
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class _Head(msgspec.Struct):
    version: int = 1


_head = msgspec.json.Decoder(_Head)


def upgraded(document: bytes) -> bytes:
    """The same document in the current version."""
    version = _head.decode(document).version
    if version == CURRENT:
        return document
    if version > CURRENT:
        raise msgspec.ValidationError(f"bill document of version {version} is newer than this program")
    plain: dict[str, Any] = msgspec.json.decode(document)
    for step in range(version, CURRENT):
        plain = UPGRADES[step](plain)
    return msgspec.json.encode(plain)
