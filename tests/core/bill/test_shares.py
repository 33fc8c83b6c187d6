"""Shares add to a hundred, whatever the parts."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.bill.shares import shares

CENTS = st.integers(-1_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(CENTS, min_size=1, max_size=40))
def test_shares_add_to_a_hundred(parts: list[Decimal]) -> None:
    found = shares(parts)
    if sum(parts) <= 0:
        assert found is None
        return
    assert found is not None
    assert sum(found) == 1000
    whole = sum(parts)
    assert all(abs(share - part * 1000 / whole) < 1 for share, part in zip(found, parts, strict=True))


def test_three_thirds() -> None:
    assert shares([Decimal(1)] * 3) == [334, 333, 333]
