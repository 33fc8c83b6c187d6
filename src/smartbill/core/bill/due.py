"""What the customer has to do (R16): how much, by when, how, in one word for the page to dress."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from smartbill.core.bill.value import ArrearsState, Bill, BillKind, Term, TermKind

#: So many days before the due date the page says so louder.
SOON_DAYS = 3


class DueState(StrEnum):
    TO_PAY = "to_pay"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"  # by the calendar: whether it was paid elsewhere is not known here
    DIRECT_DEBIT = "direct_debit"
    CREDIT = "credit"
    NOTHING = "nothing"


class PaymentCodes(Struct, frozen=True, kw_only=True):
    """What is needed to pay outside this page; empty where the biller gave none."""

    notice_code: str
    slip_code: str
    postal_account: str
    creditor_iban: str
    cbill_sia: str
    instalment: date | None  # of which instalment these are, where there are several

    @property
    def any(self) -> bool:
        return bool(self.notice_code or self.slip_code or self.creditor_iban or self.postal_account)


class Due(Struct, frozen=True, kw_only=True):
    state: DueState
    amount: Decimal  # what to pay, or the credit, never negative
    due_date: date | None  # the next one where there are instalments
    days: int | None  # from today to it, negative when past
    instalments: tuple[Term, ...]
    next_instalment: Term | None
    alternatives: tuple[Term, ...]
    codes: tuple[PaymentCodes, ...]  # each different set once
    iban_masked: str  # of the account that is debited
    arrears: Decimal | None  # unpaid earlier bills, as told by the company; not part of the amount
    arrears_as_of: date | None
    all_paid_as_of: date | None


def due(bill: Bill, today: date) -> Due:
    instalments = tuple(term for term in bill.terms if term.kind is TermKind.INSTALMENT)
    coming = [term for term in instalments if term.due_date and term.due_date >= today]
    next_instalment = (coming or list(instalments)[-1:])[0] if len(instalments) > 1 else None
    due_date = next_instalment.due_date if next_instalment else bill.due_date
    days = (due_date - today).days if due_date else None
    unpaid = bill.arrears if bill.arrears and bill.arrears.state is ArrearsState.UNPAID else None
    all_paid = bill.arrears if bill.arrears and bill.arrears.state is ArrearsState.ALL_PAID else None
    return Due(
        state=_state(bill, days),
        amount=_amount(bill),
        due_date=due_date,
        days=days,
        instalments=instalments if len(instalments) > 1 else (),
        next_instalment=next_instalment,
        alternatives=tuple(term for term in bill.terms if term.kind is TermKind.ALTERNATIVE),
        codes=_codes(bill),
        iban_masked=next((term.iban_masked for term in bill.terms if term.direct_debit and term.iban_masked), ""),
        arrears=unpaid.amount if unpaid else None,
        arrears_as_of=unpaid.as_of if unpaid else None,
        all_paid_as_of=all_paid.as_of if all_paid else None,
    )


def _state(bill: Bill, days: int | None) -> DueState:
    if _is_credit(bill):
        return DueState.CREDIT
    if bill.total_due == 0:
        return DueState.NOTHING
    if bill.direct_debit:
        return DueState.DIRECT_DEBIT
    if days is None or days > SOON_DAYS:
        return DueState.TO_PAY
    return DueState.DUE_SOON if days >= 0 else DueState.OVERDUE


def _is_credit(bill: Bill) -> bool:
    return bill.total_due < 0 or (bill.total_due == 0 and bill.kind is BillKind.CREDIT_NOTE and bill.total_bill < 0)


def _amount(bill: Bill) -> Decimal:
    return abs(bill.total_due or bill.total_bill) if _is_credit(bill) else bill.total_due


def _codes(bill: Bill) -> tuple[PaymentCodes, ...]:
    """None for a direct debit: whoever is debited must not be led to pay as well."""
    if bill.direct_debit:
        return ()
    found = (
        PaymentCodes(
            notice_code=term.notice_code,
            slip_code=term.slip_code,
            postal_account=term.postal_account,
            creditor_iban=term.creditor_iban,
            cbill_sia=term.cbill_sia,
            instalment=term.due_date if term.kind is TermKind.INSTALMENT else None,
        )
        for term in bill.terms
        if not term.direct_debit
    )
    return tuple(dict.fromkeys(codes for codes in found if codes.any))
