"""The postal slip (bollettino) of the types 896 and 674: its customer code, its code line, its bar code.

896 has customer code and amount, 674 the customer code alone, the payer writes the amount. Blanks between the fields
of the code line, paper and ink are fixed by the proof that Poste approves for each company; so they are settings.
"""

from decimal import Decimal

from smartbill.core.money import cents
from smartbill.core.slips.check_digits import is_digits, modulo_93

WITH_AMOUNT = "896"
WITHOUT_AMOUNT = "674"
TYPES = (WITH_AMOUNT, WITHOUT_AMOUNT)

#: The largest amount of a code line: eight digits of euro.
_MOST_CENTS = 9_999_999_999


def padded_account(account: str) -> str:
    """A postal account as 12 digits. Raises ValueError for what is none."""
    if not (1 <= len(account) <= 12 and account.isascii() and account.isdigit() and int(account)):
        raise ValueError("not a postal account")
    return account.zfill(12)


def is_customer_code(code: str) -> bool:
    """18 digits, the last two check the others ("quarto campo")."""
    return is_digits(code, 18) and modulo_93(code[:16]) == code[16:]


def code_line(*, kind: str, code: str, account: str, amount: Decimal, blanks: tuple[int, int, int]) -> str:
    """The line at the lower edge, in OCR-B; `blanks` stand between its four fields.

    Raises ValueError for codes or amounts that a slip can't have.
    """
    _check(kind, code, amount)
    euro, cent = divmod(cents(amount), 100)
    due = f"{euro:08}+{cent:02}>" if kind == WITH_AMOUNT else " " * 12
    fields = (f"<{code}>", due, f"{padded_account(account)}<", f"{kind}>")
    return "".join(field + " " * after for field, after in zip(fields, (*blanks, 0), strict=True))


def bar_code(*, kind: str, code: str, account: str, amount: Decimal) -> str:
    """The 50 digits of the bar code (Code 128, set C) of an 896: each field behind its length.

    Raises ValueError for codes or amounts that a slip can't have, and for a 674, which knows no amount.
    """
    _check(kind, code, amount)
    if kind != WITH_AMOUNT:
        raise ValueError("only a slip with amount has a bar code")
    return f"18{code}12{padded_account(account)}10{cents(amount):010}3{kind}"


def _check(kind: str, code: str, amount: Decimal) -> None:
    if kind not in TYPES:
        raise ValueError("not a type of slip")
    if not is_customer_code(code):
        raise ValueError("not a customer code")
    if not 0 < cents(amount) <= _MOST_CENTS:
        raise ValueError("not an amount of a slip")
