"""Gas: standard cubic metres, excise steps, two VAT rates."""

from smartbill.core.flows.sample.lines import Charge
from smartbill.core.flows.sample.numbers import MICRO, price, quantity_text
from smartbill.core.flows.sample.supplies import Setting, Supply, address

CIVIL, FULL = 1000, 2200  # VAT rates: 10 % on the first 480 Smc of the calendar year of civil uses, 22 % above
_CIVIL_LIMIT = 480
_OFFERS = (
    ("Gas Prova Variabile", "000999GSVML01XX0000000GASPROVA", "0,4215"),
    ("Gas Esempio Fisso", "000999GSFML01XX00000GASESEMPIO", "0,4585"),
    ("Gas Campione Tutelato", "000999GSVML02XX0000GASCAMPIONE", "0,398746"),
)
_SALES = tuple(Charge("V", "MATERIA", "Materia prima gas", price(sale)) for _, _, sale in _OFFERS)
_USAGE = (
    Charge("V", "QVD", "Commercializzazione, quota variabile", price("0,007946")),
    Charge("R", "DISTR-V", "Distribuzione, quota variabile", price("0,086471")),
    Charge("R", "TRASP", "Trasporto", price("0,042318")),
    Charge("O", "RE", "Componente RE", price("0,014833")),
    Charge("O", "UG", "Componenti UG", price("0,003742")),
)
_SUMMARY_USAGE = (Charge("R", "RETE", "Rete e oneri", price("0,147364")),)
_FIXED = (
    Charge("V", "COMM", "Commercializzazione, quota fissa", price("5,25")),
    Charge("R", "DISTR-F", "Distribuzione e misura, quota fissa", price("4,185")),
)
_EXCISE = (
    (120, Charge("T", "ACCISA", "Accisa, fino a 120 Smc", price("0,044"))),
    (480, Charge("T", "ACCISA", "Accisa, da 120 a 480 Smc", price("0,175"))),
    (1560, Charge("T", "ACCISA", "Accisa, da 480 a 1560 Smc", price("0,17"))),
    (10**9, Charge("T", "ACCISA", "Accisa, oltre 1560 Smc", price("0,186"))),
)  # up to so many Smc of a calendar year
_LIMITS = [limit for limit, _ in _EXCISE]
_REGIONAL = Charge("T", "ADDREG", "Addizionale regionale", price("0,0232"))


def gas(setting: Setting, seq: int) -> Supply:
    """Add one gas supply to the document's tree and tell its records."""
    customer, period = setting.customer, setting.period
    random = setting.rng.random
    offer = int(random() * len(_OFFERS))
    name, code, _ = _OFFERS[offer]
    yearly = setting.yearly(1400, 0.8, 5)
    cubic_metres = setting.billed("G", yearly)
    coefficient = 1_000_000 if random() < 0.3 else 1_010_000 + int(random() * 30_000)
    burnt = cubic_metres * coefficient
    point = setting.next_point()
    use = {"F": "DR", "C": "CO", "P": "PA"}.get(customer.kind, "AU")
    supply = Supply(seq, "G", f"0999{point:010d}", meter=f"99G4{point:08d}", quantity=burnt, unit="Smc")
    supply.head = (
        f"G|{supply.point_code}|C-{customer.code}-{seq}|{address(customer)}|{supply.meter}|{use}|L||{name}|{code}|"
        f"{setting.calendar.due_texts[180]}|01012020||||||G4|{quantity_text(coefficient)}|0,039528|"
        f"Rete Gas di Prova S.r.l.|800999002|{yearly}|{setting.calendar.year_text}|{yearly},00"
    )
    earlier = yearly * period.earlier["G"] * 1000
    _cost_lines(setting, supply, earlier, _SALES[offer], civil=use in {"DR", "CO"})
    _measures(setting, supply, cubic_metres)
    setting.history(supply, "G", "G", yearly)
    return supply


def _steps(burnt: int, earlier: int, limits: list[int]) -> list[int]:
    """Divide a consumption over the steps of a calendar year in which `earlier` was consumed before."""
    parts = []
    low = earlier
    for limit in limits:
        part = max(0, min(earlier + burnt, limit * MICRO) - low)
        parts.append(part)
        low += part
    return parts


def _cost_lines(setting: Setting, supply: Supply, earlier: int, sale: Charge, *, civil: bool) -> None:
    tree, span, burnt = setting.tree, setting.period.text, supply.quantity
    reduced = _steps(burnt, earlier, [_CIVIL_LIMIT])[0] if civil else 0
    rates = [(rate, part) for rate, part in ((CIVIL, reduced), (FULL, burnt - reduced)) if part] or [(FULL, 0)]
    group = tree.group(supply.seq, "CON", "Quota per consumi", span=span, quantity=burnt, unit="Smc")
    for charge in (sale, *(_SUMMARY_USAGE if setting.summary else _USAGE)):
        for rate, quantity in rates:
            tree.priced(group, charge, span=span, quantity=quantity, unit="Smc", rate=rate)
    months = setting.length * MICRO
    group = tree.group(supply.seq, "FIS", "Quota fissa", span=span, quantity=months, unit="mese")
    for charge in _FIXED:
        tree.priced(group, charge, span=span, quantity=months, unit="mese", rate=FULL)
    if not burnt:
        return
    group = tree.group(supply.seq, "IMP", "Accise e addizionale regionale", span=span)
    for (limit, excise), part in zip(_EXCISE, _steps(burnt, earlier, _LIMITS), strict=True):
        if part:
            rate = CIVIL if civil and limit <= _CIVIL_LIMIT else FULL
            tree.priced(group, excise, span=span, quantity=part, unit="Smc", rate=rate)
    for rate, quantity in rates:
        tree.priced(group, _REGIONAL, span=span, quantity=quantity, unit="Smc", rate=rate)


def _measures(setting: Setting, supply: Supply, cubic_metres: int) -> None:
    period = setting.period
    if setting.tree.sign < 0:
        supply.consumptions.append(f"R|G|TOT|{period.text}|{quantity_text(-supply.quantity)}|Smc|R")
        return
    quality = "S" if setting.estimated else "R"
    supply.consumptions.append(f"F|G|TOT|{period.text}|{quantity_text(supply.quantity)}|Smc|{quality}")
    before = int(setting.rng.random() * 30_000)
    after = before + cubic_metres
    start, end = setting.calendar.periods[setting.length][1].text[9:], period.text[9:]
    supply.readings.append(f"{supply.meter}|G|TOT|{start}|{before}|R|{end}|{after}|{quality}|1|{cubic_metres}|N|N")
