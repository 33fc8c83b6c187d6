"""Further ZIPs of PDFs, as staff see them. Inside `with company()`."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext
from msgspec import Struct

from smartbill.apps.intake.models import FurtherZip, Job
from smartbill.core.wording.findings import message
from smartbill.usecases.intake.further import finding_of

#: More of one job, or more that wait, are not shown.
_MOST = 200


class FurtherLine(Struct, frozen=True, kw_only=True):
    """A further ZIP of PDFs, and what became of it."""

    name: str
    state: str
    received_at: datetime
    sentence: str


def further_of(job: Job) -> list[FurtherLine]:
    """Those of a job, as they came."""
    return [_line(row) for row in _rows().filter(job=job)[:_MOST]]


def further_waiting() -> list[FurtherLine]:
    """Those whose flow has not come yet."""
    return [_line(row) for row in _rows().filter(state=FurtherZip.State.WAITING)[:_MOST]]


def _rows() -> QuerySet[FurtherZip]:
    return FurtherZip.objects.select_related("drop").order_by("received_at", "id")


def _line(row: FurtherZip) -> FurtherLine:
    found = finding_of(row)
    return FurtherLine(
        name=row.drop.name,
        state=row.state,
        received_at=row.received_at,
        sentence=message(found, gettext) if found is not None else "",
    )
