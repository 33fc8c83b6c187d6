"""Water: steps of the aqueduct, sewer, treatment, equalisation components."""

from smartbill.core.flows.sample.lines import Charge
from smartbill.core.flows.sample.numbers import MICRO, price
from smartbill.core.flows.sample.supplies import Setting, Supply, address

RATE = 1000
_STEPS = (
    (1850, "S01", Charge("S", "QV", "Acquedotto, fascia agevolata", price("0,62"))),
    (4000, "S02", Charge("S", "QV", "Acquedotto, fascia base", price("1,05"))),
    (7000, "S03", Charge("S", "QV", "Acquedotto, prima eccedenza", price("1,72"))),
    (10**9, "S04", Charge("S", "QV", "Acquedotto, seconda eccedenza", price("2,48"))),
)  # hundredths of mc a person and year
_FIXED = Charge("S", "QF", "Acquedotto, quota fissa", price("0,03287671"))
_SERVICES = (
    (
        "FG",
        "Fognatura",
        Charge("S", "QV", "Fognatura, quota variabile", price("0,21")),
        Charge("S", "QF", "Fognatura, quota fissa", price("0,00821918")),
    ),
    (
        "DP",
        "Depurazione",
        Charge("S", "QV", "Depurazione, quota variabile", price("0,48")),
        Charge("S", "QF", "Depurazione, quota fissa", price("0,01369863")),
    ),
)
_EQUALISATION = tuple(
    Charge("O", component, f"Componente {component} su acquedotto, fognatura, depurazione", price(unit_price))
    for component, unit_price in (("UI1", "0,006"), ("UI2", "0,009"), ("UI3", "0,0179"), ("UI4", "0,004"))
)


def water(setting: Setting, seq: int) -> Supply:
    """Add one water supply to the document's tree and tell its records."""
    customer = setting.customer
    random = setting.rng.random
    house = customer.kind == "F"
    yearly = setting.yearly(192, 0.5, 6)
    billed = setting.billed("I", yearly)
    persons = 1 + int(random() * 5) if house else 0
    point = setting.next_point()
    use = {"F": "DR", "C": "CO", "P": "PA"}.get(customer.kind, "AR")
    supply = Supply(seq, "I", f"999{point:08d}", meter=f"99H{point:08d}", quantity=billed * MICRO, unit="mc")
    tariff = "DOM-RES" if house else "NON-DOM"
    supply.head = (
        f"I|{supply.point_code}||{address(customer)}|{supply.meter}|{use}|R|{tariff}||||01012020||||"
        f"{persons or ''}|1||||Acquedotto di Prova|800999003|{yearly}|{setting.calendar.year_text}|{yearly * 2},00"
    )
    _cost_lines(setting, seq, billed, persons or 3)
    _measures(setting, supply, billed)
    setting.history(supply, "I", "W", yearly)
    return supply


def _cost_lines(setting: Setting, seq: int, billed: int, persons: int) -> None:
    tree, period = setting.tree, setting.period
    span, days, quantity = period.text, period.days * MICRO, billed * MICRO
    group = tree.group(seq, "AQ", "Acquedotto", span=span, quantity=quantity, unit="mc")
    low = 0
    for limit, band, charge in _STEPS:
        top = limit * persons * period.days // 36_500
        part = min(billed, top) - low
        if part > 0:
            tree.priced(group, charge, span=span, quantity=part * MICRO, unit="mc", rate=RATE, band=band)
            low += part
    tree.priced(group, _FIXED, span=span, quantity=days, unit="giorno", rate=RATE)
    for section, title, variable, fixed in _SERVICES:
        group = tree.group(seq, section, title, span=span, quantity=quantity, unit="mc")
        tree.priced(group, variable, span=span, quantity=quantity, unit="mc", rate=RATE)
        tree.priced(group, fixed, span=span, quantity=days, unit="giorno", rate=RATE)
    group = tree.group(seq, "PER", "Componenti perequative", span=span)
    for charge in _EQUALISATION:
        tree.priced(group, charge, span=span, quantity=3 * quantity, unit="mc", rate=RATE)


def _measures(setting: Setting, supply: Supply, billed: int) -> None:
    period, random = setting.period, setting.rng.random
    if setting.tree.sign < 0:
        supply.consumptions.append(f"R|W|TOT|{period.text}|{-billed}|mc|R")
        return
    quality = "S" if setting.estimated else "A" if random() < 0.15 else "R"
    supply.consumptions.append(f"F|W|TOT|{period.text}|{billed}|mc|{quality}")
    start = setting.calendar.periods[setting.length][1].text[9:]
    head = f"{supply.meter}|W|TOT|{start}"
    end = period.text[9:]
    if random() < 0.005:  # the register passed 99999
        before = 100_000 - billed // 2
        after = before + billed - 100_000
        if before < 100_000 and after < before:
            supply.readings.append(f"{head}|{before}|R|{end}|{after}|{quality}|1|{billed}|S|N")
            return
    before = int(random() * 8_000)
    if random() < 0.005:  # the meter was replaced at the end of the last month but one
        old, change = billed // 2, setting.calendar.periods[1][1].text[9:]
        supply.readings.append(f"{head}|{before}|R|{change}|{before + old}|F|1|{old}|N|S")
        new = f"{supply.meter}N|W|TOT|{change}|0|I|{end}|{billed - old}"
        supply.readings.append(f"{new}|{quality}|1|{billed - old}|N|N")
        return
    supply.readings.append(f"{head}|{before}|R|{end}|{before + billed}|{quality}|1|{billed}|N|N")
