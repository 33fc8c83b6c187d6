"""Bringing the schema up to date: the migrations, the policies and grants, the parts of this month and the next.

Connects as `smartbill_owner`.
"""

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from smartbill.database.partitions import add_partitions, tables_by_month
from smartbill.database.security import secure_schema

#: One migration at a time, whoever starts (a number of our own among the database's advisory locks).
_MIGRATION_LOCK = 7_306_001


def migrate(*, verbosity: int = 0) -> None:
    """Apply all migrations and secure every table; harmless to repeat, safe when several start at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=verbosity)
            secure_schema(connection)
            for table in tables_by_month():
                add_partitions(table, timezone.localdate())
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
