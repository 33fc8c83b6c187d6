"""The tree of cost lines of one document, which adds up while it grows."""

from dataclasses import dataclass
from typing import NamedTuple

from smartbill.core.flows.sample.numbers import Price, cost, euro, halves_up, quantity_text, rate_text


@dataclass(slots=True)
class Line:
    """One record 20. `amount` in cents, `quantity` in millionths, `rate` in hundredths of a point."""

    supply: int
    number: int
    parent: int
    role: str
    scope: str
    section: str
    destination: str
    component: str
    description: str
    span: str  # two dates as two fields; "|" when the line has none
    band: str
    quantity: int | None
    unit: str
    price: Price | None
    amount: int
    rate: int | None
    nature: str

    def record(self, seq: int) -> str:
        quantity = "" if self.quantity is None else quantity_text(self.quantity)
        price = "" if self.price is None else self.price.text
        rate = "" if self.rate is None else rate_text(self.rate)
        text = (
            f"20|{seq}|{self.supply}|{self.number}|{self.parent}|{self.role}|{self.scope}|{self.section}|"
            f"{self.destination}|{self.component}|{self.description}|{self.span}|{self.band}|{quantity}|{self.unit}|"
            f"{price}|{euro(self.amount)}|{rate}"
        )
        return f"{text}|{self.nature}" if self.nature else text


class Charge(NamedTuple):
    """A tariff component at its price."""

    destination: str
    component: str
    text: str
    price: Price


class LineTree:
    """Grows groups and leaves. `sign` is -1 in a credit note: quantities and amounts of leaves turn over."""

    def __init__(self, *, sign: int = 1, reverse_charge: bool = False) -> None:
        self.lines: list[Line] = []
        self.sign = sign
        self.reverse_charge = reverse_charge
        self.by_rate: dict[int, int] = {}  # rate -> cents of the bill's leaves, VAT lines left out
        self.vat = 0
        self.due_only = 0  # cents of the leaves of scope P

    def group(
        self, supply: int, section: str, text: str, *, span: str, quantity: int | None = None, unit: str = ""
    ) -> Line:
        quantity = None if quantity is None else quantity * self.sign
        number = len(self.lines) + 1
        line = Line(
            supply, number, 0, "T", "B", section, "X", "", text, span, "", quantity, unit, None, 0, None, ""
        )  # fmt: skip
        self.lines.append(line)
        return line

    def priced(
        self, group: Line, charge: Charge, *, span: str, quantity: int, unit: str, rate: int, band: str = ""
    ) -> None:
        """A leaf of quantity × price in a group."""
        quantity *= self.sign
        destination, component, text, unit_price = charge
        amount = cost(quantity, unit_price)
        rate, nature = (0, "N6.8") if self.reverse_charge else (rate, "")
        self.lines.append(
            Line(
                group.supply, len(self.lines) + 1, group.number, "L", "B", group.section, destination, component, text,
                span, band, quantity, unit, unit_price, amount, rate, nature,
            )
        )  # fmt: skip
        group.amount += amount
        self.by_rate[rate] = self.by_rate.get(rate, 0) + amount

    def single(
        self, section: str, destination: str, component: str, text: str, amount: int,
        *, supply: int = 0, rate: int = 0, nature: str = "", scope: str = "B",
    ) -> None:  # fmt: skip
        """A leaf at the top, of a given amount."""
        if self.reverse_charge and scope == "B" and rate:
            rate, nature = 0, "N6.8"
        self.lines.append(
            Line(
                supply, len(self.lines) + 1, 0, "L", scope, section, destination, component, text, "|", "", None, "",
                None, amount, rate, nature,
            )
        )  # fmt: skip
        if scope == "P":
            self.due_only += amount
        elif section == "IVA":
            self.vat += amount
        else:
            self.by_rate[rate] = self.by_rate.get(rate, 0) + amount

    @property
    def taxable(self) -> int:
        return sum(self.by_rate.values())

    def add_vat(self) -> None:
        """One VAT line per rate, on the sum of the rate."""
        for rate in sorted(self.by_rate):
            base = self.by_rate[rate]
            if rate and base:
                name = rate // 100
                text = f"IVA {name}% su {euro(base)}"
                self.single("IVA", "T", f"IVA{name}", text, halves_up(base * rate, 10_000), rate=rate)
