"""The consumption of a supply as pages show it (R18): the period, its bands, the periods before it, the comparisons.

Quantities are those received and are never derived from cost lines (a quantity there may hold network losses).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from smartbill.core.bill.shares import shares
from smartbill.core.bill.value import Consumption, ConsumptionKind, Measure, Quality, Service, Supply

#: Bars in a chart: a year and the month of a year ago.
MAX_PERIODS = 13

_MAIN_MEASURES = {Service.ELECTRICITY: Measure.ACTIVE, Service.GAS: Measure.GAS, Service.WATER: Measure.WATER}
_GUESSED = frozenset({Quality.ESTIMATED, Quality.PRO_DIE})


class BandUse(Struct, frozen=True):
    band: str
    quantity: Decimal
    share: int | None  # tenths of a percent


class PeriodUse(Struct, frozen=True, kw_only=True):
    """One bar: a month or a billing period."""

    date_from: date
    date_to: date
    quantity: Decimal
    bands: tuple[BandUse, ...]  # empty when not split
    qualities: tuple[Quality, ...]
    current: bool  # billed in this document

    @property
    def days(self) -> int:
        return (self.date_to - self.date_from).days + 1

    @property
    def estimated(self) -> bool:
        return any(quality in _GUESSED for quality in self.qualities)


class Comparison(Struct, frozen=True, kw_only=True):
    """Against another period, by the day, since periods differ in length."""

    quantity: Decimal
    date_from: date
    date_to: date
    change: Decimal | None  # percent, rounded; None when there was nothing then


class SupplyUse(Struct, frozen=True, kw_only=True):
    seq: int
    unit: str
    total: PeriodUse | None  # None: the document bills no quantity for this supply
    periods: tuple[PeriodUse, ...]  # oldest first, the current one last
    last_year: Comparison | None
    before: Comparison | None
    recalculated: tuple[Consumption, ...]
    reactive: tuple[Consumption, ...]
    peaks: tuple[Consumption, ...]

    @property
    def per_day(self) -> Decimal | None:
        return self.total.quantity / self.total.days if self.total and self.total.quantity > 0 else None

    @property
    def peak(self) -> Consumption | None:
        return max(self.peaks, key=lambda entry: entry.quantity, default=None)


def supply_use(supply: Supply) -> SupplyUse:
    measure = _MAIN_MEASURES.get(supply.service)
    billed = _of(supply, ConsumptionKind.BILLED, measure)
    current = _periods(billed, current=True)
    history = [
        period
        for period in _periods(_of(supply, ConsumptionKind.HISTORY, measure), current=False)
        if not any(_overlap(period, now) for now in current)
    ]
    total = _together(current) if current else None
    periods = (*history, *current)[-MAX_PERIODS:]
    unit = next((entry.unit for entry in billed or supply.consumptions if entry.measure is measure), "")
    return SupplyUse(
        seq=supply.seq,
        unit=unit,
        total=total,
        periods=periods if len(periods) > 1 else (),
        last_year=_last_year(total, history) if total else None,
        before=_before(total, history) if total else None,
        recalculated=_of(supply, ConsumptionKind.RECALCULATED, measure),
        reactive=_of(supply, ConsumptionKind.BILLED, Measure.REACTIVE),
        peaks=tuple(sorted(_of(supply, ConsumptionKind.PEAK_POWER, Measure.POWER), key=lambda entry: entry.date_from)),
    )


def _of(supply: Supply, kind: ConsumptionKind, measure: Measure | None) -> tuple[Consumption, ...]:
    return tuple(entry for entry in supply.consumptions if entry.kind is kind and entry.measure is measure)


def _periods(entries: tuple[Consumption, ...], *, current: bool) -> list[PeriodUse]:
    by_dates: dict[tuple[date, date], list[Consumption]] = {}
    for entry in entries:
        by_dates.setdefault((entry.date_from, entry.date_to), []).append(entry)
    return [_period(dates, by_dates[dates], current=current) for dates in sorted(by_dates)]


def _period(dates: tuple[date, date], entries: list[Consumption], *, current: bool) -> PeriodUse:
    banded = [entry for entry in entries if entry.band != "TOT"]
    counted = banded or entries  # a total beside its bands is not added to them
    return PeriodUse(
        date_from=dates[0],
        date_to=dates[1],
        quantity=sum((entry.quantity for entry in counted), Decimal(0)),
        bands=_bands((entry.band, entry.quantity) for entry in banded),
        qualities=tuple(dict.fromkeys(entry.quality for entry in counted)),
        current=current,
    )


def _bands(uses: Iterable[tuple[str, Decimal]]) -> tuple[BandUse, ...]:
    """Quantities by band with their shares; none when there is nothing to tell apart."""
    quantities: dict[str, Decimal] = {}
    for band, quantity in uses:
        quantities[band] = quantities.get(band, Decimal(0)) + quantity
    if len(quantities) < 2:
        return ()
    names = sorted(quantities)
    parts = shares([quantities[name] for name in names])
    return tuple(BandUse(name, quantities[name], parts[place] if parts else None) for place, name in enumerate(names))


def _together(periods: list[PeriodUse]) -> PeriodUse:
    """Several billed periods as one; its bands only where each of them has some."""
    banded = all(period.bands for period in periods)
    return PeriodUse(
        date_from=min(period.date_from for period in periods),
        date_to=max(period.date_to for period in periods),
        quantity=sum((period.quantity for period in periods), Decimal(0)),
        bands=_bands((use.band, use.quantity) for period in periods for use in period.bands) if banded else (),
        qualities=tuple(dict.fromkeys(quality for period in periods for quality in period.qualities)),
        current=True,
    )


def _overlap(one: PeriodUse, other: PeriodUse) -> bool:
    return one.date_from <= other.date_to and other.date_from <= one.date_to


def _last_year(total: PeriodUse, history: list[PeriodUse]) -> Comparison | None:
    """The same period a year ago, where the history covers it (nearly) whole."""
    slack = timedelta(days=5)
    first, last = _year_before(total.date_from) - slack, _year_before(total.date_to) + slack
    within = [period for period in history if first <= period.date_from and period.date_to <= last]
    return _comparison(total, within)


def _before(total: PeriodUse, history: list[PeriodUse]) -> Comparison | None:
    """As many days as this period, or nearly, right before it."""
    taken: list[PeriodUse] = []
    expected = total.date_from - timedelta(days=1)
    for period in reversed(history):
        if period.date_to != expected or sum(entry.days for entry in taken) >= total.days - 5:
            break
        taken.append(period)
        expected = period.date_from - timedelta(days=1)
    return _comparison(total, taken)


def _comparison(total: PeriodUse, others: list[PeriodUse]) -> Comparison | None:
    days = sum(period.days for period in others)
    if not others or not total.days * Decimal("0.85") <= days <= total.days * Decimal("1.15"):
        return None
    quantity = sum((period.quantity for period in others), Decimal(0))
    then, now = quantity / days, total.quantity / total.days
    return Comparison(
        quantity=quantity,
        date_from=min(period.date_from for period in others),
        date_to=max(period.date_to for period in others),
        change=((now - then) * 100 / then).quantize(Decimal(1)) if then > 0 else None,
    )


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
