"""The help beside the editor of layouts, made of the tables that the reader itself works with: it cannot grow old."""

from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from smartbill.core.flows.descriptor import keys
from smartbill.core.flows.descriptor.targets import FIELDS, IGNORE, TARGETS
from smartbill.core.flows.descriptor.words import DERIVATIONS, TRANSFORMS
from smartbill.core.flows.stabo.records import FieldSpec, FieldType
from smartbill.core.wording import layout_terms

#: table as people write it -> the keys that it may have
TABLES: dict[str, type[Struct]] = {
    "layout": keys.LayoutKeys,
    "files": keys.FileKeys,
    "encoding": keys.EncodingKeys,
    "delimited": keys.DelimitedKeys,
    "formats.NOME": keys.FormatKeys,
    "[record]": keys.RecordKeys,
    "fields": keys.FieldKeys,
    "[check]": keys.CheckKeys,
    "supply": keys.SupplyKeys,
    "condition": keys.Condition,
}
#: (table, key) -> the closed list of its values
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("layout", "kind"): keys.KINDS,
    ("layout", "credit_sign"): keys.CREDIT_SIGNS,
    ("layout", "unwrap"): ("p7m", "base64"),
    ("encoding", "candidates"): keys.CODECS,
    ("encoding", "newlines"): ("crlf", "lf"),
    ("encoding", "final_newline"): ("optional", "required", "none"),
    ("formats.NOME", "type"): keys.FORMAT_TYPES,
    ("formats.NOME", "sign"): keys.SIGNS,
    ("[record]", "target"): (*TARGETS, IGNORE),
    ("[record]", "starts"): ("document", "supply"),
    ("[record]", "position"): ("first", "last"),
    ("fields", "on_unknown"): keys.UNKNOWNS,
    ("[check]", "kind"): keys.CHECK_KINDS,
    ("[check]", "level"): keys.LEVELS,
    ("supply", "consumption"): keys.CONSUMPTION_RULES,
    ("condition", "op"): keys.OPERATORS,
}
_TYPES = {
    FieldType.TEXT: "testo",
    FieldType.CODE: "valore",
    FieldType.FLAG: "true o false",
    FieldType.INTEGER: "intero",
    FieldType.DAY: "data",
    FieldType.MOMENT: "data e ora",
    FieldType.SIGNED: "numero",
    FieldType.UNSIGNED: "numero",
}
#: Longer lists of values are cut: nobody reads a hundred tariff steps.
_SHOWN_VALUES = 12


class HelpRow(Struct, frozen=True):
    word: str
    meaning: str
    more: str = ""


class HelpList(Struct, frozen=True):
    anchor: str
    title: str
    intro: str
    rows: tuple[HelpRow, ...]


class Help(Struct, frozen=True):
    tables: tuple[HelpList, ...]
    words: tuple[HelpList, ...]
    fields: tuple[HelpList, ...]


@lru_cache(maxsize=1)
def layout_help() -> Help:
    return Help(tables=_tables(), words=_words(), fields=_fields())


def _tables() -> tuple[HelpList, ...]:
    made = []
    for n, (table, struct) in enumerate(TABLES.items()):
        meanings = layout_terms.KEYS[table]
        rows = tuple(
            HelpRow(field.encode_name, meanings.get(field.encode_name, ""), _about_key(table, field))
            for field in msgspec.structs.fields(struct)
        )
        title = f"[{table}]" if table not in {"fields", "condition"} else table
        made.append(HelpList(f"tabella-{n}", title, layout_terms.TABLES[table], rows))
    lookup = HelpRow("TESTO", layout_terms.LOOKUP, "testo")
    made.append(HelpList("tabella-lookup", "[lookup.NOME]", layout_terms.TABLES["lookup.NOME"], (lookup,)))
    return tuple(made)


def _about_key(table: str, field: msgspec.structs.FieldInfo) -> str:
    told = []
    if choices := CHOICES.get((table, field.encode_name)):
        told.append(", ".join(choices))
    if field.required:
        told.append("obbligatorio")
    elif (default := _default(field)) not in {"", "[]", "{}"}:
        told.append(f"se manca: {default}")
    return "; ".join(told)


def _default(field: msgspec.structs.FieldInfo) -> str:
    """The default as a descriptor would write it; empty where there is nothing to say."""
    value: Any = field.default
    if value is msgspec.NODEFAULT or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in value if each)
    return str(value)


def _words() -> tuple[HelpList, ...]:
    def listed(anchor: str, title: str, intro: str, names: tuple[str, ...], meanings: dict[str, str]) -> HelpList:
        return HelpList(anchor, title, intro, tuple(HelpRow(name, meanings.get(name, "")) for name in names))

    return (
        listed("forme", "Forme di file (kind)", "", keys.KINDS, layout_terms.KINDS),
        listed("tipi", "Tipi di valore (type di un formato)", "", keys.FORMAT_TYPES, layout_terms.TYPES),
        listed(
            "modifiche",
            "Modifiche al testo (transform)",
            "Si scrivono in un elenco e si applicano in ordine, prima di lookup e format.",
            TRANSFORMS,
            layout_terms.TRANSFORMS,
        ),
        listed(
            "derivati", "Valori ricavati (derive)", "a e b sono nomi di campi.", DERIVATIONS, layout_terms.DERIVATIONS
        ),
        listed("confronti", "Confronti (op)", "", keys.OPERATORS, layout_terms.OPERATORS),
        listed("sconosciuti", "Testi non previsti (on_unknown)", "", keys.UNKNOWNS, layout_terms.UNKNOWNS),
        listed("controlli", "Controlli (kind di un check)", "", keys.CHECK_KINDS, layout_terms.CHECK_KINDS),
    )


def _fields() -> tuple[HelpList, ...]:
    made = []
    for target in (*TARGETS, IGNORE):
        record = TARGETS.get(target, "")
        meanings = layout_terms.FIELDS.get(record, {})
        rows = tuple(
            HelpRow(name, meanings.get(name, ""), _about_field(spec)) for name, spec in FIELDS.get(record, {}).items()
        )
        made.append(HelpList(f"dati-{target.replace('.', '-')}", target, layout_terms.TARGETS[target], rows))
    return tuple(made)


def _about_field(spec: FieldSpec) -> str:
    values = list(dict.fromkeys(_written(code, value) for code, value in (spec.codes or {}).items()))
    if spec.type is FieldType.FLAG or not values:
        is_text = spec.type in {FieldType.TEXT, FieldType.CODE}
        return f"{_TYPES[spec.type]}, al massimo {spec.size}" if is_text else _TYPES[spec.type]
    if len(values) > _SHOWN_VALUES:
        values = [*values[: _SHOWN_VALUES // 2], "…", values[-1]]
    return ", ".join(value for value in values if value)


def _written(code: str, value: object) -> str:
    """A value of a closed list as a descriptor writes it."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value or code)
