"""Italian identifiers: the shape, which a flow must keep, and the check digit, which only warns.

Real data break check digits (official samples do), so a wrong one never refuses anything. Sources: chapter 2 of the
bill reference; IBAN: ISO 13616; slip: 18-digit customer code of the TD 896 slip.
"""

import re
from functools import lru_cache

_POD = re.compile(r"IT[0-9]{3}E[0-9A-Z]{8}[0-9A-Z]?")
_PDR = re.compile(r"[0-9]{14}")
#: the letters LMNPQRSTUV stand for digits where two people would have the same code (omocodia)
_FISCAL_CODE = re.compile(
    r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]|[0-9]{11}",
)
_ITALIAN_VAT = re.compile(r"(?:IT)?[0-9]{11}")
_FOREIGN_VAT = re.compile(r"(?!IT)[A-Z]{2}[0-9A-Z+*.]{2,26}")

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD_ORDER = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_EVEN = {char: n for chars in ("0123456789", _LETTERS) for n, char in enumerate(chars)}
_ODD = {char: _ODD_ORDER[n] for chars in ("0123456789", _LETTERS) for n, char in enumerate(chars)}
_DOUBLED = {str(n): 2 * n - 9 * (n > 4) for n in range(10)}
_SINGLE = {str(n): n for n in range(10)}


def compact(text: str) -> str:
    """Upper case, without blanks and hyphens: POD and PDR are printed in groups."""
    return text.replace(" ", "").replace("-", "").upper()


def is_pod(text: str) -> bool:
    return _POD.fullmatch(text) is not None


def is_pdr(text: str) -> bool:
    return _PDR.fullmatch(text) is not None


def is_fiscal_code(text: str) -> bool:
    """16 characters of a person, or 11 digits of a body."""
    return _FISCAL_CODE.fullmatch(text) is not None


def is_vat_number(text: str) -> bool:
    """11 digits, `IT` before them or not; or a foreign number with its country."""
    return _ITALIAN_VAT.fullmatch(text) is not None or _FOREIGN_VAT.fullmatch(text) is not None


def fiscal_code_checks(code: str) -> bool:
    """Whether the check character of a well-shaped code is right."""
    if len(code) == 11:
        return vat_number_checks(code)
    total = sum(map(_ODD.__getitem__, code[0:15:2])) + sum(map(_EVEN.__getitem__, code[1:15:2]))
    return _LETTERS[total % 26] == code[15]


def vat_number_checks(number: str) -> bool:
    """Luhn over the 11 digits of a well-shaped Italian number; a foreign one passes unchecked."""
    digits = number.removeprefix("IT")
    if not (digits.isdecimal() and len(digits) == 11):
        return True
    total = sum(map(_SINGLE.__getitem__, digits[0::2])) + sum(map(_DOUBLED.__getitem__, digits[1::2]))
    return total % 10 == 0


@lru_cache(maxsize=1024)
def iban_checks(iban: str) -> bool:
    """ISO 13616 check of a well-shaped IBAN: the rotated number leaves 1 when divided by 97."""
    rotated = iban[4:] + iban[:4]
    return int("".join(str(int(char, 36)) for char in rotated)) % 97 == 1


def slip_code_checks(code: str) -> bool:
    """The last two of the 18 digits are the first sixteen modulo 93."""
    return int(code[:16]) % 93 == int(code[16:])
