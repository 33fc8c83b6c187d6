"""Texts of number fields, and what they are worth: also when they came before in a field of the same kind."""

from decimal import Decimal

import pytest

from smartbill.core.flows.stabo import fields
from smartbill.core.flows.stabo.fields import CONVERTERS, ValueRefused


def converter(record: str, name: str) -> dict[str, object]:
    record_converter = CONVERTERS[record]
    return record_converter.converters[record_converter.names.index(name)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12,50", "12.50"), ("12,5", "12.50"), ("12", "12.00"), ("-3,07", "-3.07"), ("-0,00", "0.00"), ("-0", "0.00")],
)
def test_money_has_two_decimals_and_no_negative_zero(text: str, value: str) -> None:
    assert str(converter("20", "amount")[text]) == value
    assert str(converter("40", "amount")[text]) == value


@pytest.mark.parametrize("text", ["1.000,00", "1,000", "12,", ",50", "+1", "1 000", "١٢", "12345678901234", "--1"])
def test_what_is_no_money(text: str) -> None:
    for _ in range(2):
        with pytest.raises(ValueRefused) as refused:
            converter("20", "amount")[text]
        assert refused.value.code == "REC-103"


def test_empty_is_a_value_only_where_it_may_be() -> None:
    assert converter("20", "qty")[""] is None
    with pytest.raises(ValueRefused) as refused:
        converter("30", "qty")[""]
    assert refused.value.code == "REC-102"


def test_quantities_keep_their_decimals() -> None:
    assert str(converter("20", "qty")["391,135303"]) == "391.135303"
    assert str(converter("20", "qty")["391,1"]) == "391.1"


def test_a_full_memory_starts_afresh() -> None:
    amounts = converter("20", "amount")
    for cents in range(fields.MEMORY + 10):
        assert amounts[f"{cents},00"] == Decimal(cents)
    assert len(amounts) <= fields.MEMORY
