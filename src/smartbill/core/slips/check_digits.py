"""Check digits of the codes that customers pay by."""

from stdnum import luhn


def modulo_93(digits: str) -> str:
    """Two digits, 00 to 92: those of pagoPA notices and of the customer code of a postal slip."""
    return f"{int(digits) % 93:02}"


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def is_creditor_code(text: str) -> bool:
    """Is this a tax code of 11 digits whose check digit is right?"""
    return is_digits(text, 11) and bool(luhn.is_valid(text))
