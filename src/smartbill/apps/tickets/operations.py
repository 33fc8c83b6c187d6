"""Writing tickets and what is fetched by them."""

from datetime import datetime

from django.db import connection

from smartbill.database.context import current_company


def record_visit(*, ticket_id: int, step: str, visitor: int, machine: bool, agent: str, now: datetime) -> None:
    """Append to the event log of the customer's pages."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tickets_visit (company_id, at, ticket_id, step, visitor, machine, agent)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            [current_company(), now, ticket_id, step, visitor, machine, agent],
        )
