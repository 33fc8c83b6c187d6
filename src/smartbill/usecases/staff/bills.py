"""The archive as staff see it: finding bills, looking at one, its files."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec import Struct

from smartbill.apps.archive.models import Bill, BillFile, DocumentKey, ReplacedBill, WithdrawnBill
from smartbill.apps.archive.search import ARCHIVED, BillFilters, bills_found, bills_of_points
from smartbill.apps.companies.queries import settled
from smartbill.core.bill.document import decode_document
from smartbill.core.bill.value import Bill as BillValue
from smartbill.core.company.documents import Paper
from smartbill.database.context import company
from smartbill.database.keyset import Page
from smartbill.usecases.actor import Actor, record_act
from smartbill.usecases.kept_files import FaultyFile, KeptFile, kept_file
from smartbill.usecases.paper.order import Ordered, order
from smartbill.usecases.staff.looks import record_look

#: Earlier and later bills of the same supplies that a bill's page lists: two years of monthly ones.
_RELATED = 24


class BillLine(Struct, frozen=True, kw_only=True):
    """A bill in a list. Amounts in cents."""

    id: int
    document: str
    kind: str
    issue_date: date
    due_date: date | None
    period_from: date | None
    period_to: date | None
    job_code: str
    total_bill: int
    total_due: int
    customer_code: str
    customer_name: str
    has_pdf: bool  # delivered, or made when asked for
    in_force: bool


class BillFate(Struct, frozen=True, kw_only=True):
    """Why a bill is in force no longer."""

    at: datetime | None
    by: str  # who withdrew it alone
    reason: str
    new_bill: int | None  # the one in its place, with its number and job
    new_document: str
    new_job: str


class BillSheet(Struct, frozen=True, kw_only=True):
    """All of one bill."""

    line: BillLine
    bill: BillValue
    files: Sequence[BillFile]
    flow_line: int  # where the document begins in the flow
    related: Sequence[BillLine]
    fate: BillFate | None  # of one that is not in force


def look_at_bills(
    actor: Actor, filters: BillFilters, *, now: datetime, after: str = "", before: str = "", size: int = 25
) -> Page[BillLine]:
    """A page of the bills found. What was searched is on record."""
    with company(actor.company_id):
        record_look(actor, "search_bills", "bills", now=now, asked=filters)
        page = bills_found(filters, after=after, before=before, size=size)
        makes_pdf = settled(Paper).make_pdf
        lines = [_line(bill, bill.files.all(), makes_pdf=makes_pdf) for bill in page.rows]
    return Page(lines, page.next, page.previous)


def look_at_bill(actor: Actor, bill_id: int, *, now: datetime) -> BillSheet | None:
    """One bill of the archive, in force or not; None when there is none. That somebody looked is on record."""
    with company(actor.company_id):
        bills = Bill.objects.select_related("job", "key").filter(job__state__in=ARCHIVED)
        bill = bills.filter(pk=bill_id).first()
        if bill is None:
            return None
        record_look(actor, "open_bill", f"document {bill.display_number}", now=now)
        files = list(bill.files.order_by("kind", "n"))
        return BillSheet(
            line=_line(bill, files, makes_pdf=settled(Paper).make_pdf),
            bill=decode_document(bill.document),
            files=files,
            flow_line=bill.line,
            related=[_line(other, in_force=True) for other in bills_of_points(bill, limit=_RELATED)],
            fate=None if hasattr(bill, "key") else _fate(bill),
        )


def open_pdf(actor: Actor, bill_id: int, *, now: datetime) -> tuple[str, KeptFile] | Ordered | None:
    """The delivered PDF of a bill, else that of our own making, or how far it is; None where there is none.

    On record like `open_file`. Raises FaultyFile.
    """
    delivered = open_file(actor, bill_id, kind=BillFile.Kind.PDF, n=None, now=now)
    if delivered is not None:
        return delivered
    with company(actor.company_id):
        if not settled(Paper).make_pdf:
            return None
        in_force = DocumentKey.objects.filter(bill_id=bill_id).exists()
    made = open_file(actor, bill_id, kind=BillFile.Kind.MADE, n=None, now=now)
    if made is not None or not in_force:
        return made
    ordered = order(actor.company_id, bill_id, now=now)
    if ordered is not Ordered.READY:
        return ordered
    return open_file(actor, bill_id, kind=BillFile.Kind.MADE, n=None, now=now)


def open_file(actor: Actor, bill_id: int, *, kind: str, n: int | None, now: datetime) -> tuple[str, KeptFile] | None:
    """Name and content of a file of a bill; without `n` the first of its kind. None where there is none.

    Raises FaultyFile when the store has lost it or it was altered; that is noted down, and taken back once it is whole
    again. That somebody looked is on record.
    """
    with company(actor.company_id):
        files = BillFile.objects.select_related("bill").filter(bill=bill_id, bill__job__state__in=ARCHIVED, kind=kind)
        file = (files if n is None else files.filter(n=n)).order_by("n").first()
        if file is None:
            return None
        act = "open_pdf" if kind == BillFile.Kind.MADE else f"open_{kind}"
        record_act(actor, act, f"document {file.bill.display_number}", now=now)
    try:
        opened = kept_file(actor.company_id, file.digest)
    except FaultyFile as faulty:
        _note_fault(actor, file, faulty.fault)
        raise
    if file.fault:  # it was put back
        _note_fault(actor, file, "")
    return file.name, opened


def _note_fault(actor: Actor, file: BillFile, fault: str) -> None:
    with company(actor.company_id):
        BillFile.objects.filter(pk=file.pk).update(fault=fault)


def _fate(bill: Bill) -> BillFate:
    withdrawn = WithdrawnBill.objects.filter(bill=bill).first()
    replaced = (
        ReplacedBill.objects.select_related("new_bill__job").defer("new_bill__document").filter(bill=bill).first()
    )
    new = replaced.new_bill if replaced else None
    return BillFate(
        at=withdrawn.at if withdrawn else replaced.replaced_at if replaced else bill.job.withdrawn_at,
        by=withdrawn.by if withdrawn else "",
        reason=withdrawn.reason if withdrawn else bill.job.withdrawal_reason,
        new_bill=new.pk if new else None,
        new_document=new.display_number if new else "",
        new_job=new.job.code if new else "",
    )


def _line(
    bill: Bill, files: Iterable[BillFile] = (), *, makes_pdf: bool = False, in_force: bool | None = None
) -> BillLine:
    in_force = hasattr(bill, "key") if in_force is None else in_force
    has_pdf = (makes_pdf and in_force) or any(file.kind == BillFile.Kind.PDF for file in files)
    return BillLine(
        id=bill.pk,
        document=bill.display_number,
        kind=bill.kind,
        issue_date=bill.issue_date,
        due_date=bill.due_date,
        period_from=bill.period_from,
        period_to=bill.period_to,
        job_code=bill.job.code,
        total_bill=bill.total_bill,
        total_due=bill.total_due,
        customer_code=bill.customer_code,
        customer_name=bill.customer_name,
        has_pdf=has_pdf,
        in_force=in_force,
    )
