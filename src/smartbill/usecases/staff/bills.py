"""The archive as staff search it: the bills in force, and their PDF."""

from datetime import date, datetime

from msgspec import Struct

from smartbill.apps.archive.models import Bill, BillFile, DocumentKey
from smartbill.database.context import company
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.actor import Actor, record_act
from smartbill.usecases.kept_files import KeptFile, kept_file
from smartbill.usecases.staff.looks import record_look


class BillFilters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    document: str = ""  # `B051/539`, or the number alone
    customer_code: str = ""
    job_code: str = ""
    series: str = ""
    issue_year: int | None = None
    issue_date: date | None = None


class BillLine(Struct, frozen=True, kw_only=True):
    id: int
    document: str
    kind: str
    issue_date: date
    due_date: date | None
    job_code: str
    total_bill: int  # cents
    total_due: int
    customer_code: str
    customer_name: str
    has_pdf: bool


def open_pdf(actor: Actor, bill_id: int, *, now: datetime) -> tuple[str, KeptFile] | None:
    """Name and content of the PDF of a bill in force, or None where there is none. That somebody looked is on record.

    Raises FileNotFoundError when the store has lost it.
    """
    with company(actor.company_id):
        file = (
            BillFile.objects.select_related("bill")
            .filter(bill=bill_id, kind=BillFile.Kind.PDF, bill__key__isnull=False)
            .order_by("n")
            .first()
        )
        if file is None:
            return None
        record_act(actor, "open_pdf", f"document {file.bill.display_number}", now=now)
    return file.name, kept_file(actor.company_id, file.digest)


def look_at_bills(
    actor: Actor, filters: BillFilters, *, now: datetime, after: str = "", before: str = "", size: int = 25
) -> Page[BillLine]:
    """A page of the bills in force. What was searched is on record."""
    with company(actor.company_id):
        record_look(actor, "search_bills", "bills", now=now, asked=filters)
        return _found(filters, after=after, before=before, size=size)


def _found(filters: BillFilters, *, after: str, before: str, size: int) -> Page[BillLine]:
    found = DocumentKey.objects.select_related("bill", "job")
    if filters.document:
        series, slash, number = filters.document.rpartition("/")
        found = found.filter(number=number, **({"series": series} if slash else {}))
    if filters.series:
        found = found.filter(series=filters.series)
    if filters.issue_year is not None:
        found = found.filter(issue_year=filters.issue_year)
    if filters.job_code:
        found = found.filter(job__code=filters.job_code.upper())
    if filters.customer_code:
        found = found.filter(bill__customer_code=filters.customer_code)
    if filters.issue_date is not None:
        found = found.filter(bill__issue_date=filters.issue_date)
    found = found.defer("bill__document", "job__header", "job__trailer").prefetch_related("bill__files")
    page = page_of(found, keys=("-bill_id",), after=after, before=before, size=size)
    return Page([_line(key.bill, key.job.code) for key in page.rows], page.next, page.previous)


def _line(bill: Bill, job_code: str) -> BillLine:
    return BillLine(
        id=bill.pk,
        document=bill.display_number,
        kind=bill.kind,
        issue_date=bill.issue_date,
        due_date=bill.due_date,
        job_code=job_code,
        total_bill=bill.total_bill,
        total_due=bill.total_due,
        customer_code=bill.customer_code,
        customer_name=bill.customer_name,
        has_pdf=any(file.kind == "pdf" for file in bill.files.all()),
    )
