"""Codes of payment slips against worked examples (pagoPA's test data, printed slips, ISO 11649, EPC069-12)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.slips.check_digits import is_creditor_code, modulo_93
from smartbill.core.slips.pagopa import is_notice_number, notice_qr, postal_data_matrix, spaced_notice_number
from smartbill.core.slips.postal import bar_code, code_line, is_customer_code, padded_account
from smartbill.core.slips.transfer import creditor_reference, epc_qr

NOTICE = "305202600001234545"
CREDITOR = "01234567897"
AMOUNT = Decimal("84.30")
CODE = "092026000123456720"


@pytest.mark.parametrize(
    "number", [NOTICE, "007000000008430144", "220260000000000188", "300715700000000032", "100000000000000000"]
)
def test_notice_numbers_are_checked(number: str) -> None:
    assert is_notice_number(number)
    assert is_notice_number(number[:-1] + str((int(number[-1]) + 1) % 10)) == (number[0] == "1")


@pytest.mark.parametrize("number", ["", "30520260000123454", "4052026000012345 5", "405202600001234545", "٣" * 18])
def test_what_is_no_notice_number(number: str) -> None:
    assert not is_notice_number(number)


def test_a_notice_number_is_printed_in_groups() -> None:
    assert spaced_notice_number(NOTICE) == "30 5202 6000 0123 4545"


def test_qr_text_of_a_notice() -> None:
    assert notice_qr(number=NOTICE, creditor_code=CREDITOR, amount=AMOUNT) == f"PAGOPA|002|{NOTICE}|{CREDITOR}|8430"


def test_cents_are_exact_and_two_digits_at_least() -> None:
    assert notice_qr(number=NOTICE, creditor_code=CREDITOR, amount=Decimal("0.05")).endswith("|05")
    assert notice_qr(number=NOTICE, creditor_code=CREDITOR, amount=Decimal("0.29")).endswith("|29")


@pytest.mark.parametrize(
    ("number", "creditor", "amount"),
    [(NOTICE, CREDITOR, "0.00"), (NOTICE, CREDITOR, "-1.00"), (NOTICE, "01234567890", "1.00"),
     (NOTICE[:-1] + "0", CREDITOR, "1.00"), (NOTICE, CREDITOR, "100000000.00")],
)  # fmt: skip
def test_a_notice_that_cannot_be(number: str, creditor: str, amount: str) -> None:
    with pytest.raises(ValueError, match="not "):
        notice_qr(number=number, creditor_code=creditor, amount=Decimal(amount))


def test_data_matrix_text_of_the_postal_part() -> None:
    text = postal_data_matrix(
        number=NOTICE,
        creditor_code=CREDITOR,
        amount=AMOUNT,
        postal_account="73682981",
        debtor_code="RSSMRA80A01H501U",
        debtor_name="Rossi Mario",
        subject="Bolletta gas n. 2026/000123 scad. 15/12/2026",
    )
    assert text == (
        "codfase=NBPA;183052026000012345451200007368298110000000843038961P101234567897RSSMRA80A01H501UROSSI MARIO"
        + " " * 29
        + "BOLLETTA GAS N. 2026/000123 SCAD. 15/12/2026"
        + " " * 66
        + " " * 12
        + "A"
    )


@given(name=st.text(max_size=60), subject=st.text(max_size=150), code=st.text(max_size=20))
def test_every_field_of_the_data_matrix_keeps_its_place(name: str, subject: str, code: str) -> None:
    text = postal_data_matrix(
        number=NOTICE, creditor_code=CREDITOR, amount=AMOUNT, postal_account="1",
        debtor_code=code, debtor_name=name, subject=subject,
    )  # fmt: skip
    assert (len(text), text[15:33], text[49:59], text[66:77], text[-1]) == (256, NOTICE, "0000008430", CREDITOR, "A")
    assert text.isascii()
    assert text.isprintable()


def test_customer_codes_of_postal_slips() -> None:
    assert is_customer_code(CODE)
    assert is_customer_code("069920107000000177")
    assert not is_customer_code("069920107000000170")
    assert not is_customer_code("06992010700000017")
    assert modulo_93("0000000000000007") == "07"  # zero on the left, never on the right


def test_code_line() -> None:
    made = code_line(kind="896", code=CODE, account="73682981", amount=AMOUNT, blanks=(7, 2, 2))
    assert made == f"<{CODE}>       00000084+30>  000073682981<  896>"


def test_code_line_without_amount_keeps_the_columns() -> None:
    with_amount, without = (
        code_line(kind=kind, code=CODE, account="73682981", amount=AMOUNT, blanks=(7, 2, 2)) for kind in ("896", "674")
    )
    assert without == with_amount.replace("00000084+30>", " " * 12).replace("896>", "674>")


def test_bar_code() -> None:
    made = bar_code(kind="896", code=CODE, account="73682981", amount=AMOUNT)
    assert made == "18092026000123456720120000736829811000000084303896"
    with pytest.raises(ValueError, match="amount"):
        bar_code(kind="674", code=CODE, account="73682981", amount=AMOUNT)


@pytest.mark.parametrize("account", ["", "0", "1234567890123", "12 34", "IT60"])
def test_what_is_no_postal_account(account: str) -> None:
    with pytest.raises(ValueError, match="postal account"):
        padded_account(account)


def test_creditor_references() -> None:
    assert creditor_reference("w9") == "RF45w9"
    assert creditor_reference("BS2026000123") == "RF47BS2026000123"
    with pytest.raises(ValueError, match="reference"):
        creditor_reference("A/1")


def test_epc_qr_text() -> None:
    made = epc_qr(
        name="ACME GAS SPA", iban="IT60 X054 2811 1010 0000 0123 456", amount=AMOUNT, reference="RF47BS2026000123"
    )
    assert made.split("\n") == [
        "BCD", "002", "1", "SCT", "", "ACME GAS SPA", "IT60X0542811101000000123456", "EUR84.30", "", "RF47BS2026000123",
    ]  # fmt: skip
    assert len(made.encode()) == 82
    by_text = epc_qr(name="ACME GAS SPA", iban="IT60X0542811101000000123456", amount=AMOUNT, text="A/1\ndel 2026")
    assert by_text.split("\n")[-1] == "A/1 del 2026"


@pytest.mark.parametrize(("iban", "amount"), [("IT60X0542811101000000123457", "1.00"), ("", "1.00")])
def test_no_transfer_to_an_account_that_cannot_be(iban: str, amount: str) -> None:
    with pytest.raises(ValueError, match="account"):
        epc_qr(name="ACME", iban=iban, amount=Decimal(amount))


def test_creditor_codes() -> None:
    assert is_creditor_code(CREDITOR)
    assert not is_creditor_code("12345678901")
