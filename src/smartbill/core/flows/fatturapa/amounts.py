"""Totals, VAT, and the lines that make the cost lines add up to them (flow format, 8.4, rules 3 to 5)."""

from decimal import Decimal
from itertools import chain, combinations
from typing import Final

from lxml import etree
from msgspec import Struct

from smartbill.core.bill.value import CostLine, Destination, LineScope, Section, VatSummary
from smartbill.core.flows.fatturapa.document import Document, cents, clean_text, element_at, elements_at

ZERO: Final = Decimal("0.00")
#: By how much declared and computed sums may differ.
TOLERANCE: Final = Decimal("0.05")
_HALF_CENT: Final = Decimal("0.005")
_MAX_ROWS: Final = 999
#: `TipoRitenuta`: what is withheld for the tax office, and for which fund else.
_WITHHOLDINGS: Final = {
    "RT01": "Ritenuta d'acconto",
    "RT02": "Ritenuta d'acconto",
    "RT03": "Ritenuta INPS",
    "RT04": "Ritenuta ENASARCO",
    "RT05": "Ritenuta ENPAM",
}


class Extra(Struct, frozen=True):
    """An amount outside the lines that may be part of a total: which one, only the sums tell."""

    description: str
    section: Section
    amount: Decimal
    destination: Destination = Destination.NONE


class Summary(Struct, frozen=True, kw_only=True):
    """What `DatiRiepilogo` and the document's head say, with the signs of the file."""

    rows: tuple[VatSummary, ...]
    split_vat: Decimal
    rounding: Decimal
    withholding: Extra  # what the customer pays to the tax office in the supplier's place; not positive
    extras: tuple[Extra, ...]  # stamp duty, pension fund, discount and surcharge of the whole document
    computed: Decimal
    declared: Decimal | None

    @property
    def vat(self) -> Decimal:
        return sum((row.vat for row in self.rows), ZERO)

    @property
    def total(self) -> Decimal:
        return self.computed if self.declared is None else self.declared

    @property
    def withheld_later(self) -> Decimal:
        """What is still to be withheld from the total; zero where the declared total is net of it already."""
        amount = self.withholding.amount
        if self.declared is None or not amount:
            return -amount
        beside = [extra for extra in (*self.extras, self.withholding) if extra.amount]
        chosen, _ = _closing(abs(self.declared) - abs(self.computed), beside)
        return ZERO if self.withholding in chosen else -amount

    @property
    def reverse_charge(self) -> bool:
        return self.vat == 0 and any(row.nature.startswith("N6") for row in self.rows)


def read_summary(document: Document, body: etree._Element, general: etree._Element) -> Summary:
    """Read `DatiRiepilogo` and check the declared total against it (XML-607)."""
    rows: list[VatSummary] = []
    split_vat = rounding = ZERO
    elements = list(elements_at(body, "DatiBeniServizi/DatiRiepilogo"))
    if len(elements) > _MAX_ROWS:
        document.too_large(f"{_MAX_ROWS} righe di riepilogo")
    for element in elements[:_MAX_ROWS]:
        rate = document.number(element, "AliquotaIVA", required=True) or ZERO
        taxable = document.amount(element, "ImponibileImporto", required=True) or ZERO
        vat = document.amount(element, "Imposta", required=True) or ZERO
        nature = document.text(element, "Natura", limit=4)
        rows.append(VatSummary(rate=rate, taxable=taxable, vat=vat, nature=nature))
        rounding += document.amount(element, "Arrotondamento") or ZERO
        if clean_text(element_at(element, "EsigibilitaIVA")) == "S":
            split_vat += vat
        if rate == 0 and not nature:
            document.off_schema("manca Natura per l'aliquota zero")
    if not rows:
        document.missing("DatiRiepilogo", body)
    rounding += document.amount(general, "Arrotondamento") or ZERO
    extras, adjusted = _extras(document, general)
    withholding = _withholding(document, general)
    summary = Summary(
        rows=tuple(rows),
        split_vat=split_vat,
        rounding=rounding,
        withholding=withholding,
        extras=extras,
        computed=sum((row.taxable + row.vat for row in rows), ZERO) + rounding,
        declared=document.amount(general, "ImportoTotaleDocumento"),
    )
    if summary.declared is not None and not document.refused and not adjusted:
        _check_declared(document, general, summary.declared, summary.computed)
    return summary


def _extras(document: Document, general: etree._Element) -> tuple[tuple[Extra, ...], bool]:
    """Amounts beside the lines, and whether any such element is there at all: then XML-607 is not checked."""
    stamp = fund = discount = surcharge = ZERO
    adjusted = False
    for element in elements_at(general, "DatiBollo"):
        adjusted = True
        stamp += document.amount(element, "ImportoBollo") or ZERO
    for element in elements_at(general, "DatiCassaPrevidenziale"):
        adjusted = True
        fund += document.amount(element, "ImportoContributoCassa") or ZERO
    for element in elements_at(general, "ScontoMaggiorazione"):
        adjusted = True
        amount = document.amount(element, "Importo") or ZERO
        if clean_text(element_at(element, "Tipo")) == "MG":
            surcharge += amount
        else:
            discount -= amount
    adjusted = adjusted or element_at(general, "DatiRitenuta") is not None
    return (
        Extra("Imposta di bollo", Section.STAMP_DUTY, stamp, Destination.TAX),
        Extra("Contributo cassa previdenziale", Section.OTHER, fund),
        Extra("Sconto sul documento", Section.DISCOUNT, discount),
        Extra("Maggiorazione sul documento", Section.OTHER, surcharge),
    ), adjusted


def _withholding(document: Document, general: etree._Element) -> Extra:
    """All `DatiRitenuta` as one amount that is taken off, under the name they share."""
    withheld = ZERO
    names, rates = set(), set()
    for element in elements_at(general, "DatiRitenuta"):
        withheld += abs(document.amount(element, "ImportoRitenuta", required=True) or ZERO)
        rates.add(document.number(element, "AliquotaRitenuta"))
        names.add(_WITHHOLDINGS.get(clean_text(element_at(element, "TipoRitenuta")), "Ritenuta"))
    name = names.pop() if len(names) == 1 else "Ritenute"
    rate = rates.pop() if len(rates) == 1 else None
    return Extra(f"{name} {_percent(rate)}" if rate else name, Section.WITHHOLDING, -withheld)


def _check_declared(document: Document, general: etree._Element, declared: Decimal, computed: Decimal) -> None:
    credit_note = clean_text(element_at(general, "TipoDocumento")) == "TD04"
    same_sign = (abs(declared), abs(computed)) if credit_note else (declared, computed)
    if abs(same_sign[0] - same_sign[1]) > TOLERANCE:
        document.refuse("XML-607", field="ImportoTotaleDocumento", atteso=str(declared), trovato=str(computed))


def vat_lines(rows: tuple[VatSummary, ...]) -> list[CostLine]:
    """One line for each row of the summary that has VAT; numbered later."""
    return [
        CostLine(
            line_no=0,
            section=Section.VAT,
            destination=Destination.TAX,
            description=f"IVA {_percent(row.rate)}",
            amount=row.vat,
            vat_rate=row.rate,
        )
        for row in rows
        if row.vat
    ]


def closing_lines(lines: list[CostLine], total_bill: Decimal, extras: list[Extra]) -> tuple[list[CostLine], Decimal]:
    """The lines that bring Σ lines to `total_bill`, and what stays open because nothing in the file explains it.

    Which of the amounts beside the lines a total holds differs from writer to writer: the smallest set that closes the
    gap is taken. Prices of up to 8 decimals leave half a cent a line, which becomes a rounding line.
    """
    gap = total_bill - sum((line.amount for line in lines), ZERO)
    chosen, left = _closing(gap, [extra for extra in extras if extra.amount])
    found = [_line(extra, LineScope.BILL) for extra in chosen]
    if left and abs(left) <= max(cents(_HALF_CENT * len(lines)), Decimal("0.01")):
        found.append(_line(Extra("Arrotondamento", Section.ROUNDING, left), LineScope.BILL))
        left = ZERO
    return found, left


def due_lines(gap: Decimal, *, split_vat: Decimal, withholding: Extra) -> list[CostLine]:
    """The lines between total_bill and total_due; they always close the gap, since a declared payment wins."""
    chosen, left = _closing(
        gap,
        [
            extra
            for extra in (
                Extra("IVA versata dal cliente (scissione dei pagamenti)", Section.SPLIT_VAT, -split_vat),
                withholding,
            )
            if extra.amount
        ],
    )
    if left:
        section = Section.ROUNDING if abs(left) <= TOLERANCE else Section.OTHER
        name = "Arrotondamento" if section is Section.ROUNDING else "Altri importi compresi nel pagamento"
        chosen = (*chosen, Extra(name, section, left))
    return [_line(extra, LineScope.DUE) for extra in chosen]


def _closing(gap: Decimal, extras: list[Extra]) -> tuple[tuple[Extra, ...], Decimal]:
    """The set of extras that leaves least of the gap, the smallest of equals, and what it leaves."""
    sets = chain.from_iterable(combinations(extras, size) for size in range(len(extras) + 1))
    best = min(sets, key=lambda chosen: abs(gap - sum((extra.amount for extra in chosen), ZERO)))
    left = gap - sum((extra.amount for extra in best), ZERO)
    return (best, left) if abs(left) <= TOLERANCE else ((), gap)


def _line(extra: Extra, scope: LineScope) -> CostLine:
    return CostLine(
        line_no=0,
        scope=scope,
        section=extra.section,
        destination=extra.destination,
        description=extra.description,
        amount=extra.amount,
    )


def _percent(rate: Decimal) -> str:
    plain = f"{rate.normalize():f}"
    return f"{plain.replace('.', ',')}%"
