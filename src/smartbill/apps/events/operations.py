"""Appending marks, in the transaction of what changed."""

from collections.abc import Iterable

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
