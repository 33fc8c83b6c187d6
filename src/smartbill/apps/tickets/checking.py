"""The checks before the go-ahead (R35), made by sets in SQL over the bills of a job that are in force.

The bills lie in the temporary table `checked`, what was found in `found`; both end with the transaction, and are
analysed, since the planner knows nothing of a job that has just come.
"""

from collections.abc import Collection
from datetime import date, datetime
from hashlib import md5
from typing import Any

from django.db import connection
from django.db.models import F
from msgspec import Struct

from smartbill.apps.tickets.models import CheckCount, CheckRun
from smartbill.core.checks.value import Check
from smartbill.core.company.documents import Checks
from smartbill.database.context import current_company
from smartbill.database.copying import Parameters

#: One computing of a job's checks at a time.
_LOCK = 0x534D434B

_TABLES = """
    CREATE TEMPORARY TABLE checked ON COMMIT DROP AS
    SELECT b.id, b.customer_code, b.kind, b.services, b.issue_date, b.due_date, b.period_from, b.period_to,
           b.total_bill, b.total_due, b.slip_present, b.direct_debit, b.payable_online, b.display_number
    FROM archive_documentkey k JOIN archive_bill b ON b.id = k.bill_id WHERE k.job_id = %(job)s;
    ANALYZE checked;
    CREATE TEMPORARY TABLE supplied ON COMMIT DROP AS
    SELECT DISTINCT c.id, s.point_code, c.period_from, c.period_to, c.total_bill, c.kind
    FROM checked c JOIN archive_billsupply s ON s.bill_id = c.id WHERE s.point_code <> '';
    ANALYZE supplied;
    CREATE TEMPORARY TABLE found (code text, bill_id bigint, figure bigint, other_bill_id bigint) ON COMMIT DROP
"""
_PLAIN = """
    INSERT INTO found
    SELECT v.code, c.id, v.figure, NULL FROM checked c CROSS JOIN LATERAL (VALUES
        ('amount_zero', c.total_due = 0 AND c.kind <> 'credit_note', NULL::bigint),
        ('amount_negative', c.total_due < 0 AND c.kind <> 'credit_note', NULL),
        ('due_past', c.total_due > 0 AND NOT c.direct_debit AND c.due_date < %(today)s, %(today)s - c.due_date),
        ('due_near', c.total_due > 0 AND NOT c.direct_debit AND c.due_date >= %(today)s
                     AND c.due_date < %(today)s + %(near)s, c.due_date - %(today)s),
        ('no_way_to_pay', c.total_due > 0 AND NOT (c.slip_present OR c.direct_debit OR c.payable_online), NULL)
    ) v (code, hit, figure) WHERE v.hit
"""
_DOUBLE = """
    INSERT INTO found
    SELECT 'double', id, NULL, CASE WHEN id = first THEN last ELSE first END FROM (
        SELECT id, min(id) OVER same AS first, max(id) OVER same AS last
        FROM supplied WHERE kind = 'invoice' AND total_bill > 0 AND period_from IS NOT NULL AND period_to IS NOT NULL
        WINDOW same AS (PARTITION BY point_code, period_from, period_to, total_bill)
    ) s WHERE first <> last;
    INSERT INTO found
    SELECT 'double', s.id, NULL, b.id FROM supplied s
    JOIN archive_billsupply o ON o.company_id = %(company)s AND o.point_code = s.point_code
    JOIN archive_documentkey k ON k.bill_id = o.bill_id AND k.job_id <> %(job)s
    JOIN archive_bill b ON b.id = o.bill_id
    WHERE s.kind = 'invoice' AND s.total_bill > 0 AND b.kind = 'invoice' AND b.total_bill = s.total_bill
      AND b.period_from = s.period_from AND b.period_to = s.period_to
"""
# What came before is asked customer by customer, by index: a company may have many times the bills of the job.
_UNUSUAL = """
    INSERT INTO found
    SELECT 'unusual', c.id, a.average, NULL FROM checked c CROSS JOIN LATERAL (
        SELECT round(avg(o.total_bill))::bigint AS average, count(*) AS bills
        FROM archive_bill o JOIN archive_documentkey k ON k.bill_id = o.id AND k.job_id <> %(job)s
        WHERE o.company_id = %(company)s AND o.customer_code = c.customer_code AND o.issue_date < c.issue_date
          AND o.issue_date >= c.issue_date - interval '12 months' AND o.services = c.services AND o.kind = 'invoice'
    ) a WHERE c.kind = 'invoice' AND c.total_bill >= %(from_cents)s AND a.bills >= %(bills)s AND a.average > 0
          AND c.total_bill * 100 > a.average * %(percent)s
"""
_SUPPLY_NEW = """
    INSERT INTO found
    SELECT DISTINCT 'supply_new', s.id, NULL::bigint, NULL::bigint FROM supplied s WHERE NOT EXISTS (
        SELECT FROM archive_billsupply o JOIN archive_documentkey k ON k.bill_id = o.bill_id AND k.job_id <> %(job)s
        WHERE o.company_id = %(company)s AND o.point_code = s.point_code)
"""
_PDF_MISSING = """
    CREATE TEMPORARY TABLE with_pdf ON COMMIT DROP AS
    SELECT DISTINCT f.bill_id FROM checked c JOIN archive_billfile f ON f.bill_id = c.id AND f.kind = 'pdf';
    ANALYZE with_pdf;
    INSERT INTO found
    SELECT 'pdf_missing', c.id, NULL, NULL FROM checked c
    WHERE EXISTS (SELECT FROM with_pdf) AND NOT EXISTS (SELECT FROM with_pdf p WHERE p.bill_id = c.id)
"""
_TOTALS = """
    INSERT INTO found
    SELECT DISTINCT 'totals', c.id, NULL::bigint, NULL::bigint
    FROM checked c JOIN intake_finding f ON f.job_id = %(job)s AND f.code = 'XML-611' AND f.document = c.display_number
"""
#: Why a bill reaches nobody, of a customer `u` and a summary `c` of the contacts; NULL when it reaches somebody.
WHY_UNREACHED = """CASE
    WHEN u.preferred_channel = 'paper' THEN 'wants_paper'
    WHEN NOT coalesce(c.any_contact, false) THEN 'no_contact'
    WHEN c.usable THEN NULL
    WHEN c.on_usable THEN 'no_consent'
    ELSE 'other_channel' END"""
#: The summary of the contacts of customer `u`.
CONTACTS_SUMMED = """LEFT JOIN LATERAL (
        SELECT true AS any_contact, bool_or(c.channel = ANY(%(channels)s::text[])) AS on_usable,
               bool_or(c.channel = ANY(%(channels)s::text[]) AND c.consent IS DISTINCT FROM false) AS usable
        FROM archive_contact c WHERE c.customer_id = u.id AND NOT c.disabled HAVING count(*) > 0
    ) c ON true"""
_UNREACHED = f"""
    INSERT INTO found
    SELECT reason, id, NULL, NULL FROM (
        SELECT b.id, {WHY_UNREACHED} AS reason FROM checked b
        LEFT JOIN archive_customer u ON u.company_id = %(company)s AND u.code = b.customer_code
        {CONTACTS_SUMMED}
    ) r WHERE reason IS NOT NULL
"""  # noqa: S608 (constants of ours)
_SHARED_ADDRESS = """
    CREATE TEMPORARY TABLE reachable ON COMMIT DROP AS
    SELECT DISTINCT b.id AS bill_id, c.customer_id, c.channel, c.address_hash
    FROM checked b JOIN archive_customer u ON u.company_id = %(company)s AND u.code = b.customer_code
    JOIN archive_contact c ON c.customer_id = u.id
    WHERE u.preferred_channel <> 'paper' AND c.channel = ANY(%(channels)s::text[])
      AND c.consent IS DISTINCT FROM false AND NOT c.disabled;
    ANALYZE reachable;
    INSERT INTO found
    SELECT 'shared_address', r.bill_id, max(s.customers), NULL FROM reachable r JOIN (
        SELECT channel, address_hash, count(DISTINCT customer_id) AS customers FROM reachable
        GROUP BY channel, address_hash HAVING count(DISTINCT customer_id) >= %(shared)s
    ) s USING (channel, address_hash) GROUP BY r.bill_id
"""
_KEEP = """
    DELETE FROM tickets_checkedbill WHERE job_id = %(job)s;
    DELETE FROM tickets_checkcount WHERE job_id = %(job)s;
    INSERT INTO tickets_checkedbill (company_id, job_id, code, bill_id, figure, other_bill_id)
    SELECT DISTINCT ON (code, bill_id) %(company)s, %(job)s, code, bill_id, figure, other_bill_id
    FROM found WHERE code <> ALL(%(off)s::text[]) ORDER BY code, bill_id, figure DESC NULLS LAST, other_bill_id;
    INSERT INTO tickets_checkcount (company_id, job_id, code, count, amount, fingerprint, facts)
    SELECT %(company)s, %(job)s, f.code, count(*), coalesce(sum(c.total_due), 0),
           md5(string_agg(f.bill_id::text, ',' ORDER BY f.bill_id)), '{}'
    FROM (SELECT DISTINCT code, bill_id FROM found WHERE code <> ALL(%(off)s::text[])) f
    JOIN checked c ON c.id = f.bill_id GROUP BY f.code
"""
_LAST_JOB = """
    SELECT j.code, count(*), coalesce(sum(b.total_due), 0)
    FROM (SELECT p.id, p.code FROM intake_job p JOIN intake_job j ON j.id = %(job)s
          WHERE p.state = 'published' AND NOT p.test_flow AND (p.published_at, p.id) < (j.published_at, j.id)
          ORDER BY p.published_at DESC, p.id DESC LIMIT 1) j
    JOIN archive_documentkey k ON k.job_id = j.id JOIN archive_bill b ON b.id = k.bill_id GROUP BY j.code
"""
_EARLIER = "SELECT EXISTS (SELECT FROM archive_documentkey WHERE company_id = %(company)s AND job_id <> %(job)s)"


class JobTotals(Struct, frozen=True):
    job: str
    bills: int
    total: int  # cents to pay


def lock_checks(job_id: int) -> None:
    """One computing at a time for each job; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, job_id % 2**31])


def ask_run(job_id: int, *, now: datetime) -> None:
    """The figures of the job's checks are old from now on."""
    asked = CheckRun.objects.filter(job_id=job_id).update(asked=F("asked") + 1, asked_at=now)
    if not asked:
        CheckRun.objects.create(company_id=current_company(), job_id=job_id, asked_at=now)


def finish_run(job_id: int, asked: int, *, now: datetime) -> None:
    """The figures answer what was asked for up to `asked`; more may have been asked meanwhile."""
    CheckRun.objects.filter(job_id=job_id).update(done=asked, computed_at=now)


def make_checks(job_id: int, rules: Checks, *, channels: Collection[str], today: date) -> None:
    """Check all bills of the job that are in force, and keep what was found instead of what was kept before."""
    parameters: Parameters = {
        "job": job_id, "company": current_company(), "today": today, "near": rules.due_near_days,
        "from_cents": rules.unusual_from_euro * 100, "bills": rules.unusual_bills, "percent": rules.unusual_percent,
        "channels": list(channels), "shared": rules.shared_address_customers, "off": list(rules.off),
    }  # fmt: skip
    steps = [_TABLES, _PLAIN, _DOUBLE, _PDF_MISSING, _TOTALS, _UNREACHED, _SHARED_ADDRESS]
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, parameters)
        if cursor.fetchone()[0]:
            steps += [_UNUSUAL, _SUPPLY_NEW]
        for step in [*steps, "ANALYZE found", _KEEP]:
            cursor.execute(step, parameters)
    if Check.TOTAL_CHANGE not in rules.off:
        _compare_with_last_job(parameters, rules.total_change_percent)


def _compare_with_last_job(parameters: Parameters, percent: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_JOB, parameters)
        row = cursor.fetchone()
        cursor.execute("SELECT count(*), coalesce(sum(total_due), 0)::bigint FROM checked")
        bills, total = cursor.fetchone()
    if row is None:
        return
    last = JobTotals(row[0], int(row[1]), int(row[2]))
    if last.total <= 0 or abs(total - last.total) * 100 <= last.total * percent:
        return
    facts: dict[str, Any] = {"job": last.job, "last_bills": last.bills, "last_total": last.total}
    facts |= {"bills": int(bills), "total": int(total)}
    CheckCount.objects.create(
        company_id=parameters["company"],
        job_id=parameters["job"],
        code=Check.TOTAL_CHANGE,
        count=1,
        amount=total,
        fingerprint=md5(repr(sorted(facts.items())).encode(), usedforsecurity=False).hexdigest(),
        facts=facts,
    )
