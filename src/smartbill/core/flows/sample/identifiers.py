"""Identifiers that are valid in form and check digit and plainly no one's.

VAT numbers begin with 99, birth places carry the unassigned letter X, supply points the unassigned distributor 999,
bank details the bank code 99999.
"""

_ODD_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD = dict(zip(_LETTERS, _ODD_VALUES, strict=True)) | dict(zip("0123456789", _ODD_VALUES[:10], strict=True))
_EVEN = {letter: place for place, letter in enumerate(_LETTERS)} | {digit: int(digit) for digit in "0123456789"}
_BIRTH_MONTHS = "ABCDEHLMPRST"


def check_letter(text: str) -> str:
    """The control character of a codice fiscale (15 characters) and of an Italian bank account (CIN, 22 characters)."""
    total = sum([_ODD[character] for character in text[::2]]) + sum([_EVEN[character] for character in text[1::2]])
    return _LETTERS[total % 26]


def name_code(name: str, *, given: bool) -> str:
    """Three letters of a surname or a given name: consonants, then vowels, then X (ministerial decree 23/12/1976)."""
    letters = [letter for letter in name.upper() if letter in _LETTERS]
    consonants = [letter for letter in letters if letter not in "AEIOU"]
    if given and len(consonants) > 3:
        del consonants[1]
    vowels = [letter for letter in letters if letter in "AEIOU"]
    return "".join([*consonants, *vowels, "X", "X"][:3])


def fiscal_code(names: str, *, year: int, month: int, day: int, woman: bool, place: int) -> str:
    """A codice fiscale; `names` is the six letters of surname and given name."""
    body = f"{names}{year % 100:02d}{_BIRTH_MONTHS[month - 1]}{day + 40 * woman:02d}X{place:03d}"
    return body + check_letter(body)


def vat_number(serial: int, office: str) -> str:
    """An 11-digit partita IVA of the shape 99nnnnn + office + Luhn digit; `serial` below 100,000."""
    body = f"99{serial:05d}{office}"
    total = sum(int(digit) for digit in body[::2])
    total += sum(int("0246813579"[int(digit)]) for digit in body[1::2])
    return f"{body}{-total % 10}"


def iban(account: int) -> str:
    """An Italian IBAN of the bank 99999 with right CIN and check digits (ISO 13616)."""
    body = f"9999900999{account:012d}"
    bban = check_letter(body) + body
    number = int("".join(str(int(character, 36)) for character in f"{bban}IT00"))
    return f"IT{98 - number % 97:02d}{bban}"


def code_93(first: int) -> str:
    """18 digits whose last two are the first sixteen modulo 93: payment slips (TD 896) and pagoPA notices."""
    return f"{first:016d}{first % 93:02d}"
