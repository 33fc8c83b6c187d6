"""Shares that add up: parts of a whole in tenths of a percent, by the largest remainder."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

WHOLE = 1000  # tenths of a percent


def shares(parts: Sequence[Decimal]) -> list[int] | None:
    """Tenths of a percent of each part, adding to exactly 1000; parts may be negative.

    None where shares say nothing: a whole that is not positive.
    """
    whole = sum(parts, Decimal(0))
    if whole <= 0:
        return None
    exact = [part * WHOLE / whole for part in parts]
    floors = [int(value.to_integral_value(ROUND_FLOOR)) for value in exact]
    missing = WHOLE - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda place: (floors[place] - exact[place], place))
    for place in by_remainder[:missing]:
        floors[place] += 1
    return floors
