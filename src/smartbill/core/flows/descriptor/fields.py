"""One field of a described record, made ready: where its text stands, and the way from there to its value."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from smartbill.core.flows.descriptor import xml_paths
from smartbill.core.flows.descriptor.conditions import comparison
from smartbill.core.flows.descriptor.formats import (
    Convert,
    Value,
    canonical,
    date_format,
    enum_format,
    number_format,
)
from smartbill.core.flows.descriptor.keys import (
    OPERATORS,
    UNKNOWNS,
    Condition,
    Descriptor,
    FieldKeys,
    FormatKeys,
    SourceKeys,
)
from smartbill.core.flows.descriptor.notes import Notes
from smartbill.core.flows.descriptor.patterns import Pattern, PatternRefused
from smartbill.core.flows.descriptor.programs import FieldProgram, Row, Test
from smartbill.core.flows.descriptor.sources import At, Cell, Column, Getter, Memory, Pos, Seen, column_name, then
from smartbill.core.flows.descriptor.targets import coercion, default_kind, kinds_taken
from smartbill.core.flows.descriptor.words import (
    DERIVATIONS,
    OF_INVOICES,
    TRANSFORMS,
    Derivation,
    Transform,
    as_text,
    derivation,
    transform,
)
from smartbill.core.flows.stabo.fields import ValueRefused, shown
from smartbill.core.flows.stabo.records import FieldSpec


class ValueDoubted(Exception):
    """A text that the descriptor lets pass with a warning, and the value that stands for it."""

    def __init__(self, value: object, text: str) -> None:
        super().__init__(text)
        self.value = value
        self.text = text


_BUILT_IN = {"text": FormatKeys(type="text"), "int": FormatKeys(type="int"), "enum": FormatKeys(type="enum")}


class FieldCompiler:
    """Makes the programs of the fields of one record."""

    def __init__(
        self,
        descriptor: Descriptor,
        notes: Notes,
        kinds: dict[str, str],
        specs: Mapping[str, FieldSpec | None],
    ) -> None:
        self._descriptor = descriptor
        self._notes = notes
        self._kinds = kinds  # field or TYPE.field -> kind of its values
        self._specs = specs  # the same -> its place in the bill

    def program(self, keys: FieldKeys, spec: FieldSpec | None) -> FieldProgram | None:
        notes = self._notes.inside(f"campo «{keys.name}»")
        before = len(notes.mistakes)
        if len(keys.sources) != 1:
            told = ", ".join(keys.sources) or "nessuna"
            ways = "at, pos e len, column, path, const, from, first_of, sum_path, derive"
            notes.add(f"serve una sola fonte tra {ways} ({told})")
            return None
        get, kind = self._source(keys, notes)
        finish = self._finish(keys, spec, kind, notes)
        if get is None or finish is None or len(notes.mistakes) > before:
            return None
        fetch, memory = get, Memory(finish) if isinstance(get, Cell) else None
        told = keys.column or keys.name
        return FieldProgram(
            name=keys.name,
            told=told[:60],
            place=(_place(keys) or told)[:100],
            spec=spec,
            fetch=fetch,
            memory=memory,
            finish=finish,
            required_if=self.test(keys.required_if, notes, "required_if") if keys.required_if else None,
            from_flow=keys.sources[0] in {"at", "pos", "column", "path", "sum_path", "first_of"},
            constant=keys.const is not None,
            widest=keys.at or ((keys.pos or 0) + (keys.len or 0) - 1 if keys.pos else 0),
        )

    def format_of(self, keys: SourceKeys, notes: Notes) -> FormatKeys | None:
        name = keys.format or "text"
        found = self._descriptor.formats.get(name) or _BUILT_IN.get(name)
        if found is None:
            known = ", ".join([*self._descriptor.formats, *_BUILT_IN])
            notes.add(f"il formato «{name}» non esiste; ci sono: {known}", "format")
        return found

    def kind_of(self, keys: FieldKeys, spec: FieldSpec | None) -> str:
        """The kind of a field's values before they are made; for `from` and `derive` of other fields."""
        if keys.derive is not None and not keys.format:
            try:
                return derivation(keys.derive).kind
            except ValueError:
                return "text"
        if keys.from_ is not None and not keys.format:
            return self._kinds.get(keys.from_, "text")
        if keys.const is not None:
            return default_kind(spec)
        found = self._descriptor.formats.get(keys.format) or _BUILT_IN.get(keys.format or "text")
        return found.type if found else "text"

    # --- sources ---

    def _source(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        """What fetches the text (or value) of a source, and the kind that it has if it is no text yet."""
        kind = self._descriptor.layout.kind
        source = keys.sources[0]
        if source in {"at", "column"} and kind != "delimited":
            notes.add("vale solo per i tracciati «delimited»", source)
        if source == "pos" and kind != "fixed":
            notes.add("vale solo per i tracciati «fixed»", source)
        if source in {"path", "sum_path"} and kind != "xml":
            notes.add("vale solo per i tracciati «xml»", source)
        makers: dict[str, Callable[[SourceKeys, Notes], tuple[Getter | None, str]]] = {
            "at": self._at, "pos": self._pos, "column": self._column, "path": self._path, "sum_path": self._path,
            "const": self._const, "from": self._from, "derive": self._derive, "first_of": self._first_of,
        }  # fmt: skip
        return makers[source](keys, notes)

    def _at(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        place = keys.at or 0
        if not 1 <= place <= 1_000:
            notes.add("da 1 a 1000", "at")
        return At(place - 1), ""

    def _pos(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        pos, length = keys.pos or 0, keys.len or 0
        if pos < 1 or length < 1 or pos + length > 16_385:
            notes.add("«pos» parte da 1 e «len» è almeno 1", "pos")
        most = self._descriptor.layout.record_length
        if most and pos + length - 1 > most:
            notes.add(f"il campo finisce alla posizione {pos + length - 1}, oltre record_length = {most}", "len")
        return Pos(pos - 1, length), ""

    def _column(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        if not self._descriptor.delimited.header_row:
            notes.add("serve header_row = true in [delimited]", "column")
        return Column(column_name(keys.column or "")), ""

    def _path(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        key = "path" if keys.path is not None else "sum_path"
        try:
            path = xml_paths.parse(keys.path if keys.path is not None else keys.sum_path or "", ns=keys.ns)
        except ValueError as error:
            notes.add(str(error), key)
            return None, ""
        if key == "path":
            return (lambda row: path.first_text(row.source)), ""
        convert = self._convert(keys, notes)
        if convert is None:
            return None, ""

        def total(row: Row) -> Value:
            numbers = [convert(text) for text in path.texts(row.source) if text]
            if not numbers:
                return None
            return sum((Decimal(str(number)) for number in numbers), Decimal(0))

        return total, "decimal"

    def _const(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        value = keys.const
        return (lambda row: value), "const"

    def _from(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        name = keys.from_ or ""
        if name not in self._kinds:
            notes.add(f"il campo «{name}» non c'è; ci sono: {', '.join(self._kinds)}", "from")
            return None, ""
        kind, _, field = name.rpartition(".")
        if kind:
            return (lambda row: row.above.get(kind, {}).get(field)), self._kinds[name]
        return (lambda row: row.values.get(name)), self._kinds[name]

    def _derive(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        made = self._derivation(keys.derive or "", notes)
        if made is None:
            return None, ""
        if made.name in OF_INVOICES:
            return xml_paths.INVOICE_SUMS[made.name], "decimal"
        return (lambda row: made.compute(Seen(row))), made.kind

    def _derivation(self, written: str, notes: Notes) -> Derivation | None:
        try:
            made = derivation(written)
        except ValueError:
            notes.add(f"«{written}» non è ammesso; sono ammessi: {', '.join(DERIVATIONS)}", "derive")
            return None
        if made.name in OF_INVOICES and self._descriptor.layout.kind != "xml":
            notes.add(f"«{made.name}» vale solo per i tracciati «xml»", "derive")
        for name in made.uses:
            if name not in self._kinds:
                notes.add(f"il campo «{name}» non c'è; ci sono: {', '.join(self._kinds)}", "derive")
                return None
            kind = self._kinds[name]
            fits = {"decimal": ("decimal", "int"), "date": ("date", "datetime")}.get(made.needs)
            if fits and kind not in fits:
                notes.add(f"il campo «{name}» non è {'un numero' if made.needs == 'decimal' else 'una data'}", "derive")
        return made

    def _first_of(self, keys: SourceKeys, notes: Notes) -> tuple["Getter | None", str]:
        assert isinstance(keys, FieldKeys)
        ways: list[Getter] = []
        for n, each in enumerate(keys.first_of, 1):
            way = each
            place = notes.inside(f"first_of {n}")
            if len(way.sources) != 1:
                place.add("serve una sola fonte")
                continue
            if way.sum_path is not None and not way.format:
                way = msgspec.structs.replace(way, format=keys.format)
            get, kind = self._source(way, place)
            chain = self._way(way, kind, place)
            if get is not None and chain is not None:
                ways.append(then(get, chain))

        def first(row: Row) -> Value:
            for way in ways:
                value: Value = way(row)
                if value is not None and value != "":
                    return value
            return None

        return first, ""

    def _way(self, keys: SourceKeys, kind: str, notes: Notes) -> Callable[[Any], Value] | None:
        """The text of one way of `first_of`, cut out by its pattern and transformed; converted if it says how."""
        transforms = self._transforms(keys, notes)
        convert = self._convert(keys, notes)
        pattern = self._pattern(keys, notes)
        if transforms is None or convert is None:
            return None

        def chain(value: Any) -> Value:
            if kind not in {"", "text"} or not isinstance(value, str):
                made: Value = value
                return made
            text = value.strip()
            if pattern is not None:
                text = pattern.found(text) or ""
            for change in transforms:
                text = change(text)
            return convert(text) if text and keys.format else text

        return chain

    # --- from text to value ---

    def _transforms(self, keys: SourceKeys, notes: Notes) -> list[Transform] | None:
        written = (keys.transform,) if isinstance(keys.transform, str) else keys.transform
        made = []
        for each in written:
            try:
                made.append(transform(each))
            except ValueError:
                notes.add(f"«{each}» non è ammesso; sono ammessi: {', '.join(TRANSFORMS)}", "transform")
                return None
        return made

    def _pattern(self, keys: SourceKeys, notes: Notes) -> Pattern | None:
        if not keys.pattern:
            return None
        try:
            return Pattern(keys.pattern)
        except PatternRefused as error:
            notes.add(f"l'espressione regolare {error}", "pattern")
            return None

    def _convert(self, keys: SourceKeys, notes: Notes) -> Convert | None:
        found = self.format_of(keys, notes)
        if found is None:
            return None
        if found.type == "text":
            return lambda text: text
        if found.type in {"int", "decimal"}:
            needed = found.sign == "trailing" and found.implied and self._descriptor.layout.kind == "fixed"
            return number_format(found, sign_needed=needed)
        if found.type == "enum":
            own = getattr(keys, "values", {})
            return enum_format({**found.values, **own}) if found.values or own else (lambda text: text)
        try:
            return date_format(found)
        except ValueError:  # told with the format
            return None

    def _finish(
        self, keys: FieldKeys, spec: FieldSpec | None, kind: str, notes: Notes
    ) -> Callable[[Any], object] | None:
        """What was fetched to the value of the field: transformed, looked up, converted, checked, made to fit."""
        chain = self._text_chain(keys, spec, notes)
        rules = self._rules(keys, spec, notes)
        absent = self._default(keys, spec, notes)
        if chain is None:
            return None
        coerce = coercion(spec)
        self._fits(keys, spec, kind, notes)
        personal = spec is not None and spec.personal
        textual = kind in {"", "text"}
        changed = bool(keys.transform or keys.lookup or keys.format)

        def finish(raw: Any) -> object:
            if raw is None or raw == "":
                value: object = None
            elif isinstance(raw, str) and (textual or changed):
                value = chain(raw)
            elif keys.transform:
                value = chain(as_text(raw))
            else:
                value = raw
            if value is None or value == "":
                if absent is None and keys.required:
                    raise ValueRefused("REC-102")
                return absent
            try:
                made = coerce(value)  # type: ignore[arg-type]
                for rule in rules:
                    rule(made)
            except ValueRefused as refused:
                if personal and "valore" in refused.values:
                    raise ValueRefused(refused.code, valore=shown(str(value), personal=True)) from None
                raise
            return made

        return finish

    def _text_chain(self, keys: FieldKeys, spec: FieldSpec | None, notes: Notes) -> Callable[[str], object] | None:
        found = self.format_of(keys, notes)
        transforms = self._transforms(keys, notes)
        convert = self._convert(keys, notes)
        lookup = self._lookup(keys, spec, notes)
        if found is None or transforms is None or convert is None:
            return None
        empty = {"", *found.empty}
        trim = found.trim
        if keys.values and found.type != "enum":
            notes.add("vale solo con un formato di tipo enum", "values")
        unknown = self._on_unknown(keys, spec, notes)

        def chain(text: str) -> object:
            bare = text.strip()
            if bare in empty or text in empty:
                return None
            text = bare if trim and found.sign != "trailing" else text
            for change in transforms:
                text = change(text)
            if not text or text in empty:
                return None
            if lookup is not None:
                looked = lookup(text)
                if looked is None:
                    return unknown(text)
                text = looked
            try:
                return convert(text)
            except ValueRefused as refused:
                if refused.code == "REC-105" and keys.on_unknown:
                    return unknown(text)
                raise

        return chain

    def _lookup(self, keys: FieldKeys, spec: FieldSpec | None, notes: Notes) -> Callable[[str], str | None] | None:
        if not keys.lookup:
            return None
        table = self._descriptor.lookups.get(keys.lookup)
        if table is None:
            known = ", ".join(self._descriptor.lookups) or "nessuna"
            notes.add(f"la tabella «{keys.lookup}» non esiste; ci sono: {known}", "lookup")
            return None
        folded = {key.casefold(): value for key, value in table.items()} | table
        return lambda text: folded[text] if text in folded else folded.get(text.casefold())

    def _on_unknown(self, keys: FieldKeys, spec: FieldSpec | None, notes: Notes) -> Callable[[str], object]:
        """What happens with a text that its table or list does not know."""
        rule = keys.on_unknown
        if rule and rule not in UNKNOWNS:
            notes.add(f"«{rule}» non esiste; sono ammessi: {', '.join(UNKNOWNS)}", "on_unknown")
        absent = self._default(keys, spec, Notes([], ""))

        def unknown(text: str) -> object:
            if rule == "warning":
                raise ValueDoubted(absent, text)
            if rule == "default" or (not rule and absent is not None):
                return absent
            if rule == "reject_document":
                raise ValueRefused("REC-105", valore=shown(text))
            return text  # the list of the target says whether it is one of its own

        return unknown

    def _default(self, keys: FieldKeys, spec: FieldSpec | None, notes: Notes) -> object:
        if keys.default is None:
            return None
        return self._given(keys.default, keys, spec, notes, "default")

    def _given(self, value: Any, keys: FieldKeys, spec: FieldSpec | None, notes: Notes, key: str) -> object:
        """A value that the descriptor gives, as the record holds it."""
        kind = default_kind(spec) if spec is not None else self.kind_of(keys, spec)
        try:
            return coercion(spec)(canonical(value, kind))
        except (ValueError, ValueRefused):
            allowed = f"; sono ammessi: {_codes(spec)}" if spec is not None and spec.codes else ""
            notes.add(f"«{value}» non va bene per questo campo{allowed}", key)
            return None

    def _rules(self, keys: FieldKeys, spec: FieldSpec | None, notes: Notes) -> list[Callable[[Any], None]]:
        rules: list[Callable[[Any], None]] = []
        if keys.const is not None:
            self._given(keys.const, keys, spec, notes, "const")
        if keys.equals is not None:
            wanted = self._given(keys.equals, keys, spec, notes, "equals")
            rules.append(lambda value: _refuse_unless(value == wanted, "REC-105", value))
        if keys.pattern and not keys.first_of:
            pattern = self._pattern(keys, notes)
            if pattern is not None:
                rules.append(lambda value: _refuse_unless(pattern.fits(str(value)), "REC-107", value))
        for key, sign in (("min", 1), ("max", -1)):
            limit = getattr(keys, key)
            if limit is not None:
                rules.append(_bound(limit, sign))
        return rules

    def _fits(self, keys: FieldKeys, spec: FieldSpec | None, kind: str, notes: Notes) -> None:
        """The kind of values that the field makes is one that its place in the bill takes."""
        if spec is None or keys.const is not None:
            return
        written = self._descriptor.formats.get(keys.format) or _BUILT_IN.get(keys.format or "text")
        made = written.type if written and (not kind or (kind == "text" and keys.format)) else kind
        taken = kinds_taken(spec)
        if made not in taken:
            wanted = " o ".join(taken)
            notes.add(f"«{keys.name}» vuole un formato di tipo {wanted}, non {made}", "format")

    def test(self, condition: Condition, notes: Notes, key: str) -> Test | None:
        if condition.field not in self._kinds:
            notes.add(f"il campo «{condition.field}» non c'è; ci sono: {', '.join(self._kinds)}", key)
            return None
        if condition.op not in OPERATORS and condition.op != "==":
            notes.add(f"l'operatore «{condition.op}» non esiste; sono ammessi: {', '.join(OPERATORS)}", key)
            return None
        return Test(condition.field, comparison(condition, self._specs.get(condition.field)))


def _place(keys: FieldKeys) -> str:
    if keys.at is not None:
        return f"{keys.name}, colonna {keys.at}"
    if keys.pos is not None and keys.len is not None:
        return f"{keys.name}, posizioni {keys.pos}-{keys.pos + keys.len - 1}"
    return keys.column or keys.path or keys.sum_path or keys.name


def _codes(spec: FieldSpec) -> str:
    names = {str(value) if isinstance(value, str) else str(code) for code, value in (spec.codes or {}).items()}
    return ", ".join(sorted(names)[:40])


def _refuse_unless(holds: bool, code: str, value: object) -> None:
    if not holds:
        raise ValueRefused(code, valore=shown(str(value)))


def _bound(limit: float, sign: int) -> Callable[[Any], None]:
    most = Decimal(str(limit))

    def check(value: Any) -> None:
        if isinstance(value, str):
            if sign * (len(value) - most) < 0:
                _text_size(value, most, sign)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool) and sign * (value - most) < 0:
            raise ValueRefused("REC-105", valore=shown(str(value)))

    return check


def _text_size(value: str, most: Decimal, sign: int) -> None:
    if sign < 0:
        raise ValueRefused("REC-106", n=str(len(value)), max=str(most))
    raise ValueRefused("REC-107", valore=shown(value))
