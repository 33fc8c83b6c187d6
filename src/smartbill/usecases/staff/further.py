"""Further ZIPs of PDFs, as staff see them. Inside `with company()`."""

from datetime import datetime

from django.utils.translation import gettext
from msgspec import Struct

from smartbill.apps.intake.models import FurtherZip, Job
from smartbill.core.wording.findings import message
from smartbill.usecases.intake.further import finding_of

#: More of one job are not shown.
_MOST = 200


class FurtherLine(Struct, frozen=True, kw_only=True):
    """A further ZIP of PDFs, and what became of it."""

    name: str
    state: str
    received_at: datetime
    sentence: str


def further_of(job: Job) -> list[FurtherLine]:
    """Those of a job, as they came."""
    rows = FurtherZip.objects.select_related("drop").filter(job=job).order_by("received_at", "id")
    return [further_line(row) for row in rows[:_MOST]]


def further_line(row: FurtherZip) -> FurtherLine:
    found = finding_of(row)
    return FurtherLine(
        name=row.drop.name,
        state=row.state,
        received_at=row.received_at,
        sentence=message(found, gettext) if found is not None else "",
    )
