"""Payment terms of an e-invoice, and what is due."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from smartbill.core.bill.value import BillKind, Term, TermKind
from smartbill.core.flows.fatturapa.amounts import TOLERANCE, ZERO, Summary
from smartbill.core.flows.fatturapa.document import Document, cents, clean_text, element_at, elements_at

DIRECT_DEBIT: Final = frozenset({"MP09", "MP10", "MP11", "MP16", "MP17", "MP19", "MP20", "MP21"})
#: Bank slip, MAV, postal slip, pagoPA notice: the methods that are a paper to pay with. A transfer or a debit is none.
SLIPS: Final = frozenset({"MP07", "MP13", "MP18", "MP23"})
#: As many payment terms as a print flow may have.
MAX_TERMS: Final = 99
_METHOD = re.compile(r"MP(?:0[1-9]|1[0-9]|2[0-3])")
_EIGHTEEN_DIGITS = re.compile(r"[0-9]{18}", re.ASCII)


class Due(Struct, frozen=True, kw_only=True):
    total: Decimal
    terms: tuple[Term, ...]

    @property
    def counted(self) -> list[Term]:
        return [term for term in self.terms if term.kind is not TermKind.ALTERNATIVE]

    @property
    def first_date(self) -> date | None:
        return min((term.due_date for term in self.counted if term.due_date), default=None)


def read_due(
    document: Document,
    body: etree._Element,
    summary: Summary,
    *,
    kind: BillKind,
    total_bill: Decimal,
    issued: date | None,
) -> Due:
    """What is to be paid: the declared payments, else the total without split VAT and without what the customer
    withholds (XML-611 where they differ).

    A credit note and a negative invoice leave nothing to pay: no terms, and a total that is not positive.
    """
    terms = _declared_terms(document, body, issued)
    # split VAT and withholding carry the sign of the file, total_bill that of the kind
    gross = total_bill - _with_sign_of(total_bill, summary.split_vat)
    expected = gross - _with_sign_of(total_bill, summary.withheld_later)
    terms = _alternatives_marked(terms, expected)
    total = expected
    if terms:
        declared = sum((term.amount for term in terms if term.kind is not TermKind.ALTERNATIVE), ZERO)
        total = -abs(declared) if kind is BillKind.CREDIT_NOTE else declared
        if not document.refused and min(abs(total - expected), abs(total - gross)) > TOLERANCE:
            document.warn("XML-611", field="ImportoPagamento", trovato=str(total), atteso=str(expected))
        if total > 0 > total_bill:
            total = expected
    if total <= 0:
        return Due(total=total, terms=())
    if not terms:
        terms = [Term(seq=1, amount=total)]
    return Due(total=total, terms=tuple(_numbered(terms)))


def _declared_terms(document: Document, body: etree._Element, issued: date | None) -> list[Term]:
    terms = []
    elements = list(elements_at(body, "DatiPagamento/DettaglioPagamento"))
    if len(elements) > MAX_TERMS:
        document.too_large(f"{MAX_TERMS} pagamenti")
    for element in elements[:MAX_TERMS]:
        amount = document.amount(element, "ImportoPagamento", required=True)
        method = document.text(element, "ModalitaPagamento", limit=4, required=True)
        if method and not _METHOD.fullmatch(method):
            document.off_schema("ModalitaPagamento non prevista")
            method = ""
        iban = document.text(element, "IBAN", limit=34).replace(" ", "").upper()
        code = clean_text(element_at(element, "CodicePagamento"))
        code = code if _EIGHTEEN_DIGITS.fullmatch(code) else ""
        debited = method in DIRECT_DEBIT
        terms.append(
            Term(
                seq=0,
                amount=amount if amount is not None else ZERO,
                due_date=_due_date(document, element, issued),
                method=method,
                direct_debit=debited,
                slip_present=method in SLIPS,
                iban_masked=f"{iban[:4]}…{iban[-4:]}" if debited and len(iban) > 8 else "",
                creditor_iban="" if debited else iban,
                notice_code=code if method == "MP23" else "",
                slip_code=code if method == "MP18" else "",
            )
        )
    return terms


def _due_date(document: Document, element: etree._Element, issued: date | None) -> date | None:
    """The date written, else the reference date (or that of issue) and the days of the term."""
    due = document.day(element, "DataScadenzaPagamento")
    days = clean_text(element_at(element, "GiorniTerminiPagamento"))
    if due is None and re.fullmatch(r"[0-9]{1,3}", days, re.ASCII):
        start = document.day(element, "DataRiferimentoTerminiPagamento") or issued
        due = _later(start, int(days)) if start else None
    if due and issued and due < issued:
        document.warn("WRN-410", field="DataScadenzaPagamento", valore=due.isoformat())
    return due


def _later(start: date, days: int) -> date | None:
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return None


def _alternatives_marked(terms: list[Term], expected: Decimal) -> list[Term]:
    """Several terms that each ask for the whole are ways to pay it once, not instalments of a multiple of it."""
    if len(terms) > 1 and expected and all(abs(abs(term.amount) - abs(expected)) <= TOLERANCE for term in terms):
        first, *others = terms
        return [first, *(replace(term, kind=TermKind.ALTERNATIVE) for term in others)]
    return terms


def _numbered(terms: Iterable[Term]) -> Iterable[Term]:
    """Terms with their place, kind and whether they can be paid online: positive and not debited."""
    kept = [term for term in terms if term.amount]
    several = sum(term.kind is not TermKind.ALTERNATIVE for term in kept) > 1
    for seq, term in enumerate(kept, 1):
        kind = TermKind.INSTALMENT if several and term.kind is TermKind.SINGLE else term.kind
        yield replace(term, seq=seq, kind=kind, payable_online=term.amount > 0 and not term.direct_debit)


def _with_sign_of(total: Decimal, amount: Decimal) -> Decimal:
    return cents(-abs(amount)) if total < 0 else abs(amount)
