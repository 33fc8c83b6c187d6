"""Exact amounts: cents, millionths of a unit, prices in 1e-8 euro; rounding is half up, away from zero."""

from functools import lru_cache
from typing import NamedTuple

MICRO = 1_000_000


class Price(NamedTuple):
    """A unit price as printed, with the same number scaled by 1e8."""

    text: str
    scaled: int


def price(text: str) -> Price:
    whole, _, rest = text.partition(",")
    return Price(text, int(whole + rest.ljust(8, "0")))


def halves_up(number: int, divisor: int) -> int:
    """number / divisor, rounded half up on the absolute value."""
    if number < 0:
        return -((divisor // 2 - number) // divisor)
    return (number + divisor // 2) // divisor


def cost(quantity: int, unit_price: Price) -> int:
    """Cents of a quantity in millionths at a price."""
    return halves_up(quantity * unit_price.scaled, 10**12)


def euro(cents: int) -> str:
    if cents < 0:
        return f"-{-cents // 100},{-cents % 100:02d}"
    return f"{cents // 100},{cents % 100:02d}"


def quantity_text(micro: int) -> str:
    whole, rest = divmod(abs(micro), MICRO)
    sign = "-" if micro < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole},{rest:06d}".rstrip("0")


@lru_cache(maxsize=64)
def rate_text(rate: int) -> str:
    """A VAT rate kept in hundredths of a point."""
    return f"{rate // 100},{rate % 100:02d}"
