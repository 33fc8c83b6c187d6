"""Contacts that came with a job become the contacts of its customers, the more trusted source first (R5)."""

import json
from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from smartbill.core.flows.ledger import MAX_ROWS_PER_CODE, FindingLedger
from smartbill.core.flows.value import Finding, Level
from smartbill.database.copying import Parameters

#: Staged source -> rank; the lower, the more it is trusted.
RANKS = {"flow": 10, "job_csv": 20}

#: From so many bills on, joins are by hash. The planner knows nothing of a new company, takes all it has for one row,
#: and would loop over it; with fewer bills that costs nothing.
_MANY_BILLS = 2_000
_NO_LOOPS = """
    SELECT set_config('enable_nestloop', 'off', true) WHERE (SELECT count(*) FROM published) > %(many)s
"""
# A contact's key meets its customers: one by code, all that share a fiscal code or a VAT number.
_BY_KEY = """
    SELECT c.id AS customer_id, c.company_id, s.source, r.rank, s.mobile, s.email, s.channel, s.language, s.consent,
           s.preferred, s.line, s.key_kind, s.key
    FROM intake_stagedcontact s
    JOIN archive_customer c ON s.key_kind = '{kind}' AND c.{column} = s.key
    JOIN (SELECT key AS source, value::int AS rank FROM json_each_text(%(ranks)s::json)) r ON r.source = s.source
    WHERE s.job_id = %(job)s AND s.key <> ''
"""
_RESOLVED = "CREATE TEMPORARY TABLE told ON COMMIT DROP AS" + " UNION ALL ".join(
    _BY_KEY.format(kind=kind, column=column)
    for kind, column in (("customer_code", "code"), ("fiscal_code", "fiscal_code"), ("vat_number", "vat_number"))
)
# Record 50 names the channel of its address. A row of a CSV has a mobile for SMS, and for WhatsApp only when that is
# the channel the customer asked for.
_ADDRESSES = """
    CREATE TEMPORARY TABLE told_address ON COMMIT DROP AS
    SELECT t.*, a.via, a.address, sha256(convert_to(lower(a.address COLLATE "default"), 'UTF8')) AS address_hash
    FROM told t CROSS JOIN LATERAL (
        SELECT 'email' AS via, t.email AS address WHERE t.email <> ''
        UNION ALL
        SELECT CASE WHEN t.source = 'flow' AND t.channel <> '' THEN t.channel ELSE 'sms' END, t.mobile
        WHERE t.mobile <> ''
        UNION ALL
        SELECT 'whatsapp', t.mobile WHERE t.mobile <> '' AND t.source <> 'flow' AND t.channel = 'whatsapp'
    ) a
"""
# A refusal in a CSV closes every channel; elsewhere a consent is that of the channel it was said for.
_CONSENTS = """
    INSERT INTO archive_consent AS c (company_id, customer_id, channel, source, given, updated_at)
    SELECT company_id, customer_id, via, source, bool_and(consent), %(now)s FROM (
        SELECT company_id, customer_id, via, source, consent FROM told_address WHERE consent IS NOT NULL
        UNION ALL
        SELECT company_id, customer_id, via, source, consent
        FROM told CROSS JOIN unnest(ARRAY['sms', 'whatsapp', 'email', 'pec']) AS via
        WHERE consent = false AND source <> 'flow'
    ) said GROUP BY company_id, customer_id, via, source
    ON CONFLICT (customer_id, channel, source) DO UPDATE SET given = excluded.given, updated_at = excluded.updated_at
    WHERE c.given <> excluded.given
"""
# What a source no longer says is not the customer's address any more: it may be somebody else's by now.
_FORGET = """
    DELETE FROM archive_contact k USING (SELECT DISTINCT customer_id, source FROM told) t
    WHERE k.customer_id = t.customer_id AND k.source = t.source AND NOT EXISTS (
        SELECT FROM told_address a
        WHERE a.customer_id = k.customer_id AND a.via = k.channel AND a.address_hash = k.address_hash)
"""
_MERGE = """
    INSERT INTO archive_contact AS k (company_id, customer_id, channel, address, address_hash, source, source_rank,
                                      preferred, consent, job_id, updated_at)
    SELECT DISTINCT ON (a.customer_id, a.via, a.address_hash)
           a.company_id, a.customer_id, a.via, a.address, a.address_hash, a.source, a.rank,
           a.preferred, c.given, %(job)s, %(now)s
    FROM told_address a LEFT JOIN channel_consent c ON c.customer_id = a.customer_id AND c.channel = a.via
    ORDER BY a.customer_id, a.via, a.address_hash, a.rank, a.preferred DESC, a.line DESC
    ON CONFLICT (customer_id, channel, address_hash) DO UPDATE SET
           address = excluded.address, source = excluded.source, source_rank = excluded.source_rank,
           preferred = excluded.preferred, job_id = excluded.job_id, updated_at = excluded.updated_at
    WHERE excluded.source_rank <= k.source_rank
"""
_CHANNEL_CONSENTS = """
    CREATE TEMPORARY TABLE channel_consent ON COMMIT DROP AS
    SELECT customer_id, channel, bool_and(given) AS given FROM archive_consent
    WHERE customer_id IN (SELECT customer_id FROM told) GROUP BY customer_id, channel;
    ANALYZE channel_consent
"""
# Contacts of other sources, too: their channel may just have been closed, or opened again.
_APPLY_CONSENTS = """
    UPDATE archive_contact k SET consent = c.given FROM channel_consent c
    WHERE k.customer_id = c.customer_id AND k.channel = c.channel AND k.consent IS DISTINCT FROM c.given
"""
_WISHES = """
    UPDATE archive_customer c SET preferred_channel = w.channel, updated_at = %(now)s
    FROM (SELECT DISTINCT ON (customer_id) customer_id, channel FROM told
          WHERE channel <> '' AND (source <> 'flow' OR preferred)
          ORDER BY customer_id, rank, line DESC) w
    WHERE c.id = w.customer_id AND c.preferred_channel <> w.channel;
    UPDATE archive_customer c SET language = w.language, updated_at = %(now)s
    FROM (SELECT DISTINCT ON (customer_id) customer_id, language FROM told
          WHERE language <> '' ORDER BY customer_id, rank, line DESC) w
    WHERE c.id = w.customer_id AND c.language <> w.language AND NOT EXISTS (
        SELECT FROM wanted b WHERE b.customer_code = c.code AND b.language <> '')
"""
_UNKNOWN = """
    SELECT s.line, count(*) OVER () FROM intake_stagedcontact s
    WHERE s.job_id = %(job)s AND s.source = 'job_csv' AND NOT EXISTS (
        SELECT FROM told t WHERE t.key_kind = s.key_kind AND t.key = s.key)
    ORDER BY s.line LIMIT %(limit)s
"""
_UNREACHABLE = """
    SELECT b.line, b.display_number, b.customer_code, count(*) OVER ()
    FROM published p JOIN wanted b ON b.id = p.id
    WHERE NOT EXISTS (
        SELECT FROM archive_customer c JOIN archive_contact k ON k.customer_id = c.id
        WHERE c.code = b.customer_code AND k.consent IS DISTINCT FROM false)
    ORDER BY b.doc_seq LIMIT %(limit)s
"""


def merge_contacts(job_id: int, *, now: datetime, ledger: FindingLedger) -> None:
    """Merge the staged contacts of a job just published; customers unknown or out of reach go to the ledger."""
    parameters: Parameters = {"job": job_id, "now": now, "limit": MAX_ROWS_PER_CODE, "ranks": json.dumps(RANKS)}
    parameters["many"] = _MANY_BILLS
    with connection.cursor() as cursor:
        cursor.execute(_NO_LOOPS, parameters)
        cursor.execute(_RESOLVED, parameters)
        cursor.execute(_ADDRESSES)
        cursor.execute("ANALYZE told; ANALYZE told_address")
        for step in (_CONSENTS, _CHANNEL_CONSENTS, _FORGET, _MERGE, _APPLY_CONSENTS, _WISHES):
            cursor.execute(step, parameters)
    for finding, times in _out_of_reach(parameters):
        ledger.add(finding, times=times)


def _out_of_reach(parameters: Parameters) -> Iterator[tuple[Finding, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, parameters)
        unknown = cursor.fetchall()
        cursor.execute(_UNREACHABLE, parameters)
        unreachable = cursor.fetchall()
    for place, (line, total) in enumerate(unknown, 1):
        more = total - len(unknown) if place == len(unknown) else 0
        yield Finding(code="CSV-512", level=Level.WARNING, line=line), 1 + more
    for place, (line, document, customer, total) in enumerate(unreachable, 1):
        more = total - len(unreachable) if place == len(unreachable) else 0
        values = {"codice": customer}
        yield Finding(code="WRN-407", level=Level.WARNING, line=line, document=document, values=values), 1 + more
