"""A descriptor made ready to read with: records with the programs of their fields, checks, and what rules apply."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

from msgspec import Struct

from smartbill.core.flows.descriptor import xml_paths
from smartbill.core.flows.descriptor.checks import Check, compile_checks
from smartbill.core.flows.descriptor.fields import FieldCompiler
from smartbill.core.flows.descriptor.keys import (
    CONSUMPTION_RULES,
    Descriptor,
    FieldKeys,
    RecordKeys,
)
from smartbill.core.flows.descriptor.loading import LayoutMistakes, Library, no_library, read_descriptor
from smartbill.core.flows.descriptor.notes import Notes
from smartbill.core.flows.descriptor.programs import FieldProgram, RecordProgram, Row
from smartbill.core.flows.descriptor.tables import MAX_TYPE, check_formats, check_tables
from smartbill.core.flows.descriptor.targets import FIELDS, IGNORE, TARGETS, field_of
from smartbill.core.flows.descriptor.words import derivation
from smartbill.core.flows.stabo.records import FieldSpec

_OCCURS = re.compile(r"(\d{1,6})(?:\.\.(\d{1,6}|n))?", re.ASCII)
#: the one record of a layout whose lines are all alike
ANY_TYPE = ""
#: rules of chapter 8.3 that speak of STABO's own mandatory fields; a descriptor says itself what it requires
_NEVER = frozenset({("REC-102", "")})


class Layout(Struct, kw_only=True, eq=False, dict=True):
    """What a reader needs of a descriptor; made once by `compile_layout`."""

    descriptor: Descriptor
    programs: dict[str, tuple[RecordProgram, ...]]  # type -> its records; one without target is ignored
    checks: tuple[Check, ...]
    muted: frozenset[tuple[str, str]]  # (code, field); field "" = all of the code

    @property
    def id(self) -> str:
        return self.descriptor.layout.id

    @property
    def kind(self) -> str:
        return self.descriptor.layout.kind

    @property
    def title(self) -> str:
        return self.descriptor.layout.title or self.id

    @cached_property
    def records(self) -> tuple[RecordProgram, ...]:
        return tuple(program for programs in self.programs.values() for program in programs)

    def of_target(self, target: str) -> tuple[RecordProgram, ...]:
        return tuple(program for program in self.records if program.target == target)

    @cached_property
    def bill(self) -> RecordProgram:
        return self.of_target("bill")[0]

    @cached_property
    def repeats_bill(self) -> bool:
        """Every line of a document carries its bill: a new one begins where the key changes."""
        alike = next(programs for programs in self.programs.values() if self.bill in programs)
        return bool(self.bill.key) and len(alike) > 1

    @cached_property
    def flow_type(self) -> str:
        return next((program.type for program in self.of_target("flow")), ANY_TYPE)

    @cached_property
    def trailer_type(self) -> str:
        return next((program.type for program in self.of_target("trailer")), ANY_TYPE)

    def maps(self, record: str, field: str) -> bool:
        """Whether any record of the layout tells a field of chapter 3."""
        return any(
            (found := field_of(program.target, each.name)) is not None
            and found[0] == record
            and found[1] is FIELDS[record][field]
            for program in self.records
            if program.record
            for each in program.fields
        )

    def told(self, record: str, field: str, program: RecordProgram | None = None) -> tuple[str, str, str]:
        """How the sender calls a field of chapter 3: type of the record, its field, and the same with its place."""
        candidates = [program] if program else []
        candidates += [each for each in self.records if each.record == record]
        candidates += list(self.of_target("bill"))
        for each in candidates:
            for found in each.fields:
                place = field_of(each.target, found.name)
                if place is not None and place[0] == record and place[1].name == field:
                    return each.type, found.told, found.place
        return (candidates[0].type if candidates else record), field, field

    @cached_property
    def file_names(self) -> tuple[str, ...]:
        """Patterns of the files that are this flow."""
        default = ("*.xml",) if self.kind == "xml" else ("*.txt", "*.dat", "*.csv")
        return self.descriptor.files.match or default

    @property
    def many_files(self) -> bool:
        """Each file is a piece of its own; only XML comes so."""
        most = self.descriptor.files.max_files
        return self.kind == "xml" and most != 1


def compile_layout(text: str, *, library: Library = no_library) -> Layout:
    """The layout of a descriptor's text. Raises LayoutMistakes with all that is wrong."""
    return _Compiler(read_descriptor(text, library=library)).layout()


@lru_cache(maxsize=64)
def compiled(text: str, bases: tuple[tuple[str, str], ...] = ()) -> Layout:
    """The same, remembered: the parts of a flow are read one by one. `bases`: (name, text) of those that it extends."""
    return compile_layout(text, library=dict(bases).get)


class _Compiler:
    def __init__(self, descriptor: Descriptor) -> None:
        self._descriptor = descriptor
        self._mistakes: list[str] = []
        self._kind = descriptor.layout.kind

    def layout(self) -> Layout:
        check_tables(self._descriptor, self._mistakes)
        self._stop()
        check_formats(self._descriptor, self._mistakes)
        self._stop()
        programs: dict[str, list[RecordProgram]] = {}
        for keys in self._descriptor.records:
            program = self._record(keys)
            alike = programs.setdefault(self._type(keys), [])
            program.primary = not alike
            alike.append(program)
        self._stop()
        layout = Layout(
            descriptor=self._descriptor,
            programs={kind: tuple(each) for kind, each in programs.items()},
            checks=(),
            muted=frozenset(),
        )
        self._whole(layout)
        self._stop()
        layout.checks = compile_checks(self._descriptor, layout.records, self._mistakes)
        self._stop()
        layout.muted = _muted(layout)
        return layout

    def _stop(self) -> None:
        if self._mistakes:
            raise LayoutMistakes(self._mistakes)

    # --- records ---

    def _type(self, keys: RecordKeys) -> str:
        return ANY_TYPE if self._kind != "xml" and self._descriptor.layout.record_type is None else keys.type

    def _record(self, keys: RecordKeys) -> RecordProgram:
        notes = Notes(self._mistakes, f"[[record]] «{keys.type}»")
        if not 1 <= len(keys.type) <= MAX_TYPE:
            notes.add(f"da 1 a {MAX_TYPE} caratteri", "type")
        if keys.target not in TARGETS and keys.target != IGNORE:
            notes.add(f"«{keys.target}» non esiste; sono ammessi: {', '.join(TARGETS)}, {IGNORE}", "target")
            return RecordProgram(type=keys.type, target=IGNORE, record="", fields=())
        if keys.target == IGNORE:
            return RecordProgram(type=keys.type, target=IGNORE, record="", fields=())
        least, most = self._occurs(keys, notes)
        for key, value, allowed in (
            ("starts", keys.starts, ("", "document", "supply")),
            ("position", keys.position, ("", "first", "last")),
            ("level", keys.level, ("", "document", "supply")),
        ):
            if value not in allowed:
                notes.add(f"«{value}» non esiste; sono ammessi: {', '.join(allowed[1:])}", key)
        each = self._each(keys, notes)
        kinds, specs = self._known(keys)
        compiler = FieldCompiler(self._descriptor, notes, kinds, specs)
        fields = self._fields(keys, compiler, notes, kinds)
        when = compiler.test(keys.when, notes, "when") if keys.when else None
        written = keys.parent.match if keys.parent else ()
        match = (written,) if isinstance(written, str) else written
        return RecordProgram(
            type=keys.type, target=keys.target, record=TARGETS[keys.target], fields=fields,
            key=(keys.key,) if isinstance(keys.key, str) and keys.key else tuple(keys.key or ()),
            parent=keys.parent.record if keys.parent else "", match=tuple(each for each in match if each),
            starts=keys.starts, level=keys.level, least=least, most=most, each=each, when=when,
        )  # fmt: skip

    def _occurs(self, keys: RecordKeys, notes: Notes) -> tuple[int, int | None]:
        found = _OCCURS.fullmatch(keys.occurs)
        if found is None:
            notes.add("serve una forma come 1, 0..1, 1..n, 0..9999", "occurs")
            return 0, None
        least = int(found[1])
        if found[2] is None:
            return least, least
        return least, None if found[2] == "n" else int(found[2])

    def _each(self, keys: RecordKeys, notes: Notes) -> xml_paths.Path | None:
        if self._kind != "xml":
            if keys.each:
                notes.add("vale solo per i tracciati «xml»", "each")
            return None
        if not keys.each:
            if keys.target not in {"flow", "trailer"}:
                notes.add("serve: quali elementi sono i record", "each")
            return None
        try:
            path = xml_paths.parse(keys.each, ns=keys.ns)
        except ValueError as error:
            notes.add(str(error), "each")
            return None
        if keys.target == "bill" and (path.up or path.attribute or not path.steps or any(s.child for s in path.steps)):
            notes.add("per una bolletta serve un percorso di soli nomi, dalla radice", "each")
        return path

    def _known(self, keys: RecordKeys) -> tuple[dict[str, str], dict[str, FieldSpec | None]]:
        """Fields that a record may ask: its own, and as TYPE.field those of the records above it."""
        kinds: dict[str, str] = {}
        specs: dict[str, FieldSpec | None] = {}
        compiler = FieldCompiler(self._descriptor, Notes([], ""), kinds, specs)
        above = [record for record in self._descriptor.records if record.target in {"bill", "bill.supply"}]
        for record in [*[each for each in above if each is not keys], keys]:
            prefix = "" if record is keys else f"{record.type}."
            for _ in range(2):  # a field may stand before the one that it is made from
                for field in record.fields:
                    found = field_of(record.target, field.name)
                    spec = found[1] if found else None
                    specs[prefix + field.name] = spec
                    kinds.setdefault(prefix + field.name, "text")
                    kinds[prefix + field.name] = compiler.kind_of(field, spec)
        return kinds, specs

    def _fields(
        self, keys: RecordKeys, compiler: FieldCompiler, notes: Notes, kinds: Mapping[str, str]
    ) -> tuple[FieldProgram, ...]:
        programs = []
        asked = {name for field in keys.fields for name in _asks(field)}
        asked |= {keys.when.field} if keys.when else set()
        asked |= self._asked_elsewhere(keys)
        seen: set[str] = set()
        for field in self._ordered(keys, notes):
            found = field_of(keys.target, field.name)
            if field.name in seen:
                notes.add(f"il campo «{field.name}» c'è più di una volta", "fields")
            seen.add(field.name)
            if not re.fullmatch(r"[^\W\d][\w-]{0,59}", field.name):
                notes.add(f"«{field.name[:60]}» non è un nome di campo", "name")
            elif found is None and field.name not in asked:
                names = ", ".join(sorted(FIELDS[TARGETS[keys.target]]))
                notes.add(
                    f"il campo «{field.name}» non esiste in {keys.target} e nessun altro campo o controllo lo usa; "
                    f"ci sono: {names}"
                )
            program = compiler.program(field, found[1] if found else None)
            if program is not None:
                programs.append(program)
        return tuple(programs)

    def _asked_elsewhere(self, keys: RecordKeys) -> set[str]:
        """Fields of a record that checks, keys or records below it ask for."""
        names = set(keys.key if not isinstance(keys.key, str) else (keys.key,))
        written = [self._descriptor.encoding.declared_in, self._descriptor.supply.group_lines_by]
        for check in self._descriptor.checks:
            written += [check.sum, check.count, check.field, *check.fields, str(check.equals or "")]
            names |= set(check.where)
        for record in self._descriptor.records:
            if record.parent and keys.type in {record.parent.record, record.type}:
                match = record.parent.match
                names |= {match} if isinstance(match, str) else set(match)
            for field in record.fields:
                written += _asks(field)
        prefix = f"{keys.type}."
        return names | {each.removeprefix(prefix) for each in written if each.startswith(prefix)} | set(written[:2])

    def _ordered(self, keys: RecordKeys, notes: Notes) -> list[FieldKeys]:
        """Fields after those that they are made from."""
        by_name = {field.name: field for field in keys.fields}
        done: list[FieldKeys] = []
        state: dict[str, int] = {}

        def visit(field: FieldKeys) -> None:
            if state.get(field.name) == 2:
                return
            if state.get(field.name) == 1:
                notes.add(f"il campo «{field.name}» dipende da sé stesso", "fields")
                return
            state[field.name] = 1
            for name in _made_from(field):
                if name in by_name:
                    visit(by_name[name])
            state[field.name] = 2
            done.append(field)

        for field in keys.fields:
            if len([each for each in keys.fields if each.name == field.name]) > 1:
                done.append(field)  # told where the programs are made
            else:
                visit(field)
        return done

    # --- the whole ---

    def _whole(self, layout: Layout) -> None:
        """What a layout has to tell at least, and what stands between its records."""
        bills = layout.of_target("bill")
        if len(bills) != 1:
            self._mistakes.append('Serve una sola tabella [[record]] con target = "bill".')
            return
        for target in ("flow", "trailer"):
            if len(layout.of_target(target)) > 1:
                self._mistakes.append(f'Al massimo una tabella [[record]] con target = "{target}".')
        where = f"[[record]] «{bills[0].type}»"
        for names, told in (
            ([("10", "number"), ("10", "display_number")], "number o display_number (numero del documento)"),
            ([("10", "issue_date")], "issue_date (data di emissione)"),
            ([("10", "total_bill"), ("10", "total_due")], "total_bill o total_due"),
        ):
            if not any(layout.maps(*name) for name in names):
                self._mistakes.append(f"{where}: manca il campo {told}.")
        for program in layout.records:
            self._essentials(program)
            self._parent(layout, program)
        self._supply()

    def _essentials(self, program: RecordProgram) -> None:
        needed = {
            "20": ("amount",), "30": ("qty",), "31": ("prev_date", "prev_value", "curr_date", "curr_value"),
            "40": ("amount",), "50": ("channel", "address"), "60": ("text",),
        }.get(program.record, ())  # fmt: skip
        for name in needed:
            if name not in program.by_name:
                self._mistakes.append(
                    f"[[record]] «{program.type}»: manca il campo {name}, che {program.target} vuole."
                )

    def _parent(self, layout: Layout, program: RecordProgram) -> None:
        notes = Notes(self._mistakes, f"[[record]] «{program.type}»")
        if not program.parent:
            return
        parents = [each for each in layout.records if each.type == program.parent and each.record]
        if not parents:
            notes.add(f"il record «{program.parent}» non c'è", "parent")
            return
        if parents[0].target not in {"bill", "bill.supply", "bill.line"}:
            notes.add("può essere un record di tipo bill, bill.supply o bill.line", "parent")
        for name in program.match:
            for side in (program, parents[0]):
                if name not in side.by_name:
                    notes.add(f"match: il campo «{name}» non c'è nel record «{side.type}»", "parent")

    def _supply(self) -> None:
        keys = self._descriptor.supply
        notes = Notes(self._mistakes, "[supply]")
        if keys.consumption and keys.consumption not in CONSUMPTION_RULES:
            notes.add(f"«{keys.consumption}» non esiste; sono ammessi: {', '.join(CONSUMPTION_RULES)}", "consumption")
        if keys.group_lines_by:
            lines = [record for record in self._descriptor.records if record.target == "bill.line"]
            if not any(field.name == keys.group_lines_by for record in lines for field in record.fields):
                notes.add(f"nessun record bill.line ha il campo «{keys.group_lines_by}»", "group_lines_by")


def _made_from(field: FieldKeys) -> Iterator[str]:
    for source in (field, *field.first_of):
        if source.from_:
            yield source.from_
        if source.derive:
            try:
                made = derivation(source.derive)
            except ValueError:
                continue
            yield from made.uses
            if made.name == "total_minus_split_vat":
                yield "total_bill"


def _asks(field: FieldKeys) -> list[str]:
    return [*_made_from(field), *([field.required_if.field] if field.required_if else [])]


def _muted(layout: Layout) -> frozenset[tuple[str, str]]:
    """Findings of the common rules that cannot hold for a layout: it does not tell what they compare.

    A rule that the descriptor declares itself, by its code, takes the place of the common one.
    """
    muted = set(_NEVER)
    lines = layout.of_target("bill.line")
    if not lines:
        muted |= {("DOC-201", ""), ("DOC-202", ""), ("DOC-203", ""), ("DOC-214", ""), ("WRN-405", "")}
        muted |= {("WRN-410", "supply_seq")}
    if not may_be(lines, "scope", "due"):
        muted.add(("DOC-202", ""))
    if not all("vat_rate" in program.by_name for program in lines):
        muted.add(("WRN-405", ""))
    if not layout.maps("10", "vat") or not may_be(lines, "section", "IVA"):
        # Taxable amount and VAT against the total is then a rule of `rows`.
        muted.add(("DOC-203", ""))
    if not layout.maps("10", "vat") and not layout.maps("10", "taxable") and not may_be(lines, "section", "IVA"):
        muted.add(("DOC-201", ""))  # lines may be without their VAT, which nothing tells
    if not may_be(lines, "section", "SPL"):
        muted.add(("DOC-214", ""))
    if not layout.maps("10", "due_date") and not layout.maps("40", "due_date"):
        muted.add(("DOC-206", ""))
    if not layout.maps("10", "ref_number"):
        muted.add(("WRN-410", "ref_number"))
    muted |= {(check.code, "") for check in layout.checks if check.code.startswith(("DOC-", "WRN-"))}
    return frozenset(muted)


def may_be(programs: tuple[RecordProgram, ...], field: str, value: str) -> bool:
    """Whether any of the records can have a value there: the flow tells it, or it is this constant."""
    return any(
        not found.constant or str(found.value(Row(None, {}, {}))) == value
        for program in programs
        if (found := program.by_name.get(field)) is not None
    )
