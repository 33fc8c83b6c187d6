"""What sources say about customers' contacts, against what is known: the differences, and only these, are written.

All by sets, in temporary tables that end with the transaction. `tell` makes them and changes nothing else, so the same
steps show beforehand what a file would do (`outcome`, `changes`); `apply` writes the differences and their history.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from msgspec import Struct

from smartbill.core.contacts.report import Change, Outcome
from smartbill.core.contacts.sources import BITS, Source
from smartbill.database.context import current_company
from smartbill.database.copying import Parameters

#: What a row of a source has, whatever table it lies in.
ROW_COLUMNS: Mapping[str, str] = {
    "source": "text", "key_kind": "text", "key": "text", "mobile": "text", "email": "text", "channel": "text",
    "language": "text", "consent": "bool", "consent_date": "date", "preferred": "bool", "name": "text", "line": "int8",
}  # fmt: skip
_COLUMNS = ", ".join(f"s.{column}" for column in ROW_COLUMNS)
_BITS = ", ".join(f"('{source}', {bit})" for source, bit in BITS.items())
_STAFF = BITS[Source.STAFF]
_SOURCE_OF = " ".join(f"WHEN {bit} THEN '{source}'" for source, bit in BITS.items())


def _lowest(bits: str) -> str:
    """The bit of the most trusted source of a sum."""
    return f"({bits} & -({bits}))"


def _source(bits: str) -> str:
    return f"CASE {_lowest(bits)} {_SOURCE_OF} END"


def _yes_no(column: str) -> str:
    return f"CASE {column} WHEN true THEN 'yes' WHEN false THEN 'no' ELSE '' END"


# A contact's key meets its customers: one by code, all that share a fiscal code or a VAT number.
_BY_KEY = f"""
    SELECT c.id AS customer_id, b.bit, {_COLUMNS}
    FROM told_row s JOIN archive_customer c ON s.key_kind = '{{kind}}' AND c.{{column}} = s.key
    JOIN (VALUES {_BITS}) AS b (source, bit) ON b.source = s.source
    WHERE s.key <> ''
"""  # noqa: S608 (constants of ours)
_TOLD = "CREATE TEMPORARY TABLE told ON COMMIT DROP AS" + " UNION ALL ".join(
    _BY_KEY.format(kind=kind, column=column)
    for kind, column in (("customer_code", "code"), ("fiscal_code", "fiscal_code"), ("vat_number", "vat_number"))
)
_SPOKEN = """
    CREATE TEMPORARY TABLE spoken ON COMMIT DROP AS
    SELECT customer_id, bit_or(bit) AS bits FROM told GROUP BY customer_id
"""
# Record 50 names the channel of its address. A row of a CSV has a mobile for SMS, and for WhatsApp only when that is
# the channel the customer asked for.
_VIAS = """
    CREATE TEMPORARY TABLE told_via ON COMMIT DROP AS
    SELECT t.customer_id, t.bit, t.source, t.consent, t.consent_date, t.preferred, t.line, a.via, a.address,
           sha256(convert_to(lower(a.address COLLATE "default"), 'UTF8')) AS address_hash
    FROM told t CROSS JOIN LATERAL (
        SELECT 'email' AS via, t.email AS address WHERE t.email <> ''
        UNION ALL
        SELECT CASE WHEN t.source = 'flow' AND t.channel <> '' THEN t.channel ELSE 'sms' END, t.mobile
        WHERE t.mobile <> ''
        UNION ALL
        SELECT 'whatsapp', t.mobile WHERE t.mobile <> '' AND t.source <> 'flow' AND t.channel = 'whatsapp'
    ) a
"""
_ADDRESSES = """
    CREATE TEMPORARY TABLE told_address ON COMMIT DROP AS
    SELECT DISTINCT ON (customer_id, via, address_hash)
           customer_id, via AS channel, address_hash, address, preferred, bit AS rank,
           bit_or(bit) OVER (PARTITION BY customer_id, via, address_hash) AS bits
    FROM told_via ORDER BY customer_id, via, address_hash, bit, preferred DESC, line DESC
"""
# A refusal in a CSV closes every channel; elsewhere a consent is that of the channel it was said for, also where the
# address beside it could not be used.
_SAID_CONSENTS = """
    CREATE TEMPORARY TABLE told_consent ON COMMIT DROP AS
    SELECT customer_id, via AS channel, source, bool_and(consent) AS given, max(consent_date) AS said_on FROM (
        SELECT customer_id, via, source, consent, consent_date FROM told_via WHERE consent IS NOT NULL
        UNION ALL
        SELECT customer_id, via, source, consent, consent_date
        FROM told CROSS JOIN unnest(ARRAY['sms', 'whatsapp', 'email', 'pec']) AS via
        WHERE consent = false AND source <> 'flow'
        UNION ALL
        SELECT customer_id, channel, source, consent, consent_date FROM told
        WHERE consent = false AND source = 'flow' AND channel <> '' AND mobile = '' AND email = ''
    ) said GROUP BY customer_id, via, source
"""
_CHANNELS = """
    CREATE TEMPORARY TABLE channel_consent ON COMMIT DROP AS
    SELECT customer_id, channel, bool_and(known) AS before, bool_and(said) AS after FROM (
        SELECT customer_id, channel, k.given AS known, coalesce(s.given, k.given) AS said
        FROM (SELECT customer_id, channel::text, source::text, given FROM archive_consent
              WHERE customer_id IN (SELECT customer_id FROM spoken)) k
        FULL JOIN told_consent s USING (customer_id, channel, source)
    ) each_source GROUP BY customer_id, channel
"""
# `bits`: who tells the address when this is done. The spelling is that of the most trusted source.
_CONTACTS = """
    CREATE TEMPORARY TABLE contact_after ON COMMIT DROP AS
    SELECT *, CASE WHEN told_rank <= bits & -bits THEN told_preferred ELSE known_preferred END AS preferred,
           CASE WHEN told_rank <= bits & -bits THEN told_address ELSE known_address END AS address
    FROM (
        SELECT k.id, customer_id, channel, address_hash, k.spoken, k.disabled, k.told_by AS known_bits,
               k.address AS known_address, k.preferred AS known_preferred,
               (coalesce(k.told_by, 0) & ~coalesce(k.spoken, 0)) | coalesce(a.bits, 0) AS bits,
               a.rank AS told_rank, a.address AS told_address, a.preferred AS told_preferred
        FROM (SELECT c.id, c.customer_id, c.channel::text, c.address_hash, c.address, c.told_by::int, c.preferred,
                     c.disabled, p.bits AS spoken
              FROM archive_contact c JOIN spoken p ON p.customer_id = c.customer_id) k
        FULL JOIN told_address a USING (customer_id, channel, address_hash)
    ) each_address
"""
_WISHES = """
    CREATE TEMPORARY TABLE wish_after ON COMMIT DROP AS
    SELECT c.id AS customer_id, c.preferred_channel AS channel_before, c.language AS language_before,
           coalesce(w.channel, c.preferred_channel) AS channel, coalesce(l.language, c.language) AS language,
           w.source AS channel_source, l.source AS language_source
    FROM archive_customer c
    LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, channel, source FROM told
               WHERE channel <> '' AND (source <> 'flow' OR preferred) ORDER BY customer_id, bit, line DESC) w
           ON w.customer_id = c.id
    LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, language, source FROM told
               WHERE language <> '' ORDER BY customer_id, bit, line DESC) l
           ON l.customer_id = c.id AND NOT EXISTS (SELECT FROM language_settled s WHERE s.code = c.code)
    WHERE w.channel <> c.preferred_channel OR l.language <> c.language
"""
# The n-th address that goes and the n-th that comes of a channel are one change: mostly there is one of each.
_CHANGES = f"""
    CREATE TEMPORARY TABLE change ON COMMIT DROP AS
    SELECT customer_id, 'address' AS kind, channel, coalesce(gone.address, '') AS before,
           coalesce(come.address, '') AS after, coalesce(come.source, gone.source) AS source
    FROM (SELECT customer_id, channel, known_address AS address, {_source("spoken")} AS source,
                 row_number() OVER (PARTITION BY customer_id, channel ORDER BY address_hash) AS place
          FROM contact_after WHERE id IS NOT NULL AND bits = 0 AND NOT disabled) gone
    FULL JOIN (SELECT customer_id, channel, address, {_source("bits")} AS source,
                 row_number() OVER (PARTITION BY customer_id, channel ORDER BY address_hash) AS place
          FROM contact_after WHERE id IS NULL) come USING (customer_id, channel, place)
    UNION ALL
    SELECT customer_id, 'address', channel, known_address, address, {_source("told_rank")}
    FROM contact_after WHERE id IS NOT NULL AND bits <> 0 AND NOT disabled AND address <> known_address
    UNION ALL
    SELECT customer_id, 'consent', channel, {_yes_no("c.before")}, {_yes_no("c.after")}, s.source
    FROM channel_consent c JOIN (
        SELECT customer_id, channel, (array_agg(source ORDER BY given))[1] AS source
        FROM told_consent GROUP BY customer_id, channel) s USING (customer_id, channel)
    WHERE c.before IS DISTINCT FROM c.after
    UNION ALL
    SELECT customer_id, 'channel', '', channel_before, channel, channel_source FROM wish_after
    WHERE channel <> channel_before
    UNION ALL
    SELECT customer_id, 'language', '', language_before, language, language_source FROM wish_after
    WHERE language <> language_before
"""  # noqa: S608
_STEPS = (
    ("told", _TOLD),
    ("spoken", _SPOKEN),
    ("told_via", _VIAS),
    ("told_address", _ADDRESSES),
    ("told_consent", _SAID_CONSENTS),
    ("channel_consent", _CHANNELS),
    ("contact_after", _CONTACTS),
    ("wish_after", _WISHES),
    ("change", _CHANGES),
)

_WRITE_CONSENTS = """
    INSERT INTO archive_consent AS c (company_id, customer_id, channel, source, given, said_on, updated_at)
    SELECT %(company)s, customer_id, channel, source, given, said_on, %(now)s FROM told_consent
    ON CONFLICT (company_id, customer_id, channel, source) DO UPDATE
    SET given = excluded.given, said_on = excluded.said_on, updated_at = excluded.updated_at
    WHERE c.given <> excluded.given OR c.said_on IS DISTINCT FROM excluded.said_on
"""
# What a source no longer says is not the customer's address any more: it may be somebody else's by now. What people of
# the company say, they say elsewhere, perhaps in this very moment: their bit is always the one in the row.
_DELETE = f"""
    DELETE FROM archive_contact k USING contact_after a
    WHERE k.id = a.id AND a.bits = 0 AND NOT k.disabled AND k.told_by & {_STAFF} = 0
"""  # noqa: S608
_BITS_AFTER = f"((a.bits & ~{_STAFF}) | (k.told_by & {_STAFF}))"
_UPDATE = f"""
    UPDATE archive_contact k
    SET told_by = {_BITS_AFTER}, address = a.address, preferred = a.preferred,
        source = coalesce({_source(_BITS_AFTER)}, k.source), source_rank = {_lowest(_BITS_AFTER)},
        job_id = coalesce(%(job)s, k.job_id), updated_at = %(now)s
    FROM contact_after a
    WHERE k.id = a.id AND (k.told_by, k.address, k.preferred) <> ({_BITS_AFTER}, a.address, a.preferred)
"""  # noqa: S608
_INSERT = f"""
    INSERT INTO archive_contact AS k (company_id, customer_id, channel, address, address_hash, source, source_rank,
                                      told_by, preferred, consent, disabled, job_id, updated_at)
    SELECT %(company)s, a.customer_id, a.channel, a.address, a.address_hash, {_source("a.bits")}, {_lowest("a.bits")},
           a.bits, a.preferred, c.after, false, %(job)s, %(now)s
    FROM contact_after a
    LEFT JOIN channel_consent c ON c.customer_id = a.customer_id AND c.channel = a.channel
    WHERE a.id IS NULL
    ON CONFLICT (company_id, customer_id, channel, address_hash) DO UPDATE SET told_by = k.told_by | excluded.told_by
"""  # noqa: S608
# Contacts of other sources, too: their channel may just have been closed, or opened again.
_APPLY_CONSENTS = """
    UPDATE archive_contact k SET consent = c.after FROM channel_consent c
    WHERE c.before IS DISTINCT FROM c.after
      AND k.customer_id = c.customer_id AND k.channel = c.channel AND k.consent IS DISTINCT FROM c.after
"""
_WRITE_WISHES = """
    UPDATE archive_customer c SET preferred_channel = w.channel, language = w.language, updated_at = %(now)s
    FROM wish_after w WHERE c.id = w.customer_id
"""
_HISTORY = """
    INSERT INTO archive_contactevent (company_id, customer_id, at, kind, channel, before, after, source,
                                      job_id, file_id, actor, reason)
    SELECT %(company)s, customer_id, %(now)s, kind, channel, before, after, source, %(job)s, %(file)s, %(actor)s, ''
    FROM change
"""
_OUTCOME = """
    SELECT count(*) FILTER (WHERE e.customer_id IS NOT NULL AND k.customer_id IS NULL),
           count(*) FILTER (WHERE e.customer_id IS NOT NULL AND k.customer_id IS NOT NULL),
           count(*) FILTER (WHERE e.customer_id IS NULL),
           coalesce(sum(e.come), 0)::bigint, coalesce(sum(e.gone), 0)::bigint,
           count(*) FILTER (WHERE e.withdrawn), count(*) FILTER (WHERE e.given)
    FROM spoken p
    LEFT JOIN (SELECT DISTINCT customer_id FROM contact_after WHERE id IS NOT NULL AND NOT disabled) k
           ON k.customer_id = p.customer_id
    LEFT JOIN (
        SELECT customer_id, count(*) FILTER (WHERE kind = 'address' AND after <> '') AS come,
               count(*) FILTER (WHERE kind = 'address' AND before <> '') AS gone,
               bool_or(kind = 'consent' AND after = 'no') AS withdrawn,
               bool_or(kind = 'consent' AND after = 'yes') AS given
        FROM change GROUP BY customer_id
    ) e ON e.customer_id = p.customer_id
"""
_FIRST_CHANGES = """
    SELECT c.id, c.code, c.name, e.kind, e.channel, e.before, e.after
    FROM change e JOIN archive_customer c ON c.id = e.customer_id
    ORDER BY e.kind = 'consent' AND e.after = 'no' DESC, e.before <> '' DESC, c.code, e.kind, e.channel LIMIT %s
"""


class Origin(Struct, frozen=True, kw_only=True):
    """What the history says of the changes of one merge."""

    job_id: int | None = None
    file_id: int | None = None
    actor: str = ""  # e-mail of the person who took the file


def tell(*, many: bool) -> None:
    """Compare the temporary table `told_row` (columns: `ROW_COLUMNS`) with what is known.

    `language_settled` (code) has the customers whose language is settled otherwise. `many`: joins are by hash from
    here on. The planner knows nothing of a new company, takes all it has for one row, and would loop over it.
    """
    with connection.cursor() as cursor:
        if many:
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL default_statistics_target = 10")
        for table, step in _STEPS:
            cursor.execute(step)
            cursor.execute(f"ANALYZE {table}")


def outcome(*, unknown: int) -> Outcome:
    """How many customers and addresses what was told changes; `unknown` rows tell of nobody known."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOME)
        new, changed, unchanged, come, gone, withdrawn, given = cursor.fetchone()
    return Outcome(
        new=new,
        changed=changed,
        unchanged=unchanged,
        unknown=unknown,
        added=come,
        removed=gone,
        withdrawn=withdrawn,
        given=given,
    )


def changes(limit: int) -> list[Change]:
    """The first changes for staff to look at: withdrawn consents before all, then what replaces something."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_CHANGES, [limit])
        return [Change(*row) for row in cursor.fetchall()]


def apply(origin: Origin, *, now: datetime) -> None:
    """Write the differences that `tell` found, and the history."""
    parameters: Parameters = {
        "company": current_company(), "job": origin.job_id, "file": origin.file_id, "actor": origin.actor, "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for step in (_WRITE_CONSENTS, _DELETE, _UPDATE, _INSERT, _APPLY_CONSENTS, _WRITE_WISHES, _HISTORY):
            cursor.execute(step, parameters)
