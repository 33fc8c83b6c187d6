"""Bills of a job that were withdrawn or replaced one by one, and the substitutions open for it. In `with company()`."""

from datetime import datetime

from django.db.models import Q
from msgspec import Struct

from smartbill.apps.archive.models import Bill, ReplacedBill, Replacement, WithdrawnBill
from smartbill.database.keyset import Page, page_of

_PAGE = 25


class OpenReplacement(Struct, frozen=True, kw_only=True):
    document: str  # empty = all of the job
    opened_by: str
    opened_at: datetime
    note: str


class EndedBill(Struct, frozen=True, kw_only=True):
    bill_id: int
    document: str
    customer_code: str
    customer_name: str
    total_due: int  # cents
    reason: str
    new_job: str  # of the bill in its place


def open_replacements(job_id: int) -> list[OpenReplacement]:
    rows = Replacement.objects.filter(job_id=job_id, closed_at=None).select_related("bill").defer("bill__document")
    return [
        OpenReplacement(
            document=row.bill.display_number if row.bill else "",
            opened_by=row.opened_by,
            opened_at=row.opened_at,
            note=row.note,
        )
        for row in rows.order_by("id")
    ]


def out_of_force(job_id: int) -> int:
    """How many."""
    of_job = {"bill__job_id": job_id}
    return WithdrawnBill.objects.filter(**of_job).count() + ReplacedBill.objects.filter(**of_job).count()


def ended_found(job_id: int, *, after: str = "", before: str = "") -> Page[EndedBill]:
    found = Bill.objects.filter(_ENDED, job_id=job_id).select_related("withdrawn", "replaced__new_bill__job")
    found = found.defer("document", "replaced__new_bill__document")
    page = page_of(found, keys=("id",), after=after, before=before, size=_PAGE)
    return Page([_ended(bill) for bill in page.rows], page.next, page.previous)


_ENDED = Q(withdrawn__isnull=False) | Q(replaced__isnull=False)


def _ended(bill: Bill) -> EndedBill:
    withdrawn, replaced = getattr(bill, "withdrawn", None), getattr(bill, "replaced", None)
    return EndedBill(
        bill_id=bill.pk,
        document=bill.display_number,
        customer_code=bill.customer_code,
        customer_name=bill.customer_name,
        total_due=bill.total_due,
        reason=withdrawn.reason if withdrawn else "",
        new_job=replaced.new_bill.job.code if replaced else "",
    )
