"""Tables cut by month: old months are dropped whole, new ones are made ahead.

A partitioned table is made by `make_partitioned` in a migration behind the one that creates its model; the app role
calls the function `smartbill_add_partition` (it may not create tables itself).
"""

from datetime import date, timedelta

from django.db import connection, migrations

#: Rows of the month that were kept in the default part meanwhile move along: with them there no part could be added.
ADD_PARTITION = """
CREATE OR REPLACE FUNCTION smartbill_add_partition(parent text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first date := date_trunc('month', month)::date;
  next date := (first + interval '1 month')::date;
  child text := parent || '_' || to_char(first, 'YYYY_MM');
  rest text := parent || '_default';
  by_column text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = to_regclass(quote_ident(parent))) THEN
    RAISE EXCEPTION '% is not a table cut by month', parent;
  END IF;
  IF to_regclass(quote_ident(child)) IS NOT NULL THEN
    RETURN;
  END IF;
  SELECT a.attname INTO STRICT by_column FROM pg_partitioned_table p
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partrelid = to_regclass(quote_ident(parent));
  EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', rest);
  IF to_regclass(quote_ident(child)) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
  EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) '
                 'INSERT INTO %I SELECT * FROM moved', rest, by_column, first, by_column, next, child);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, first, next);
END $$
"""


def make_partitioned(table: str, column: str) -> migrations.RunSQL:
    """Turn the empty table just created into one cut by month of `column`, with a default part for stray dates.

    Its primary key is (id, column), `id` counts by itself. Indexes are added by later operations of the migration.
    """
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} RENAME TO {table}_plain;
        CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS) PARTITION BY RANGE ({column});
        ALTER TABLE {table} ALTER COLUMN id DROP DEFAULT;
        DROP TABLE {table}_plain;
        CREATE SEQUENCE {table}_id_seq OWNED BY {table}.id;
        ALTER TABLE {table} ALTER COLUMN id SET DEFAULT nextval('{table}_id_seq');
        ALTER TABLE {table} ADD PRIMARY KEY (id, {column});
        CREATE TABLE {table}_default PARTITION OF {table} DEFAULT;
        """,
        migrations.RunSQL.noop,
    )


def tables_by_month() -> list[str]:
    """The tables cut by month, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT partrelid::regclass::text FROM pg_partitioned_table ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def add_partitions(table: str, today: date, *, months: int = 3) -> None:
    """Make the parts of this month and the next ones."""
    month = today.replace(day=1)
    with connection.cursor() as cursor:
        for _ in range(months):
            cursor.execute("SELECT smartbill_add_partition(%s, %s)", [table, month])
            month = (month + timedelta(days=32)).replace(day=1)
