"""Transforms of texts and derivations from other fields: the two closed lists of chapter 5.1."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from smartbill.core.flows.descriptor.formats import Value

Transform = Callable[[str], str]
#: names of the transforms, as a descriptor writes them
TRANSFORMS = (
    "strip", "upper", "lower", "collapse_spaces", "lstrip_zeros", "zfill:n", "left:n", "right:n", "replace:a:b",
    "split:sep:n", "digits_only", "nfc",
)  # fmt: skip
DERIVATIONS = (
    "add:a:b", "sub:a:b", "neg:a", "sign:a:if_ge_0:if_lt_0", "concat:a:sep:b", "template:{campo}…", "sum_summary",
    "total_minus_split_vat", "first_day_of:campo", "add_days:campo:n",
)  # fmt: skip
#: derivations that only an electronic invoice has
OF_INVOICES = ("sum_summary", "total_minus_split_vat")
MAX_WIDTH = 200

_PLAIN: dict[str, Transform] = {
    "strip": str.strip,
    "upper": str.upper,
    "lower": str.lower,
    "collapse_spaces": lambda text: " ".join(text.split()),
    "lstrip_zeros": lambda text: text.lstrip("0") or text[-1:],
    "digits_only": lambda text: "".join(sign for sign in text if sign in "0123456789"),
    "nfc": lambda text: unicodedata.normalize("NFC", text),
}


def _number(text: str, *, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not least <= int(text) <= most:
        raise ValueError(text)
    return int(text)


def transform(written: str) -> Transform:
    """The transform that is written so. Raises ValueError when the list has none."""
    if written in _PLAIN:
        return _PLAIN[written]
    name, *parts = written.split(":")
    if name in {"zfill", "left", "right"} and len(parts) == 1:
        n = _number(parts[0], least=1, most=MAX_WIDTH)
        if name == "zfill":
            return lambda text: text.zfill(n)
        return (lambda text: text[:n]) if name == "left" else (lambda text: text[-n:])
    if name == "replace" and len(parts) == 2 and parts[0]:
        old, new = parts
        return lambda text: text.replace(old, new)[:4_000]
    if name == "split":
        separator, n = _separator_and_place(parts)
        return lambda text: _part(text, separator, n)
    raise ValueError(written)


def _separator_and_place(parts: list[str]) -> tuple[str, int]:
    """`split:sep:n`; the separator may be a colon itself."""
    if len(parts) == 3 and not parts[0] and not parts[1]:
        parts = [":", parts[2]]
    if len(parts) != 2 or not parts[0]:
        raise ValueError(":".join(parts))
    return parts[0], _number(parts[1], least=1, most=100)


def _part(text: str, separator: str, n: int) -> str:
    parts = text.split(separator)
    return parts[n - 1].strip() if n <= len(parts) else ""


class Derivation(Struct, frozen=True):
    """How a value is made from other fields of the record: `kind` is that of the result, `uses` the fields asked."""

    name: str
    kind: str
    uses: tuple[str, ...]
    compute: Callable[[Mapping[str, Value]], Value]
    needs: str = ""  # kind of the fields asked, empty = any


def derivation(written: str) -> Derivation:
    """Raises ValueError when it is none of the list."""
    name, _, rest = written.partition(":")
    if name == "template":
        return _template(rest)
    parts = rest.split(":") if rest else []
    if name in OF_INVOICES and not parts:
        return Derivation(name, "decimal", (), lambda values: None)
    makers: dict[str, tuple[int, Callable[[list[str]], Derivation]]] = {
        "add": (2, lambda p: _arithmetic("add", p, lambda a, b: a + b)),
        "sub": (2, lambda p: _arithmetic("sub", p, lambda a, b: a - b)),
        "neg": (1, lambda p: _arithmetic("neg", p, lambda a: -a + 0)),
        "sign": (3, _sign),
        "concat": (3, _concat),
        "first_day_of": (1, _first_day),
        "add_days": (2, _add_days),
    }
    if name not in makers:
        raise ValueError(written)
    count, make = makers[name]
    if name == "concat" and len(parts) == 4 and not parts[1] and not parts[2]:
        parts = [parts[0], ":", parts[3]]
    if len(parts) != count or not parts[0]:
        raise ValueError(written)
    return make(parts)


def _arithmetic(name: str, fields: list[str], operation: Callable[..., Decimal]) -> Derivation:
    def compute(values: Mapping[str, Value]) -> Value:
        numbers = [values[field] for field in fields]
        if any(number is None or number == "" for number in numbers):
            return None  # an absent amount stays unknown
        return operation(*[Decimal(str(number)) for number in numbers])

    return Derivation(name, "decimal", tuple(fields), compute, "decimal")


def _sign(parts: list[str]) -> Derivation:
    field, positive, negative = parts

    def compute(values: Mapping[str, Value]) -> Value:
        number = values[field]
        if number is None or number == "":
            return None
        return positive if Decimal(str(number)) >= 0 else negative

    return Derivation("sign", "text", (field,), compute, "decimal")


def _concat(parts: list[str]) -> Derivation:
    first, separator, second = parts

    def compute(values: Mapping[str, Value]) -> Value:
        return separator.join(text for text in (as_text(values[first]), as_text(values[second])) if text)

    return Derivation("concat", "text", (first, second), compute)


def _template(text: str) -> Derivation:
    pieces = re.split(r"\{([^{}]*)\}", text)
    uses = tuple(pieces[1::2])
    if not uses or any(brace in piece for piece in pieces[::2] for brace in "{}"):
        raise ValueError(text)

    def compute(values: Mapping[str, Value]) -> Value:
        return "".join(as_text(values[piece]) if n % 2 else piece for n, piece in enumerate(pieces))

    return Derivation("template", "text", uses, compute)


def _first_day(parts: list[str]) -> Derivation:
    def compute(values: Mapping[str, Value]) -> Value:
        day = values[parts[0]]
        return day.replace(day=1) if isinstance(day, date) else None

    return Derivation("first_day_of", "date", (parts[0],), compute, "date")


def _add_days(parts: list[str]) -> Derivation:
    days = int(parts[1]) if re.fullmatch(r"-?[0-9]{1,4}", parts[1], re.ASCII) else None
    if days is None:
        raise ValueError(parts[1])

    def compute(values: Mapping[str, Value]) -> Value:
        day = values[parts[0]]
        try:
            return day + timedelta(days=days) if isinstance(day, date) else None
        except OverflowError:
            return None

    return Derivation("add_days", "date", (parts[0],), compute, "date")


def as_text(value: Value) -> str:
    """A value inside a text: dates as yyyymmdd, numbers in their shortest form with a comma."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "S" if value else "N"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, datetime | date):
        return f"{value:%Y%m%d}"
    return str(value)
