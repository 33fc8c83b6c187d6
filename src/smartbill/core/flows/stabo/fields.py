"""Turning the text of one field into its value, quickly.

A converter is a dictionary that fills itself: a text seen before costs one look-up in C, which is what makes a line
cost microseconds. It raises `ValueRefused`, which says what is wrong, for a text that it does not take.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from smartbill.core.flows.stabo.records import RECORDS, FieldSpec, FieldType, Need, RecordSpec

ROME = ZoneInfo("Europe/Rome")

#: values that one converter remembers; it starts afresh when full
MEMORY = 8192
#: a text longer than this is not worth remembering
MEMORABLE_LENGTH = 64
SHOWN_LENGTH = 60

_EMPTY_DAYS = ("00000000",)
_FIRST_YEAR = 1900


class ValueRefused(Exception):
    """A text that is no value of its field: the code of the finding, and what its sentence needs."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def shown(text: str, *, personal: bool = False) -> str:
    """A value as a finding shows it: short, personal data masked."""
    if personal:
        return f"{text[:2]}…{text[-2:]}" if len(text) > 6 else "…"
    return text[:SHOWN_LENGTH]


class _Value(dict[str, object]):
    """text -> value of one field, by `convert`, which gives None for a text that means nothing was told."""

    __slots__ = ("convert", "need")

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.convert = _CONVERSIONS[spec.type](spec)
        self.need = spec.need

    def __missing__(self, text: str) -> object:
        value = self.convert(text) if text else None
        if value is None and self.need is Need.MANDATORY:
            raise ValueRefused("REC-102")
        if len(self) >= MEMORY:
            self.clear()
        self[text] = value
        return value


class _Number(dict[str, object]):
    """Money (signed, two decimals) always gets its two decimals; other numbers keep those that were written."""

    __slots__ = ("cents", "fits", "need")

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.need = spec.need
        sign = "-?" if spec.type is FieldType.SIGNED else ""
        whole = spec.size - spec.decimals
        self.fits = re.compile(rf"{sign}[0-9]{{1,{whole}}}(?:,[0-9]{{1,{spec.decimals}}})?").fullmatch
        self.cents = Decimal("0.01") if spec.type is FieldType.SIGNED and spec.decimals == 2 else None

    def __missing__(self, text: str) -> object:
        if not text:
            if self.need is Need.MANDATORY:
                raise ValueRefused("REC-102")
            self[text] = None
            return None
        if not self.fits(text):
            raise ValueRefused("REC-103", valore=shown(text))
        value = Decimal(text.replace(",", "."))
        if self.cents is not None and text[-3:-2] != ",":
            value = value.quantize(self.cents)
        if not value:
            value = abs(value)  # no negative zero
        if len(self) >= MEMORY:
            self.clear()
        self[text] = value
        return value


class _FixedNumber(_Number):
    """A number of the fixed-width variant: a sign if it is signed, then all its digits, decimals implied."""

    __slots__ = ("decimals",)

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        sign = r"[+-] *" if spec.type is FieldType.SIGNED else ""
        self.fits = re.compile(rf"{sign}[0-9]{{1,{spec.size}}}").fullmatch
        self.decimals = spec.decimals

    def __missing__(self, text: str) -> object:
        if not text:
            return super().__missing__(text)
        if not self.fits(text):
            raise ValueRefused("REC-103", valore=shown(text))
        value = Decimal(text.replace(" ", "")).scaleb(-self.decimals)
        if not value:
            value = abs(value)  # no negative zero
        if self.cents is None:
            value = _shortest(value)
        if len(self) >= MEMORY:
            self.clear()
        self[text] = value
        return value


def _shortest(number: Decimal) -> Decimal:
    """Without zeros at its end: the fixed width says nothing of how many were meant."""
    short = number.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


class _Code(dict[str, object]):
    """The same for a list of codes: every accepted text is there from the start."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec.codes or {})
        if spec.need is not Need.MANDATORY:
            self[""] = None if spec.type is FieldType.FLAG else ""

    def __missing__(self, text: str) -> object:
        raise ValueRefused("REC-105", valore=shown(text)) if text else ValueRefused("REC-102")


_Conversion = Callable[[str], object]


class _Text(dict[str, object]):
    """Texts are the values that differ most from line to line: their own short way."""

    __slots__ = ("fits", "need", "personal", "size")

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.need = spec.need
        if spec.need is not Need.MANDATORY:
            self[""] = ""
        self.size = spec.size
        self.personal = spec.personal
        self.fits = re.compile(spec.pattern).fullmatch if spec.pattern else None

    def __missing__(self, text: str) -> object:
        value = text.strip()
        if not value:
            if self.need is Need.MANDATORY:
                raise ValueRefused("REC-102")
        elif len(value) > self.size:
            raise ValueRefused("REC-106", n=str(len(value)), max=str(self.size))
        elif self.fits and not self.fits(value):
            raise ValueRefused("REC-107", valore=shown(value, personal=self.personal))
        if not self.personal and len(text) <= MEMORABLE_LENGTH:  # personal data hardly repeat
            if len(self) >= MEMORY:
                self.clear()
            self[text] = value
        return value


def _integer(spec: FieldSpec) -> _Conversion:
    fits = re.compile(rf"[0-9]{{1,{spec.size}}}").fullmatch

    def convert(text: str) -> object:
        if not fits(text):
            raise ValueRefused("REC-103", valore=shown(text))
        return int(text)

    return convert


def _day(_: FieldSpec) -> _Conversion:
    fits = re.compile(r"[0-9]{8}").fullmatch

    def convert(text: str) -> object:
        if text in _EMPTY_DAYS:
            return None
        try:
            if fits(text) and int(text[4:]) >= _FIRST_YEAR:
                return date(int(text[4:]), int(text[2:4]), int(text[:2]))
        except ValueError:
            pass
        raise ValueRefused("REC-104", valore=shown(text))

    return convert


def _moment(_: FieldSpec) -> _Conversion:
    fits = re.compile(r"[0-9]{14}").fullmatch

    def convert(text: str) -> object:
        try:
            if fits(text) and int(text[4:8]) >= _FIRST_YEAR:
                return datetime.strptime(text, "%d%m%Y%H%M%S").replace(tzinfo=ROME)
        except ValueError:
            pass
        raise ValueRefused("REC-104", valore=shown(text))

    return convert


_CONVERSIONS: dict[FieldType, Callable[[FieldSpec], _Conversion]] = {
    FieldType.INTEGER: _integer,
    FieldType.DAY: _day,
    FieldType.MOMENT: _moment,
}


_shared: dict[tuple[object, ...], dict[str, object]] = {}


def _converter(spec: FieldSpec) -> dict[str, object]:
    """Fields of one kind share their converter: what one has seen, the others know. A text is that of its field."""
    if spec.codes is not None:
        return _Code(spec)
    if spec.type is FieldType.TEXT:
        return _Text(spec)
    kind = (spec.type, spec.size, spec.decimals, spec.need)
    if kind not in _shared:
        _shared[kind] = _Number(spec) if spec.type in {FieldType.SIGNED, FieldType.UNSIGNED} else _Value(spec)
    return _shared[kind]


def _fixed_converter(spec: FieldSpec) -> dict[str, object]:
    """Only numbers are written otherwise in the fixed-width variant."""
    if spec.codes is not None or spec.type not in {FieldType.SIGNED, FieldType.UNSIGNED}:
        return _converter(spec)
    kind = ("fixed", spec.type, spec.size, spec.decimals, spec.need)
    if kind not in _shared:
        _shared[kind] = _FixedNumber(spec)
    return _shared[kind]


class RecordConverter:
    """Converts the fields of one record type. `count` includes field 1, the type."""

    def __init__(self, spec: RecordSpec, *, fixed: bool = False) -> None:
        self.count = len(spec.fields) + 1
        self.length = spec.fixed_length
        numbers = {FieldType.INTEGER, FieldType.SIGNED, FieldType.UNSIGNED}
        self.slices = (
            (slice(0, 2), False),
            *((spec.fixed_slices[field.name], field.type in numbers) for field in spec.fields),
        )
        self.names = ("record_type", *(field.name for field in spec.fields))
        self.converters: list[dict[str, object]] = [
            {spec.type: spec.type},
            *((_fixed_converter if fixed else _converter)(field) for field in spec.fields),
        ]
        #: how many fields a line has -> values of those that it leaves out at its end; absent: it may not be that long
        self.tails: dict[int, list[Any]] = {self.count: []}
        for place in range(self.count - 1, 0, -1):
            if spec.fields[place - 1].need is Need.MANDATORY:
                break
            self.tails[place] = [self.converters[place][""], *self.tails[place + 1]]

    def cut(self, line: str) -> list[str]:
        """The fields of a line of the fixed-width variant; what stands behind the last is one more."""
        line = line.ljust(self.length)
        # A number stands at the right end of its place: blanks behind it mean that digits were cut off.
        fields = [line[place].lstrip() if is_number else line[place].strip() for place, is_number in self.slices]
        beyond = line[self.length :].strip()
        return [*fields, beyond] if beyond else fields

    def examined(self, fields: list[str]) -> tuple[list[object], list[tuple[str, ValueRefused]]]:
        """The slow way, for a line that is wrong: each readable value (else None), and every problem.

        Fields missing at the end count as empty, and are added to `fields`.
        """
        values: list[object] = []
        problems: list[tuple[str, ValueRefused]] = []
        if len(fields) > self.count:
            problems.append(("", ValueRefused("REC-101", trovato=str(len(fields)), atteso=str(self.count))))
        fields += [""] * (self.count - len(fields))
        for name, converter, text in zip(self.names, self.converters, fields, strict=False):
            try:
                values.append(converter[text])
            except ValueRefused as refused:
                values.append(None)
                problems.append((name, refused))
        return values, problems


CONVERTERS: dict[str, RecordConverter] = {kind: RecordConverter(spec) for kind, spec in RECORDS.items()}
FIXED_CONVERTERS: dict[str, RecordConverter] = {
    kind: RecordConverter(spec, fixed=True) for kind, spec in RECORDS.items()
}
