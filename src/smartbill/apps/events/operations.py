"""Appending marks, in the transaction of what changed; taking them away, in that of the counting."""

from collections.abc import Iterable

from django.db import connection
from msgspec import Struct

from smartbill.apps.events.models import Change
from smartbill.database.context import current_company


def mark_job(job_id: int) -> None:
    """All tickets of the job are to be counted again."""
    Change.objects.create(company_id=current_company(), job_id=job_id)


def mark_tickets(job_id: int, ticket_ids: Iterable[int]) -> None:
    company_id = current_company()
    Change.objects.bulk_create(
        Change(company_id=company_id, job_id=job_id, ticket_id=ticket_id) for ticket_id in ticket_ids
    )


class Marks(Struct, frozen=True):
    """What is to be counted again in a job."""

    everything: bool
    ticket_ids: frozenset[int]


def take_marks(job_id: int) -> Marks:
    """Delete the job's marks and say what they pointed at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM events_change WHERE company_id = %s AND job_id = %s RETURNING ticket_id",
            [current_company(), job_id],
        )
        found = [row[0] for row in cursor]
    return Marks(everything=None in found, ticket_ids=frozenset(found) - {None})
