"""Contacts files that stopped on their way go on; contacts that waited too long for their customer go."""

from datetime import datetime, timedelta

from django.db import connection

from smartbill.apps.archive.models import WaitingContact
from smartbill.apps.intake.models import ContactFile
from smartbill.database.context import company, sweep
from smartbill.usecases.each import for_each
from smartbill.usecases.intake.contact_files import read_contact_file

#: A file is looked after again when nothing has moved it for so long.
STAY = timedelta(minutes=5)
_AT_ONCE = 100
_DELETED_AT_ONCE = 10_000

# A task that waits for another try, or runs, is alive.
_STOPPED = """
    SELECT f.company_id, f.id FROM intake_contactfile f
    WHERE f.state IN ('received', 'taking')
      AND coalesce(f.swept_at, f.decided_at, f.received_at) < %s AND NOT EXISTS (
        SELECT FROM procrastinate_jobs t WHERE t.status IN ('todo', 'doing') AND t.queue_name = 'intake'
          AND t.task_name = 'intake.read_contact_file' AND (t.args ->> 'file_id')::bigint = f.id)
    ORDER BY coalesce(f.swept_at, f.received_at), f.id LIMIT %s
"""


def sweep_contacts(*, now: datetime, stay: timedelta = STAY) -> int:
    """Put files that stopped on their way again; returns how many. Raises ExceptionGroup at the end."""
    with sweep(), connection.cursor() as cursor:
        cursor.execute(_STOPPED, [now - stay, _AT_ONCE])
        stopped = cursor.fetchall()
        ended = WaitingContact.objects.filter(until__lt=now).order_by("until").values("pk")[:_DELETED_AT_ONCE]
        WaitingContact.objects.filter(pk__in=ended).delete()

    def go_on(found: tuple[int, int]) -> None:
        company_id, file_id = found
        with company(company_id):
            ContactFile.objects.filter(pk=file_id).update(swept_at=now)
            read_contact_file.defer(company_id=company_id, file_id=file_id)

    for_each(stopped, go_on)
    return len(stopped)
