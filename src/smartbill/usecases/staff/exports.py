"""Lists taken out of the product: on record first, then read a piece at a time, each piece in its own transaction."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from smartbill.apps.intake.models import Job
from smartbill.database.context import company
from smartbill.database.keyset import Page
from smartbill.usecases.actor import Actor, record_act
from smartbill.usecases.staff.jobs import FindingFilters, FindingLine, findings_found

Row = TypeVar("Row")

_PIECE = 1000


def findings_exported(
    actor: Actor, job_code: str, filters: FindingFilters, *, now: datetime
) -> Iterator[FindingLine] | None:
    """The findings of a job in order, or None when the company has no such job."""
    with company(actor.company_id):
        job = Job.objects.filter(code=job_code).only("id").first()
        if job is None:
            return None
        job_id = job.pk
        record_act(actor, "export_findings", f"job {job_code}", now=now)
    return _pieces(actor.company_id, lambda after: findings_found(job_id, filters, after=after, size=_PIECE))


def _pieces(company_id: int, read: Callable[[str], Page[Row]]) -> Iterator[Row]:
    after = ""
    while True:
        with company(company_id):
            page = read(after)
        yield from page.rows
        if not page.next:
            return
        after = page.next
