"""What a compiled descriptor is made of: the programs of its records and fields, and a row while it is read."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from smartbill.core.flows.descriptor import xml_paths
from smartbill.core.flows.stabo.records import FieldSpec


class Row:
    """One record while its values are made. `source`: the cells of a line, the line itself, or an XML element."""

    __slots__ = ("above", "columns", "source", "values")

    def __init__(self, source: Any, columns: Mapping[str, int], above: Mapping[str, Mapping[str, Any]]) -> None:
        self.source = source
        self.columns = columns
        self.above = above  # type of a record above -> its values
        self.values: dict[str, Any] = {}


class FieldProgram(Struct, frozen=True, kw_only=True):
    """How a field gets its value. `value` raises ValueRefused or ValueDoubted."""

    name: str
    told: str  # what a finding calls it: the sender's column, else the name in the descriptor
    place: str  # the same with where it stands, for the sentence
    spec: FieldSpec | None
    fetch: Callable[[Row], Any]  # the text, or a value made of others
    finish: Callable[[Any], object]  # from there to the value
    memory: dict[str, object] | None  # the same for texts of a line, remembered
    required_if: "Test | None" = None
    from_flow: bool = True  # told by the line: not a constant, not made from other fields
    constant: bool = False
    widest: int = 0  # the last cell or character that it asks for

    def value(self, row: Row) -> object:
        if self.memory is not None:
            return self.memory[self.fetch(row)]
        return self.finish(self.fetch(row))


class Test(Struct, frozen=True):
    """A condition on another field of the row."""

    field: str
    holds: Callable[[object], bool]


class RecordProgram(Struct, kw_only=True, eq=False, dict=True):
    """One [[record]] table. The same line may make several records of the bill: one program each."""

    type: str
    target: str
    record: str  # of chapter 3; empty = ignored
    fields: tuple[FieldProgram, ...]
    key: tuple[str, ...] = ()
    parent: str = ""
    match: tuple[str, ...] = ()
    starts: str = ""
    level: str = ""
    least: int = 0
    most: int | None = None
    each: xml_paths.Path | None = None
    when: Test | None = None
    primary: bool = True  # the first record that a line of its type makes

    @cached_property
    def by_name(self) -> dict[str, FieldProgram]:
        return {field.name: field for field in self.fields}

    @cached_property
    def widest(self) -> int:
        """The last cell or character that a field asks for."""
        return max((field.widest for field in self.fields), default=0)
