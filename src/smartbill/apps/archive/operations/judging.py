"""Which bills of a job may come into force: judged in SQL, by sets, in the transaction that decides on the job.

The bills lie in the temporary table `wanted`, with the PDF each is paired with in `candidate`, those that take the
place of another in `replacing`, the verdicts in `judged`; all end with the transaction. A bill has at most one verdict
that keeps it out. Temporary tables are analysed, and later statements ask them rather than the tables behind them: of a
job just read the planner knows nothing, takes it for one row, and loops over whatever it is joined with.
"""

from collections.abc import Iterator

from django.db import connection
from msgspec import Struct

from smartbill.core.flows.ledger import MAX_ROWS_PER_CODE, FindingLedger
from smartbill.core.flows.value import Finding, Level
from smartbill.database.context import current_company
from smartbill.database.copying import Parameters

#: Verdicts that do not keep a bill out.
_WARNINGS = ("WRN-409", "DOC-263")
#: Keeps the bill out without refusing it: an equal one is in force.
_EQUAL = "DOC-260"

# An archive has no two PDFs that differ by case or Unicode form only, so one comparison is both tries of the rule.
_FOLDED = 'lower(normalize({}, NFC) COLLATE "default")'
# What the planner must know of them is how many rows they have: a small sample tells, in a tenth of the time.
_TABLES = f"""
    SET LOCAL default_statistics_target = 10;
    CREATE TEMPORARY TABLE entry ON COMMIT DROP AS
    SELECT id, number, name, kind, digest, problem, {_FOLDED.format("base_name")} AS folded
    FROM intake_zipentry WHERE job_id = %(job)s AND kind IN ('pdf', 'xml');
    ANALYZE entry;
    CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
    SELECT b.id, b.doc_seq, b.line, b.series, b.number, b.issue_year, b.display_number, b.digest, b.pdf_name,
           b.pdf_sha256, b.einvoice_name, b.issue_date, b.customer_code, b.customer_name, b.fiscal_code, b.vat_number,
           b.language, {_FOLDED.format("b.pdf_name")} AS folded_pdf,
           {_FOLDED.format("b.einvoice_name")} AS folded_einvoice
    FROM archive_bill b WHERE b.job_id = %(job)s;
    ANALYZE wanted;
    CREATE TEMPORARY TABLE candidate ON COMMIT DROP AS
    SELECT w.id, w.doc_seq, w.line, w.series, w.number, w.issue_year, w.display_number, w.digest, w.pdf_name,
           w.pdf_sha256, w.einvoice_name, w.folded_einvoice, p.id AS pdf_id, p.digest AS pdf_digest,
           p.problem AS pdf_problem
    FROM wanted w LEFT JOIN entry p ON p.kind = 'pdf' AND p.folded = w.folded_pdf;
    ANALYZE candidate;
    CREATE TEMPORARY TABLE judged (bill_id bigint, code text, name text) ON COMMIT DROP
"""  # noqa: S608
_TWICE_IN_FLOW = """
    INSERT INTO judged
    SELECT id, 'DOC-262', '' FROM (
        SELECT id, count(*) OVER (PARTITION BY series, number, issue_year) AS times FROM (
            SELECT id, series, number, issue_year FROM candidate
            UNION ALL
            SELECT NULL, series, number, issue_year FROM intake_refuseddocument
            WHERE job_id = %(job)s AND number <> '' AND issue_year IS NOT NULL
        ) documents
    ) counted WHERE times > 1 AND id IS NOT NULL
"""
# A substitution that somebody opened lets another content take the place of the one in force.
_REPLACING = """
    CREATE TEMPORARY TABLE replacing ON COMMIT DROP AS
    SELECT c.id AS bill_id, k.id AS key_id, k.bill_id AS old_bill_id, k.job_id AS old_job_id
    FROM archive_replacement r
    JOIN archive_documentkey k ON k.job_id = r.job_id AND (r.bill_id IS NULL OR r.bill_id = k.bill_id)
    JOIN candidate c ON (c.series, c.number, c.issue_year) = (k.series, k.number, k.issue_year)
    JOIN archive_bill o ON o.id = k.bill_id
    WHERE r.company_id = %(company)s AND r.closed_at IS NULL AND o.digest <> c.digest;
    ANALYZE replacing
"""
_REPLACED = """
    INSERT INTO judged
    SELECT DISTINCT r.bill_id, 'DOC-263', '' FROM replacing r
    WHERE NOT EXISTS (SELECT FROM judged j WHERE j.bill_id = r.bill_id AND j.code <> ALL(%(warnings)s))
"""
_IN_FORCE_ALREADY = """
    INSERT INTO judged
    SELECT c.id, CASE WHEN o.digest = c.digest THEN 'DOC-260' ELSE 'DOC-261' END, ''
    FROM candidate c
    JOIN archive_documentkey k
      ON k.company_id = %(company)s AND (k.series, k.number, k.issue_year) = (c.series, c.number, c.issue_year)
    JOIN archive_bill o ON o.id = k.bill_id
    WHERE NOT EXISTS (SELECT FROM judged j WHERE j.bill_id = c.id)
      AND NOT EXISTS (SELECT FROM replacing r WHERE r.bill_id = c.id)
"""
_PDF_OF_SEVERAL = """
    INSERT INTO judged
    SELECT id, 'DOC-304', pdf_name
    FROM (SELECT id, pdf_id, pdf_name, count(*) OVER (PARTITION BY pdf_id) AS times FROM candidate) c
    WHERE pdf_id IS NOT NULL AND times > 1 AND NOT EXISTS (SELECT FROM judged j WHERE j.bill_id = c.id)
"""
_PDF_MISSING = """
    INSERT INTO judged
    SELECT id, 'DOC-301', pdf_name FROM candidate c
    WHERE pdf_id IS NULL AND NOT EXISTS (SELECT FROM judged j WHERE j.bill_id = c.id)
"""
_PDF_UNFIT = """
    INSERT INTO judged
    SELECT id, CASE WHEN pdf_problem LIKE 'DOC-%%' THEN pdf_problem
                    WHEN pdf_sha256 NOT IN ('', pdf_digest) THEN 'DOC-303' ELSE pdf_problem END, pdf_name
    FROM candidate c
    WHERE pdf_id IS NOT NULL AND (pdf_problem <> '' OR pdf_sha256 NOT IN ('', pdf_digest))
      AND NOT EXISTS (SELECT FROM judged j WHERE j.bill_id = c.id)
"""
_EINVOICE_MISSING = """
    INSERT INTO judged
    SELECT id, 'DOC-301', einvoice_name FROM candidate c
    WHERE einvoice_name <> '' AND NOT EXISTS (SELECT FROM entry e WHERE e.kind = 'xml' AND e.folded = folded_einvoice)
      AND NOT EXISTS (SELECT FROM judged j WHERE j.bill_id = c.id AND j.code <> ALL(%(warnings)s))
"""
_OWNERLESS_PDFS = f"""
    SELECT name, count(*) OVER () FROM entry e
    WHERE kind = 'pdf' AND NOT EXISTS (SELECT FROM candidate c WHERE c.pdf_id = e.id) AND folded NOT IN (
        SELECT {_FOLDED.format("d.pdf_name")} FROM intake_refuseddocument d WHERE d.job_id = %(job)s)
    ORDER BY number LIMIT %(limit)s
"""  # noqa: S608
_VERDICTS = """
    SELECT code, name, display_number, line, of_code, total FROM (
        SELECT j.code, j.name, c.display_number, c.line,
               row_number() OVER (PARTITION BY j.code ORDER BY c.doc_seq) AS of_code,
               count(*) OVER (PARTITION BY j.code) AS total
        FROM judged j JOIN candidate c ON c.id = j.bill_id
    ) v WHERE of_code <= %(limit)s ORDER BY code, of_code
"""
_REFUSED = """
    INSERT INTO intake_refuseddocument
           (company_id, job_id, block, doc_seq, line, series, number, issue_year, pdf_name)
    SELECT %(company)s, %(job)s, %(block)s, c.doc_seq, c.line, c.series, c.number, c.issue_year, c.pdf_name
    FROM candidate c WHERE c.id IN (SELECT bill_id FROM judged WHERE code <> ALL(%(not_refused)s))
"""
_COUNTS = """
    SELECT count(*) FILTER (WHERE j.bill_id IS NULL), count(*) FILTER (WHERE j.code = %(equal)s),
           count(*) FILTER (WHERE j.code <> %(equal)s)
    FROM candidate c LEFT JOIN judged j ON j.bill_id = c.id AND j.code <> ALL(%(warnings)s)
"""


class Judgement(Struct, frozen=True, kw_only=True):
    """How many of the bills that were read may come into force, are in force already, or are refused."""

    good: int
    equal: int
    refused: int


def judge(job_id: int, *, block: int, pdf_included: bool, ledger: FindingLedger) -> Judgement:
    """Judge all bills of a job that are read. Findings go to the ledger, refused documents to their table."""
    parameters: Parameters = {
        "job": job_id, "company": current_company(), "block": block,
        "limit": MAX_ROWS_PER_CODE, "warnings": list(_WARNINGS), "equal": _EQUAL,
        "not_refused": [_EQUAL, *_WARNINGS],
    }  # fmt: skip
    steps = [_TABLES, _TWICE_IN_FLOW, _REPLACING, _IN_FORCE_ALREADY, _PDF_OF_SEVERAL]
    if pdf_included:
        steps.append(_PDF_MISSING)
    steps += [_PDF_UNFIT, _EINVOICE_MISSING, _REPLACED]
    with connection.cursor() as cursor:
        for step in steps:
            cursor.execute(step, parameters)
        cursor.execute("ANALYZE judged")
        for finding, times in _findings(parameters):
            ledger.add(finding, times=times)
        cursor.execute(_REFUSED, parameters)
        cursor.execute(_COUNTS, parameters)
        good, equal, refused = cursor.fetchone()
    return Judgement(good=good, equal=equal, refused=refused)


def _findings(parameters: Parameters) -> Iterator[tuple[Finding, int]]:
    """Each finding once; the last row kept of a code carries the count of those that are not."""
    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS, parameters)
        for code, name, document, line, place, total in cursor.fetchall():
            level = Level.WARNING if code == _EQUAL or code in _WARNINGS else Level.DOCUMENT
            more = max(total - MAX_ROWS_PER_CODE, 0) if place == MAX_ROWS_PER_CODE else 0
            values = {"nome": name} if name else {}
            yield Finding(code=code, level=level, line=line, document=document, values=values), 1 + more
        cursor.execute(_OWNERLESS_PDFS, parameters)
        rows = cursor.fetchall()
        for place, (name, total) in enumerate(rows, 1):
            more = total - len(rows) if place == len(rows) else 0
            yield Finding(code="WRN-406", level=Level.WARNING, file=name, values={"nome": name}), 1 + more
