"""The rules of one whole document: totals, terms, dates, identifiers (chapters 3.2, 8.3 and 10).

A rule that fails refuses the document or warns; it never changes a value.
"""

from datetime import date, timedelta
from decimal import Decimal

from smartbill.core.bill.value import (
    ArrearsState,
    Bill,
    BillingKind,
    BillKind,
    Consumption,
    ConsumptionKind,
    LineRole,
    Measure,
    Section,
    Service,
    Supply,
    TermKind,
)
from smartbill.core.flows import identifiers
from smartbill.core.flows.stabo.codes import DIRECT_DEBIT_METHODS
from smartbill.core.flows.stabo.costs import CENT_TOLERANCE, ZERO, Costs
from smartbill.core.flows.stabo.fields import shown
from smartbill.core.flows.stabo.issues import Document, italian

ISSUED_AHEAD = timedelta(days=31)
DUE_AFTER_DAYS = 20
BILLED_AHEAD_DAYS = 62
READING_TOLERANCE = Decimal(1)
COEFFICIENT_C = (Decimal("0.5"), Decimal(2))
CALORIFIC_VALUE = (Decimal("0.030"), Decimal("0.050"))
#: the bands that may stand together for one supply and measure
BAND_SETS = (frozenset({"TOT"}), frozenset({"F0"}), frozenset({"F1", "F23"}), frozenset({"F1", "F2", "F3"}))


def check(document: Document, bill: Bill, costs: Costs, today: date) -> None:
    """Every rule of the document; its findings go to `document`."""
    _dates(document, bill, today)
    _head(document, bill)
    _identifiers(document, bill)
    _totals(document, bill, costs)
    _vat(document, costs)
    _terms(document, bill)
    for supply in bill.supplies:
        if supply.consumptions:
            _consumption(document, bill, supply)
    _readings(document)
    _supplies(document, bill)


def _dates(document: Document, bill: Bill, today: date) -> None:
    head = document.head
    issued = bill.issue_date
    if issued > today + ISSUED_AHEAD:
        document.refuse("REC-104", "issue_date", valore=f"{issued:%d%m%Y}")
    if bill.due_date is None:
        if bill.total_due > 0:
            document.refuse("DOC-206", "due_date")
    elif bill.due_date < issued:
        document.refuse("DOC-207", "due_date")
    elif (bill.due_date - issued).days < DUE_AFTER_DAYS:
        document.warn("WRN-401", "due_date")
    if head.period_from and head.period_to and head.period_from > head.period_to:
        document.refuse("DOC-208", "period_to")
    elif head.period_to and (head.period_to - issued).days > BILLED_AHEAD_DAYS:
        document.warn("WRN-410", "period_to", valore=f"{head.period_to:%d/%m/%Y}")


def _head(document: Document, bill: Bill) -> None:
    head = document.head
    if bill.customer.code != head.customer_code:
        document.refuse("DOC-212", "customer_code")
    services = set(bill.services)
    if head.service is None:
        if len(services) == 1:
            document.warn("WRN-410", "service", valore="M")
    elif services != {head.service}:
        document.refuse("REC-105", "service", valore=head.service.value[:1].upper())
    if head.arrears_state is ArrearsState.UNPAID:
        document.demand(head.arrears_amount, "arrears_amount", document.line, "10")
    if head.arrears_state is not ArrearsState.UNKNOWN:
        document.demand(head.arrears_date, "arrears_date", document.line, "10")
    if bill.kind is BillKind.CREDIT_NOTE:
        if not head.ref_number:
            document.warn("WRN-410", "ref_number", valore="mancante")
        if bill.total_bill > 0:
            document.refuse("DOC-218", "total_bill")
    if head.reverse_charge:
        _reverse_charge(document, bill)


def _reverse_charge(document: Document, bill: Bill) -> None:
    natures = {line.vat_nature[:2] for line in bill.lines if line.role is LineRole.LEAF}
    if bill.vat != 0 or "N6" not in natures:
        document.refuse("REC-105", "reverse_charge", valore="S")


def _identifiers(document: Document, bill: Bill) -> None:
    customer = bill.customer
    customer_line = document.rows["11"][0][0]
    for kind, field, code, fits, checks in (
        ("fiscale", "fiscal_code", customer.fiscal_code, identifiers.is_fiscal_code, identifiers.fiscal_code_checks),
        ("IVA", "vat_number", customer.vat_number, identifiers.is_vat_number, identifiers.vat_number_checks),
    ):
        if not code:
            continue
        if not fits(code):
            document.refuse(
                "DOC-211", field, line=customer_line, record="11", tipo=kind, valore=shown(code, personal=True)
            )
        elif not checks(code):
            document.warn("WRN-403", field, line=customer_line, record="11")
    for supply in bill.supplies:
        if not supply.point_code:  # STABO asks for it; not every flow has it
            continue
        if supply.service is Service.ELECTRICITY and not identifiers.is_pod(supply.point_code):
            document.refuse("DOC-211", "point_code", record="12", tipo="POD", valore=shown(supply.point_code))
        elif supply.service is Service.GAS and not identifiers.is_pdr(supply.point_code):
            document.refuse("DOC-211", "point_code", record="12", tipo="PDR", valore=shown(supply.point_code))


def _totals(document: Document, bill: Bill, costs: Costs) -> None:
    if costs.in_bill != bill.total_bill:
        document.refuse("DOC-201", "total_bill", atteso=italian(bill.total_bill), trovato=italian(costs.in_bill))
    due = bill.total_bill + costs.due_only
    if due != bill.total_due:
        document.refuse("DOC-202", "total_due", atteso=italian(bill.total_due), trovato=italian(due))
    if bill.taxable + bill.vat != bill.total_bill or costs.vat != bill.vat:
        document.refuse("DOC-203", "vat")
    if bill.split_payment and costs.split_vat != -bill.vat:
        document.refuse("DOC-214", "split_payment")


def _vat(document: Document, costs: Costs) -> None:
    """VAT per rate against the taxable amount: billers round differently, so a cent or two per line is normal."""
    taxable: dict[Decimal, Decimal] = {}
    for (rate, _), amount in costs.taxable.items():
        taxable[rate] = taxable.get(rate, ZERO) + amount
    for rate in taxable.keys() | costs.vat_by_rate.keys():
        difference = abs(taxable.get(rate, ZERO) * rate / 100 - costs.vat_by_rate.get(rate, ZERO))
        if difference > CENT_TOLERANCE * max(costs.leaves.get(rate, 0), 1):
            document.warn("WRN-405", "vat", delta=italian(difference.quantize(Decimal("0.01"))))


def _terms(document: Document, bill: Bill) -> None:
    owed = ZERO
    first: date | None = None
    for (number, _), term in zip(document.rows["40"], bill.terms, strict=True):
        if term.kind is not TermKind.ALTERNATIVE:
            owed += term.amount
            if term.due_date and (first is None or term.due_date < first):
                first = term.due_date
        if term.due_date and term.due_date < bill.issue_date:
            document.refuse("DOC-207", "due_date", record="40")
        if term.direct_debit and term.payable_online:
            document.refuse("DOC-213", "payable_online", record="40")
        elif term.payable_online and term.amount <= 0:
            document.refuse("REC-105", "payable_online", line=number, record="40", valore="S")
        if term.method and term.direct_debit is not (term.method in DIRECT_DEBIT_METHODS):
            told = "S" if term.direct_debit else "N"
            document.refuse("REC-105", "direct_debit", line=number, record="40", valore=told)
        if term.creditor_iban and not identifiers.iban_checks(term.creditor_iban):
            document.warn("WRN-403", "creditor_iban", line=number, record="40")
        if term.slip_code and not identifiers.slip_code_checks(term.slip_code):
            document.warn("WRN-403", "slip_code", line=number, record="40")
    wanted = bill.total_due if bill.total_due > 0 else ZERO
    if owed != wanted or (bill.terms and bill.total_due <= 0):
        document.refuse("DOC-205", "amount", record="40", trovato=italian(owed), atteso=italian(wanted))
    elif first and bill.due_date and first != bill.due_date and first >= bill.issue_date:
        document.refuse("DOC-216", "due_date", trovato=f"{bill.due_date:%d/%m/%Y}", atteso=f"{first:%d/%m/%Y}")


def _consumption(document: Document, bill: Bill, supply: Supply) -> None:
    bands: dict[Measure, set[str]] = {}
    lines = [number for number, values in document.rows["30"] if values[2] == supply.seq]
    negative = 0  # line of the first
    outside: tuple[int, Consumption] | None = None
    first, last = document.head.period_from or date.min, document.head.period_to or date.max
    for line, used in zip(lines, supply.consumptions, strict=True):
        if used.kind is ConsumptionKind.BILLED:
            bands.setdefault(used.measure, set()).add(used.band)
            if used.quantity < 0:
                negative = negative or line
            if outside is None and (used.date_from < first or used.date_to > last):
                outside = line, used
        elif used.quantity < 0 and used.kind is not ConsumptionKind.RECALCULATED:
            document.refuse("REC-105", "qty", line=line, record="30", valore=italian(used.quantity))
    if negative or any(together not in BAND_SETS for together in bands.values()):
        field = "qty" if negative else "band"
        document.refuse("DOC-217", field, line=negative or lines[0], record="30", n=str(supply.seq))
    if (
        outside
        and first <= last
        and bill.billing_kind is not BillingKind.RECALCULATION
        and not any(line.section is Section.RECALCULATION for line in bill.lines)
    ):
        line, used = outside
        field, day = ("date_from", used.date_from) if used.date_from < first else ("date_to", used.date_to)
        told = f"{day:%d/%m/%Y}, fuori dal periodo della bolletta; fornitura {supply.seq}"
        document.warn("WRN-410", field, line=line, record="30", valore=told)


def _readings(document: Document) -> None:
    for number, values in document.rows["31"]:
        previous, current, factor, quantity, rollover = values[7], values[10], values[12], values[13], values[14]
        if rollover:
            continue
        if current < previous:
            document.refuse("DOC-220", "curr_value", record="31")
        elif abs((current - previous) * factor - quantity) > READING_TOLERANCE:
            document.warn("WRN-402", "qty", line=number, record="31")


def _supplies(document: Document, bill: Bill) -> None:
    with_lines = {line.supply_seq for line in bill.lines}
    for supply, (number, _) in zip(bill.supplies, document.rows["12"], strict=True):
        if supply.seq not in with_lines and bill.billing_kind is not BillingKind.OTHER:
            document.warn(
                "WRN-410", "supply_seq", line=number, record="12", valore=f"fornitura {supply.seq} senza voci"
            )
        for field, value, (lowest, highest) in (
            ("coeff_c", supply.conversion_coefficient, COEFFICIENT_C),
            ("pcs", supply.calorific_value, CALORIFIC_VALUE),
        ):
            if value is not None and not lowest <= value <= highest:
                document.warn("WRN-410", field, line=number, record="12", valore=italian(value))
