"""A supply on paper: its technical data, what was used with a chart, the readings."""

from decimal import Decimal

from smartbill.core.bill.bars import BarChart, bar_chart
from smartbill.core.bill.consumption import Comparison, PeriodUse, SupplyUse, supply_use
from smartbill.core.bill.costs import supply_amounts
from smartbill.core.bill.value import Bill, Measure, MeterEvent, Reading, Service, Supply
from smartbill.core.paper.value import Bar, Chart, Column, Fact, Facts, Key, Piece, Row, RowKind, SupplyPart, Table
from smartbill.core.paper.words import Say, name_of, place, point_name, qualities
from smartbill.core.wording import dates, numbers, terms
from smartbill.core.wording.marking import msgid

#: With more supplies than this the charts are left out: the tables say it all, in a tenth of the pages.
CHARTED = 12


def supply_parts(bill: Bill, say: Say) -> tuple[SupplyPart, ...]:
    many = len(bill.supplies) > 1
    return tuple(_part(supply, say, many=many, charted=len(bill.supplies) <= CHARTED) for supply in bill.supplies)


def overview_of(bill: Bill, say: Say) -> Table | None:
    """What each of several supplies costs; None for one."""
    if len(bill.supplies) < 2:
        return None
    paid = supply_amounts(bill)
    rows = tuple(_overview_row(supply, paid.get(supply.seq), say) for supply in bill.supplies)
    common = bill.total_due - sum((paid.get(supply.seq, Decimal(0)) for supply in bill.supplies), Decimal(0))
    foot = [Row((say(msgid("Totale da pagare")), "", "", numbers.euro(bill.total_due)), RowKind.SUM)]
    if common:
        foot.insert(0, Row((say(msgid("IVA e voci comuni")), "", "", numbers.euro(common))))
    return Table(
        title=say(msgid("Le forniture di questa bolletta")),
        columns=(
            Column(say(msgid("Fornitura")), wide=True),
            Column(say(msgid("Codice"))),
            Column(say(msgid("Consumo")), end=True),
            Column(say(msgid("Importo")), end=True),
        ),
        rows=rows,
        foot=tuple(foot),
    )


def supply_facts(supply: Supply, say: Say) -> Facts:
    """The technical data, as far as the flow told them."""
    told = (
        Fact(point_name(say, supply), supply.point_code, code=True),
        Fact(say(msgid("Indirizzo della fornitura")), place(supply.address)),
        Fact(say(msgid("Contratto")), supply.contract_code),
        Fact(say(msgid("Uso")), name_of(say, supply.use_type, terms.USE_TYPES)),
        Fact(say(msgid("Mercato")), name_of(say, supply.market, terms.MARKETS)),
        Fact(say(msgid("Contatore, matricola")), supply.meter_serial),
        Fact(say(msgid("Classe del contatore")), supply.meter_class),
        Fact(say(msgid("Potenza impegnata")), _kilowatts(supply.power_committed)),
        Fact(say(msgid("Potenza disponibile")), _kilowatts(supply.power_available)),
        Fact(say(msgid("Tensione")), f"{supply.voltage} V" if supply.voltage else ""),
        Fact(say(msgid("Coefficiente C")), _plain(supply.conversion_coefficient)),
        Fact(say(msgid("Potere calorifico superiore")), _calorific(supply)),
        Fact(say(msgid("Componenti del nucleo familiare")), str(supply.residents or "")),
        Fact(say(msgid("Unità immobiliari")), str(supply.units or "")),
        Fact(say(msgid("Offerta")), supply.offer_name),
        Fact(say(msgid("Codice offerta")), supply.offer_code),
        Fact(say(msgid("Tariffa")), supply.tariff_code),
        Fact(
            say(msgid("Condizioni economiche fino al")), dates.long_date(supply.offer_end) if supply.offer_end else ""
        ),
        Fact(say(msgid("Attiva dal")), dates.long_date(supply.activation) if supply.activation else ""),
        Fact(say(msgid("Distributore")), supply.distributor),
    )
    return Facts(say(msgid("Dati della fornitura")), tuple(fact for fact in told if fact.text))


def _part(supply: Supply, say: Say, *, many: bool, charted: bool) -> SupplyPart:
    use = supply_use(supply)
    name = name_of(say, supply.service, terms.SERVICES)
    where = place(supply.address) or supply.point_code
    tables = (_periods(use, say), _readings(supply, say), _more(supply, use, say))
    return SupplyPart(
        title=f"{name} · {where}" if many and where else name,
        headline=numbers.quantity(use.total.quantity, use.unit) if use.total else "",
        sentences=tuple(_sentences(supply, use, say)),
        facts=supply_facts(supply, say),
        chart=_chart(use, say) if charted else None,
        tables=tuple(table for table in tables if table),
    )


def _overview_row(supply: Supply, amount: Decimal | None, say: Say) -> Row:
    use = supply_use(supply)
    where = place(supply.address)
    name = name_of(say, supply.service, terms.SERVICES)
    return Row(
        (
            name,
            supply.point_code,
            numbers.quantity(use.total.quantity, use.unit) if use.total else "–",
            numbers.euro(amount) if amount is not None else "–",
        ),
        below=where,
    )


def _sentences(supply: Supply, use: SupplyUse, say: Say) -> list[str]:
    if use.total is None:
        return [say(msgid("Questa bolletta non riporta consumi per questa fornitura."))]
    how = qualities(say, use.total.qualities)
    when = dates.period(use.total.date_from, use.total.date_to)
    told = [say(msgid("Periodo: %(period)s, consumo %(how)s.")) % {"period": when, "how": how}] if how else [f"{when}."]
    if use.per_day is not None:
        per_day = f"{numbers.number(use.per_day, most=1)} {numbers.unit_sign(use.unit)}"
        told.append(say(msgid("In media %(quantity)s al giorno.")) % {"quantity": per_day})
    if use.last_year:
        told.append(_compared(use.last_year, use.unit, say, say(msgid("un anno fa"))))
    elif use.before:
        told.append(_compared(use.before, use.unit, say, say(msgid("nel periodo prima"))))
    if supply.annual_quantity is not None and supply.annual_from and supply.annual_to:
        told.append(
            say(msgid("Consumo annuo (%(period)s): %(quantity)s."))
            % {
                "period": dates.period(supply.annual_from, supply.annual_to),
                "quantity": numbers.quantity(supply.annual_quantity, use.unit),
            }
        )
    if supply.annual_spend is not None:
        told.append(say(msgid("Spesa annua: %(amount)s.")) % {"amount": numbers.euro(supply.annual_spend)})
    return told


def _compared(comparison: Comparison, unit: str, say: Say, when: str) -> str:
    if comparison.change is None:
        quantity = numbers.quantity(comparison.quantity, unit)
        return say(msgid("Erano %(quantity)s %(with)s.")) % {"quantity": quantity, "with": when}
    change = {"change": numbers.number(abs(comparison.change)), "with": when}
    if comparison.change == 0:
        return say(msgid("Al giorno, quanto %(with)s.")) % change
    if comparison.change < 0:
        return say(msgid("Al giorno, il %(change)s %% in meno che %(with)s.")) % change
    return say(msgid("Al giorno, il %(change)s %% in più che %(with)s.")) % change


def _chart(use: SupplyUse, say: Say) -> Chart | None:
    chart = bar_chart(use.periods)
    if chart is None:
        return None
    unit = numbers.unit_sign(use.unit)
    highest = max(use.periods, key=lambda period: period.quantity)
    lowest = min(use.periods, key=lambda period: period.quantity)
    return Chart(
        title=say(msgid("Consumo per periodo, in %(unit)s")) % {"unit": unit},
        description=say(
            msgid(
                "Grafico a colonne del consumo in %(unit)s. Il periodo più alto è %(high)s con %(most)s, il più basso "
                "%(low)s con %(least)s. Tutti i valori sono nella tabella dei consumi per periodo."
            )
        )
        % {
            "unit": unit,
            "high": dates.period(highest.date_from, highest.date_to),
            "most": numbers.quantity(highest.quantity, use.unit),
            "low": dates.period(lowest.date_from, lowest.date_to),
            "least": numbers.quantity(lowest.quantity, use.unit),
        },
        scale=(numbers.number(chart.top), numbers.number(chart.top / 2)),
        bars=tuple(
            Bar(
                dates.period_short(bar.period.date_from, bar.period.date_to),
                numbers.number(bar.period.quantity, most=0),
                bar.period.current,
                tuple(Piece(piece.y, piece.height, _fill(piece.band, bar.period)) for piece in bar.pieces),
            )
            for bar in chart.bars
        ),
        keys=_keys(chart, say),
    )


def _fill(band: str, use: PeriodUse) -> str:
    if band in {"F2", "F23"}:
        return "pale"
    if band == "F3":
        return "stripes"
    if band:
        return "full"
    if use.estimated:
        return "stripes"
    return "full" if use.current else "pale"


def _keys(chart: BarChart, say: Say) -> tuple[Key, ...]:
    if chart.banded:
        bands = dict.fromkeys(piece.band for bar in chart.bars for piece in bar.pieces)
        hours = {band: name_of(say, band, terms.BAND_HOURS) for band in terms.BAND_HOURS}
        return tuple(
            Key(_fill(band, chart.bars[-1].period), f"{band}: {hours[band]}" if band in hours else band)
            for band in sorted(bands)
        )
    keys = [Key("full", say(msgid("periodo di questa bolletta")))] if chart.bars[-1].period.current else []
    if any(not bar.period.current for bar in chart.bars):
        keys.append(Key("pale", say(msgid("periodi precedenti"))))
    if any(bar.period.estimated for bar in chart.bars):
        keys.append(Key("stripes", say(msgid("consumo stimato"))))
    return tuple(keys)


def _periods(use: SupplyUse, say: Say) -> Table | None:
    """Consumption by period and band, the newest first; a period alone only where bands tell it apart."""
    periods = use.periods or ((use.total,) if use.total else ())
    if not periods:
        return None
    bands = sorted({band.band for period in periods for band in period.bands})
    rows = []
    for period in reversed(periods):
        by_band = {band.band: numbers.number(band.quantity) for band in period.bands}
        rows.append(
            Row(
                (
                    dates.period(period.date_from, period.date_to),
                    *(by_band.get(band, "–") for band in bands),
                    numbers.quantity(period.quantity, use.unit),
                    qualities(say, period.qualities),
                ),
            )
        )
    return Table(
        title=say(msgid("Consumi per periodo")),
        columns=(
            Column(say(msgid("Periodo")), wide=True),
            *(Column(band, end=True, room=0 if len(bands) > 3 else 20) for band in bands),
            Column(say(msgid("Totale")), end=True, room=30),
            Column(say(msgid("Tipo")), room=34),
        ),
        rows=tuple(rows),
    )


def _readings(supply: Supply, say: Say) -> Table | None:
    if not supply.readings:
        return None
    notes = [
        say(msgid("La differenza può scostarsi di un’unità dal consumo: il contatore tiene decimali che non mostra."))
    ]
    if supply.service is Service.GAS and supply.conversion_coefficient:
        notes.insert(
            0,
            say(msgid("I metri cubi letti diventano Smc con il coefficiente C %(value)s."))
            % {"value": numbers.number(supply.conversion_coefficient, most=6)},
        )
    return Table(
        title=say(msgid("Letture del contatore")),
        columns=(
            Column(say(msgid("Contatore")), wide=True),
            Column(say(msgid("Precedente")), end=True, room=22),
            Column(say(msgid("Data e tipo")), room=34),
            Column(say(msgid("Attuale")), end=True, room=22),
            Column(say(msgid("Data e tipo")), room=34),
            Column(say(msgid("Differenza")), end=True, room=22),
        ),
        rows=tuple(_reading_row(reading, supply, say) for reading in supply.readings),
        notes=tuple(notes),
    )


def _reading_row(reading: Reading, supply: Supply, say: Say) -> Row:
    remarks = [
        say(msgid("energia reattiva")) if reading.measure is Measure.REACTIVE else "",
        name_of(say, reading.event, terms.METER_EVENTS) if reading.event is not MeterEvent.NONE else "",
        say(msgid("costante %(factor)s")) % {"factor": numbers.number(reading.factor, most=4)}
        if reading.factor != 1
        else "",
        say(msgid("il contatore ha ripreso da zero")) if reading.rollover else "",
    ]
    meter = reading.meter_serial or supply.meter_serial
    band = "" if reading.band in {"TOT", "F0", ""} else reading.band
    return Row(
        (
            " · ".join(filter(None, (meter, band))) or say(msgid("Contatore")),
            numbers.number(reading.previous_value),
            f"{dates.short_date(reading.previous_date)}, {name_of(say, reading.previous_kind, terms.READING_KINDS)}",
            numbers.number(reading.current_value),
            f"{dates.short_date(reading.current_date)}, {name_of(say, reading.current_kind, terms.READING_KINDS)}",
            numbers.number(reading.quantity),
        ),
        below=", ".join(filter(None, remarks)),
    )


def _more(supply: Supply, use: SupplyUse, say: Say) -> Table | None:
    """Peaks of power, reactive energy, what was recalculated."""
    rows = [
        Row((say(msgid("Potenza massima prelevata")), dates.period(peak.date_from, peak.date_to),
             numbers.quantity(peak.quantity, peak.unit)))
        for peak in use.peaks
    ]  # fmt: skip
    for title, entries in (
        (msgid("Energia reattiva"), use.reactive),
        (msgid("Consumo ricalcolato"), use.recalculated),
    ):
        rows += [
            Row(
                (
                    say(title) + (f" {entry.band}" if entry.band not in {"TOT", "F0"} else ""),
                    dates.period(entry.date_from, entry.date_to),
                    numbers.quantity(entry.quantity, entry.unit),
                )
            )
            for entry in entries
        ]
    if not rows:
        return None
    return Table(
        title=say(msgid("Altre misure")),
        columns=(
            Column(say(msgid("Misura")), wide=True),
            Column(say(msgid("Periodo")), room=52),
            Column(say(msgid("Valore")), end=True, room=30),
        ),
        rows=tuple(rows),
    )


def _kilowatts(power: Decimal | None) -> str:
    return numbers.quantity(power, "kW") if power is not None else ""


def _plain(value: Decimal | None) -> str:
    return numbers.number(value, most=6) if value is not None else ""


def _calorific(supply: Supply) -> str:
    return f"{numbers.number(supply.calorific_value, most=6)} GJ/Smc" if supply.calorific_value is not None else ""
