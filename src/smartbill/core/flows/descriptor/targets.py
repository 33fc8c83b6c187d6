"""Where the values of a described flow go: the fields of chapter 3, with what each of them takes."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Final

from smartbill.core.flows.descriptor.formats import Value
from smartbill.core.flows.stabo.fields import ValueRefused, shown
from smartbill.core.flows.stabo.records import RECORDS, FieldSpec, FieldType, Need

#: target -> record of chapter 3
TARGETS: Final = {
    "flow": "00", "bill": "10", "bill.customer": "11", "bill.supply": "12", "bill.line": "20",
    "bill.consumption": "30", "bill.reading": "31", "bill.term": "40", "bill.contact": "50", "bill.message": "60",
    "trailer": "99",
}  # fmt: skip
IGNORE: Final = "ignore"
#: fields of one record of the flow that tell of the bill and of its customer, supply or term as well
PREFIXES: Final = {"customer_": "11", "supply_": "12", "term_": "40"}

#: what the archive has room for, where that is not what STABO allows
_SIZES = {
    "series": 20, "number": 20, "display_number": 41, "customer_code": 30, "point_code": 40, "fiscal_code": 16,
    "vat_number": 28, "flow_id": 30, "batch": 20, "language": 2, "company_code": 10, "text": 4_000, "address": 254,
    "country": 2, "pec": 256,
}  # fmt: skip
_LEAST_SIZE = 200
#: forms that STABO asks of its senders alone, and lists that it alone is held to
_FREE_FORM = {"series", "number", "batch", "company_vat", "services", "fiscal_code"}
_FREE_LIST = {"uom", "encoding", "layout", "variant", "currency"}
_MOST = Decimal(10) ** 11

FIELDS: Final[dict[str, dict[str, FieldSpec]]] = {
    kind: {spec.name: spec for spec in record.fields} for kind, record in RECORDS.items()
}
FIELDS["10"]["display_number"] = FieldSpec(name="display_number", type=FieldType.TEXT, size=41, need=Need.OPTIONAL)
FIELDS["20"]["point_code"] = FIELDS["12"]["point_code"]


def field_of(target: str, name: str) -> tuple[str, FieldSpec] | None:
    """The record of chapter 3 and the field that a name of a target means; None for a name of the layout's own."""
    record = TARGETS[target]
    if name in FIELDS[record]:
        return record, FIELDS[record][name]
    if record == "10":
        for prefix, other in PREFIXES.items():
            if name.startswith(prefix) and (spec := FIELDS[other].get(name.removeprefix(prefix))):
                return other, spec
    return None


def kinds_taken(spec: FieldSpec) -> tuple[str, ...]:
    """Kinds of values that a field takes."""
    if spec.type in {FieldType.CODE, FieldType.FLAG} or spec.codes is not None:
        return ("text", "enum", "int")
    return {
        FieldType.TEXT: ("text", "int", "enum"),
        FieldType.INTEGER: ("int",),
        FieldType.DAY: ("date", "datetime"),
        FieldType.MOMENT: ("datetime",),
        FieldType.SIGNED: ("decimal", "int"),
        FieldType.UNSIGNED: ("decimal", "int"),
    }[spec.type]


def default_kind(spec: FieldSpec | None) -> str:
    """The kind of a canonical value (`const`, `default`) of a field."""
    if spec is None or spec.codes is not None:
        return "enum" if spec is not None else "text"
    return {
        FieldType.INTEGER: "int", FieldType.DAY: "date", FieldType.MOMENT: "datetime", FieldType.SIGNED: "decimal",
        FieldType.UNSIGNED: "decimal",
    }.get(spec.type, "text")  # fmt: skip


def coercion(spec: FieldSpec | None) -> Callable[[Value], object]:  # noqa: PLR0911 - one line per type
    """The function that makes of a value what the record holds. It raises ValueRefused for one that does not fit."""
    if spec is None:
        return lambda value: clean(value) if isinstance(value, str) else value
    if spec.codes is not None and spec.name not in _FREE_LIST:
        return _coded(spec)
    if spec.type in {FieldType.TEXT, FieldType.CODE}:
        return _text(spec)
    if spec.type is FieldType.INTEGER:
        return _integer
    if spec.type is FieldType.DAY:
        return lambda value: value.date() if isinstance(value, datetime) else _kept(value, date)
    if spec.type is FieldType.MOMENT:
        return lambda value: _kept(value, datetime)
    return _number(spec)


def _kept(value: Value, kind: type) -> object:
    if not isinstance(value, kind):
        raise ValueRefused("REC-104", valore=shown(str(value)))
    return value


def clean(text: str) -> str:
    """Without characters that no page, message or database column can hold."""
    if text.isprintable():
        return text
    kept = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return "".join(sign for sign in kept if unicodedata.category(sign)[0] != "C").strip()


def _coded(spec: FieldSpec) -> Callable[[Value], object]:
    codes = dict(spec.codes or {})
    known: dict[object, object] = {}
    for value in codes.values():
        known.setdefault(value.value if isinstance(value, Enum) else value, value)
    if spec.name == "service" and "M" in codes:
        known["several"] = None
    known.update(codes)

    def coerce(value: Value) -> object:
        key = value if isinstance(value, bool) else str(value).strip()
        if key not in known:
            raise ValueRefused("REC-105", valore=shown(str(value)))
        return known[key]

    return coerce


def _text(spec: FieldSpec) -> Callable[[Value], object]:
    size = _SIZES.get(spec.name, max(spec.size, _LEAST_SIZE))
    fits = re.compile(spec.pattern).fullmatch if spec.pattern and spec.name not in _FREE_FORM else None

    def coerce(value: Value) -> object:
        text = clean(str(value))
        if len(text) > size:
            raise ValueRefused("REC-106", n=str(len(text)), max=str(size))
        if fits and not fits(text):
            raise ValueRefused("REC-107", valore=shown(text, personal=spec.personal))
        return text

    return coerce


def _integer(value: Value) -> object:
    if not isinstance(value, int) or not 0 <= value < 10**9:
        raise ValueRefused("REC-103", valore=shown(str(value)))
    return int(value)


def _number(spec: FieldSpec) -> Callable[[Value], object]:
    """Money has two decimals; what is written with more is rounded half up, as billers do."""
    money = spec.type is FieldType.SIGNED and spec.decimals == 2
    step = Decimal(1).scaleb(-spec.decimals)
    least = -_MOST if spec.type is FieldType.SIGNED else Decimal(0)

    def coerce(value: Value) -> object:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueRefused("REC-103", valore=shown(str(value)))
        number = Decimal(value)
        if not least <= number <= _MOST:
            raise ValueRefused("REC-103", valore=shown(f"{number:f}"))
        exponent = number.as_tuple().exponent
        if (money and exponent != -2) or (isinstance(exponent, int) and -exponent > spec.decimals):
            number = number.quantize(step, ROUND_HALF_UP)
        return number + 0 if number else abs(number)

    return coerce
