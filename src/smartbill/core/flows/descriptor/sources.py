"""Where the text of a field comes from: a cell, a position, a column of the header row; and what was made of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from smartbill.core.flows.descriptor.formats import Value
from smartbill.core.flows.descriptor.programs import Row
from smartbill.core.flows.stabo.fields import MEMORABLE_LENGTH, MEMORY

Getter = Callable[[Row], Any]


class Cell:
    """Fetches a text straight from the line."""

    def __call__(self, row: Row) -> str:
        raise NotImplementedError


class At(Cell):
    def __init__(self, place: int) -> None:
        self.place = place

    def __call__(self, row: Row) -> str:
        cells: Sequence[str] = row.source
        return cells[self.place] if self.place < len(cells) else ""


class Pos(Cell):
    def __init__(self, start: int, length: int) -> None:
        self.start = start
        self.end = start + length
        self.length = length

    def __call__(self, row: Row) -> str:
        text: str = row.source[self.start : self.end]
        return text if len(text) == self.length else text.ljust(self.length)


class Column(Cell):
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, row: Row) -> str:
        place = row.columns.get(self.name)
        cells: Sequence[str] = row.source
        return cells[place] if place is not None and place < len(cells) else ""


class Memory(dict[str, object]):
    """text -> value of a field: one seen before costs one look-up, since nothing but the text makes a value."""

    __slots__ = ("finish",)

    def __init__(self, finish: Callable[[Any], object]) -> None:
        super().__init__()
        self.finish = finish

    def __missing__(self, text: str) -> object:
        made = self.finish(text)
        if len(text) <= MEMORABLE_LENGTH:
            if len(self) >= MEMORY:
                self.clear()
            self[text] = made
        return made


def then(get: Getter, chain: Callable[[Any], Value]) -> Getter:
    return lambda row: chain(get(row))


class Seen(Mapping[str, Value]):
    """The values of a row and of the records above it, by `field` and `TYPE.field`."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def __getitem__(self, name: str) -> Value:
        kind, _, field = name.rpartition(".")
        values = self._row.above.get(kind, {}) if kind else self._row.values
        return values.get(field)

    def __iter__(self) -> Iterator[str]:
        return iter(self._row.values)

    def __len__(self) -> int:
        return len(self._row.values)


def column_name(name: str) -> str:
    """Headings are compared without case and blanks around them."""
    return " ".join(name.split()).casefold()
