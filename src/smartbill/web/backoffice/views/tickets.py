"""Ricerca ticket, with its export."""

from collections.abc import Iterator
from datetime import datetime
from math import ceil

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext
from msgspec import Struct

from smartbill.apps.reporting.models import TicketRow
from smartbill.apps.reporting.queries import PageKey
from smartbill.usecases.staff.tickets import Look, look_at_tickets, tickets_taken_out
from smartbill.web.backoffice.downloads import csv_download
from smartbill.web.backoffice.forms import TicketSearch
from smartbill.web.backoffice.pages import cursors, desk_of, show, staff_page
from smartbill.web.backoffice.tags import cents
from smartbill.web.backoffice.words import CHANNELS, LABELS

_SALT = "tickets page"
_SIZE = 25
_HEAD = (
    "N.Documento",
    "Data emissione",
    "Job",
    "Importo (€)",
    "Utenza",
    "Codice anagrafico",
    "Data ticket",
    "Canale recapito",
    "N.Cellulare/Email",
    "Stato",
    "Descrizione stato",
    "Visualizzazioni",
    "Scaricamenti",
    "Pagata online",
)


class Place(Struct, frozen=True):
    """Where in the list the page is: «pagina 1 di 1 da 1 a 7»."""

    number: int
    pages: int | None  # None: not counted to the end
    first: int
    last: int


@staff_page(by_use_case=True)
def tickets(request: HttpRequest) -> HttpResponse:
    form = TicketSearch(request.GET)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        look = look_at_tickets(
            desk_of(request).actor,
            form.filters(),
            now=timezone.now(),
            exactly=request.GET.get("count") == "all",
            **{name: _key(cursor) for name, cursor in cursors(request).items()},  # type: ignore[arg-type]
        )
        place = _place(request, look)
        context |= {
            "look": look,
            "rows": look.page.rows,
            "place": place,
            "next": _cursor(look.page.next),
            "previous": _cursor(look.page.previous),
            "next_number": place.number + 1,
            "previous_number": max(1, place.number - 1),
        }
    return show(request, "staff/tickets.html", context, title=gettext("Ricerca Ticket"), section="tickets")


@staff_page(by_use_case=True)
def tickets_csv(request: HttpRequest) -> HttpResponseBase:
    form = TicketSearch(request.GET)
    if not form.is_valid():
        raise Http404
    desk = desk_of(request)
    now = timezone.now()
    rows = tickets_taken_out(desk.actor, form.filters(), now=now)
    name = f"ticket_{desk.place.code}_{timezone.localtime(now):%Y%m%d_%H%M}.csv"
    return csv_download(name, [gettext(label) for label in _HEAD], _cells(rows))


def _cells(rows: Iterator[TicketRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield (
            row.display_number,
            f"{row.issue_date:%d/%m/%Y}",
            row.job_code,
            cents(row.amount),
            row.customer_name,
            row.customer_code,
            f"{timezone.localtime(row.ticket_at):%d/%m/%Y %H:%M}",
            CHANNELS.get(row.channel, row.channel),
            row.address,
            row.state,
            LABELS.get(row.state, row.state),
            row.views,
            row.downloads,
            gettext("sì") if row.paid else gettext("no"),
        )


def _place(request: HttpRequest, look: Look) -> Place:
    number = request.GET.get("n", "")
    page = int(number) if number.isdecimal() and 0 < len(number) < 7 else 1
    if look.page.previous is None:
        page = 1
    pages = max(1, ceil(look.total / _SIZE)) if look.total_is_exact else None
    first = (page - 1) * _SIZE + 1
    return Place(page, pages, first, first + len(look.page.rows) - 1)


def _cursor(key: PageKey | None) -> str:
    return signing.dumps([key.at.isoformat(), key.ticket_id], salt=_SALT) if key else ""


def _key(cursor: str) -> PageKey | None:
    """None, the first page, for whatever we have not given out."""
    try:
        at, ticket_id = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        return None
    return PageKey(datetime.fromisoformat(at), ticket_id)
