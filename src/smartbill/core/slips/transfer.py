"""Paying by bank transfer: the creditor reference (ISO 11649) and the text of the EPC QR code.

Sources: ISO 11649 (check of ISO 7064, modulo 97-10); European Payments Council, EPC069-12, version 002.
"""

import unicodedata
from decimal import Decimal

from stdnum import iban as ibans

from smartbill.core.money import cents

_MOST_CENTS = 99_999_999_999
_NAME_SIGNS = 70
_TEXT_SIGNS = 140
#: A code that bank apps must read: 331 bytes (EPC069-12).
_MOST_BYTES = 331


def creditor_reference(text: str) -> str:
    """`RF47BS2026000123` of `BS2026000123`; of 1 to 21 ASCII letters and digits. Raises ValueError for others."""
    if not (1 <= len(text) <= 21 and text.isascii() and text.isalnum()):
        raise ValueError("not a text that a creditor reference can be made of")
    number = "".join(str(int(sign, 36)) for sign in text) + "271500"
    return f"RF{98 - int(number) % 97:02}{text}"


def epc_qr(*, name: str, iban: str, amount: Decimal, reference: str = "", text: str = "") -> str:
    """The text of the QR code of a transfer, with a creditor reference or a text.

    Raises ValueError for an IBAN or an amount that can't be paid, for no name, for both a reference and a text.
    """
    iban = "".join(iban.split()).upper()
    name = _line(name, _NAME_SIGNS)
    if not name or not ibans.is_valid(iban):
        raise ValueError("not an account")
    if not 0 < cents(amount) <= _MOST_CENTS:
        raise ValueError("not an amount of a transfer")
    if reference and text:
        raise ValueError("a transfer has a reference or a text, not both")
    euro, cent = divmod(cents(amount), 100)
    lines = ["BCD", "002", "1", "SCT", "", name, iban, f"EUR{euro}.{cent:02}", "", reference, _line(text, _TEXT_SIGNS)]
    made = "\n".join(lines).rstrip("\n")
    if len(made.encode()) > _MOST_BYTES:
        raise ValueError("too long for a code that bank apps read")
    return made


def _line(text: str, length: int) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())[:length].strip()
