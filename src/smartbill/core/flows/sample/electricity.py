"""Electricity: bands, three quotas, excise."""

from typing import NamedTuple

from smartbill.core.flows.sample.lines import Charge
from smartbill.core.flows.sample.numbers import MICRO, price
from smartbill.core.flows.sample.supplies import Setting, Supply, address


class Offer(NamedTuple):
    name: str
    code: str
    bands: tuple[tuple[str, Charge], ...]


def _band(band: str, unit_price: str) -> tuple[str, Charge]:
    text = "Energia" if band == "TOT" else f"Energia fascia {band}"
    return band, Charge("V", "ENERGIA", text, price(unit_price))


HOUSE, OTHERS = 1000, 2200  # VAT rates
_OFFERS = (
    Offer(
        "Luce Prova Tre Fasce",
        "000999ESVML01XX000000000LUCEPROVA3F",
        (_band("F1", "0,1521"), _band("F2", "0,1489"), _band("F3", "0,1332")),
    ),
    Offer(
        "Luce Esempio Due Fasce",
        "000999ESVML01XX00000000LUCEESEMPIO2F",
        (_band("F1", "0,1608"), _band("F23", "0,1397")),
    ),
    Offer("Luce Campione Monoraria", "000999ESFML01XX0000000LUCECAMPIONE1F", (_band("F0", "0,14275"),)),
    Offer("Luce Modello Fissa", "000999ESFML01XX00000000LUCEMODELLO1F", (_band("TOT", "0,136"),)),
)
_DISPATCHING = Charge("V", "DISP", "Dispacciamento e mercato della capacità", price("0,0166"))
_USAGE = (
    Charge("R", "TRAS-E", "Trasporto, quota energia", price("0,0119")),
    Charge("R", "UC3", "Componente UC3", price("0,00276")),
    Charge("O", "ASOS", "Componente ASOS", price("0,028657")),
    Charge("O", "ARIM", "Componente ARIM", price("0,001638")),
)
_FIXED = (
    Charge("V", "COMM", "Commercializzazione", price("6,5")),
    Charge("V", "DISPBT", "Componente DISPbt", price("0,102592")),
    Charge("R", "TRAS-F", "Trasporto, quota fissa", price("1,92")),
)
_POWER = (
    Charge("R", "TRAS-P", "Trasporto, quota potenza", price("1,96")),
    Charge("R", "UC6", "Componente UC6", price("0,016567")),
)
_SUMMARY_USAGE = (
    Charge("V", "VENDITA", "di cui vendita", price("0,1592")),
    Charge("R", "RETE", "di cui rete e oneri", price("0,044955")),
)
_SUMMARY_FIXED = (
    Charge("V", "VENDITA", "di cui vendita", price("6,6")),
    Charge("R", "RETE", "di cui rete", price("1,92")),
)
_SUMMARY_POWER = (Charge("R", "RETE", "di cui rete", price("1,976567")),)
_EXCISE_HOME = Charge("T", "ACCISA", "Accisa, uso domestico", price("0,0227"))
_EXCISE_OTHERS = Charge("T", "ACCISA", "Accisa, altri usi", price("0,0125"))
_SPLIT = {"F1": 33, "F2": 31, "F3": 36, "F23": 67, "F0": 100, "TOT": 100}
_POWERS_HOME, _POWERS_OTHERS = (300, 300, 300, 450, 600), (600, 1000, 1500, 3000, 6000)  # hundredths of kW


def electricity(setting: Setting, seq: int) -> Supply:
    """Add one electricity supply to the document's tree and tell its records."""
    customer, random = setting.customer, setting.rng.random
    house = customer.kind == "F"
    offer = _OFFERS[int(random() * len(_OFFERS))]
    power = (_POWERS_HOME if house else _POWERS_OTHERS)[int(random() * 5)]
    yearly = setting.yearly(2700, 0.6, 4)
    kwh = setting.billed("E", yearly)
    point = setting.next_point()
    use = ("DR" if random() < 0.85 else "DN") if house else {"C": "CO", "P": "PA"}.get(customer.kind, "AU")
    supply = Supply(seq, "E", f"IT999E{point:08d}", meter=f"99E1A{point:08d}", quantity=kwh * MICRO, unit="kWh")
    supply.head = (
        f"E|{supply.point_code}|C-{customer.code}-{seq}|{address(customer)}|{supply.meter}|{use}|L||{offer.name}|"
        f"{offer.code}|{setting.calendar.due_texts[180]}|01012020|{power // 100},{power % 100:02d}|"
        f"{power * 110 // 10000},{power * 110 // 100 % 100:02d}|230||||||Distributore Prova S.p.A.|800999001|{yearly}|"
        f"{setting.calendar.year_text}|{yearly * 3 // 10},00"
    )
    rate = HOUSE if use in {"DR", "DN", "CO"} else OTHERS
    if setting.summary:
        _summary_lines(setting, seq, kwh, power, rate)
    else:
        _detail_lines(setting, supply, offer, power, rate)
    _excise(setting, seq, kwh, power, use)
    _measures(setting, supply, offer, power)
    setting.history(supply, "E", "A", yearly)
    return supply


def _summary_lines(setting: Setting, seq: int, kwh: int, power: int, rate: int) -> None:
    span, months, kilowatts = setting.period.text, setting.length * MICRO, power * 10_000
    for section, title, charges, shown, quantity, unit in (
        ("CON", "Quota per consumi", _SUMMARY_USAGE, kwh * MICRO, kwh * MICRO, "kWh"),
        ("FIS", "Quota fissa", _SUMMARY_FIXED, months, months, "mese"),
        ("POT", "Quota potenza", _SUMMARY_POWER, kilowatts, kilowatts * setting.length, "kW"),
    ):
        group = setting.tree.group(seq, section, title, span=span, quantity=shown, unit=unit)
        for charge in charges:
            setting.tree.priced(group, charge, span=span, quantity=quantity, unit=unit, rate=rate)


def _detail_lines(setting: Setting, supply: Supply, offer: Offer, power: int, rate: int) -> None:
    tree, seq, span, kilowatts = setting.tree, supply.seq, setting.period.text, power * 10_000
    group = tree.group(seq, "CON", "Quota per consumi", span=span, quantity=supply.quantity, unit="kWh")
    for (band, charge), part in zip(offer.bands, _parts(supply.quantity // MICRO, offer), strict=True):
        mark = "" if band == "TOT" else band
        for period, quantity in setting.spans(part * MICRO):
            tree.priced(group, charge, span=period.text, quantity=quantity, unit="kWh", rate=rate, band=mark)
    for period, quantity in setting.spans(supply.quantity):
        with_losses = quantity if setting.plain else quantity * 11 // 10
        tree.priced(group, _DISPATCHING, span=period.text, quantity=with_losses, unit="kWh", rate=rate)
        for charge in _USAGE:
            tree.priced(group, charge, span=period.text, quantity=quantity, unit="kWh", rate=rate)
    parts = setting.spans(0)
    group = tree.group(seq, "FIS", "Quota fissa", span=span, quantity=setting.length * MICRO, unit="mese")
    for charge in _FIXED:
        for period, _ in parts:
            tree.priced(
                group, charge, span=period.text, quantity=len(period.months) * MICRO, unit="mese", rate=rate
            )  # fmt: skip
    group = tree.group(seq, "POT", "Quota potenza", span=span, quantity=kilowatts, unit="kW")
    for charge in _POWER:
        for period, _ in parts:
            tree.priced(
                group, charge, span=period.text, quantity=kilowatts * len(period.months), unit="kW", rate=rate
            )  # fmt: skip


def _excise(setting: Setting, seq: int, kwh: int, power: int, use: str) -> None:
    """No excise on the first 150 kWh a month of a resident household of up to 3 kW."""
    taxed = kwh - 150 * setting.length if use == "DR" and power <= 300 else kwh
    if taxed > 0:
        span, home = setting.period.text, use in {"DR", "DN"}
        charge, rate = (_EXCISE_HOME if home else _EXCISE_OTHERS), (HOUSE if home or use == "CO" else OTHERS)
        group = setting.tree.group(seq, "IMP", "Accise", span=span)
        setting.tree.priced(group, charge, span=span, quantity=taxed * MICRO, unit="kWh", rate=rate)


def _parts(kwh: int, offer: Offer) -> list[int]:
    parts = [kwh * _SPLIT[band] // 100 for band, _ in offer.bands]
    parts[-1] += kwh - sum(parts)
    return parts


def _measures(setting: Setting, supply: Supply, offer: Offer, power: int) -> None:
    random, period, kwh = setting.rng.random, setting.period, supply.quantity // MICRO
    if setting.tree.sign < 0:
        supply.consumptions.append(f"R|A|TOT|{period.text}|{-kwh}|kWh|R")
        return
    quality = "S" if setting.estimated else "R"
    start, end = setting.calendar.periods[setting.length][1].text[9:], period.text[9:]
    for (band, _), part in zip(offer.bands, _parts(kwh, offer), strict=True):
        supply.consumptions.append(f"F|A|{band}|{period.text}|{part}|kWh|{quality}")
        before = int(random() * 90_000)
        hidden = int(random() * 9)  # tenths that the bill does not show
        supply.readings.append(
            f"{supply.meter}|A|{band}|{start}|{before}|R|{end}|{before + part},{hidden}|{quality}|1|{part}|N|N"
        )
    for month in setting.calendar.periods[1][setting.length - 1 :: -1]:
        peak = int(power * (60 + 45 * random())) // 1000
        supply.consumptions.append(f"P|K|TOT|{month.text}|{peak // 10},{peak % 10}|kW|R")
