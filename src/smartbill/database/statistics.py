"""What the planner knows of tables that grow by a job at a time.

Autovacuum looks at a table within a minute or so of its growth. Until then the planner takes a company that has just
come for a handful of rows, and loops over what it should join by hash: minutes, where it should be a second. Only the
owner of a table may analyse it, so a function of the owner does.
"""

from collections.abc import Sequence

from django.db import connection, migrations

#: Where a job is this share of a table or less, what is known of the table still holds.
_SHARE = 10

_BODY = """
    DECLARE grown regclass;
    BEGIN
        FOR grown IN
            SELECT c.oid FROM pg_class c WHERE c.oid = ANY(ARRAY[{tables}]::regclass[]) AND c.reltuples < rows * {share}
        LOOP
            EXECUTE format('ANALYZE %s', grown);
        END LOOP;
    END
"""


def analysing_function(name: str, tables: Sequence[str]) -> migrations.RunSQL:
    """A function that the app may call: analyse those of the tables that so many new rows change."""
    body = _BODY.format(tables=", ".join(f"'{table}'" for table in tables), share=_SHARE)
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {name}(rows bigint) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ {body} $$;
        REVOKE ALL ON FUNCTION {name} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {name} TO smartbill_app;
        """,
        f"DROP FUNCTION {name}",
    )


def analyse_archive(rows: int) -> None:
    """After so many bills have come into the archive, in a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT smartbill_analyse_archive(%s)", [rows])
