"""Amounts as whole cents, as columns and providers hold them."""

from decimal import Decimal


def cents(amount: Decimal) -> int:
    """Exact: the amount has at most 2 decimals."""
    return int(amount.scaleb(2))


def from_cents(amount: int) -> Decimal:
    """8450 -> Decimal("84.50")"""
    return Decimal(amount).scaleb(-2)
