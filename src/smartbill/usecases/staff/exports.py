"""Lists taken out of the product: on record first, then read a piece at a time, each piece in its own transaction."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from smartbill.apps.intake.models import Job
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, record_act
from smartbill.usecases.report import ReportHead, report_head, report_lines
from smartbill.usecases.staff.findings import FindingFilters, FindingLine


class ReportTaken(Struct, frozen=True):
    head: ReportHead
    lines: Iterator[FindingLine]


def report_taken(actor: Actor, job_code: str, filters: FindingFilters, *, now: datetime) -> ReportTaken | None:
    """The findings of a job in order, or None when the company has no such job."""
    with company(actor.company_id):
        job = Job.objects.filter(code=job_code).first()
        if job is None:
            return None
        record_act(actor, "export_findings", f"job {job_code}", now=now)
        head = report_head(job)
    return ReportTaken(head, report_lines(actor.company_id, job.pk, filters))
