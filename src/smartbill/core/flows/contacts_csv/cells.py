"""One cell: keys, wishes, dates. Each function gives the value, or says that it can't be read."""

import re
from datetime import date
from typing import Final, TypeVar

from smartbill.core.contacts.mobile import SCIENTIFIC
from smartbill.core.flows.identifiers import is_fiscal_code, is_vat_number

_Value = TypeVar("_Value")

_CHANNELS: Final = {"SMS": "sms", "EMAIL": "email", "E-MAIL": "email", "WHATSAPP": "whatsapp", "POSTA": "paper"}
_CONSENTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("S", "SI", "SÌ", "Y"), True),
    **dict.fromkeys(("N", "NO"), False),
    "X": None,
}
_LANGUAGE = re.compile(r"[a-z]{2}", re.ASCII)
_ITALIAN_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)
_CUSTOMER_CODE = re.compile(r"[!-~]{1,30}", re.ASCII)
_SHORT_NUMBER = re.compile(r"[0-9]{5,10}", re.ASCII)
#: What a spreadsheet makes of codes like `3-12`: a whole date, or a day with the name of its month.
_MADE_A_DATE = re.compile(
    r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{1,2}-(?:GEN|GIU|LUG|AGO|SET|OTT|DIC|MAG|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:-[0-9]{2,4})?",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(?::00)?$", re.ASCII)
_WRAPPER = re.compile(r'="([^"]*)"')


class NotReadableError(ValueError):
    """The value of a cell is not one of those agreed."""


class KeyDamagedError(ValueError):
    """A spreadsheet has changed the number: scientific form, a date, or leading zeros lost."""


def key_of(kind: str, text: str, *, customer_code_length: int) -> str:
    """A key as bills carry it: upper case, without blanks and spreadsheet traces, no `IT` before an Italian VAT number.

    `customer_code_length` 0: codes have no fixed length. Raises KeyDamagedError, NotReadableError.
    """
    if wrapped := _WRAPPER.fullmatch(text.strip()):
        text = wrapped[1]
    key = "".join(text.split()).removeprefix("'").upper()
    if key.endswith(".0") and key[:-2].isdigit():
        key = key[:-2]
    if SCIENTIFIC.fullmatch(key) or _MADE_A_DATE.fullmatch(key):
        raise KeyDamagedError(key)
    if kind == "customer_code":
        return _customer_code(key, customer_code_length)
    if kind == "vat_number" and re.fullmatch(r"IT[0-9]{11}", key):
        key = key[2:]
    if _SHORT_NUMBER.fullmatch(key):
        raise KeyDamagedError(key)
    if not (is_fiscal_code if kind == "fiscal_code" else is_vat_number)(key):
        raise NotReadableError(key)
    return key


def _customer_code(key: str, length: int) -> str:
    if not _CUSTOMER_CODE.fullmatch(key):
        raise NotReadableError(key)
    if len(key) < length and key.isdigit():
        raise KeyDamagedError(key)
    return key


def masked(kind: str, key: str) -> str:
    """A key as a finding may show it: a customer code as it is, a person's fiscal code without its middle."""
    return key[:60] if kind == "customer_code" else f"{key[:3]}…{key[-2:]}" if len(key) > 5 else "…"


def channel_of(text: str) -> str:
    return _looked_up(_CHANNELS, text)


def consent_of(text: str) -> bool | None:
    return _looked_up(_CONSENTS, text)


def language_of(text: str) -> str:
    language = text.strip().lower()
    if not _LANGUAGE.fullmatch(language):
        raise NotReadableError(text)
    return language


def date_of(text: str) -> date:
    """A date as Italians or computers write it; spreadsheets like to add midnight."""
    text = _MIDNIGHT.sub("", text.strip())
    try:
        if italian := _ITALIAN_DATE.fullmatch(text):
            return date(int(italian[3]), int(italian[2]), int(italian[1]))
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise NotReadableError(text)


def _looked_up(values: dict[str, _Value], text: str) -> _Value:
    try:
        return values[text.strip().upper()]
    except KeyError:
        raise NotReadableError(text) from None
