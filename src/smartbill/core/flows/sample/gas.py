"""Gas: standard cubic metres, excise steps, two VAT rates."""

from smartbill.core.flows.sample.numbers import MICRO, Price, price, quantity_text
from smartbill.core.flows.sample.supplies import Setting, Supply, address

CIVIL, FULL = 1000, 2200  # VAT rates: 10 % on the first 480 Smc of the calendar year of civil uses, 22 % above
_CIVIL_LIMIT = 480
_OFFERS = (
    ("Gas Prova Variabile", "000999GSVML01XX0000000GASPROVA", price("0,4215")),
    ("Gas Esempio Fisso", "000999GSFML01XX00000GASESEMPIO", price("0,4585")),
    ("Gas Campione Tutelato", "000999GSVML02XX0000GASCAMPIONE", price("0,398746")),
)
_USAGE = (
    ("V", "QVD", "Commercializzazione, quota variabile", price("0,007946")),
    ("R", "DISTR-V", "Distribuzione, quota variabile", price("0,086471")),
    ("R", "TRASP", "Trasporto", price("0,042318")),
    ("O", "RE", "Componente RE", price("0,014833")),
    ("O", "UG", "Componenti UG", price("0,003742")),
)
_FIXED = (
    ("V", "COMM", "Commercializzazione, quota fissa", price("5,25")),
    ("R", "DISTR-F", "Distribuzione e misura, quota fissa", price("4,185")),
)
_NETWORK_ALL = price("0,147364")
_EXCISE = ((120, price("0,044")), (480, price("0,175")), (1560, price("0,17")), (10**9, price("0,186")))
_REGIONAL = price("0,0232")


def gas(setting: Setting, seq: int) -> Supply:
    """Add one gas supply to the document's tree and tell its records."""
    customer, period = setting.customer, setting.period
    random = setting.rng.random
    name, code, sale = _OFFERS[int(random() * 3)]
    yearly = setting.yearly(1400, 0.8, 5)
    cubic_metres = setting.billed("G", yearly)
    coefficient = 1_000_000 if random() < 0.3 else 1_010_000 + int(random() * 30_000)
    burnt = cubic_metres * coefficient
    point = setting.next_point()
    use = {"F": "DR", "C": "CO", "P": "PA"}.get(customer.kind, "AU")
    supply = Supply(seq, "G", f"0999{point:010d}", unit="Smc", quantity=burnt)
    meter = f"99G4{point:08d}"
    supply.head = (
        f"G|{supply.point_code}|C-{customer.code}-{seq}|{address(customer)}|{meter}|{use}|L||{name}|{code}|"
        f"{setting.calendar.due_texts[180]}|01012020||||||G4|{quantity_text(coefficient)}|0,039528|"
        f"Rete Gas di Prova S.r.l.|800999002|{yearly}|{setting.calendar.year_text}|{yearly},00"
    )
    earlier = yearly * period.earlier["G"] * 1000
    _cost_lines(setting, seq, burnt, earlier, sale, civil=use in {"DR", "CO"})
    _measures(setting, supply, meter, cubic_metres)
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


def _cost_lines(setting: Setting, seq: int, burnt: int, earlier: int, sale: Price, *, civil: bool) -> None:
    tree, span = setting.tree, setting.period.text
    reduced = _steps(burnt, earlier, [_CIVIL_LIMIT])[0] if civil else 0
    rates = [(rate, part) for rate, part in ((CIVIL, reduced), (FULL, burnt - reduced)) if part] or [(FULL, 0)]
    usage = (("V", "MATERIA", "Materia prima gas", sale),) + (
        (("R", "RETE", "Rete e oneri", _NETWORK_ALL),) if setting.summary else _USAGE
    )
    group = tree.group(seq, "CON", "Quota per consumi", span, burnt, "Smc")
    for destination, component, text, unit_price in usage:
        for rate, quantity in rates:
            tree.priced(group, destination, component, text, span, quantity, "Smc", unit_price, rate)
    months = setting.length * MICRO
    group = tree.group(seq, "FIS", "Quota fissa", span, months, "mese")
    for destination, component, text, unit_price in _FIXED:
        tree.priced(group, destination, component, text, span, months, "mese", unit_price, FULL)
    if not burnt:
        return
    group = tree.group(seq, "IMP", "Accise e addizionale regionale", span)
    limits = [limit for limit, _ in _EXCISE]
    low = 0
    for (limit, excise), part in zip(_EXCISE, _steps(burnt, earlier, limits), strict=True):
        if part:
            text = f"Accisa, scaglione da {low} a {limit} Smc" if limit < 10**9 else f"Accisa, oltre {low} Smc"
            rate = CIVIL if civil and limit <= _CIVIL_LIMIT else FULL
            tree.priced(group, "T", "ACCISA", text, span, part, "Smc", excise, rate)
        low = limit
    for rate, quantity in rates:
        tree.priced(group, "T", "ADDREG", "Addizionale regionale", span, quantity, "Smc", _REGIONAL, rate)


def _measures(setting: Setting, supply: Supply, meter: str, cubic_metres: int) -> None:
    period = setting.period
    if setting.tree.sign < 0:
        supply.consumptions.append(f"R|G|TOT|{period.text}|{quantity_text(-supply.quantity)}|Smc|R")
        return
    quality = "S" if setting.estimated else "R"
    supply.consumptions.append(f"F|G|TOT|{period.text}|{quantity_text(supply.quantity)}|Smc|{quality}")
    before = int(setting.rng.random() * 30_000)
    start = setting.calendar.periods[setting.length][1].text[9:]
    supply.readings.append(
        f"{meter}|G|TOT|{start}|{before}|R|{period.text[9:]}|{before + cubic_metres}|{quality}|1|{cubic_metres}|N|N"
    )
