"""The pagoPA payment notice: its number, the text of its QR code, the text of its postal Data Matrix.

Numbers come in the flow; they are checked and printed, never made up. Sources: pagoPA, "Specifiche attuative dei
codici identificativi di versamento" and "L'avviso di pagamento analogico".
"""

import unicodedata
from decimal import Decimal

from smartbill.core.money import cents
from smartbill.core.slips.check_digits import is_creditor_code, is_digits, modulo_93
from smartbill.core.slips.postal import padded_account

#: The largest amount of a notice: ten digits of cents.
_MOST_CENTS = 9_999_999_999


def is_notice_number(number: str) -> bool:
    """18 digits whose check digits are right; a number that begins with 1 has none, one above 3 does not exist."""
    if not is_digits(number, 18) or number[0] > "3":
        return False
    return number[0] == "1" or modulo_93(number[:-2]) == number[-2:]


def spaced_notice_number(number: str) -> str:
    """As it is printed: groups of four from the right, the first has two."""
    return " ".join([number[:2], *(number[at : at + 4] for at in range(2, 18, 4))])


def notice_qr(*, number: str, creditor_code: str, amount: Decimal) -> str:
    """The text of the QR code of a notice. Raises ValueError for codes or amounts that a notice can't have."""
    _check(number, creditor_code, amount)
    return f"PAGOPA|002|{number}|{creditor_code}|{cents(amount):02}"


def postal_data_matrix(
    *,
    number: str,
    creditor_code: str,
    amount: Decimal,
    postal_account: str,
    debtor_code: str,
    debtor_name: str,
    subject: str,
) -> str:
    """The 256 characters of the Data Matrix of a notice's postal part: readers cut them by position.

    Raises ValueError for codes or amounts that a notice can't have.
    """
    _check(number, creditor_code, amount)
    text = (
        f"codfase=NBPA;18{number}12{padded_account(postal_account)}10{cents(amount):010}38961P1{creditor_code}"
        f"{_field(debtor_code, 16)}{_field(debtor_name, 40)}{_field(subject, 110)}{'':12}A"
    )
    assert len(text) == 256
    return text


def _check(number: str, creditor_code: str, amount: Decimal) -> None:
    if not is_notice_number(number):
        raise ValueError("not a notice number")
    if not is_creditor_code(creditor_code):
        raise ValueError("not the tax code of a creditor")
    if not 0 < cents(amount) <= _MOST_CENTS:
        raise ValueError("not an amount of a notice")


def _field(text: str, length: int) -> str:
    """Upper-case ASCII of exactly this length, blanks on the right."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    printable = "".join(sign if sign.isprintable() else " " for sign in plain)
    return f"{printable[:length]:{length}}"
