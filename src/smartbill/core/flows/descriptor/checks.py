"""The checks that a descriptor declares (`[[check]]`): sums, counts, equal values, order of dates, ranges."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from msgspec import Struct

from smartbill.core.flows.descriptor.conditions import comparable, comparison, ordered
from smartbill.core.flows.descriptor.formats import canonical
from smartbill.core.flows.descriptor.keys import CHECK_KINDS, LEVELS, CheckKeys, Condition, Descriptor
from smartbill.core.flows.descriptor.notes import Notes
from smartbill.core.flows.descriptor.programs import RecordProgram
from smartbill.core.flows.descriptor.targets import default_kind
from smartbill.core.flows.stabo.issues import italian
from smartbill.core.flows.value import Level
from smartbill.core.wording.findings import SENTENCES

#: files that a document may name
_IN_ZIP = ("pdf_file", "einvoice_file")
_FILE_TARGETS = ("flow", "trailer")


class Entry(Struct, frozen=True):
    """One record as it was read."""

    program: RecordProgram
    line: int
    values: dict[str, Any]


class Ref(Struct, frozen=True):
    """`TYPE.field`."""

    type: str
    field: str
    target: str


class Check(Struct, frozen=True, kw_only=True):
    """`of_file`: what it compares is known at the end of the file; sums and counts are gathered block by block."""

    number: int
    code: str
    kind: str
    level: Level
    of_file: bool
    refs: tuple[Ref, ...]
    where: tuple[tuple[str, Callable[[object], bool]], ...] = ()
    equals: Ref | None = None
    constant: object = None
    tolerance: Decimal = Decimal(0)
    low: object = None
    high: object = None

    def counts(self, entry: Entry) -> bool:
        if entry.program.type != self.refs[0].type:
            return False
        if not entry.program.primary and self.refs[0].field not in entry.program.by_name:
            return False
        return all(holds(entry.values.get(field)) for field, holds in self.where)

    def amount(self, entry: Entry) -> Decimal | None:
        """What an entry adds to the sum or the count; None when it cannot be read."""
        if self.kind == "count_equals":
            return Decimal(1)
        value = entry.values.get(self.refs[0].field)
        return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


class Broken(Struct, frozen=True, kw_only=True):
    """A check that does not hold: where, and what was found."""

    check: Check
    line: int
    type: str
    field: str
    values: dict[str, str]


# --- making them ---


def compile_checks(descriptor: Descriptor, records: Sequence[RecordProgram], mistakes: list[str]) -> tuple[Check, ...]:
    made = []
    for number, keys in enumerate(descriptor.checks):
        check = _Compiler(records, Notes(mistakes, f"[[check]] {keys.code or number + 1}")).check(number, keys)
        if check is not None:
            made.append(check)
    return tuple(made)


class _Compiler:
    def __init__(self, records: Sequence[RecordProgram], notes: Notes) -> None:
        self._records = records
        self._notes = notes

    def check(self, number: int, keys: CheckKeys) -> Check | None:
        notes, before = self._notes, len(self._notes.mistakes)
        if keys.code not in SENTENCES and not keys.code.startswith("TRC-"):
            notes.add("serve un codice dei rilievi (come DOC-201, FLS-022) o uno proprio, TRC-…", "code")
        if len(keys.code) > 10:
            notes.add("al massimo 10 caratteri", "code")
        if keys.level not in LEVELS:
            notes.add(f"«{keys.level}» non esiste; sono ammessi: {', '.join(LEVELS)}", "level")
        if keys.kind not in CHECK_KINDS:
            notes.add(f"«{keys.kind}» non esiste; sono ammessi: {', '.join(CHECK_KINDS)}", "kind")
        if len(notes.mistakes) > before:
            return None
        refs = self._refs(keys)
        if not refs or len(notes.mistakes) > before:
            return None
        equals, constant = self._equals(keys, refs[0])
        targets = {ref.target for ref in refs}
        of_file = (equals is not None and equals.target in _FILE_TARGETS) or (
            keys.kind == "unique" and targets == {"bill"}
        )
        if keys.kind == "unique" and of_file and keys.level == "document":
            notes.add("tra documenti diversi può essere solo file o warning", "level")
        low, high = (self._limit(keys, key, refs[0]) for key in ("min", "max"))
        check = Check(
            number=number, code=keys.code, kind=keys.kind, level=Level(keys.level), of_file=of_file, refs=refs,
            where=tuple(self._where(keys, refs[0])), equals=equals, constant=constant,
            tolerance=self._tolerance(keys), low=low, high=high,
        )  # fmt: skip
        return check if len(notes.mistakes) == before else None

    def _refs(self, keys: CheckKeys) -> tuple[Ref, ...]:
        """The fields that a check looks at, by its kind."""
        if keys.kind == "sum_equals":
            return self._needed("sum", [keys.sum])
        if keys.kind == "count_equals":
            found = [program for program in self._records if program.type == keys.count]
            if not found:
                self._notes.add(f"il record «{keys.count}» non c'è", "count")
                return ()
            return (Ref(keys.count, "", found[0].target),)
        names = [each for each in (keys.field, *keys.fields) if each]
        refs = self._needed("fields" if keys.fields else "field", names)
        if keys.kind == "date_order" and len(names) < 2:
            self._notes.add("servono almeno due campi, dal primo all'ultimo", "fields")
        if keys.kind == "exists_in_zip" and any(ref.field not in _IN_ZIP or ref.target != "bill" for ref in refs):
            self._notes.add(f"sono ammessi solo {' e '.join(_IN_ZIP)} della bolletta", "field")
        if keys.kind == "unique" and len({ref.type for ref in refs}) > 1:
            self._notes.add("i campi devono essere dello stesso record", "fields")
        if keys.kind == "range" and keys.min is None and keys.max is None:
            self._notes.add("serve min o max")
        return refs

    def _needed(self, key: str, names: Iterable[str]) -> tuple[Ref, ...]:
        refs = []
        for name in names:
            ref = self.ref(name)
            if ref is None:
                self._notes.add(f"«{name}» non è un campo; serve TIPO.campo di un record del tracciato", key)
            else:
                refs.append(ref)
        if not refs:
            self._notes.add("manca: serve TIPO.campo", key)
        return tuple(refs)

    def ref(self, name: str) -> Ref | None:
        kind, _, field = name.rpartition(".")
        for program in self._records:
            if program.type == kind and field in program.by_name:
                return Ref(kind, field, program.target)
        return None

    def _equals(self, keys: CheckKeys, first: Ref) -> tuple[Ref | None, object]:
        if keys.kind not in {"sum_equals", "count_equals", "equals"}:
            return None, None
        if keys.equals is None:
            self._notes.add("manca", "equals")
            return None, None
        ref = self.ref(keys.equals) if isinstance(keys.equals, str) else None
        if ref is None and keys.kind != "equals":
            self._notes.add(f"«{keys.equals}» non è un campo; serve TIPO.campo", "equals")
            return None, None
        if ref is not None:
            return ref, None
        return None, comparable(self._canonical(keys.equals, first, "equals"))

    def _canonical(self, value: Any, ref: Ref, key: str) -> object:
        program = next(each for each in self._records if each.type == ref.type and ref.field in each.by_name)
        spec = program.by_name[ref.field].spec
        try:
            return canonical(value, default_kind(spec))
        except ValueError:
            self._notes.add(f"«{value}» non va bene per {ref.type}.{ref.field}", key)
            return None

    def _limit(self, keys: CheckKeys, key: str, ref: Ref) -> object:
        value = getattr(keys, key)
        if value is None or keys.kind != "range":
            return None
        return comparable(self._canonical(value, ref, key))

    def _where(self, keys: CheckKeys, ref: Ref) -> Iterator[tuple[str, Callable[[object], bool]]]:
        for field, value in keys.where.items():
            program = next((each for each in self._records if each.type == ref.type and field in each.by_name), None)
            if program is None:
                self._notes.add(f"il campo «{field}» non c'è nel record «{ref.type}»", "where")
                continue
            yield field, comparison(Condition(field, "in", value), program.by_name[field].spec)

    def _tolerance(self, keys: CheckKeys) -> Decimal:
        try:
            tolerance = abs(Decimal(str(keys.tolerance)))
            if tolerance.is_finite():
                return tolerance
        except InvalidOperation:
            pass
        self._notes.add("serve un numero, come 0.00", "tolerance")
        return Decimal(0)


# --- using them ---


def broken_in(check: Check, entries: Sequence[Entry], bill: Entry) -> Iterator[Broken]:
    """Where a check of one document does not hold."""
    if check.kind in {"sum_equals", "count_equals"}:
        yield from _sum_broken(check, entries, bill)
    elif check.kind == "unique":
        yield from _repeated(check, entries)
    elif check.kind != "exists_in_zip":
        for entry in _own(check, entries, bill):
            yield from _values_broken(check, entry, bill)


def _own(check: Check, entries: Sequence[Entry], bill: Entry) -> Iterator[Entry]:
    """The entries that a check of single values goes over: those of the record that is not the bill, if one is."""
    refs = [*check.refs, *([check.equals] if check.equals else [])]
    kind = next((ref.type for ref in refs if ref.type != bill.program.type), bill.program.type)
    for entry in entries:
        if entry.program.type == kind and (
            entry.program.type != check.refs[0].type or all(holds(entry.values.get(f)) for f, holds in check.where)
        ):
            yield entry


def _value(ref: Ref, entry: Entry, bill: Entry) -> object:
    return (entry if entry.program.type == ref.type else bill).values.get(ref.field)


def _sum_broken(check: Check, entries: Sequence[Entry], bill: Entry) -> Iterator[Broken]:
    assert check.equals is not None
    amounts = [check.amount(entry) for entry in entries if check.counts(entry)]
    target = next((entry for entry in entries if entry.program.type == check.equals.type), bill)
    told = target.values.get(check.equals.field)
    if any(amount is None for amount in amounts) or not isinstance(told, int | Decimal):
        return  # a value that cannot be read has its own finding
    total = sum((amount for amount in amounts if amount is not None), Decimal(0))
    if abs(total - told) > check.tolerance:
        yield _broken(check, target, check.equals.field, total, told)


def _broken(check: Check, entry: Entry, field: str, found: object, wanted: object) -> Broken:
    return Broken(check=check, line=entry.line, type=entry.program.type, field=field, values=told_values(found, wanted))


def told_values(found: object, wanted: object) -> dict[str, str]:
    return {"trovato": _shown(found), "atteso": _shown(wanted), "valore": _shown(found)}


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return italian(value)
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)[:60]


def _repeated(check: Check, entries: Sequence[Entry]) -> Iterator[Broken]:
    seen: set[tuple[object, ...]] = set()
    for entry in entries:
        if entry.program.type != check.refs[0].type:
            continue
        key = unique_key(check, entry.values)
        if key in seen:
            yield _broken(check, entry, check.refs[0].field, key[0], "")
        seen.add(key)


def unique_key(check: Check, values: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(comparable(values.get(ref.field)) for ref in check.refs)


def _values_broken(check: Check, entry: Entry, bill: Entry) -> Iterator[Broken]:
    values = [_value(ref, entry, bill) for ref in check.refs]
    first = check.refs[0].field
    if check.kind == "equals":
        wanted = _value(check.equals, entry, bill) if check.equals else check.constant
        if not _same(values[0], wanted, check.tolerance):
            yield _broken(check, entry, first, values[0], wanted)
    elif check.kind == "date_order":
        told = [(ref, value) for ref, value in zip(check.refs, values, strict=True) if value is not None]
        for (_, earlier), (ref, later) in pairwise(told):
            if ordered(comparable(earlier), ">", comparable(later)):
                yield _broken(check, entry, ref.field, later, earlier)
    else:
        for value in values:
            mine = comparable(value)
            too_low = check.low is not None and mine != "" and not ordered(mine, ">=", check.low)
            too_high = check.high is not None and mine != "" and not ordered(mine, "<=", check.high)
            if too_low or too_high:
                yield _broken(check, entry, first, value, check.low if too_low else check.high)


def _same(value: object, wanted: object, tolerance: Decimal) -> bool:
    mine, other = comparable(value), comparable(wanted)
    if isinstance(mine, Decimal) and isinstance(other, Decimal):
        return abs(mine - other) <= tolerance
    return mine == other
