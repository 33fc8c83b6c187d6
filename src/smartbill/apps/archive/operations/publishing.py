"""Bringing the judged bills of a job into force, and taking them out of it."""

from datetime import datetime

from django.db import connection
from msgspec import Struct

from smartbill.apps.archive.models import DocumentKey, ReplacedBill, Replacement, WithdrawnBill
from smartbill.database.context import current_company
from smartbill.database.copying import Parameters

#: One publishing of a company at a time: the numbers of its documents are looked up and taken in one step.
_LOCK = 0x534D5042 << 32

# `wanted`, `candidate`, `judged` and `entry` are those of the judging.
_KEYS = """
    CREATE TEMPORARY TABLE published ON COMMIT DROP AS
    SELECT c.id, c.pdf_id, c.folded_einvoice FROM candidate c WHERE NOT EXISTS (
        SELECT FROM judged j WHERE j.bill_id = c.id AND j.code NOT LIKE 'WRN-%%' AND j.code <> 'DOC-263');
    ANALYZE published;
    INSERT INTO archive_documentkey (company_id, series, number, issue_year, bill_id, job_id)
    SELECT %(company)s, c.series, c.number, c.issue_year, c.id, %(job)s
    FROM candidate c JOIN published p USING (id)
    WHERE NOT EXISTS (SELECT FROM replacing r WHERE r.bill_id = c.id)
"""
# What was replaced by a bill that is replaced now leads to the last one at once.
_REPLACE = """
    CREATE TEMPORARY TABLE replaced ON COMMIT DROP AS
    SELECT DISTINCT r.bill_id, r.key_id, r.old_bill_id, r.old_job_id
    FROM replacing r JOIN published p ON p.id = r.bill_id;
    UPDATE archive_documentkey k SET bill_id = r.bill_id, job_id = %(job)s FROM replaced r WHERE k.id = r.key_id;
    UPDATE archive_replacedbill x SET new_bill_id = r.bill_id FROM replaced r WHERE x.new_bill_id = r.old_bill_id;
    INSERT INTO archive_replacedbill (company_id, bill_id, new_bill_id, replaced_at)
    SELECT %(company)s, old_bill_id, bill_id, %(now)s FROM replaced;
    UPDATE archive_replacement x SET closed_at = %(now)s FROM replaced r
    WHERE x.bill_id = r.old_bill_id AND x.closed_at IS NULL
"""
_FILES = """
    INSERT INTO archive_billfile (company_id, bill_id, kind, n, name, digest, size)
    SELECT e.company_id, p.id, 'pdf', 0, e.base_name, e.digest, e.size
    FROM published p JOIN intake_zipentry e ON e.id = p.pdf_id WHERE e.digest <> '';
    INSERT INTO archive_billfile (company_id, bill_id, kind, n, name, digest, size)
    SELECT DISTINCT ON (p.id) z.company_id, p.id, 'einvoice', 0, z.base_name, z.digest, z.size
    FROM published p JOIN entry e ON e.kind = 'xml' AND e.folded = p.folded_einvoice
    JOIN intake_zipentry z ON z.id = e.id
    WHERE p.folded_einvoice <> '' AND z.digest <> '' ORDER BY p.id, z.number
"""
# A new customer starts with the channel that the flow names; those of known ones change with their contacts.
_CUSTOMERS = """
    CREATE TEMPORARY TABLE wish ON COMMIT DROP AS
    SELECT DISTINCT ON (key) key, channel FROM intake_stagedcontact
    WHERE job_id = %(job)s AND source = 'flow' AND key_kind = 'customer_code' AND preferred ORDER BY key, line DESC;
    ANALYZE wish;
    INSERT INTO archive_customer AS c
           (company_id, code, name, fiscal_code, vat_number, language, preferred_channel, updated_at)
    SELECT DISTINCT ON (b.customer_code)
           %(company)s, b.customer_code, b.customer_name, b.fiscal_code, b.vat_number, b.language,
           coalesce(w.channel, ''), %(now)s
    FROM wanted b JOIN published p ON p.id = b.id LEFT JOIN wish w ON w.key = b.customer_code
    ORDER BY b.customer_code, b.issue_date DESC, b.doc_seq DESC
    ON CONFLICT (company_id, code) DO UPDATE SET
           name = excluded.name, fiscal_code = excluded.fiscal_code, vat_number = excluded.vat_number,
           language = coalesce(nullif(excluded.language, ''), c.language), updated_at = excluded.updated_at
    WHERE (c.name, c.fiscal_code, c.vat_number) <> (excluded.name, excluded.fiscal_code, excluded.vat_number)
       OR excluded.language NOT IN ('', c.language)
"""


def lock_publishing() -> None:
    """Wait until no other job of the company is being published; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK + current_company()])


class Replaced(Struct, frozen=True):
    """A bill that was in force until now, and its job."""

    bill_id: int
    job_id: int


def publish_bills(job_id: int, *, now: datetime) -> list[Replaced]:
    """Bring the bills that `judge` found good into force, with their files and customers; returns what they replace."""
    parameters: Parameters = {"company": current_company(), "job": job_id, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, parameters)
        cursor.execute(_REPLACE, parameters)
        cursor.execute(_FILES, parameters)
        cursor.execute(_CUSTOMERS, parameters)
        cursor.execute("SELECT old_bill_id, old_job_id FROM replaced ORDER BY old_bill_id")
        return [Replaced(bill_id, old_job_id) for bill_id, old_job_id in cursor.fetchall()]


def take_out_of_force(job_id: int) -> int:
    """The bills of a withdrawn job go dark; they stay in the archive. Returns how many."""
    return DocumentKey.objects.filter(job_id=job_id).delete()[0]


def withdraw_bill_of_key(key: DocumentKey, *, by: str, reason: str, now: datetime) -> None:
    """One bill goes dark; it stays in the archive, and its document may come again."""
    WithdrawnBill.objects.create(company_id=key.company_id, bill_id=key.bill_id, at=now, by=by, reason=reason)
    Replacement.objects.filter(bill_id=key.bill_id, closed_at=None).update(closed_at=now)
    key.delete()


def jobs_led_to(*, bill_id: int | None = None, job_id: int | None = None) -> list[int]:
    """The jobs of replaced bills whose links lead to this bill, or to bills of this job."""
    asked = {"new_bill": bill_id} if job_id is None else {"new_bill__job": job_id}
    return sorted(set(ReplacedBill.objects.filter(**asked).values_list("bill__job_id", flat=True)))
