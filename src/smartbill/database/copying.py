"""The fast way in: rows are copied into a temporary table and moved on by INSERT … SELECT in the same transaction.

COPY straight into a table with row-level security is refused by PostgreSQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import psycopg
from django.db import connection

#: Named parameters of a statement.
Parameters = dict[str, Any]


def copy_rows(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Fill the new temporary table `table`, gone at the end of the transaction. `columns`: name -> type of PostgreSQL.

    Table, columns and types are constants of the caller, never data.
    """
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with connection.cursor() as wrapper:
        cursor = cast("psycopg.Cursor[tuple[object, ...]]", wrapper.cursor)
        # Rows stay whole up to a page: no value is packed, or laid apart, for a moment only.
        cursor.execute(
            f"CREATE TEMPORARY TABLE {table} ({definition}) WITH (toast_tuple_target = 8160) ON COMMIT DROP".encode()
        )
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode()) as copy:
            copy.set_types(list(columns.values()))
            for row in rows:
                copy.write_row(row)
