"""Mobile numbers as companies write them, made E.164, or refused with a reason.

A number that reaches the wrong person shows that person somebody else's bill, so whatever can be read in two ways is
refused. `phonenumbers` alone is too kind: it reads letters as keys, takes a second number for an extension, and takes
`39 2 1234567` (a Milan landline that lost its zero) for a mobile.
"""

import re
from typing import Final

import phonenumbers
from msgspec import Struct

NOT_VALID: Final = "CSV-505"
NOT_A_MOBILE: Final = "CSV-506"
SPREADSHEET_DAMAGE: Final = "CSV-509"

#: Longer than any number with its signs; what is longer is not parsed at all.
MAX_LENGTH: Final = 40

_PLAIN_ITALIAN = re.compile(r"(?:\+39|0039)?(3[2-9][0-9]{8})", re.ASCII)
#: What a spreadsheet makes of a long number. The sign is always written, so a code like `12E10` is no damage.
SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}", re.ASCII | re.IGNORECASE)
_WRAPPER = re.compile(r'="([^"]*)"')
#: Marks without width that come along when a number is copied from a phone or a page.
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)
_BLANKS_AND_DASHES = str.maketrans(
    {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2010": "-", "\u2011": "-", "\u2013": "-"}
)
_ALLOWED = re.compile(r"\+?[0-9 .()/-]+", re.ASCII)
#: A slash divides two numbers, except behind the prefix (`333/1234567`), where Italians often write it.
_SLASH_BEHIND_PREFIX = re.compile(r"((?:\+39|0039)?[ .-]*3[0-9]{2}) ?/", re.ASCII)
_COUNTRY_CODE_APART = re.compile(r"\(?39[ .()/-]+", re.ASCII)
_MOBILE_TYPES = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


class MobileResult(Struct, frozen=True):
    """`number` in E.164, or empty with `problem` CSV-505 (not valid), CSV-506 (no mobile), CSV-509 (spreadsheet)."""

    number: str = ""
    problem: str = ""


def without_spreadsheet_traces(text: str) -> str:
    """The text of a cell without what a spreadsheet puts around it: `="0123"`, a leading apostrophe, `.0` behind."""
    text = text.strip()
    if wrapped := _WRAPPER.fullmatch(text):
        text = wrapped[1].strip()
    text = text.removeprefix("'")
    whole = text.removesuffix(".0")
    return whole if whole.isascii() and whole.removeprefix("+").isdigit() else text


def parse_mobile(text: str) -> MobileResult:
    """Read one cell that should hold one mobile number; Italy is meant where no country code is written.

    An empty cell gives an empty result without a problem. Foreign mobiles are taken; whether the sender may write to
    that country is decided when sending. Rules and examples: mobile number traps of the messaging reference, 6.1.
    """
    if plain := _PLAIN_ITALIAN.fullmatch(text):
        return MobileResult("+39" + plain[1])
    if len(text) > MAX_LENGTH:
        return MobileResult(problem=NOT_VALID)
    text = without_spreadsheet_traces(text.translate(_INVISIBLE).translate(_BLANKS_AND_DASHES))
    if not text:
        return MobileResult()
    if SCIENTIFIC.fullmatch(text):
        return MobileResult(problem=SPREADSHEET_DAMAGE)
    text = _SLASH_BEHIND_PREFIX.sub(r"\1 ", text, count=1)
    if not _ALLOWED.fullmatch(text) or "/" in text or _country_code_without_zero(text):
        return MobileResult(problem=NOT_VALID)
    return _parsed("".join(sign for sign in text if sign in "+0123456789"))


def _country_code_without_zero(text: str) -> bool:
    """`39 2 1234567`: a landline without its zero, which would be read as the mobile 392 1234567 of somebody else."""
    apart = _COUNTRY_CODE_APART.match(text)
    return apart is not None and sum(sign.isdigit() for sign in text[apart.end() :]) < 10


def _parsed(digits: str) -> MobileResult:
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        number = phonenumbers.parse(digits, "IT")
    except phonenumbers.NumberParseException:
        return MobileResult(problem=NOT_VALID)
    if not phonenumbers.is_valid_number(number):
        return MobileResult(problem=NOT_VALID)
    if phonenumbers.number_type(number) not in _MOBILE_TYPES:
        return MobileResult(problem=NOT_A_MOBILE)
    return MobileResult(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
