"""What the templates of the customer's pages are given: plain values, prepared by pure functions."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from msgspec import Struct

from smartbill.core.bill.bars import bar_chart
from smartbill.core.bill.calendar import due_dates
from smartbill.core.bill.consumption import SupplyUse, supply_use
from smartbill.core.bill.costs import costs, supply_amounts
from smartbill.core.bill.due import due
from smartbill.core.bill.value import Bill, CustomerKind, LineRole, LineScope, Service, Supply
from smartbill.core.tickets.steps import Step
from smartbill.usecases.portal.companies import CompanyFace
from smartbill.usecases.portal.open_ticket import OpenTicket
from smartbill.web.portal.answers import sheet_of

Context = dict[str, Any]

#: Supplies drawn in full on one page; with more of them, each has a page of its own.
SUPPLIES_IN_FULL = 3


class Place(Struct, frozen=True):
    """Where the pages of this ticket are: `/c/ASEC/t/<token>`; `home` is `/c/ASEC` or empty."""

    home: str
    ticket: str


class SupplyRow(Struct, frozen=True):
    """One supply in a list."""

    supply: Supply
    use: SupplyUse
    amount: Decimal | None


def company_frame(face: CompanyFace | None, home: str) -> Context:
    """What every page has, also one without a bill."""
    return {
        "face": face,
        "company": face.name if face else "",
        "look": face.look if face else None,
        "sheet": f"{home}/look/{sheet_of(face).name}.css",
        "home": home,
    }


def ticket_frame(face: CompanyFace, place: Place, ticket: OpenTicket, step: Step) -> Context:
    bill = ticket.bill
    return company_frame(face, place.home) | {
        "bill": bill,
        "root": place.ticket,
        "step": step.value,
        "pdf": ticket.pdf is not None or face.paper.make_pdf,
        "valid_until": timezone.localtime(ticket.valid_until),
        "emergencies": _emergencies(bill),
    }


def summary(ticket: OpenTicket, now: datetime) -> Context:
    bill = ticket.bill
    rows = _rows(bill)
    single = rows[0] if len(rows) == 1 else None
    return {
        "due": due(bill, _today(now)),
        "calendar": any(day >= _today(now) for day in due_dates(bill)),
        "rows": rows,
        "common": _common_amount(bill),
        "single": single,
        "chart": bar_chart(single.use.periods) if single else None,
        "costs": costs(bill),
    }


def amounts(ticket: OpenTicket) -> Context:
    rows = _rows(ticket.bill)
    single = rows[0] if len(rows) == 1 else None
    return {
        "costs": costs(ticket.bill),
        "supplies": {row.supply.seq: row.supply for row in rows},
        "average": _average_price(ticket.bill, single),
        "single": single,
    }


def consumption(ticket: OpenTicket, seq: int | None) -> Context | None:
    """None when there is no such supply."""
    rows = _rows(ticket.bill)
    shown = rows if seq is None else [row for row in rows if row.supply.seq == seq]
    if seq is not None and not shown:
        return None
    listed = seq is None and len(rows) > SUPPLIES_IN_FULL
    return {
        "rows": rows,
        "shown": [] if listed else shown,
        "charts": {} if listed else {row.supply.seq: bar_chart(row.use.periods) for row in shown},
        "common": _common_amount(ticket.bill),
        "alone": seq is not None,
    }


def details(ticket: OpenTicket) -> Context:
    customer = ticket.bill.customer
    return {
        "customer": customer,
        "person": customer.kind is CustomerKind.PERSON,
        "channel": ticket.channel,
        "address": ticket.address,
        "terms_of_payment": ticket.bill.terms,
        "in_full": len(ticket.bill.supplies) <= SUPPLIES_IN_FULL,
    }


def _rows(bill: Bill) -> list[SupplyRow]:
    paid = supply_amounts(bill)
    return [SupplyRow(supply, supply_use(supply), paid.get(supply.seq)) for supply in bill.supplies]


def _common_amount(bill: Bill) -> Decimal:
    """What of the amount due belongs to no supply (VAT, items outside the bill)."""
    counted: Mapping[int, Decimal] = supply_amounts(bill)
    own = sum((counted.get(supply.seq, Decimal(0)) for supply in bill.supplies), Decimal(0))
    outside = sum(
        (line.amount for line in bill.lines if line.role is LineRole.LEAF and line.scope is LineScope.DUE), Decimal(0)
    )
    return sum(counted.values(), Decimal(0)) - own + outside


def _average_price(bill: Bill, single: SupplyRow | None) -> Decimal | None:
    """All of the bill by the quantity billed; only where both belong to one supply and are positive."""
    total = single.use.total if single else None
    if total is None or total.quantity <= 0 or bill.total_bill <= 0:
        return None
    return bill.total_bill / total.quantity


def _emergencies(bill: Bill) -> list[tuple[Service, str]]:
    """Numbers to call when something is dangerous or broken, gas first."""
    found = dict.fromkeys(
        (supply.service, supply.emergency_phone) for supply in bill.supplies if supply.emergency_phone
    )
    return sorted(found, key=lambda entry: (entry[0] is not Service.GAS, entry))[:4]


def _today(now: datetime) -> date:
    return timezone.localdate(now)
