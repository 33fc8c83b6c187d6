"""From the text of a descriptor to its tables: TOML, inheritance, keys and types. Every mistake is told, in Italian."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from smartbill.core.flows.descriptor.keys import (
    CheckKeys,
    Condition,
    DelimitedKeys,
    Descriptor,
    EncodingKeys,
    FieldKeys,
    FileKeys,
    FormatKeys,
    LayoutKeys,
    ParentKeys,
    Place,
    RecordKeys,
    Root,
    Schema,
    SourceKeys,
    SupplyKeys,
)

MAX_TEXT = 256 * 1024
MAX_DEPTH = 4  # of inheritance
MAX_RECORDS, MAX_FIELDS, MAX_CHECKS, MAX_FORMATS, MAX_LOOKUPS, MAX_ENTRIES = 100, 300, 100, 100, 50, 5_000

#: name of another layout -> its text; None when there is none
Library = Callable[[str], str | None]
Plain = dict[str, Any]
_T = TypeVar("_T", bound=Struct)

_TABLES = ("layout", "files", "encoding", "delimited", "formats", "record", "lookup", "check", "supply")
_KINDS = {
    "str": "un testo", "int": "un numero intero", "float": "un numero", "bool": "true o false",
    "array": "un elenco", "object": "una tabella",
}  # fmt: skip
#: keys that may stand at the top of the file or in another table, and belong to [layout]
_LAYOUT_KEYS = ("skip_types", "skip_lines", "credit_sign")


#: Characters of a line that tells a mistake.
_LONGEST_MISTAKE = 500


class LayoutMistakes(Exception):
    """Everything in a descriptor that cannot be used, one Italian line each: table, key, what is allowed."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        # Names and values of the file stand in them as they were written: a terminal must not obey what it is shown.
        self.mistakes = ["".join(filter(str.isprintable, mistake))[:_LONGEST_MISTAKE] for mistake in mistakes]
        super().__init__("\n".join(self.mistakes))


def no_library(_: str) -> str | None:
    return None


def read_descriptor(text: str, *, library: Library = no_library) -> Descriptor:
    """The tables of a descriptor and of those that it extends. Raises LayoutMistakes."""
    plain = _inherited(text, library, ())
    mistakes: list[str] = []
    descriptor = _Reader(mistakes).descriptor(plain)
    if mistakes or descriptor is None:
        raise LayoutMistakes(mistakes)
    return descriptor


def layout_id(text: str) -> str:
    """The id that a descriptor gives itself; empty when it cannot be read."""
    try:
        table = tomllib.loads(text).get("layout")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    name = table.get("id") if isinstance(table, dict) else None
    return name if isinstance(name, str) else ""


def bases_of(text: str, *, library: Library) -> dict[str, str]:
    """The texts that a descriptor extends, by name; those that are not there are left out."""
    found: dict[str, str] = {}
    while len(found) <= MAX_DEPTH:
        try:
            table = _normal(_parsed(text)).get("layout")
        except LayoutMistakes:
            break
        name = table.get("extends") if isinstance(table, dict) else None
        base = library(name) if isinstance(name, str) and name and name not in found else None
        if base is None or not isinstance(name, str):
            break
        found[name] = text = base
    return found


def _parsed(text: str) -> Plain:
    if len(text) > MAX_TEXT:
        raise LayoutMistakes([f"Il tracciato ha più di {MAX_TEXT // 1024} KiB."])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        place = f"si veda la riga {found[1]}, colonna {found[2]}" if found else "il file finisce troppo presto"
        raise LayoutMistakes([f"Il tracciato non è in formato TOML: {place}."]) from None
    except (RecursionError, ValueError):
        raise LayoutMistakes(["Il tracciato non è in formato TOML leggibile."]) from None


def _inherited(text: str, library: Library, above: tuple[str, ...]) -> Plain:
    plain = _normal(_parsed(text))
    table = plain.get("layout")
    name = table.get("extends", "") if isinstance(table, dict) else ""
    if not name:
        return plain
    if not isinstance(name, str):
        raise LayoutMistakes(["[layout], chiave «extends»: serve il nome di un altro tracciato."])
    if name in above or len(above) >= MAX_DEPTH:
        raise LayoutMistakes([f"[layout], chiave «extends»: «{name}» forma un giro o una catena troppo lunga."])
    base = library(name)
    if base is None:
        raise LayoutMistakes([f"[layout], chiave «extends»: il tracciato «{name}» non esiste."])
    return _merged(_inherited(base, library, (*above, name)), plain)


def _normal(plain: Plain) -> Plain:
    """Keys of [layout] that people write elsewhere are put there; other spellings of a table become one."""
    plain = dict(plain)
    for wrong, right in (("records", "record"), ("lookups", "lookup"), ("checks", "check"), ("format", "formats")):
        if wrong in plain and right not in plain:
            plain[right] = plain.pop(wrong)
    layout = plain.get("layout")
    if not isinstance(layout, dict):
        return plain
    plain["layout"] = layout = dict(layout)
    for table in (None, "files", "encoding", "delimited"):
        source = plain if table is None else plain.get(table)
        if not isinstance(source, dict):
            continue
        for key in _LAYOUT_KEYS:
            if key in source:
                source = dict(source)
                layout.setdefault(key, source.pop(key))
                if table is None:
                    plain.pop(key)
                else:
                    plain[table] = source
    for record in plain.get("record", ()) if isinstance(plain.get("record"), list) else ():
        if isinstance(record, dict) and record.get("target") == "bill" and "credit_sign" in record:
            layout.setdefault("credit_sign", record.pop("credit_sign"))
    return plain


def _merged(base: Plain, own: Plain) -> Plain:
    """What a layout says over what the one says that it extends: by key, records by type and target, fields by name."""
    merged = dict(base)
    for table, value in own.items():
        earlier = merged.get(table)
        if table == "record":
            merged[table] = _merged_list(earlier, value, ("type", "target"), _merged_record)
        elif table == "check":
            merged[table] = _merged_checks(earlier, value)
        elif table in {"formats", "lookup"} and isinstance(earlier, dict) and isinstance(value, dict):
            merged[table] = {
                **earlier,
                **{
                    name: {**earlier[name], **each}
                    if isinstance(each, dict) and isinstance(earlier.get(name), dict)
                    else each
                    for name, each in value.items()
                },
            }
        elif isinstance(earlier, dict) and isinstance(value, dict):
            merged[table] = {**earlier, **value}
        else:
            merged[table] = value
    return merged


def _merged_list(
    earlier: object, own: object, key: tuple[str, ...], join: Callable[[Plain, Plain], Plain]
) -> list[object] | object:
    if not isinstance(own, list) or not isinstance(earlier, list):
        return own
    merged: list[object] = list(earlier)
    places = {tuple(str(each.get(part)) for part in key): n for n, each in enumerate(merged) if isinstance(each, dict)}
    removed: set[int] = set()
    for each in own:
        place = places.get(tuple(str(each.get(part)) for part in key)) if isinstance(each, dict) else None
        if place is None:
            merged.append(each)
        elif each.get("remove") is True:
            removed.add(place)
        else:
            before = merged[place]
            merged[place] = join(before, each) if isinstance(before, dict) else each
    return [each for n, each in enumerate(merged) if n not in removed]


def _merged_checks(earlier: object, own: object) -> object:
    """Own checks take the place of all with their code."""
    if not isinstance(own, list) or not isinstance(earlier, list):
        return own
    codes = {each.get("code") for each in own if isinstance(each, dict)}
    kept = [each for each in earlier if not (isinstance(each, dict) and each.get("code") in codes)]
    return [*kept, *(each for each in own if not (isinstance(each, dict) and each.get("remove") is True))]


def _merged_record(earlier: Plain, own: Plain) -> Plain:
    merged = {**earlier, **own}
    if "fields" in own:
        merged["fields"] = _merged_list(earlier.get("fields", []), own["fields"], ("name",), lambda _, new: new)
    return merged


class _Reader:
    """Turns plain tables into structs one by one, so that all mistakes are told, each with its place."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes

    def descriptor(self, plain: Plain) -> Descriptor | None:
        for name in plain.keys() - set(_TABLES):
            self.mistakes.append(f"La tabella «{name}» non esiste; sono ammesse: {', '.join(_TABLES)}.")
        if "layout" not in plain:
            self.mistakes.append("Manca la tabella [layout].")
            return None
        layout = self.table(LayoutKeys, plain["layout"], "[layout]")
        files = self.table(FileKeys, plain.get("files", {}), "[files]")
        encoding = self.table(EncodingKeys, plain.get("encoding", {}), "[encoding]")
        delimited = self.table(DelimitedKeys, plain.get("delimited", {}), "[delimited]")
        supply = self.table(SupplyKeys, plain.get("supply", {}), "[supply]")
        formats = {
            name: form
            for name, table in self.named(plain.get("formats", {}), "formats", MAX_FORMATS)
            if (form := self.table(FormatKeys, table, f"[formats.{name}]"))
        }
        lookups = dict(self.lookups(plain.get("lookup", {})))
        records = tuple(self.records(plain.get("record", [])))
        checks = tuple(
            read
            for n, table in enumerate(self.listed(plain.get("check", []), "[[check]]", MAX_CHECKS), 1)
            if (read := self.table(CheckKeys, table, f"[[check]] {_name(table, 'code') or n}"))
        )
        if not (layout and files and encoding and delimited and supply):
            return None
        return Descriptor(
            layout=layout, files=files, encoding=encoding, delimited=delimited, formats=formats, records=records,
            lookups=lookups, checks=checks, supply=supply,
        )  # fmt: skip

    def records(self, plain: object) -> Iterator[RecordKeys]:
        for n, table in enumerate(self.listed(plain, "[[record]]", MAX_RECORDS), 1):
            where = f"[[record]] «{_name(table, 'type') or n}»"
            if not isinstance(table, dict):
                self.mistakes.append(f"{where}: serve una tabella.")
                continue
            fields = tuple(self.fields(table.get("fields", []), where))
            record = self.table(RecordKeys, {**table, "fields": []}, where)
            if record is not None:
                yield msgspec.structs.replace(record, fields=fields)

    def fields(self, plain: object, where: str) -> Iterator[FieldKeys]:
        for n, table in enumerate(self.listed(plain, f"{where}, chiave «fields»", MAX_FIELDS), 1):
            place = f"{where}, campo «{_name(table, 'name') or n}»"
            if isinstance(table, dict) and isinstance(table.get("first_of"), list):
                for m, way in enumerate(table["first_of"], 1):
                    self.table(SourceKeys, way, f"{place}, first_of {m}")
            field = self.table(FieldKeys, table, place)
            if field is not None:
                yield field

    def lookups(self, plain: object) -> Iterator[tuple[str, dict[str, str]]]:
        for name, table in self.named(plain, "lookup", MAX_LOOKUPS):
            if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
                self.mistakes.append(f"[lookup.{name}]: serve una tabella da testo a testo.")
            elif len(table) > MAX_ENTRIES:
                self.mistakes.append(f"[lookup.{name}]: al massimo {MAX_ENTRIES} voci.")
            else:
                yield name, table

    def named(self, plain: object, table: str, most: int) -> Iterator[tuple[str, object]]:
        if not isinstance(plain, dict):
            self.mistakes.append(f"[{table}]: serve una tabella per ogni nome, come [{table}.nome].")
        elif len(plain) > most:
            self.mistakes.append(f"[{table}]: al massimo {most} tabelle.")
        else:
            yield from plain.items()

    def listed(self, plain: object, where: str, most: int) -> Iterator[object]:
        if not isinstance(plain, list | tuple):
            self.mistakes.append(f"{where}: serve un elenco.")
        elif len(plain) > most:
            self.mistakes.append(f"{where}: al massimo {most}.")
        else:
            yield from plain

    def table(self, kind: type[_T], plain: object, where: str) -> _T | None:
        if not isinstance(plain, dict):
            self.mistakes.append(f"{where}: serve una tabella.")
            return None
        allowed = _allowed(kind)
        wrong = [key for key in plain if key not in allowed]
        for key in wrong:
            self.mistakes.append(f"{where}: la chiave «{key}» non esiste; sono ammesse: {', '.join(allowed)}.")
        try:
            return msgspec.convert({key: value for key, value in plain.items() if key in allowed}, kind, strict=True)
        except msgspec.ValidationError as error:
            self.mistakes.append(_told(str(error), where))
            return None


def _name(table: object, key: str) -> str:
    name = table.get(key) if isinstance(table, dict) else None
    return name[:60] if isinstance(name, str) else ""


def _allowed(kind: type[Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


#: tables inside tables, by what msgspec calls their place
_INNER: dict[str, type[Struct]] = {
    "record_type": Place, "root": Root, "xsd": Schema, "parent": ParentKeys, "required_if": Condition,
    "when": Condition, "first_of": SourceKeys,
}  # fmt: skip


def _told(error: str, where: str) -> str:
    """What msgspec says of a value that does not fit, in Italian: where, and what is needed there."""
    what, _, place = error.partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    at = f"{where}, chiave «{path}»" if path else where
    if found := re.fullmatch(r"Object missing required field `(\w+)`", what):
        return f"{at}: manca la chiave «{found[1]}»."
    if found := re.fullmatch(r"Object contains unknown field `(\w+)`", what):
        inner = _INNER.get(re.sub(r"\[.*", "", path.rpartition(".")[2]))
        names = f"; sono ammesse: {', '.join(_allowed(inner))}" if inner else ""
        return f"{at}: la chiave «{found[1]}» non esiste{names}."
    if found := re.match(r"Expected `([^`]+)`", what):
        kinds = [_KINDS.get(kind.strip(), "") for kind in found[1].split("|")]
        return f"{at}: serve {' o '.join(dict.fromkeys(filter(None, kinds))) or 'un altro tipo di valore'}."
    return f"{at}: il valore non va bene."
