"""Files made for the folders of a company's area that it reads: `/esiti` (reports of jobs, receipts), `/esportazioni`.

Published here, served read-only elsewhere.
"""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings
from msgspec import Struct

from smartbill.adapters.files.registry import open_store
from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.models import Outcome
from smartbill.core.area.places import Shelf
from smartbill.core.company.documents import Intake
from smartbill.core.ports.files import outcome_key
from smartbill.database.context import company, sweep
from smartbill.usecases.each import for_each

#: Plain names only: they are shown by the file systems of others.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", re.ASCII)

#: A file is deleted so long after nobody is shown it any more: a slow reader may still have it open.
_GRACE = timedelta(hours=24)
_AT_ONCE = 500


class OutcomeFile(Struct, frozen=True, kw_only=True):
    """A file of such a folder as its company sees it."""

    id: int
    name: str
    size: int
    published_at: datetime


def publish_outcome(
    company_id: int,
    name: str,
    content: bytes | Iterable[bytes],
    now: datetime,
    *,
    job_id: int | None = None,
    shelf: Shelf = Shelf.OUTCOMES,
) -> OutcomeFile:
    """Put a file into the company's `/esiti`, or the folder said; one of the same name is replaced. Own transaction.

    `name`: letters, digits, `.`, `_`, `-`, at most 120; else ValueError.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"not a name for a file of /{shelf}: {name!r}")
    key = outcome_key(company_id, uuid4().hex)
    size = open_store(settings.SMARTBILL).write(key, [content] if isinstance(content, bytes) else content)
    with company(company_id):
        days = settled(Intake).outcomes_days
        Outcome.objects.filter(shelf=shelf, name=name, current=True).update(current=False, expires_at=now)
        made = Outcome.objects.create(
            company_id=company_id,
            shelf=shelf,
            name=name,
            key=key,
            size=size,
            job_id=job_id,
            published_at=now,
            expires_at=now + timedelta(days=days),
        )
        return _file(made)


def outcomes_of(company_id: int, now: datetime, *, shelf: Shelf = Shelf.OUTCOMES) -> list[OutcomeFile]:
    """What lies in the folder now, by name."""
    with company(company_id):
        found = Outcome.objects.filter(shelf=shelf, current=True, expires_at__gt=now).order_by("name")
        return [_file(each) for each in found]


def outcome_named(company_id: int, name: str, now: datetime, *, shelf: Shelf = Shelf.OUTCOMES) -> OutcomeFile | None:
    with company(company_id):
        found = Outcome.objects.filter(shelf=shelf, name=name, current=True, expires_at__gt=now).first()
        return None if found is None else _file(found)


def open_outcome(company_id: int, outcome_id: int) -> AbstractContextManager[BinaryIO]:
    """A seekable reader of the file. Raises FileNotFoundError when there is none (any more)."""
    with company(company_id):
        key = Outcome.objects.filter(pk=outcome_id).values_list("key", flat=True).first()
    if key is None:
        raise FileNotFoundError(Path("esiti", str(outcome_id)))
    return open_store(settings.SMARTBILL).open(key)


def delete_expired_outcomes(*, now: datetime) -> int:
    """Delete files that nobody is shown any more, a day later; returns how many. Raises ExceptionGroup at the end.

    The file goes before its row: whoever is stopped in between finds the row again.
    """
    with sweep():
        expired = Outcome.objects.filter(expires_at__lt=now - _GRACE).order_by("expires_at", "id")[:_AT_ONCE]
        found = list(expired.values_list("company_id", "id", "key"))
    store = open_store(settings.SMARTBILL)

    def delete(item: tuple[int, int, str]) -> None:
        company_id, outcome_id, key = item
        store.delete(key)
        with company(company_id):
            Outcome.objects.filter(pk=outcome_id).delete()

    for_each(found, delete)
    return len(found)


def _file(row: Outcome) -> OutcomeFile:
    return OutcomeFile(id=row.pk, name=row.name, size=row.size, published_at=row.published_at)
