"""Mobile numbers: what is refused matters more than what is read."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.contacts.mobile import MobileResult, parse_mobile

READ = {
    "333 123 4567": "+393331234567",
    "3331234567": "+393331234567",
    "+393331234567": "+393331234567",
    "+39 333.123.45.67": "+393331234567",
    "00393331234567": "+393331234567",
    "0039 333 1234567": "+393331234567",
    "393331234567": "+393331234567",
    "39 333 1234567": "+393331234567",
    "(39) 333 1234567": "+393331234567",
    "333/1234567": "+393331234567",
    "+39 333/1234567": "+393331234567",
    "333-1234567": "+393331234567",
    "333\u2011123\u20114567": "+393331234567",
    "333\u00a0123\u00a04567": "+393331234567",
    "\u202a333 1234567\u202c": "+393331234567",
    "320123456": "+39320123456",  # old short number
    "392 1234567": "+393921234567",
    "3921234567": "+393921234567",
    "3131234567": "+393131234567",
    '="3331234567"': "+393331234567",
    "'3331234567": "+393331234567",
    "3331234567.0": "+393331234567",
    "+41 79 123 45 67": "+41791234567",
    "0041791234567": "+41791234567",
    "+1 202 555 0123": "+12025550123",  # fixed and mobile are one plan there
}

REFUSED = {
    "333I234567": "CSV-505",  # the letter I
    "cell. 3331234567": "CSV-505",
    "333123456O": "CSV-505",
    "٣٣٣١٢٣٤٥٦٧": "CSV-505",  # Arabic digits
    "３３３1234567": "CSV-505",
    "3331234567/3339876543": "CSV-505",
    "3331234567;3339876543": "CSV-505",
    "3331234567,3339876543": "CSV-505",
    "3331234567 3339876543": "CSV-505",
    "3331234567 - 3339876543": "CSV-505",
    "333123456/7": "CSV-505",  # the second number written short
    "3331234567 int. 2": "CSV-505",
    "3331234567 ext 2": "CSV-505",
    "3331234567;ext=2": "CSV-505",
    "3331234567#2": "CSV-505",
    "333+1234567": "CSV-505",
    "+39 0333 1234567": "CSV-505",
    "39 2 1234567": "CSV-505",  # Milan without its zero
    "39-2-1234567": "CSV-505",
    "39.21234567": "CSV-505",
    "+39 2 1234567": "CSV-505",
    "33": "CSV-505",
    "+": "CSV-505",
    "()": "CSV-505",
    "3" * 41: "CSV-505",
    "06 1234567": "CSV-506",
    "0612345678": "CSV-506",
    "33312345678": "CSV-506",  # a voice mailbox
    "800 123456": "CSV-506",
    "199123123": "CSV-506",
    "+41 44 668 18 00": "CSV-506",
    "3,93E+11": "CSV-509",
    "3.93333E+11": "CSV-509",
    "3E+9": "CSV-509",
}


@pytest.mark.parametrize("text", READ)
def test_read(text: str) -> None:
    assert parse_mobile(text) == MobileResult(READ[text])


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert parse_mobile(text) == MobileResult(problem=REFUSED[text])


@pytest.mark.parametrize("text", ["", "  ", '=""', "\u200e"])
def test_an_empty_cell_is_no_problem(text: str) -> None:
    assert parse_mobile(text) == MobileResult()


@given(st.from_regex(r"3[2-9][0-9]{8}", fullmatch=True), st.sampled_from(["", "+39", "0039"]))
def test_the_fast_path_agrees_with_the_numbering_plan(digits: str, prefix: str) -> None:
    number = phonenumbers.parse(digits, "IT")
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    assert parse_mobile(prefix + digits) == MobileResult("+39" + digits)


@given(st.text(max_size=60) | st.text(alphabet="0123456789+ ./-()E,;'=\"", max_size=30))
def test_anything_gives_a_number_or_a_reason(text: str) -> None:
    result = parse_mobile(text)
    assert bool(result.number) + bool(result.problem) <= 1
    if result.number:
        assert result.number[0] == "+"
        assert result.number[1:].isdigit()
        assert parse_mobile(result.number) == result
