"""Files that lie in a company's folder and open no job: staff are told once, see them on the page of deliveries, and
after their time they are gone. Whoever watches the folder says what lies there; files are none of this room's business.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils.translation import gettext, override
from msgspec import Struct
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from smartbill.apps.audit.operations import record
from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import Drop, StrandedFile
from smartbill.apps.intake.operations import clean
from smartbill.core.area.places import UNFINISHED_SUFFIXES
from smartbill.core.wording.area_notices import stranded_notice
from smartbill.database.context import company, current_company
from smartbill.usecases.intake.notices import told_staff

#: So many of a folder are told; who puts more there has other worries.
MOST_TOLD = 200


class Lying(Struct, frozen=True, kw_only=True):
    """A file that has lain untouched for a while. `name` is a label."""

    name: str
    size: int
    changed_at: datetime
    account_id: int | None = None


@app.task(
    name="area.notify_stranded",
    queue="mail",
    pass_context=False,
    retry=RetryStrategy(max_attempts=10, exponential_wait=3),
)
def notify_stranded(*, company_id: int, stranded_id: int, staff_id: int) -> None:
    """Tell one of the staff, unless the file has found its way meanwhile."""
    with company(company_id):
        address = told_staff().filter(pk=staff_id).values_list("user__email", flat=True).first()
        stranded = StrandedFile.objects.filter(pk=stranded_id, settled_at__isnull=True).first()
        owner = company_of_transaction()
    if address is None or stranded is None:
        return
    with override("it"):
        notice = stranded_notice(
            company=owner.name,
            name=stranded.name,
            size=stranded.size,
            changed_at=stranded.changed_at,
            expires_at=stranded.expires_at,
            address=f"{settings.SMARTBILL.base_url}/backoffice/{owner.code}/consegne/",
            translate=gettext,
        )
    send_mail(notice.subject, notice.text, None, [address])


def note_stranded(
    company_id: int, source: str, lying: Sequence[Lying], *, expired: Sequence[str], kept: timedelta, now: datetime
) -> None:
    """What lies in the folder now, all of it: new ones are told, those that are gone are settled.

    `expired`: names of those that were just deleted because their time was over.
    """
    there = {clean(each.name, 255): each for each in lying[:MOST_TOLD]}
    over = {clean(name, 255) for name in expired}
    with company(company_id):
        known = {row.name: row for row in _waiting(source).select_for_update()}
        for name, row in known.items():
            if name not in there:
                _settle(row, StrandedFile.Fate.EXPIRED if name in over else _fate(row), now)
        for name, each in there.items():
            if name in known:
                _grown(known[name], each, kept)
            else:
                _tell(_found(source, each, kept, now))


def _waiting(source: str) -> QuerySet[StrandedFile]:
    return StrandedFile.objects.filter(source=source, settled_at__isnull=True)


def _found(source: str, each: Lying, kept: timedelta, now: datetime) -> StrandedFile:
    return StrandedFile.objects.create(
        company_id=current_company(),
        source=source,
        name=clean(each.name, 255),
        size=each.size,
        account_id=each.account_id,
        changed_at=each.changed_at,
        found_at=now,
        expires_at=each.changed_at + kept,
    )


def _grown(row: StrandedFile, each: Lying, kept: timedelta) -> None:
    """It was gone on with, and cut again: its time begins anew, nobody is told twice."""
    if (row.size, row.changed_at) != (each.size, each.changed_at):
        row.size, row.changed_at, row.expires_at = each.size, each.changed_at, each.changed_at + kept
        row.save(update_fields=["size", "changed_at", "expires_at"])


def _fate(row: StrandedFile) -> StrandedFile.Fate:
    """Taken in meanwhile, perhaps under the name that its sender gave it at the end; else its sender removed it."""
    names = [row.name]
    names += [row.name[: -len(suffix)] for suffix in UNFINISHED_SUFFIXES if row.name.encode().endswith(suffix)]
    taken = Drop.objects.filter(source=row.source, name__in=names, received_at__gte=row.changed_at).exists()
    return StrandedFile.Fate.TAKEN if taken else StrandedFile.Fate.REMOVED


def _settle(row: StrandedFile, fate: StrandedFile.Fate, now: datetime) -> None:
    row.fate, row.settled_at = fate, now
    row.save(update_fields=["fate", "settled_at"])
    if fate == StrandedFile.Fate.EXPIRED:
        record(at=now, actor=row.source, act="expire_upload", note=row.name)


def _tell(row: StrandedFile) -> None:
    tasks: list[JSONDict] = [
        {"company_id": row.company_id, "stranded_id": row.pk, "staff_id": staff_id}
        for staff_id in told_staff().order_by("user__email").values_list("pk", flat=True)
    ]
    if tasks:
        notify_stranded.batch_defer(*tasks)
