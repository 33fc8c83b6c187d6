"""Ricerca ticket: looking at customers' tickets, and taking the list out; both are on record."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from smartbill.apps.reporting.models import TicketRow
from smartbill.apps.reporting.queries import PageKey, TicketFilters, TicketPage, tickets_counted, tickets_found
from smartbill.database.context import company
from smartbill.usecases.actor import Actor
from smartbill.usecases.staff.looks import record_look

_PIECE = 2000


class Look(Struct, frozen=True):
    page: TicketPage
    total: int
    total_is_exact: bool


def look_at_tickets(
    actor: Actor,
    filters: TicketFilters,
    *,
    now: datetime,
    after: PageKey | None = None,
    before: PageKey | None = None,
    exactly: bool = False,
) -> Look:
    """A page of the tickets found; `exactly`: with their exact number, however large."""
    with company(actor.company_id):
        record_look(actor, "search_tickets", "tickets", now=now, asked=filters)
        page = tickets_found(filters, now=now, after=after, before=before)
        if page.total_is_exact or not exactly:
            return Look(page, page.total, page.total_is_exact)
        return Look(page, tickets_counted(filters, now=now), total_is_exact=True)


def tickets_taken_out(actor: Actor, filters: TicketFilters, *, now: datetime) -> Iterator[TicketRow]:
    """All tickets found, the newest first. They are read a piece at a time, so that a slow reader holds no transaction
    open; on record before the first is given."""
    with company(actor.company_id):
        record_look(actor, "export_tickets", "tickets", now=now, asked=filters)
    return _pieces(actor.company_id, filters, now)


def _pieces(company_id: int, filters: TicketFilters, now: datetime) -> Iterator[TicketRow]:
    after: PageKey | None = None
    while True:
        with company(company_id):
            page = tickets_found(filters, now=now, after=after, size=_PIECE)
        yield from page.rows
        if page.next is None:
            return
        after = page.next
