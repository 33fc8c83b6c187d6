"""The months ahead of the tables that are cut by month."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from smartbill.database.partitions import add_partitions, tables_by_month


def add_months(*, now: datetime) -> None:
    """Make the parts of this month and the next ones where they are missing."""
    with transaction.atomic():
        for table in tables_by_month():
            add_partitions(table, timezone.localdate(now))
