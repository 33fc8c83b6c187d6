"""Finding bills by any of their columns.

Every filter that can pick few bills out of millions has an index, and is put so that row-level security does not keep
the index from being used: by `=`, `>=` and `<` alone (design 8.2). The others narrow what comes newest first.
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from django.db.models import Q, QuerySet
from msgspec import Struct

from smartbill.apps.archive.models import Bill, BillFile, BillSupply, Customer
from smartbill.core.search_form import search_form
from smartbill.core.states.job import JobState
from smartbill.database.keyset import Page, page_of

#: Behind every word that begins with what stands before it.
_LAST = "\U0010ffff"

#: States of the jobs whose bills are in the archive; those of others are still being read, or were not taken.
ARCHIVED = (JobState.PUBLISHED, JobState.WITHDRAWN)


class Standing(StrEnum):
    """Which bills are asked for: those that count, or those withdrawn and replaced."""

    IN_FORCE = "in_force"
    DARK = "dark"
    ALL = "all"


class BillFilters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is empty or None asks nothing. Amounts in cents; days and amounts from … to are both included."""

    document: str = ""  # `B051/539`, or the number alone
    series: str = ""
    issue_year: int | None = None
    customer_code: str = ""
    customer_name: str = ""  # its beginning, from any word on
    tax_code: str = ""  # codice fiscale or partita IVA
    point_code: str = ""  # POD, PDR, code of a water account
    job_code: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    amount_from: int | None = None  # of total_due
    amount_to: int | None = None
    kind: str = ""
    service: str = ""
    standing: Standing = Standing.IN_FORCE
    faulty: bool = False  # with a file that is missing or altered


def bills_found(filters: BillFilters, *, after: str, before: str, size: int) -> Page[Bill]:
    """A page of the bills, those that came last first, with their job and files."""
    found = Bill.objects.select_related("job", "key").filter(job__state__in=ARCHIVED)
    for name, condition in _CONDITIONS.items():
        asked = getattr(filters, name)
        if asked is not None and asked is not False and asked != "":  # an amount of 0 is asked for
            found = found.filter(condition(asked))
    found = found.defer("document", "job__header", "job__trailer", "job__scan").prefetch_related("files")
    return page_of(found, keys=("-id",), after=after, before=before, size=size)


def bills_of_points(bill: Bill, *, limit: int) -> list[Bill]:
    """Other bills in force of the supplies of this one, the latest first."""
    points = list(BillSupply.objects.filter(bill=bill).exclude(point_code="").values_list("point_code", flat=True))
    others: QuerySet[Bill] = Bill.objects.filter(_of_points(points), key__isnull=False).exclude(pk=bill.pk)
    return list(others.select_related("job").defer("document").order_by("-issue_date", "-id")[:limit])


def _document(asked: str) -> Q:
    """E-invoices may have a slash in what is all number (`539/2026`): the whole is asked for as well."""
    series, slash, number = asked.rpartition("/")
    return Q(number=asked) | Q(number=number, series=series) if slash else Q(number=asked)


def _named(asked: str) -> Q:
    start = search_form(asked)
    columns = ("name_key", "name_key_from_second", "name_key_from_last")
    begins = Q()
    for column in columns:
        begins |= Q(**{f"{column}__gte": start, f"{column}__lt": start + _LAST})
    return Q(customer_code__in=Customer.objects.filter(begins).values("code"))


def _taxed(asked: str) -> Q:
    code = asked.upper().replace(" ", "")
    plain = code[2:] if code.startswith("IT") and len(code) == 13 else code
    return Q(customer_code__in=Customer.objects.filter(Q(fiscal_code=code) | Q(vat_number=plain)).values("code"))


def _of_points(points: list[str]) -> Q:
    return Q(pk__in=BillSupply.objects.filter(point_code__in=points).values("bill_id"))


def _faulty(_: bool) -> Q:
    return Q(pk__in=BillFile.objects.exclude(fault="").values("bill_id"))


_CONDITIONS: Mapping[str, Callable[..., Q]] = {
    "document": _document,
    "series": lambda asked: Q(series=asked),
    "issue_year": lambda asked: Q(issue_date__gte=date(asked, 1, 1), issue_date__lte=date(asked, 12, 31)),
    "customer_code": lambda asked: Q(customer_code=asked),
    "customer_name": _named,
    "tax_code": _taxed,
    "point_code": lambda asked: _of_points([asked.upper()]),
    "job_code": lambda asked: Q(job__code=asked.upper()),
    "issued_from": lambda asked: Q(issue_date__gte=asked),
    "issued_to": lambda asked: Q(issue_date__lte=asked),
    "due_from": lambda asked: Q(due_date__gte=asked),
    "due_to": lambda asked: Q(due_date__lte=asked),
    "amount_from": lambda asked: Q(total_due__gte=asked),
    "amount_to": lambda asked: Q(total_due__lte=asked),
    "kind": lambda asked: Q(kind=asked),
    "service": lambda asked: Q(services__contains=asked),
    "standing": lambda asked: Q() if asked is Standing.ALL else Q(key__isnull=asked is Standing.DARK),
    "faulty": _faulty,
}
