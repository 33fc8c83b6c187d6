"""Contacts that came with a job, or in a file alone, become the contacts of their customers (R5; decision 6)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from smartbill.apps.archive.operations.contact_merge import ROW_COLUMNS, Origin, apply, tell
from smartbill.core.contacts.sources import Source
from smartbill.core.flows.ledger import MAX_ROWS_PER_CODE, FindingLedger
from smartbill.core.flows.value import Finding, FlowContact, Level
from smartbill.database.context import current_company
from smartbill.database.copying import Parameters, copy_rows

#: Contacts of customers not known yet are kept so long (flow format, chapter 6).
WAITING: Final = timedelta(days=90)

#: From so many bills or rows on, joins are by hash.
_MANY: Final = 2_000

_NAMES = ", ".join(ROW_COLUMNS)
_OF_STAGED = ", ".join(f"s.{name}" for name in ROW_COLUMNS)
_OF_WAITING = ", ".join(f"w.{name}" for name in ROW_COLUMNS)

# A contact that waited for its customer is told with the job that brings the customer, unless its source has said more.
_OF_JOB = f"""
    CREATE TEMPORARY TABLE told_row ON COMMIT DROP AS
    WITH customer AS (
        SELECT DISTINCT b.customer_code, b.fiscal_code, b.vat_number FROM published p JOIN wanted b ON b.id = p.id)
    SELECT {_OF_STAGED} FROM intake_stagedcontact s WHERE s.job_id = %(job)s
    UNION ALL
    SELECT {_OF_WAITING} FROM archive_waitingcontact w
    WHERE w.until > %(now)s AND CASE w.key_kind
            WHEN 'customer_code' THEN w.key IN (SELECT customer_code FROM customer)
            WHEN 'fiscal_code' THEN w.key IN (SELECT fiscal_code FROM customer)
            ELSE w.key IN (SELECT vat_number FROM customer) END
      AND NOT EXISTS (
        SELECT FROM intake_stagedcontact s WHERE s.job_id = %(job)s
          AND s.key_kind = w.key_kind AND s.key = w.key AND s.source = w.source);
    ANALYZE told_row;
    CREATE TEMPORARY TABLE language_settled ON COMMIT DROP AS
    SELECT DISTINCT customer_code AS code FROM wanted WHERE language <> ''
"""  # noqa: S608
_UNKNOWN = """
    CREATE TEMPORARY TABLE unknown ON COMMIT DROP AS
    SELECT s.* FROM told_row s WHERE s.source IN ('job_csv', 'periodic') AND NOT EXISTS (
        SELECT FROM told t WHERE t.key_kind = s.key_kind AND t.key = s.key);
    ANALYZE unknown
"""
_UNKNOWN_LINES = "SELECT line, count(*) OVER () FROM unknown ORDER BY line LIMIT %(limit)s"
_KEEP_WAITING = f"""
    DELETE FROM archive_waitingcontact w USING told_row s
    WHERE w.key_kind = s.key_kind AND w.key = s.key AND w.source = s.source;
    INSERT INTO archive_waitingcontact (company_id, until, {_NAMES})
    SELECT %(company)s, %(until)s, {_NAMES} FROM unknown
"""  # noqa: S608
# No word in common: a row that has shifted, rather than a name written otherwise.
_WORDS = """string_to_array(btrim(regexp_replace(upper(translate({}, 'àáèéìíòóùúÀÁÈÉÌÍÒÓÙÚ', 'aaeeiioouuAAEEIIOOUU')),
                                                 '[^A-Z0-9]+', ' ', 'g')), ' ')"""
_OTHER_NAMES = f"""
    SELECT t.line, c.code, count(*) OVER () FROM told t JOIN archive_customer c ON c.id = t.customer_id
    WHERE t.name <> '' AND NOT {_WORDS.format("t.name")} && {_WORDS.format("c.name")}
    ORDER BY t.line LIMIT %(limit)s
"""  # noqa: S608
_UNREACHABLE = """
    SELECT b.line, b.display_number, b.customer_code, count(*) OVER ()
    FROM published p JOIN wanted b ON b.id = p.id
    WHERE NOT EXISTS (
        SELECT FROM archive_customer c JOIN archive_contact k ON k.customer_id = c.id
        WHERE c.code = b.customer_code AND NOT k.disabled AND k.consent IS DISTINCT FROM false)
    ORDER BY b.doc_seq LIMIT %(limit)s
"""


def merge_contacts(job_id: int, *, now: datetime, ledger: FindingLedger) -> None:
    """Merge the staged contacts of a job just published; customers unknown or out of reach go to the ledger."""
    parameters = _parameters(job_id, now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM published")
        many = cursor.fetchone()[0] > _MANY
        cursor.execute(_OF_JOB, parameters)
        cursor.execute("ANALYZE language_settled")
    tell(many=many)
    for finding, times in _odd_rows(parameters):
        ledger.add(finding, times=times)
    apply(Origin(job_id=job_id), now=now)
    keep_waiting(now=now)
    for finding, times in _out_of_reach(parameters):
        ledger.add(finding, times=times)


def copy_file(contacts: Iterable[FlowContact]) -> None:
    """Put the contacts of a file that came alone where `tell_file` finds them."""
    copy_rows(
        "told_row",
        ROW_COLUMNS,
        (
            (Source.PERIODIC.value, each.key_kind, each.key[:40], each.mobile, each.email, each.channel, each.language,
             each.consent, each.consent_date, each.preferred, each.name, each.line)
            for each in contacts
        ),
    )  # fmt: skip


def tell_file(*, now: datetime, ledger: FindingLedger) -> int:
    """Compare the contacts copied with what is known; returns how many rows tell of an unknown customer.

    Changes nothing: `contact_merge.apply` and `keep_waiting` do.
    """
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE language_settled (code text) ON COMMIT DROP; ANALYZE told_row")
        cursor.execute("SELECT count(*) FROM told_row")
        many = cursor.fetchone()[0] > _MANY
    tell(many=many)
    for finding, times in _odd_rows(_parameters(None, now)):
        ledger.add(finding, times=times)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM unknown")
        return int(cursor.fetchone()[0])


def keep_waiting(*, now: datetime) -> None:
    """Contacts of unknown customers wait from now on; those that waited under a key told of now go."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_WAITING, {"company": current_company(), "until": now + WAITING})


def _parameters(job_id: int | None, now: datetime) -> Parameters:
    return {"job": job_id, "now": now, "limit": MAX_ROWS_PER_CODE}


def _odd_rows(parameters: Parameters) -> Iterator[tuple[Finding, int]]:
    """Rows of unknown customers, and rows that name another than their customer."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN)
        cursor.execute(_UNKNOWN_LINES, parameters)
        unknown = cursor.fetchall()
        cursor.execute(_OTHER_NAMES, parameters)
        others = cursor.fetchall()
    for place, (line, total) in enumerate(unknown, 1):
        more = total - len(unknown) if place == len(unknown) else 0
        yield Finding(code="CSV-512", level=Level.WARNING, line=line), 1 + more
    for place, (line, code, total) in enumerate(others, 1):
        more = total - len(others) if place == len(others) else 0
        yield Finding(code="WRN-410", level=Level.WARNING, line=line, field="name", values={"codice": code}), 1 + more


def _out_of_reach(parameters: Parameters) -> Iterator[tuple[Finding, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNREACHABLE, parameters)
        unreachable = cursor.fetchall()
    for place, (line, document, customer, total) in enumerate(unreachable, 1):
        more = total - len(unreachable) if place == len(unreachable) else 0
        values = {"codice": customer}
        yield Finding(code="WRN-407", level=Level.WARNING, line=line, document=document, values=values), 1 + more
