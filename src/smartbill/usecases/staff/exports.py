"""Lists taken out of the product: on record first, then read a piece at a time, each piece in its own transaction."""

from collections.abc import Iterator
from datetime import datetime

from smartbill.apps.intake.models import Job
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, record_act
from smartbill.usecases.pieces import pieces
from smartbill.usecases.staff.jobs import FindingFilters, FindingLine, findings_found

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
    return pieces(actor.company_id, lambda after: findings_found(job_id, filters, after=after, size=_PIECE))
