"""A dictionary of texts that is small: a file may have two million customers, each with two addresses."""

from array import array
from collections.abc import Iterator
from typing import Final
from zlib import crc32

_START: Final = 1 << 10
_BITS_64: Final = (1 << 64) - 1


class LineMap:
    """Text -> number over 0 of at most 64 bits. Keeps no text but 96 bits of its hashes: 20 bytes a place, where a
    dictionary takes 200. Two texts of one file are taken for one with a chance of some 10^-17.
    """

    def __init__(self) -> None:
        self._count = 0
        self._empty(_START)

    def get(self, text: str) -> int:
        """0 = not there."""
        return self._values[self._place(*_hashes(text))]

    def __setitem__(self, text: str, value: int) -> None:
        key, check = _hashes(text)
        place = self._place(key, check)
        if not self._values[place]:
            self._count += 1
        self._keys[place], self._checks[place], self._values[place] = key, check, value
        if self._count * 4 > len(self._values) * 3:
            self._grow()

    def values(self) -> Iterator[int]:
        return (value for value in self._values if value)

    def _place(self, key: int, check: int) -> int:
        """Where the text is, or would be."""
        keys, checks, values = self._keys, self._checks, self._values
        mask = len(values) - 1
        place = key & mask
        while values[place] and (keys[place] != key or checks[place] != check):
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        keys, checks, values = self._keys, self._checks, self._values
        self._empty(2 * len(values))
        for old, value in enumerate(values):
            if value:
                place = self._place(keys[old], checks[old])
                self._keys[place], self._checks[place], self._values[place] = keys[old], checks[old], value

    def _empty(self, places: int) -> None:
        self._keys = array("Q", bytes(8 * places))
        self._checks = array("I", bytes(4 * places))
        self._values = array("Q", bytes(8 * places))


def _hashes(text: str) -> tuple[int, int]:
    return hash(text) & _BITS_64, crc32(text.encode("utf-8", "surrogatepass"))
