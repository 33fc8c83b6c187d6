"""Ricerca ticket and Stat. ticket: reads of TicketRow and JobFact alone.

Behind row-level security only `=`, `>=`, `<` reach an index: every condition here is one of these on a column that is
stored ready for it. Pages are cut by key (time and id of the ticket), never by offset.
"""

from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Q, QuerySet, Sum
from msgspec import Struct

from smartbill.apps.intake.models import Job
from smartbill.apps.reporting.models import JobFact, TicketRow
from smartbill.core.ports.channels import Channel
from smartbill.core.states.message import Label
from smartbill.core.statistics.figures import Fact, Statistics, statistics
from smartbill.core.zone import ROME
from smartbill.database.context import current_company

#: Totals are exact up to here, then "more than".
EXACT_TOTAL = 10_000

#: The last sign of Unicode: a range that begins like a text ends before that text with this sign behind it.
_LAST = "\U0010ffff"


class TicketFilters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Ricerca ticket can ask; all conditions hold together, None asks nothing."""

    channel: str | None = None
    customer_code: str | None = None
    address: str | None = None  # e-mail, or the last digits of a number
    ticket_date: date | None = None  # Europe/Rome
    state: str | None = None  # DLVRD, ERROR, TIMEOUT, S2S, PENDING
    job_code: str | None = None
    issue_date: date | None = None
    issue_year: int | None = None
    series: str | None = None
    number: str | None = None
    valid: bool | None = None
    viewed: bool | None = None
    downloaded: bool | None = None
    s2s: bool | None = None
    paid: bool | None = None


class PageKey(Struct, frozen=True):
    """Where a page ends: the ticket's time and id."""

    at: datetime
    ticket_id: int


class TicketPage(Struct, frozen=True):
    rows: list[TicketRow]
    total: int
    total_is_exact: bool
    next: PageKey | None
    previous: PageKey | None


def tickets_found(
    filters: TicketFilters,
    *,
    now: datetime,
    after: PageKey | None = None,
    before: PageKey | None = None,
    size: int = 25,
) -> TicketPage:
    """One page of tickets, the newest first: the one after a key, before a key, or the first."""
    found = _matching(filters, now)
    total = found.values("ticket_id")[: EXACT_TOTAL + 1].count()
    if before is not None:
        rows = list(found.filter(_newer_than(before)).order_by("ticket_at", "ticket_id")[: size + 1])
        has_previous, has_next = len(rows) > size, True
        rows = rows[:size][::-1]
    else:
        older = found.filter(_older_than(after)) if after is not None else found
        rows = list(older.order_by("-ticket_at", "-ticket_id")[: size + 1])
        has_previous, has_next = after is not None, len(rows) > size
        rows = rows[:size]
    return TicketPage(
        rows=rows,
        total=min(total, EXACT_TOTAL),
        total_is_exact=total <= EXACT_TOTAL,
        next=PageKey(rows[-1].ticket_at, rows[-1].ticket_id) if rows and has_next else None,
        previous=PageKey(rows[0].ticket_at, rows[0].ticket_id) if rows and has_previous else None,
    )


def tickets_counted(filters: TicketFilters, *, now: datetime) -> int:
    """The exact total, however large."""
    return _matching(filters, now).count()


def _matching(filters: TicketFilters, now: datetime) -> QuerySet[TicketRow]:
    rows = TicketRow.objects.filter(company_id=current_company())
    for column in ("channel", "customer_code", "state", "issue_date", "issue_year", "series", "number"):
        value = getattr(filters, column)
        if value is not None:
            rows = rows.filter(**{column: value})
    if filters.address is not None:
        rows = rows.filter(_address(filters.address))
    if filters.ticket_date is not None:
        rows = rows.filter(_on_day(filters.ticket_date))
    if filters.job_code is not None:
        job = Job.objects.filter(company_id=current_company(), code=filters.job_code).values_list("id", flat=True)
        rows = rows.filter(job_id=job.first() or 0)
    if filters.valid is not None:
        valid = Q(valid_until__gte=now, dark=False)
        rows = rows.filter(valid if filters.valid else ~valid)
    if filters.viewed is not None:
        rows = rows.filter(viewed=filters.viewed)
    if filters.downloaded is not None:
        rows = rows.filter(downloads__gte=1) if filters.downloaded else rows.filter(downloads=0)
    if filters.s2s is not None:
        rows = rows.filter(state=Label.S2S) if filters.s2s else rows.exclude(state=Label.S2S)
    if filters.paid is not None:
        rows = rows.filter(paid=filters.paid)
    return rows


def _address(text: str) -> Q:
    """An e-mail by how it begins, a number by how it ends."""
    key = text.strip().lower()
    if not any(sign.isalpha() or sign == "@" for sign in key):
        key = "".join(sign for sign in key if sign.isdigit() or sign == "+")[::-1]
    return Q(address_key__gte=key, address_key__lt=key + _LAST)


def _on_day(day: date) -> Q:
    start = datetime.combine(day, time(), ROME)
    return Q(ticket_at__gte=start, ticket_at__lt=datetime.combine(day + timedelta(days=1), time(), ROME))


def _older_than(key: PageKey) -> Q:
    return Q(ticket_at__lt=key.at) | Q(ticket_at=key.at, ticket_id__lt=key.ticket_id)


def _newer_than(key: PageKey) -> Q:
    return Q(ticket_at__gt=key.at) | Q(ticket_at=key.at, ticket_id__gt=key.ticket_id)


class Year(Struct, frozen=True, tag=True):
    year: int


class Month(Struct, frozen=True, tag=True):
    year: int
    month: int


class Emission(Struct, frozen=True, tag=True):
    """The flow's label; without one, the job's code."""

    year: int
    label: str


class OfJob(Struct, frozen=True, tag=True):
    code: str


Period = Year | Month | Emission | OfJob


def statistics_of(period: Period) -> Statistics:
    """The figures of a period, by the day of the tickets in Europe/Rome."""
    facts = JobFact.objects.filter(company_id=current_company()).filter(_in_period(period))
    counted = facts.values_list("channel", "state", "viewed", "slip", "paid").annotate(found=Sum("tickets"))
    return statistics(
        Fact(Channel(channel), Label(state), viewed, slip, paid, found)
        for channel, state, viewed, slip, paid, found in counted
    )


def _in_period(period: Period) -> Q:
    match period:
        case Year(year):
            return _days(date(year, 1, 1), date(year + 1, 1, 1))
        case Month(year, month):
            return _days(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))
        case Emission(year, label):
            return _days(date(year, 1, 1), date(year + 1, 1, 1)) & Q(label=label)
        case OfJob(code):
            job = Job.objects.filter(company_id=current_company(), code=code).values_list("id", flat=True)
            return Q(job_id=job.first() or 0)


def _days(first: date, end: date) -> Q:
    return Q(day__gte=first, day__lt=end)


def years_counted() -> list[int]:
    """Years that have tickets, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT extract(year FROM day)::int FROM reporting_jobfact WHERE company_id = %s ORDER BY 1 DESC",
            [current_company()],
        )
        return [row[0] for row in cursor]


def emissions_counted(year: int) -> list[str]:
    """Labels of the emissions with tickets in a year, in order."""
    labels = JobFact.objects.filter(_days(date(year, 1, 1), date(year + 1, 1, 1)), company_id=current_company())
    return sorted(set(labels.values_list("label", flat=True)))
