"""Amounts, quantities, prices and shares as Italian pages write them.

Rounding is commercial (half up). A negative number has the real minus sign; between a number and its unit stands a
space that does not break.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

NO_BREAK = "\u00a0"
MINUS = "\u2212"

#: Wide enough for any number that a flow can hold.
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)

#: How a unit is written; what is not here is written as it came.
_UNIT_SIGNS = {"mc": "m³"}

#: Units that are words, as singular and plural.
_UNIT_WORDS = {"mese": ("mese", "mesi"), "giorno": ("giorno", "giorni"), "anno": ("anno", "anni"), "n": ("", "")}


def euro(amount: Decimal) -> str:
    """`1.234,56 €`."""
    return f"{number(amount, least=2, most=2)}{NO_BREAK}€"


def number(value: Decimal | int, *, least: int = 0, most: int = 3) -> str:
    """`1.234,5`: at least and at most so many decimals, zeros at the end beyond the least left out."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-most), context=_WIDE)
    whole, _, decimals = f"{abs(rounded):,f}".partition(".")
    kept = decimals[:least] + decimals[least:].rstrip("0")
    text = whole.replace(",", ".") + (f",{kept}" if kept else "")
    return MINUS + text if rounded < 0 else text


def unit_sign(unit: str, quantity: Decimal = Decimal(2)) -> str:
    """The unit as written behind this quantity: `kWh`, `m³`, `mese`, `mesi`."""
    singular_plural = _UNIT_WORDS.get(unit)
    if singular_plural:
        return singular_plural[0] if quantity == 1 else singular_plural[1]
    return _UNIT_SIGNS.get(unit, unit)


def quantity(value: Decimal, unit: str) -> str:
    """`412 kWh`, `2 mesi`, `48 m³`; up to 3 decimals, as many as there are."""
    return f"{number(value)}{NO_BREAK}{unit_sign(unit, value)}".rstrip(NO_BREAK)


def unit_price(price: Decimal, unit: str, *, most: int = 6) -> str:
    """`0,1521 €/kWh`; 2 to `most` decimals. A unit that counts things is left out."""
    sign = unit_sign(unit, Decimal(1))
    return f"{number(price, least=2, most=most)}{NO_BREAK}€" + (f"/{sign}" if sign else "")


def share(tenths: int) -> str:
    """`23,4 %` from tenths of a percent."""
    return f"{number(Decimal(tenths) / 10, least=1, most=1)}{NO_BREAK}%"


def percent(value: Decimal) -> str:
    """`10 %`, `8,5 %`."""
    return f"{number(value, most=2)}{NO_BREAK}%"
