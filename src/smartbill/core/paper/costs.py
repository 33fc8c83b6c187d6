"""The cost of a bill on paper: the bar of shares, the receipt by groups, VAT, every single line."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec.structs import replace

from smartbill.core.bill.costs import CostGroup, Costs, DetailLine, costs
from smartbill.core.bill.value import Bill, CostLine
from smartbill.core.paper.value import Column, Row, RowKind, Share, Shares, Table
from smartbill.core.paper.words import Say, how_priced, name_of
from smartbill.core.wording import dates, numbers, terms
from smartbill.core.wording.marking import msgid


def shares_of(bill: Bill, say: Say) -> Shares | None:
    """The bar of what the amount is made of; None where there is one group, or nothing to share."""
    found = costs(bill)
    if len(found.groups) < 2 or not found.chart:
        return None
    drawn = tuple(
        Share(
            say(msgid("Altre voci")) if part.group is None else _name(say, found.groups[part.group]),
            numbers.euro(part.amount),
            numbers.share(part.width),
            part.width,
        )
        for part in found.chart
    )
    credits = tuple(
        Share(_name(say, group), numbers.euro(group.amount), "", 0) for group in found.groups if group.amount <= 0
    )
    outside = tuple(Share(_name(say, group), numbers.euro(group.amount), "", 0) for group in found.outside)
    return Shares(
        title=say(msgid("Di cosa è fatto l’importo")),
        description=say(msgid("Barra che mostra come l’importo si divide fra le voci: %(parts)s."))
        % {"parts": ", ".join(f"{part.text} {part.share}" for part in drawn)},
        parts=drawn + credits + outside,
    )


def receipt_of(bill: Bill, say: Say) -> tuple[Table, ...]:
    """Groups with their amounts and totals, what lies outside the bill's total, VAT by rate."""
    found = costs(bill)
    tables = [_groups(bill, found, say)] if found.groups else []
    if found.outside:
        tables.append(_outside(bill, found, say))
    if bill.vat_summary:
        tables.append(_vat(bill, say))
    return tuple(tables)


def details_of(bill: Bill, say: Say) -> tuple[Table, ...]:
    """Every line of the bill, a table for each group of several; nothing where the receipt has told them all."""
    found = costs(bill)
    groups = (*found.groups, *found.outside)
    if not any(group.lines for group in groups):
        return ()
    points = {supply.seq: supply.point_code for supply in bill.supplies} if len(bill.supplies) > 1 else {}
    tables = [
        _details(_name(say, group), [_line_row(entry, points, say) for entry in group.lines], group.amount, say)
        for group in groups
        if group.lines
    ]
    alone = [group for group in groups if not group.lines]
    if alone:
        tables.append(_details(say(msgid("Altre voci")), [_alone_row(group, say) for group in alone], None, say))
    note = say(msgid("Gli importi sono quelli calcolati dall’azienda, arrotondati al centesimo riga per riga."))
    tables[-1] = replace(tables[-1], notes=(note,))
    return tuple(tables)


def _details(title: str, rows: list[Row], total: Decimal | None, say: Say) -> Table:
    """Columns that no row fills are left out; the others are as wide in every table."""
    columns = (
        Column(say(msgid("Voce")), wide=True),
        Column(say(msgid("Periodo")), room=34),
        Column(say(msgid("Quantità")), end=True, room=22),
        Column(say(msgid("Prezzo unitario")), end=True, room=29),
        Column(say(msgid("IVA")), end=True, room=13),
        Column(say(msgid("Importo")), end=True, room=25),
    )
    told = [place for place in range(len(columns)) if place in {0, 5} or any(row.cells[place] for row in rows)]
    foot = () if total is None else (Row((say(msgid("Totale")), "", "", "", "", numbers.euro(total)), RowKind.SUM),)

    def kept(found: Iterable[Row]) -> tuple[Row, ...]:
        return tuple(replace(row, cells=tuple(row.cells[place] for place in told)) for row in found)

    return Table(title=title, columns=tuple(columns[place] for place in told), rows=kept(rows), foot=kept(foot))


def _groups(bill: Bill, found: Costs, say: Say) -> Table:
    keys = {part.group: place for place, part in enumerate(found.chart, 1) if part.group is not None}
    rows = tuple(_group_row(group, keys.get(place, 0), say) for place, group in enumerate(found.groups))
    return Table(
        title=say(msgid("Le voci della bolletta")),
        columns=_receipt_columns(say),
        rows=rows,
        foot=(Row((say(msgid("Totale bolletta")), "", "", numbers.euro(bill.total_bill)), RowKind.SUM),),
    )


def _outside(bill: Bill, found: Costs, say: Say) -> Table:
    return Table(
        title=say(msgid("Fuori dal totale bolletta")),
        columns=_receipt_columns(say),
        rows=tuple(_group_row(group, 0, say) for group in found.outside),
        foot=(Row((say(msgid("Totale da pagare")), "", "", numbers.euro(bill.total_due)), RowKind.SUM),),
    )


def _receipt_columns(say: Say) -> tuple[Column, ...]:
    return (
        Column(say(msgid("Voce")), wide=True),
        Column(say(msgid("Quantità e prezzo medio")), room=46),
        Column(say(msgid("Quota")), end=True, room=16),
        Column(say(msgid("Importo")), end=True, room=30),
    )


def _group_row(group: CostGroup, key: int, say: Say) -> Row:
    splits = ", ".join(
        f"{name_of(say, split.destination, terms.DESTINATIONS)} {numbers.euro(split.amount)}" for split in group.splits
    )
    below = [group.note, say(msgid("di cui %(parts)s")) % {"parts": splits} if splits else ""]
    return Row(
        (
            _name(say, group),
            how_priced(say, group.quantity, group.unit, group.unit_price, average=group.price_is_average),
            numbers.share(group.share) if group.share is not None else "",
            numbers.euro(group.amount),
        ),
        below=" · ".join(filter(None, below)),
        key=key,
    )


def _line_row(entry: DetailLine, points: dict[int, str], say: Say) -> Row:
    kind = RowKind.LINE if entry.counted else RowKind.INFO
    return Row(_line_cells(entry.line, say), kind, depth=entry.depth, below=points.get(entry.line.supply_seq, ""))


def _alone_row(group: CostGroup, say: Say) -> Row:
    quantity = numbers.quantity(group.quantity, group.unit) if group.quantity is not None else ""
    priced = group.unit_price is not None and not group.price_is_average
    price = numbers.unit_price(group.unit_price, group.unit) if priced and group.unit_price is not None else ""
    return Row((_name(say, group), "", quantity, price, "", numbers.euro(group.amount)), below=group.note)


def _line_cells(line: CostLine, say: Say) -> tuple[str, ...]:
    band = (
        f" ({line.band})" if line.band and line.band not in {"TOT", "F0"} and line.band not in line.description else ""
    )
    rate = numbers.percent(line.vat_rate) if line.vat_rate is not None else line.vat_nature
    return (
        (line.description or name_of(say, line.section, terms.SECTIONS)) + band,
        _dates(line),
        numbers.quantity(line.quantity, line.unit) if line.quantity is not None else "",
        numbers.unit_price(line.unit_price, line.unit) if line.unit_price is not None else "",
        rate,
        numbers.euro(line.amount),
    )


def _dates(line: CostLine) -> str:
    if not (line.date_from and line.date_to):
        return ""
    if dates.whole_months(line.date_from, line.date_to):
        return dates.period(line.date_from, line.date_to)
    return f"{dates.short_date(line.date_from)} – {dates.short_date(line.date_to)}"


def _vat(bill: Bill, say: Say) -> Table:
    notes = []
    if bill.split_payment:
        notes.append(say(msgid("Scissione dei pagamenti: l’IVA è versata allo Stato direttamente dal cliente.")))
    if bill.reverse_charge:
        notes.append(say(msgid("Inversione contabile: l’IVA è a carico del cliente.")))
    return Table(
        title=say(msgid("Riepilogo IVA")),
        columns=(
            Column(say(msgid("Aliquota")), wide=True),
            Column(say(msgid("Imponibile")), end=True, room=34),
            Column(say(msgid("Imposta")), end=True, room=34),
        ),
        rows=tuple(
            Row(
                (
                    " ".join(filter(None, (numbers.percent(vat.rate), vat.nature))),
                    numbers.euro(vat.taxable),
                    numbers.euro(vat.vat),
                )
            )
            for vat in bill.vat_summary
        ),
        foot=(Row((say(msgid("Totale")), numbers.euro(bill.taxable), numbers.euro(bill.vat)), RowKind.SUM),),
        notes=tuple(notes),
    )


def _name(say: Say, group: CostGroup) -> str:
    return group.title or name_of(say, group.section, terms.SECTIONS)
