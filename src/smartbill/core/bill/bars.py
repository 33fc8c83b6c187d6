"""Geometry of the charts, in whole numbers: what a template draws without computing."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from smartbill.core.bill.consumption import PeriodUse

HEIGHT = 100


class Piece(Struct, frozen=True):
    band: str  # empty when not split
    y: int
    height: int


class Bar(Struct, frozen=True):
    period: PeriodUse
    pieces: tuple[Piece, ...]


class BarChart(Struct, frozen=True):
    top: Decimal  # the value at the upper edge
    bars: tuple[Bar, ...]
    banded: bool


def bar_chart(periods: Sequence[PeriodUse]) -> BarChart | None:
    """Columns from zero, bands on top of each other where every period has them. None when there is nothing to draw."""
    highest = max((period.quantity for period in periods), default=Decimal(0))
    if highest <= 0:
        return None
    top = nice_top(highest)
    banded = all(period.bands for period in periods)
    return BarChart(top, tuple(Bar(period, _pieces(period, top, banded=banded)) for period in periods), banded)


def nice_top(highest: Decimal) -> Decimal:
    """The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten: half of it is short to write too."""
    power = Decimal(1).scaleb(highest.adjusted())
    steps = ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")
    return next(Decimal(step) * power for step in steps if Decimal(step) * power >= highest)


def _pieces(period: PeriodUse, top: Decimal, *, banded: bool) -> tuple[Piece, ...]:
    uses = [(use.band, use.quantity) for use in period.bands] if banded else [("", period.quantity)]
    pieces, reached = [], Decimal(0)
    for band, quantity in uses:
        if quantity <= 0:
            continue
        low, high = _height(reached, top), _height(reached + quantity, top)
        pieces.append(Piece(band, HEIGHT - high, max(high - low, 1)))
        reached += quantity
    return tuple(pieces)


def _height(value: Decimal, top: Decimal) -> int:
    return int((value * HEIGHT / top).to_integral_value())
