"""Read one FatturaPA file: every body is one document, and a bad one does not spoil the others."""

import re
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree
from msgspec.structs import replace

from smartbill.core.bill.value import (
    Bill,
    BillKind,
    CorrectedDocument,
    CostLine,
    Notice,
    NoticeKind,
    Section,
)
from smartbill.core.flows.fatturapa.amounts import (
    Extra,
    Summary,
    closing_lines,
    due_lines,
    read_summary,
    vat_lines,
)
from smartbill.core.flows.fatturapa.attachments import read_attachments
from smartbill.core.flows.fatturapa.classification import classified
from smartbill.core.flows.fatturapa.document import (
    MAX_FINDINGS,
    Document,
    cents,
    clean_text,
    element_at,
    elements_at,
    line_of,
)
from smartbill.core.flows.fatturapa.envelope import (
    DEFAULT_MAX_BYTES,
    InvoiceFileRefusedError,
    SdiMessageError,
    parse_invoice_file,
)
from smartbill.core.flows.fatturapa.parties import Parties, customer_of, plain_number, read_parties
from smartbill.core.flows.fatturapa.payment import Due, read_due
from smartbill.core.flows.fatturapa.supplies import RawLine, Supplies, gathered, read_line
from smartbill.core.flows.value import Finding, Level, ReadBill, RefusedDocument

SOURCE: Final = "fatturapa"

_KINDS: Final = {
    "TD01": BillKind.INVOICE,
    "TD04": BillKind.CREDIT_NOTE,
    "TD05": BillKind.DEBIT_NOTE,
    "TD24": BillKind.INVOICE,
    "TD25": BillKind.INVOICE,
}
#: More than a file of the exchange system's size can hold: such a file is made to do harm.
MAX_DOCUMENTS: Final = 5_000
#: `NumeroLinea` has four digits.
MAX_LINES: Final = 9_999
#: Findings of a file beyond which each further document has one.
_MANY_FINDINGS: Final = 2_000
_MAX_NUMBER: Final = 20
_MAX_REASON: Final = 4000
#: A sezionale and a number; both sides of a single slash. What looks otherwise stays one opaque number.
_SERIES_AND_NUMBER = re.compile(r"(?=[0-9]*[A-Z])([A-Z0-9]{1,10})/([0-9A-Za-z-]{1,20})", re.ASCII)


def read_invoice_file(
    data: bytes,
    *,
    file: str,
    first_seq: int,
    code_element: str = "",
    suppliers: Collection[str] = (),
    other_supplier: Level = Level.FILE,
    beside_others: bool = False,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Iterator[ReadBill | RefusedDocument | Finding]:
    """The documents of one file, plain or signed, each behind its findings. Never raises for what the file holds.

    `first_seq` is the `doc_seq` of the first document; each body takes the next, a file that can't be read takes one
    (a RefusedDocument). `code_element` is the company's rule for the customer code: a path of local names such as
    `DatiGenerali/DatiContratto/IdDocumento`; empty or not in the document: fiscal code, else country and VAT number.
    `suppliers` are the VAT numbers and fiscal codes that the company issues under; empty: not checked. An invoice of
    somebody else refuses the whole flow (FLS-007), or is a warning where `other_supplier` says so. `beside_others`: the
    file came with others, so a message of the exchange system is ignored (ZIP-011) instead of refused.
    """
    try:
        parsed = parse_invoice_file(data, file=file, max_bytes=max_bytes, beside_others=beside_others)
        parties = read_parties(parsed.root, file=file, code_element=code_element)
        odd_supplier = _other_supplier(parties, suppliers, other_supplier)
        bodies = _bodies(parsed.root, file)
    except SdiMessageError:
        yield Finding(code="ZIP-011", level=Level.WARNING, file=file, values={"nome": file})
        return
    except InvoiceFileRefusedError as refused:
        yield Finding(
            code=refused.code,
            level=refused.level,
            file=file,
            line=refused.line,
            values={"doc": file, **refused.values},
        )
        yield RefusedDocument(doc_seq=first_seq, line=refused.line)
        return
    if odd_supplier:
        values = {"nome": file, "valore": odd_supplier}
        yield Finding(code="WRN-410", level=Level.WARNING, file=file, line=1, field="supplier", values=values)
    if parsed.odd_encoding:
        detail = f"codifica dichiarata {parsed.odd_encoding[:20]}, contenuto UTF-8: controllare gli accenti"
        yield Finding(code="XML-608", level=Level.WARNING, file=file, line=1, values={"doc": file, "dettaglio": detail})
    if not bodies:
        document = Document(file=file, line=1, name=file)
        document.missing("FatturaElettronicaBody")
        yield from document.findings
        yield RefusedDocument(doc_seq=first_seq, line=1)
    told = 0
    for seq, body in enumerate(bodies, first_seq):
        most = MAX_FINDINGS if told < _MANY_FINDINGS else 1
        for outcome in _read_body(parties, body, file=file, seq=seq, code_element=code_element, most_findings=most):
            told += isinstance(outcome, Finding)
            yield outcome


def _bodies(root: etree._Element, file: str) -> list[etree._Element]:
    bodies = list(elements_at(root, "FatturaElettronicaBody"))
    if len(bodies) > MAX_DOCUMENTS:
        raise InvoiceFileRefusedError("XML-612", nome=file, limite="5.000 documenti")
    return bodies


def _other_supplier(parties: Parties, suppliers: Collection[str], level: Level) -> str:
    """The number of a supplier that is not the company, where that is a warning."""
    known = {plain_number(number) for number in suppliers}
    if not known or known.intersection(parties.supplier) or parties.document.refused:
        return ""
    if level is Level.WARNING:
        return parties.supplier[0] if parties.supplier else "–"
    if parties.supplier:
        raise InvoiceFileRefusedError("FLS-007", level=Level.FILE, valore=parties.supplier[0])
    parties.document.missing("IdFiscaleIVA")
    return ""


def no_invoices(file: str) -> Finding:
    """An archive, or what was taken for one, holds no invoice at all, not even a bad one."""
    return Finding(code="FLS-001", level=Level.FILE, file=file, field="einvoices")


def split_number(number: str, year: int) -> tuple[str, str]:
    """Series and number of a document number like `B051/539`; one that can't be split surely is all number.

    `A539/2023` in 2023 is a number and its year, `2023/131703/1` an opaque number. Joined by a slash the two parts
    always give the number again, so two documents have one key exactly when they have one number.
    """
    found = _SERIES_AND_NUMBER.fullmatch(number)
    if found is None or found[2] == str(year):
        return "", number
    return found[1], found[2]


def _read_body(
    parties: Parties, body: etree._Element, *, file: str, seq: int, code_element: str, most_findings: int
) -> Iterator[ReadBill | RefusedDocument | Finding]:
    line = line_of(body)
    general = element_at(body, "DatiGenerali/DatiGeneraliDocumento")
    number = clean_text(element_at(general, "Numero")) if general is not None else ""
    document = Document(file=file, line=line, name=number[:_MAX_NUMBER] or file, most_findings=most_findings)
    if general is None:
        document.missing("DatiGeneraliDocumento", body)
        yield from document.findings
        yield RefusedDocument(doc_seq=seq, line=line)
        return
    issued = document.day(general, "Data", required=True)
    bill = _read_bill(document, parties, body, general, number=number, issued=issued, code_element=code_element)
    attachments = read_attachments(document, body) if bill else ()
    yield from document.findings
    if bill is None:
        year = issued.year if issued else None
        series, rest = split_number(number[:_MAX_NUMBER], year or 0)
        yield RefusedDocument(doc_seq=seq, line=line, series=series, number=rest, issue_year=year)
        return
    yield ReadBill(doc_seq=seq, line=line, file=file, bill=bill, einvoice_file=file, attachments=attachments)


def _read_bill(
    document: Document,
    parties: Parties,
    body: etree._Element,
    general: etree._Element,
    *,
    number: str,
    issued: date | None,
    code_element: str,
) -> Bill | None:
    """The bill, or None when a finding refuses it. All of the document is read first, so all its errors are told."""
    kind = _kind(document, general)
    _check_number(document, general, number)
    customer = customer_of(document, parties, body, code_element=code_element)
    summary = read_summary(document, body, general)
    elements = list(elements_at(body, "DatiBeniServizi/DettaglioLinee"))
    if len(elements) > MAX_LINES:
        document.too_large("9.999 righe per documento")
    raw = [read_line(document, element) for element in elements[:MAX_LINES]]
    if not raw:
        document.missing("DettaglioLinee", body)
    total_bill, sign = _total(document, summary, kind)
    due = read_due(document, body, summary, kind=kind, total_bill=total_bill, issued=issued)
    corrects = _corrected(document, body)
    if document.refused or issued is None:
        return None
    reason = " ".join(clean_text(element) for element in elements_at(general, "Causale"))
    supplies = gathered(
        document,
        raw,
        reason,
        contract_code=document.text(body, "DatiGenerali/DatiContratto/IdDocumento", limit=20),
        credit_note=kind is BillKind.CREDIT_NOTE,
        issued=issued,
    )
    lines = _lines(document, raw, supplies, summary, due, total_bill=total_bill, sign=sign)
    vat = cents(summary.vat * sign)
    series, rest = split_number(number, issued.year)
    return Bill(
        source=SOURCE,
        kind=kind,
        series=series,
        number=rest,
        display_number=number,
        issue_date=issued,
        due_date=due.first_date,
        period_from=min((line.date_from for line in raw if line.date_from), default=None),
        period_to=max((line.date_to for line in raw if line.date_to), default=None),
        customer=customer,
        supplies=supplies.supplies,
        lines=tuple(lines),
        vat_summary=tuple(
            replace(row, taxable=cents(row.taxable * sign), vat=cents(row.vat * sign)) for row in summary.rows
        ),
        terms=due.terms,
        notices=_notices(reason),
        total_bill=total_bill,
        taxable=total_bill - vat,
        vat=vat,
        total_due=due.total,
        slip_present=any(term.slip_present for term in due.terms),
        direct_debit=any(term.direct_debit for term in due.counted),
        payable_online=any(term.payable_online for term in due.counted),
        split_payment=summary.split_vat != 0,
        reverse_charge=summary.reverse_charge,
        corrects=corrects,
        einvoice_number=number,
    )


def _kind(document: Document, general: etree._Element) -> BillKind:
    element = element_at(general, "TipoDocumento")
    code = clean_text(element)
    if not code:
        document.missing("TipoDocumento", general)
    elif code not in _KINDS:
        document.refuse("XML-609", field="TipoDocumento", valore=code[:20])
    currency = document.text(general, "Divisa", limit=3, required=True)
    if currency and currency != "EUR":
        document.refuse("REC-105", field="Divisa", valore=currency)
    return _KINDS.get(code, BillKind.INVOICE)


def _check_number(document: Document, general: etree._Element, number: str) -> None:
    if not number:
        document.missing("Numero", general)
    elif len(number) > _MAX_NUMBER:
        document.refuse("REC-106", field="Numero", n=str(len(number)), max=str(_MAX_NUMBER))
    elif not number.isascii():
        document.off_schema("caratteri non ammessi in Numero")


def _total(document: Document, summary: Summary, kind: BillKind) -> tuple[Decimal, int]:
    """total_bill, and the sign that the file's lines take: a credit note is negative whatever its file says."""
    total = summary.total
    if kind is not BillKind.CREDIT_NOTE:
        return cents(total), 1
    if total < 0:
        document.warn("WRN-410", field="ImportoTotaleDocumento", valore=str(total))
    return cents(-abs(total)), -1 if summary.computed > 0 else 1


def _lines(
    document: Document,
    raw: list[RawLine],
    supplies: Supplies,
    summary: Summary,
    due: Due,
    *,
    total_bill: Decimal,
    sign: int,
) -> list[CostLine]:
    """All cost lines: those of the file, VAT, and what closes the sums to total_bill and total_due."""
    lines = [_line(line, seq, sign) for line, seq in zip(raw, supplies.seq_of_line, strict=True)]
    lines += [replace(line, amount=cents(line.amount * sign)) for line in vat_lines(summary.rows)]
    extras = [Extra("Arrotondamento", Section.ROUNDING, summary.rounding), *summary.extras]
    extras = [replace(extra, amount=extra.amount * sign) for extra in extras]
    withheld = summary.withholding.amount  # never positive: it makes less of an amount, whatever the sign of that
    withholding = replace(summary.withholding, amount=-withheld if total_bill < 0 else withheld)
    closing, left = closing_lines(lines, total_bill, [*extras, withholding])
    if left:
        document.warn("WRN-410", field="DettaglioLinee", valore=f"differenza {left}")
    lines += closing
    lines += due_lines(
        due.total - total_bill,
        split_vat=cents(summary.split_vat * sign),
        withholding=withholding,
    )
    return [replace(line, line_no=line_no) for line_no, line in enumerate(lines, 1)]


def _line(raw: RawLine, supply_seq: int, sign: int) -> CostLine:
    section, destination = classified(raw.description)
    return CostLine(
        line_no=0,
        supply_seq=supply_seq,
        section=section,
        destination=destination,
        description=raw.description,
        date_from=raw.date_from,
        date_to=raw.date_to,
        quantity=raw.quantity,
        unit=raw.unit if raw.quantity is not None else "",
        unit_price=raw.unit_price,
        amount=cents(raw.amount * sign),
        vat_rate=raw.vat_rate,
        vat_nature=raw.vat_nature,
    )


def _corrected(document: Document, body: etree._Element) -> CorrectedDocument | None:
    element = element_at(body, "DatiGenerali/DatiFattureCollegate")
    if element is None:
        return None
    number = document.text(element, "IdDocumento", limit=_MAX_NUMBER)
    issued = document.day(element, "Data")
    if not number:
        return None
    series, rest = split_number(number, issued.year if issued else 0)
    return CorrectedDocument(series=series, number=rest, issue_date=issued)


def _notices(reason: str) -> tuple[Notice, ...]:
    """The reason of the document: suppliers write their legal texts there, cut into pieces of 200 characters."""
    if not reason:
        return ()
    return (Notice(seq=1, kind=NoticeKind.GENERAL, language="it", text=reason[:_MAX_REASON]),)
