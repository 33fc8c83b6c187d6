"""Stat. ticket: the figures of a year, an emission, a month."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.http import urlencode
from django.utils.translation import gettext
from msgspec import Struct

from smartbill.apps.reporting.queries import (
    Emission,
    Month,
    Period,
    Year,
    emissions_counted,
    statistics_of,
    years_counted,
)
from smartbill.core.ports.channels import Channel
from smartbill.core.states.message import Label
from smartbill.core.statistics.figures import ChannelFigures, PaymentFigures, Statistics, share
from smartbill.core.tickets.views import RULE
from smartbill.web.backoffice.pages import show, staff_page
from smartbill.web.backoffice.words import MEANINGS

_ALWAYS = (Channel.SMS, Channel.WHATSAPP, Channel.EMAIL)
#: The states of the original table; the others are shown where there are any.
_SHOWN_STATES = (Label.DLVRD, Label.ERROR, Label.TIMEOUT)
_TABS = ("year", "emission", "month")


class ChannelTile(Struct, frozen=True):
    channel: Channel
    figures: ChannelFigures
    s2s_share: str
    states: list[tuple[str, str, int]]  # code, meaning, tickets
    payments: PaymentFigures


class Choice(Struct, frozen=True):
    """A link to another period."""

    label: str
    query: str
    current: bool


@staff_page()
def statistics(request: HttpRequest) -> HttpResponse:
    years = years_counted() or [timezone.localdate().year]
    year = _number(request.GET.get("year", ""), years[0], range(2000, 2101))
    tab = request.GET.get("by", "")
    tab = tab if tab in _TABS else "year"
    period, heading, choices = _period(request, tab, year)
    figures = statistics_of(period) if period else None
    context = {
        "year": year,
        "years": years if year in years else sorted({*years, year}, reverse=True),
        "tab": tab,
        "heading": heading,
        "choices": choices,
        "figures": figures,
        "tiles": _tiles(figures) if figures else [],
        "rule": gettext(RULE),
    }
    return show(request, "staff/statistics.html", context, title=gettext("Dati inoltro Ticket"), section="statistics")


def _period(request: HttpRequest, tab: str, year: int) -> tuple[Period | None, str, list[Choice]]:
    """The period asked for, how it is called, and the others of its kind."""
    if tab == "month":
        today = timezone.localdate()
        month = _number(request.GET.get("month", ""), today.month if today.year == year else 1, range(1, 13))
        names = [(n, str(MONTHS[n])) for n in range(1, 13)]
        choices = [Choice(name.capitalize(), f"month={n}", n == month) for n, name in names]
        return Month(year, month), f"{MONTHS[month]} {year}".capitalize(), choices
    if tab == "emission":
        labels = emissions_counted(year)
        asked = request.GET.get("emission", "")
        label = asked if asked in labels else (labels[-1] if labels else "")
        choices = [Choice(each, urlencode({"emission": each}), each == label) for each in labels]
        return (Emission(year, label) if label else None), label, choices
    return Year(year), str(year), []


def _number(text: str, default: int, allowed: range) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 and int(text) in allowed else default


def _tiles(figures: Statistics) -> list[ChannelTile]:
    tiles = []
    for channel in Channel:
        found = figures.channels[channel]
        if channel not in _ALWAYS and not found.tickets:
            continue
        meanings = MEANINGS.get(channel, MEANINGS[Channel.EMAIL])
        states = [(code, str(meanings[code]), n) for code, n in found.states.items() if n or code in _SHOWN_STATES]
        tiles.append(ChannelTile(channel, found, share(found.s2s, found.tickets), states, figures.payments[channel]))
    return tiles
