"""Formats of values: the text that stands in the flow to a value, and canonical values of the descriptor itself."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from smartbill.core.flows.descriptor.keys import FormatKeys, Scalar
from smartbill.core.flows.stabo.fields import ROME, ValueRefused, shown

Value = str | int | bool | Decimal | date | datetime | None
Convert = Callable[[str], Value]

MAX_DIGITS = 18
_FIRST_YEAR = 1900
#: letters of a date pattern -> the parts that they stand for; `mm` after an hour is minutes
_TOKENS = re.compile(r"yyyy|yy|ddd|dd|d|mm|m|hh|ss|[^a-z]|[a-z]")
_PARTS = {
    "yyyy": ("year", r"\d{4}"), "yy": ("short", r"\d{2}"), "ddd": ("of_year", r"\d{3}"), "dd": ("day", r"\d{2}"),
    "d": ("day", r"\d{1,2}"), "mm": ("month", r"\d{2}"), "m": ("month", r"\d{1,2}"), "hh": ("hour", r"\d{2}"),
    "ss": ("second", r"\d{2}"),
}  # fmt: skip
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:\d{2})$")


def date_pattern(pattern: str, *, with_time: bool) -> re.Pattern[str]:
    """The expression of a pattern like `ddmmyyyy` or `dd/mm/yyyy hh:mm:ss`. Raises ValueError when it is none."""
    if len(pattern) > 40:
        raise ValueError(pattern)
    parts: dict[str, str] = {}
    written = ""
    for piece in _TOKENS.findall(pattern.lower()):
        if piece not in _PARTS:
            if piece.isalpha() and piece != "t":
                raise ValueError(pattern)
            written += re.escape(piece.upper() if piece == "t" else piece)
            continue
        name, digits = _PARTS[piece]
        if name == "month" and "hour" in parts:
            name = "minute"
        if name in parts:
            raise ValueError(pattern)
        parts[name] = piece
        written += f"(?P<{name}>{digits})"
    has_year = ("year" in parts) != ("short" in parts)
    has_day = ("of_year" in parts) != ("month" in parts and "day" in parts)
    if not has_year or not has_day or ("hour" in parts) != with_time:
        raise ValueError(pattern)
    return re.compile(written, re.ASCII)


def _moment(found: re.Match[str]) -> datetime:
    """Raises ValueError for a day that no calendar has."""
    parts = {name: int(text) for name, text in found.groupdict().items()}
    year = parts["year"] if "year" in parts else 2000 + parts["short"]
    if year < _FIRST_YEAR:
        raise ValueError(year)
    hour, minute, second = parts.get("hour", 0), parts.get("minute", 0), parts.get("second", 0)
    if "of_year" in parts:
        return datetime.strptime(f"{year:04}{parts['of_year']:03}", "%Y%j").replace(
            hour=hour, minute=minute, second=second, tzinfo=ROME
        )
    return datetime(year, parts["month"], parts["day"], hour, minute, second, tzinfo=ROME)


def date_format(keys: FormatKeys) -> Convert:
    with_time = keys.type == "datetime"
    given = (keys.pattern,) if isinstance(keys.pattern, str) else keys.pattern
    patterns = [date_pattern(each, with_time=with_time) for each in given]
    if not patterns:
        raise ValueError("pattern")

    def convert(text: str) -> Value:
        plain = _ZONE.sub("", text) if keys.accept_timezone else text
        for pattern in patterns:
            if found := pattern.fullmatch(plain):
                try:
                    moment = _moment(found)
                except ValueError:
                    continue
                return moment if with_time else moment.date()
        raise ValueRefused("REC-104", valore=shown(text))

    return convert


def number_format(keys: FormatKeys, *, sign_needed: bool) -> Convert:
    """`sign_needed`: a trailing sign of a fixed position has to be there (or a blank, where blank means plus)."""
    fits = _number_pattern(keys, sign_needed=sign_needed)
    scale = -keys.decimals if keys.implied else 0
    thousands, decimal = keys.thousands_char, keys.decimal_char

    def convert(text: str) -> Value:
        found = fits.fullmatch(text)
        if found is None:
            raise ValueRefused("REC-103", valore=shown(text.strip()))
        digits = found["digits"]
        if thousands:
            digits = digits.replace(thousands, "")
        if decimal != ".":
            digits = digits.replace(decimal, ".")
        if len(digits) > MAX_DIGITS + 1:
            raise ValueRefused("REC-103", valore=shown(text))
        value = Decimal(digits).scaleb(scale) if scale else Decimal(digits)
        negative = found["sign"] == "-" and value != 0
        if keys.type == "int":
            return -int(value) if negative else int(value)
        return -value if negative else value

    return convert


def _number_pattern(keys: FormatKeys, *, sign_needed: bool) -> re.Pattern[str]:
    whole = r"\d+"
    if keys.thousands_char:
        whole = rf"(?:\d{{1,3}}(?:{re.escape(keys.thousands_char)}\d{{3}})+|\d+)"
    rest = ""
    if keys.type == "decimal" and not keys.implied and keys.decimals:
        rest = rf"(?:{re.escape(keys.decimal_char)}\d{{1,{keys.decimals}}})?"
    digits = rf"(?P<digits>{whole}{rest})"
    if keys.sign == "none":
        return re.compile(rf"(?P<sign>) *{digits} *", re.ASCII)
    if keys.sign == "trailing":
        blank = " " if keys.sign_blank == "plus" else ""
        sign = rf"(?P<sign>[+\-{blank}])" if sign_needed else r" ?(?P<sign>[+-]?)"
        return re.compile(rf" *{digits}{sign}", re.ASCII)
    return re.compile(rf" *(?P<sign>[+-]?) *{digits} *", re.ASCII)


def enum_format(values: dict[str, Scalar]) -> Convert:
    def convert(text: str) -> Value:
        if text not in values:
            raise ValueRefused("REC-105", valore=shown(text))
        value = values[text]
        return Decimal(str(value)) if isinstance(value, float) else value

    return convert


def canonical(value: Scalar, kind: str) -> Value:
    """A value that the descriptor itself gives (`const`, `default`, `equals`, `min`, `max`). Raises ValueError.

    Numbers with a point, dates as yyyy-mm-dd, whatever the flow's own way of writing them.
    """
    if isinstance(value, bool):
        return value
    text = str(value)
    try:
        if kind == "int":
            return int(text)
        if kind == "decimal":
            number = Decimal(text.replace(",", "."))
            if not number.is_finite():
                raise ValueError(text)
            return number
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "datetime":
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=ROME)
    except InvalidOperation:
        raise ValueError(text) from None
    return text if kind == "text" or not isinstance(value, int) else value
