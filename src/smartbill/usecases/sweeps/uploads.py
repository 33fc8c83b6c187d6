"""Uploads of the page that stayed behind: nobody goes on with them, or their task is gone, or their pieces are not."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from smartbill.apps.audit.operations import record
from smartbill.apps.intake.models import PageUpload
from smartbill.database.context import company, sweep
from smartbill.usecases.area.halted import tell_halted
from smartbill.usecases.area.page_uploads import clear, hand_in
from smartbill.usecases.each import for_each

_STAY = timedelta(minutes=5)
_AT_ONCE = 100

_LOST = """
    SELECT u.company_id, u.id FROM intake_pageupload u
    WHERE u.state = 'whole' AND u.changed_at < %s AND NOT EXISTS (
        SELECT FROM procrastinate_jobs t WHERE t.status IN ('todo', 'doing') AND t.task_name = 'area.hand_in'
          AND (t.args ->> 'upload_id')::bigint = u.id)
    ORDER BY u.changed_at, u.id LIMIT %s
"""


def sweep_uploads(*, now: datetime) -> None:
    """Raises ExceptionGroup at the end."""
    for_each((_expire, _tell, _hand_in_again, _clear), lambda step: step(now))


def _expire(now: datetime) -> None:
    before = now - timedelta(days=settings.SMARTBILL.stranded_days)
    with sweep():
        still = PageUpload.objects.filter(state=PageUpload.State.OPEN, changed_at__lt=before).order_by("changed_at")
        found = list(still.values_list("company_id", "pk", "name")[:_AT_ONCE])

    def expire(item: tuple[int, int, str]) -> None:
        company_id, upload_id, name = item
        with company(company_id):
            open_ones = PageUpload.objects.filter(pk=upload_id, state=PageUpload.State.OPEN, changed_at__lt=before)
            if open_ones.update(state=PageUpload.State.EXPIRED):
                record(at=now, actor="page", act="expire_upload", note=name)

    for_each(found, expire)


def _tell(now: datetime) -> None:
    before = now - timedelta(seconds=settings.SMARTBILL.stranded_seconds)
    with sweep():
        halted = PageUpload.objects.filter(state=PageUpload.State.OPEN, changed_at__lt=before, told_at__isnull=True)
        found = list(halted.order_by("changed_at").values_list("company_id", "pk")[:_AT_ONCE])
    for_each(found, lambda item: tell_halted(*item, before=before, now=now))


def _hand_in_again(now: datetime) -> None:
    with sweep(), connection.cursor() as cursor:
        cursor.execute(_LOST, [now - _STAY, _AT_ONCE])
        found = cursor.fetchall()

    def defer(item: tuple[int, int]) -> None:
        with company(item[0]):
            hand_in.defer(company_id=item[0], upload_id=item[1])

    for_each(found, defer)


def _clear(now: datetime) -> None:
    ended = set(PageUpload.State) - {PageUpload.State.OPEN, PageUpload.State.WHOLE}
    with sweep():
        rows = PageUpload.objects.filter(state__in=ended, cleared=False, changed_at__lt=now - _STAY)
        found = list(rows.order_by("changed_at").values_list("company_id", "pk")[:_AT_ONCE])
    for_each(found, lambda item: clear(*item))
