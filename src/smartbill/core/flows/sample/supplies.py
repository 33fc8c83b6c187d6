"""Supply points with their cost lines, consumptions and readings: electricity, gas, water."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from smartbill.core.flows.sample.calendar import Calendar, Period
from smartbill.core.flows.sample.customers import Customer
from smartbill.core.flows.sample.lines import LineTree
from smartbill.core.flows.sample.numbers import MICRO


@dataclass(slots=True)
class Supply:
    """Texts of one supply, ready to follow record type, document and (record 12) supply number."""

    seq: int
    service: str
    point_code: str
    meter: str
    head: str = ""
    quantity: int = 0  # billed, millionths of `unit`
    unit: str = ""
    consumptions: list[str] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Setting:
    """What all supplies of a document share."""

    rng: Random
    calendar: Calendar
    customer: Customer
    tree: LineTree
    length: int  # months billed
    summary: bool  # few merged cost lines
    monthly_lines: bool  # each component once per month
    estimated: bool
    with_history: bool
    plain: bool  # an electronic invoice: no network losses in the quantities
    next_point: Callable[[], int]

    @property
    def period(self) -> Period:
        return self.calendar.periods[self.length][0]

    def yearly(self, mean: int, sigma: float, factor: int) -> int:
        """A year's consumption: log-normal, larger for firms and bodies."""
        scale = 1 if self.customer.kind == "F" else factor
        return int(scale * mean * math.exp(sigma * self.rng.gauss(0.0, 1.0) - sigma * sigma / 2))

    def billed(self, letter: str, yearly: int) -> int:
        return int(yearly * self.period.shares[letter] * (0.9 + 0.2 * self.rng.random()) / 1000)

    def history(self, supply: Supply, letter: str, measure: str, yearly: int) -> None:
        """Consumptions of the year before the period billed, newest first."""
        if not self.with_history:
            return
        noise = self.rng.random
        for period in self.calendar.periods[self.length][1:]:
            quantity = int(yearly * period.shares[letter] * (0.9 + 0.2 * noise()) / 1000)
            supply.consumptions.append(f"S|{measure}|TOT|{period.text}|{quantity}|{supply.unit}|R")

    def spans(self, quantity: int) -> list[tuple[Period, int]]:
        """The period with its quantity, or its months with their parts when lines are written per month."""
        if not self.monthly_lines or self.length == 1:
            return [(self.period, quantity)]
        months = self.calendar.periods[1][self.length - 1 :: -1]
        part = quantity // self.length // MICRO * MICRO
        parts = [part] * (self.length - 1) + [quantity - part * (self.length - 1)]
        return list(zip(months, parts, strict=True))


def address(customer: Customer) -> str:
    """The address fields of record 12: street, postcode, city, province."""
    postcode, city, province = customer.town
    return f"{customer.street} {customer.street_no}|{postcode}|{city}|{province}"
