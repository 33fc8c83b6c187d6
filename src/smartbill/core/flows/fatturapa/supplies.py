"""Lines gathered by supply, and the consumption that they tell."""

from collections.abc import Container
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree
from msgspec import Struct

from smartbill.core.bill.value import Address, Consumption, ConsumptionKind, Measure, Quality, Service, Supply
from smartbill.core.flows.fatturapa.document import Document
from smartbill.core.flows.fatturapa.supply_points import SupplyPoint, address_of_line, point_of_line, points_in_text

#: More supply points than a flow may name in one document.
MAX_SUPPLIES: Final = 999

_UNITS: Final = {
    "KWH": "kWh",
    "KW": "kW",
    "KVARH": "kvarh",
    "SMC": "Smc",
    "STMC": "Smc",
    "MC": "mc",
    "M3": "mc",
    "M³": "mc",
}
#: service -> what its consumption is measured in, the preferred first
_MEASURES: Final[dict[Service, tuple[tuple[str, Measure], ...]]] = {
    Service.ELECTRICITY: (("kWh", Measure.ACTIVE),),
    Service.GAS: (("Smc", Measure.GAS), ("mc", Measure.GAS)),
    Service.WATER: (("mc", Measure.WATER),),
    Service.OTHER: (("kWh", Measure.ACTIVE),),
}


class RawLine(Struct, frozen=True, kw_only=True):
    """A line as the file has it, amounts with the file's sign."""

    description: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal
    vat_rate: Decimal
    vat_nature: str
    date_from: date | None
    date_to: date | None
    point: SupplyPoint | None
    address: str


def read_line(document: Document, element: etree._Element) -> RawLine:
    quantity = document.number(element, "Quantita")
    price = document.number(element, "PrezzoUnitario", required=True)
    start, end = document.day(element, "DataInizioPeriodo"), document.day(element, "DataFinePeriodo")
    if start and end and start > end:
        document.off_schema("periodo della riga invertito")
        start = end = None
    unit = document.text(element, "UnitaMisura", limit=10)
    return RawLine(
        description=document.text(element, "Descrizione", limit=1000, required=True),
        quantity=None if quantity is None else round(quantity, 6),
        unit=_UNITS.get(unit.upper().replace(".", "").replace(" ", ""), unit),
        unit_price=price,
        amount=document.amount(element, "PrezzoTotale", required=True) or Decimal("0.00"),
        vat_rate=document.number(element, "AliquotaIVA", required=True) or Decimal(0),
        vat_nature=document.text(element, "Natura", limit=4),
        date_from=start,
        date_to=end,
        point=point_of_line(element),
        address=address_of_line(element),
    )


class Supplies(Struct, frozen=True):
    supplies: tuple[Supply, ...]
    seq_of_line: tuple[int, ...]  # for each line its supply, 0 = the whole document


def gathered(
    document: Document, lines: list[RawLine], reason: str, *, contract_code: str, credit_note: bool, issued: date
) -> Supplies:
    """The supplies of the document. One that names no point gets a single supply without a code (XML-610)."""
    points = _points(document, lines, reason)
    if not points:
        document.warn("XML-610")
        points = [SupplyPoint(service_by_units({line.unit for line in lines if line.quantity}), "")]
    seqs = {point.identity: seq for seq, point in enumerate(points, 1)}
    if len(points) == 1:
        seq_of_line = [1] * len(lines)
    else:
        seq_of_line = [seqs.get(line.point.identity, 0) if line.point else 0 for line in lines]
    lines_of: dict[int, list[RawLine]] = {}
    for seq, line in zip(seq_of_line, lines, strict=True):
        lines_of.setdefault(seq, []).append(line)
    supplies = []
    for seq, point in enumerate(points, 1):
        own = lines_of.get(seq, [])
        consumption = billed_consumption(point.service, own, credit_note=credit_note, issued=issued)
        supplies.append(
            Supply(
                seq=seq,
                service=point.service,
                point_code=point.code,
                contract_code=contract_code if len(points) == 1 else "",
                address=Address(street=next((line.address for line in own if line.address), "")),
                consumptions=(consumption,) if consumption else (),
            )
        )
    return Supplies(tuple(supplies), tuple(seq_of_line))


def _points(document: Document, lines: list[RawLine], reason: str) -> list[SupplyPoint]:
    """Each point once, in the order of the lines; the reason of the document is asked only when no line names one."""
    found: dict[tuple[Service, str], SupplyPoint] = {}
    for point in (line.point for line in lines if line.point):
        found.setdefault(point.identity, point)
    if not found:
        for point in points_in_text(reason):
            found.setdefault(point.identity, point)
    points = list(found.values())
    if len(points) > MAX_SUPPLIES:
        document.off_schema(f"oltre {MAX_SUPPLIES} forniture")
    return points[:MAX_SUPPLIES]


def service_by_units(units: Container[str]) -> Service:
    """Without a code only units tell: cubic metres are water, standard ones gas. kWh may be heat as well."""
    if "Smc" in units:
        return Service.GAS
    return Service.WATER if "mc" in units else Service.OTHER


def billed_consumption(
    service: Service, lines: list[RawLine], *, credit_note: bool, issued: date
) -> Consumption | None:
    """The consumption of one supply: quantities are summed per description, and the largest sum is it.

    The same kWh stand on every component's line, so a plain sum would be a multiple. A line with a negative amount
    takes its quantity back (the e-invoice's quantity has no sign). A credit note takes back what it names: its
    consumption is RECALCULATED and negative. The period is that of the lines; where no line has one, the date of issue
    stands for both ends and the bill's own period stays unknown.
    """
    for unit, measure in _MEASURES[service]:
        sums: dict[str, Decimal] = {}
        periods: dict[str, list[date]] = {}
        for line in lines:
            if line.unit == unit and line.quantity:
                key = " ".join(line.description.casefold().split())
                sums[key] = sums.get(key, Decimal(0)) + (-line.quantity if line.amount < 0 else line.quantity)
                periods.setdefault(key, []).extend(day for day in (line.date_from, line.date_to) if day)
        if credit_note:
            sums = {key: abs(quantity) for key, quantity in sums.items()}
        key = max(sums, key=lambda description: sums[description], default="")
        if sums.get(key, Decimal(0)) <= 0:
            continue
        days = periods[key] or [day for line in lines for day in (line.date_from, line.date_to) if day] or [issued]
        return Consumption(
            kind=ConsumptionKind.RECALCULATED if credit_note else ConsumptionKind.BILLED,
            measure=measure,
            band="TOT",
            date_from=min(days),
            date_to=max(days),
            quantity=-sums[key] if credit_note else sums[key],
            unit=unit,
            quality=Quality.UNKNOWN,
        )
    return None
