"""Writing rows and facts anew from the stages to the left."""

from collections.abc import Mapping

from django.db import connection

from smartbill.core.states.batch import COUNTED_KINDS
from smartbill.core.states.message import Label, MessageState, label
from smartbill.core.tickets.views import Views
from smartbill.database.context import current_company

_LABEL_CASE = (
    "CASE m.state "
    + " ".join(f"WHEN '{state.value}' THEN '{label(state).value}'" for state in MessageState)
    + f" ELSE '{Label.PENDING.value}' END"
)

_ROWS = f"""
    INSERT INTO reporting_ticketrow (
        ticket_id, company_id, job_id, job_code, label, batch_kind, bill_id, series, number, display_number,
        issue_date, issue_year, amount, customer_code, customer_name, channel, address, address_key,
        ticket_at, ticket_date, state, message_state, valid_until, dark,
        viewed, views, downloads, machine_fetches, slip, paid)
    SELECT t.id, t.company_id, j.id, j.code, coalesce(nullif(j.label, ''), j.code), b.kind, l.id, l.series, l.number,
        l.display_number, l.issue_date, l.issue_year, l.total_due, l.customer_code, l.customer_name, t.channel,
        t.address, CASE WHEN strpos(t.address, '@') > 0 THEN lower(t.address) ELSE reverse(t.address) END,
        t.created_at, (t.created_at AT TIME ZONE 'Europe/Rome')::date, {_LABEL_CASE}, m.state, t.valid_until,
        t.revoked_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM archive_documentkey k WHERE k.bill_id = coalesce(r.new_bill_id, t.bill_id)),
        false, 0, 0, 0, l.slip_present, false
    FROM tickets_ticket t
    JOIN tickets_batch b ON b.id = t.batch_id
    JOIN intake_job j ON j.id = b.job_id
    JOIN archive_bill l ON l.id = t.bill_id
    LEFT JOIN archive_replacedbill r ON r.bill_id = t.bill_id
    JOIN messaging_message m ON m.ticket_id = t.id
    WHERE b.job_id = %(job)s AND b.kind = ANY(%(kinds)s) AND t.company_id = %(company)s
      AND (%(tickets)s::bigint[] IS NULL OR t.id = ANY(%(tickets)s::bigint[]))
    ON CONFLICT (ticket_id) DO UPDATE SET
        state = excluded.state, message_state = excluded.message_state, valid_until = excluded.valid_until,
        dark = excluded.dark, viewed = excluded.viewed, views = excluded.views, downloads = excluded.downloads,
        machine_fetches = excluded.machine_fetches, slip = excluded.slip, paid = excluded.paid
"""  # noqa: S608 (the label's CASE is made of our own words)

_FACTS = """
    INSERT INTO reporting_jobfact (company_id, job_id, label, day, channel, state, viewed, slip, paid, tickets)
    SELECT company_id, job_id, label, ticket_date, channel, state, viewed, slip, paid, count(*)
    FROM reporting_ticketrow WHERE company_id = %(company)s AND job_id = %(job)s
    GROUP BY company_id, job_id, label, ticket_date, channel, state, viewed, slip, paid
"""


def rewrite_rows(job_id: int, ticket_ids: list[int] | None) -> None:
    """Write the rows of these tickets (None: of all counted tickets of the job), as if nobody had looked at them."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS,
            {
                "job": job_id,
                "kinds": sorted(COUNTED_KINDS),
                "company": current_company(),
                "tickets": ticket_ids,
            },
        )


def write_views(views: Mapping[int, Views]) -> None:
    """Put what was judged from their visits on the rows of these tickets."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE reporting_ticketrow r SET viewed = v.viewed, views = v.views, downloads = v.downloads,
                      machine_fetches = v.fetches
               FROM unnest(%s::bigint[], %s::boolean[], %s::int[], %s::int[], %s::int[])
                    AS v (ticket_id, viewed, views, downloads, fetches)
               WHERE r.ticket_id = v.ticket_id""",
            [
                list(views),
                [found.viewed for found in views.values()],
                [found.views for found in views.values()],
                [found.downloads for found in views.values()],
                [found.machine_fetches for found in views.values()],
            ],
        )


def rewrite_facts(job_id: int) -> None:
    """Count the job's rows into facts."""
    with connection.cursor() as cursor:
        parameters = {"job": job_id, "company": current_company()}
        cursor.execute("DELETE FROM reporting_jobfact WHERE company_id = %(company)s AND job_id = %(job)s", parameters)
        cursor.execute(_FACTS, parameters)
