"""Taking marks away and counting what they point at.

Under an advisory lock per job: the marks are deleted first, then, in later statements, the rows of the marked tickets
and the facts of the job are written anew. A mark committed meanwhile stays for the next round, so nothing is missed;
counting twice gives the same.
"""

from django.db import connection

from smartbill.apps.events.operations import take_marks
from smartbill.apps.intake.models import Job
from smartbill.apps.reporting.operations import rewrite_facts, rewrite_rows, write_views
from smartbill.apps.tickets.queries import visits_of
from smartbill.core.tickets.views import judge
from smartbill.database.context import company, sweep
from smartbill.usecases.each import for_each

#: Tickets whose visits are judged at once: bounds memory.
_CHUNK = 2_000

#: First key of the advisory locks of counting; the second is the job.
_LOCK = 7_306_002


def count_marked() -> int:
    """Count every job that has marks; returns how many were. What another worker is counting is left to it.

    Raises ExceptionGroup at the end.
    """
    with sweep(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT company_id, job_id FROM events_change")
        marked = cursor.fetchall()
    return sum(for_each(marked, lambda found: count_job(*found)))


def count_job(company_id: int, job_id: int) -> bool:
    """Count what is marked in one job; False when another worker is at it."""
    with company(company_id):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashint8(%s))", [_LOCK, job_id])
            if not cursor.fetchone()[0]:
                return False
        marks = take_marks(job_id)
        if marks.everything or marks.ticket_ids:
            _count(job_id, None if marks.everything else sorted(marks.ticket_ids))
    return True


def rebuild(company_id: int, job_id: int) -> None:
    """Count a whole job again, marks or none."""
    with company(company_id):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [_LOCK, job_id])
        take_marks(job_id)
        _count(job_id, None)


def rebuild_company(company_id: int) -> int:
    """Count all jobs of a company again, one transaction each; returns how many."""
    with company(company_id):
        job_ids = list(Job.objects.order_by("id").values_list("id", flat=True))
    for job_id in job_ids:
        rebuild(company_id, job_id)
    return len(job_ids)


def _count(job_id: int, ticket_ids: list[int] | None) -> None:
    rewrite_rows(job_id, ticket_ids)
    for visits in visits_of(job_id, ticket_ids, chunk=_CHUNK):
        write_views({ticket_id: judge(found) for ticket_id, found in visits.items()})
    rewrite_facts(job_id)
