"""Shapes and check digits, against the independent library."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.it import codicefiscale, iva

from smartbill.core.flows.identifiers import (
    compact,
    fiscal_code_checks,
    iban_checks,
    is_fiscal_code,
    is_pdr,
    is_pod,
    is_vat_number,
    slip_code_checks,
    vat_number_checks,
)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("IT001E00000017", True),
        ("IT001E000000171", True),
        ("IT001E0000001", False),
        ("IT001E0000001712", False),
        ("it001e00000017", False),
        ("IT001X00000017", False),
        ("IT٠٠١E00000017", False),
    ],
)
def test_pod(text: str, right: bool) -> None:
    assert is_pod(text) is right


def test_pdr() -> None:
    assert [is_pdr(text) for text in ("00881234567890", "0088123456789", "008812345678901", "0088123456789A")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert compact("it 001-e 00000017") == "IT001E00000017"


def test_fiscal_code() -> None:
    assert is_fiscal_code("RSSMRA80A01H501U")
    assert is_fiscal_code("RSSMRAULALMHRLMU")  # digits as letters: two people with one code
    assert is_fiscal_code("80012345678")
    assert not is_fiscal_code("RSSMRA80A01H501")
    assert not is_fiscal_code("RSSMRA80F01H501U")  # no month F


_DIGITS = "0123456789LMNPQRSTUV"


@given(
    st.text(string.ascii_uppercase, min_size=6, max_size=6),
    st.text(_DIGITS, min_size=2, max_size=2),
    st.text(_DIGITS, min_size=3, max_size=3),
)
def test_check_letter_is_that_of_the_library(name: str, year: str, place: str) -> None:
    code = f"{name}{year}A01H{place}"
    right = codicefiscale.calc_check_digit(code)
    assert is_fiscal_code(code + right)
    assert [letter for letter in string.ascii_uppercase if fiscal_code_checks(code + letter)] == [right]


@given(st.text("0123456789", min_size=10, max_size=10))
def test_check_digit_of_a_vat_number_is_luhn(digits: str) -> None:
    right = luhn.calc_check_digit(digits)
    assert [digit for digit in "0123456789" if vat_number_checks(digits + digit)] == [right]
    assert vat_number_checks(f"IT{digits}{right}")


def test_vat_numbers() -> None:
    assert iva.is_valid("05550120835")
    assert vat_number_checks("05550120835")
    assert [is_vat_number(text) for text in ("05550120835", "IT05550120835", "DE123456789", "IT0555", "0555")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert vat_number_checks("DE123456789")


@given(st.integers(0, 10**12 - 1))
def test_iban_check_is_that_of_the_library(account: int) -> None:
    body = f"X0542811101{account:012}"
    right = stdnum_iban.calc_check_digits(f"IT00{body}")
    assert iban_checks(f"IT{right}{body}")
    assert not iban_checks(f"IT{(int(right) + 1) % 97:02}{body}")


@given(st.integers(0, 10**16 - 1))
def test_slip_code(number: int) -> None:
    assert slip_code_checks(f"{number:016}{number % 93:02}")
    assert not slip_code_checks(f"{number:016}{(number + 1) % 93:02}")
