"""Electricity: bands, three quotas, excise."""

from smartbill.core.flows.sample.numbers import MICRO, Price, price
from smartbill.core.flows.sample.supplies import Setting, Supply, address

HOUSE, OTHERS = 1000, 2200  # VAT rates
_OFFERS: tuple[tuple[str, str, tuple[tuple[str, Price], ...]], ...] = (
    ("Luce Prova Tre Fasce", "000999ESVML01XX000000000LUCEPROVA3F",
     (("F1", price("0,1521")), ("F2", price("0,1489")), ("F3", price("0,1332")))),
    ("Luce Esempio Due Fasce", "000999ESVML01XX00000000LUCEESEMPIO2F",
     (("F1", price("0,1608")), ("F23", price("0,1397")))),
    ("Luce Campione Monoraria", "000999ESFML01XX0000000LUCECAMPIONE1F", (("F0", price("0,14275")),)),
    ("Luce Modello Fissa", "000999ESFML01XX00000000LUCEMODELLO1F", (("TOT", price("0,136")),)),
)  # fmt: skip
_USAGE = (
    ("R", "TRAS-E", "Trasporto, quota energia", price("0,0119")),
    ("R", "UC3", "Componente UC3", price("0,00276")),
    ("O", "ASOS", "Componente ASOS", price("0,028657")),
    ("O", "ARIM", "Componente ARIM", price("0,001638")),
)
_FIXED = (
    ("V", "COMM", "Commercializzazione", price("6,5")),
    ("V", "DISPBT", "Componente DISPbt", price("0,102592")),
    ("R", "TRAS-F", "Trasporto, quota fissa", price("1,92")),
)
_POWER = (
    ("R", "TRAS-P", "Trasporto, quota potenza", price("1,96")),
    ("R", "UC6", "Componente UC6", price("0,016567")),
)
_SALE, _NETWORK = price("0,1592"), price("0,044955")
_FIXED_SALE, _FIXED_NETWORK, _POWER_ALL = price("6,6"), price("1,92"), price("1,976567")
_DISPATCHING, _EXCISE_HOME, _EXCISE_OTHERS = price("0,0166"), price("0,0227"), price("0,0125")
_SPLIT = {"F1": 33, "F2": 31, "F3": 36, "F23": 67, "F0": 100, "TOT": 100}
_POWERS_HOME, _POWERS_OTHERS = (300, 300, 300, 450, 600), (600, 1000, 1500, 3000, 6000)


def electricity(setting: Setting, seq: int) -> Supply:
    """Add one electricity supply to the document's tree and tell its records."""
    rng, customer = setting.rng, setting.customer
    random = rng.random
    house = customer.kind == "F"
    name, code, prices = _OFFERS[int(random() * 4)]
    power = (_POWERS_HOME if house else _POWERS_OTHERS)[int(random() * 5)]
    yearly = setting.yearly(2700, 0.6, 4)
    kwh = setting.billed("E", yearly)
    point = setting.next_point()
    use = ("DR" if random() < 0.85 else "DN") if house else {"C": "CO", "P": "PA"}.get(customer.kind, "AU")
    supply = Supply(seq, "E", f"IT999E{point:08d}", unit="kWh", quantity=kwh * MICRO)
    meter = f"99E1A{point:08d}"
    supply.head = (
        f"E|{supply.point_code}|C-{customer.code}-{seq}|{address(customer)}|{meter}|{use}|L||{name}|{code}|"
        f"{setting.calendar.due_texts[180]}|01012020|{power // 100},{power % 100:02d}|"
        f"{power * 110 // 10000},{power * 110 // 100 % 100:02d}|230||||||Distributore Prova S.p.A.|800999001|{yearly}|"
        f"{setting.calendar.year_text}|{yearly * 3 // 10},00"
    )
    _cost_lines(setting, seq, kwh, power, prices, HOUSE if use in {"DR", "DN", "CO"} else OTHERS, use)
    _measures(setting, supply, meter, kwh, power, [band for band, _ in prices])
    setting.history(supply, "E", "A", yearly)
    return supply


def _cost_lines(
    setting: Setting, seq: int, kwh: int, power: int, prices: tuple[tuple[str, Price], ...], rate: int, use: str
) -> None:
    tree, period, months = setting.tree, setting.period, setting.length
    quantity, kilowatts, span = kwh * MICRO, power * 10_000, period.text
    group = tree.group(seq, "CON", "Quota per consumi", span, quantity, "kWh")
    if setting.summary:
        tree.priced(group, "V", "VENDITA", "di cui vendita", span, quantity, "kWh", _SALE, rate)
        tree.priced(group, "R", "RETE", "di cui rete e oneri", span, quantity, "kWh", _NETWORK, rate)
        group = tree.group(seq, "FIS", "Quota fissa", span, months * MICRO, "mese")
        tree.priced(group, "V", "VENDITA", "di cui vendita", span, months * MICRO, "mese", _FIXED_SALE, rate)
        tree.priced(group, "R", "RETE", "di cui rete", span, months * MICRO, "mese", _FIXED_NETWORK, rate)
        group = tree.group(seq, "POT", "Quota potenza", span, kilowatts, "kW")
        tree.priced(group, "R", "RETE", "di cui rete", span, kilowatts * months, "kW", _POWER_ALL, rate)
    else:
        _usage_lines(setting, seq, kwh, prices, rate)
        group = tree.group(seq, "FIS", "Quota fissa", span, months * MICRO, "mese")
        for destination, component, text, unit_price in _FIXED:
            for part, _ in setting.spans(0):
                count = len(part.months) * MICRO
                tree.priced(group, destination, component, text, part.text, count, "mese", unit_price, rate)
        group = tree.group(seq, "POT", "Quota potenza", span, kilowatts, "kW")
        for destination, component, text, unit_price in _POWER:
            for part, _ in setting.spans(0):
                count = kilowatts * len(part.months)
                tree.priced(group, destination, component, text, part.text, count, "kW", unit_price, rate)
    taxed = kwh - 150 * months if use == "DR" and power <= 300 else kwh
    if taxed > 0:
        excise = _EXCISE_HOME if use in {"DR", "DN"} else _EXCISE_OTHERS
        group = tree.group(seq, "IMP", "Accise", span)
        tree.priced(group, "T", "ACCISA", "Accisa sull’energia elettrica", span, taxed * MICRO, "kWh", excise, rate)


def _usage_lines(setting: Setting, seq: int, kwh: int, prices: tuple[tuple[str, Price], ...], rate: int) -> None:
    tree = setting.tree
    group = tree.lines[-1]
    for (band, unit_price), part in zip(prices, _parts(kwh, [band for band, _ in prices]), strict=True):
        text = f"Energia fascia {band}" if band != "TOT" else "Energia"
        mark = band if band != "TOT" else ""
        for span, quantity in setting.spans(part * MICRO):
            tree.priced(group, "V", "ENERGIA", text, span.text, quantity, "kWh", unit_price, rate, mark)
    for span, quantity in setting.spans(kwh * MICRO):
        with_losses = quantity if setting.plain else quantity * 11 // 10
        tree.priced(
            group, "V", "DISP", "Dispacciamento e mercato della capacità", span.text, with_losses, "kWh", _DISPATCHING, rate
        )  # fmt: skip
        for destination, component, text, unit_price in _USAGE:
            tree.priced(group, destination, component, text, span.text, quantity, "kWh", unit_price, rate)


def _parts(kwh: int, bands: list[str]) -> list[int]:
    parts = [kwh * _SPLIT[band] // 100 for band in bands]
    parts[-1] += kwh - sum(parts)
    return parts


def _measures(setting: Setting, supply: Supply, meter: str, kwh: int, power: int, bands: list[str]) -> None:
    random, period, tree = setting.rng.random, setting.period, setting.tree
    if tree.sign < 0:
        supply.consumptions.append(f"R|A|TOT|{period.text}|{-kwh}|kWh|R")
        return
    quality = "S" if setting.estimated else "R"
    dates = setting.calendar.periods[setting.length][1].text[9:], period.text[9:]
    for band, part in zip(bands, _parts(kwh, bands), strict=True):
        supply.consumptions.append(f"F|A|{band}|{period.text}|{part}|kWh|{quality}")
        before = int(random() * 90_000)
        hidden = int(random() * 9)  # tenths that the bill does not show
        supply.readings.append(
            f"{meter}|A|{band}|{dates[0]}|{before}|R|{dates[1]}|{before + part},{hidden}|{quality}|1|{part}|N|N"
        )
    for month in setting.calendar.periods[1][setting.length - 1 :: -1]:
        peak = int(power * (60 + 45 * random())) // 1000
        supply.consumptions.append(f"P|K|TOT|{month.text}|{peak // 10},{peak % 10}|kW|R")
