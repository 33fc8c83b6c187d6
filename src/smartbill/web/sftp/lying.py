"""What lies in a folder and goes nowhere: found, told through the use case, deleted when its time is over."""

import os
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec import Struct

from smartbill.core.area.places import shown_name
from smartbill.usecases.area.stranded import Lying, note_stranded


class Patience(Struct, frozen=True):
    """Seconds: before staff are told of a file that lies there, and before it is deleted."""

    told_after: float
    kept: float


class LyingFiles:
    """Asked again and again; the database is asked only when something is new."""

    def __init__(self, source: str, patience: Patience) -> None:
        self._source = source
        self._patience = patience
        self._noted: dict[int, list[Lying]] = {}

    def look(
        self,
        company_id: int,
        files: Iterable[tuple[bytes, os.stat_result]],
        remove: Callable[[bytes], None],
        now: float,
    ) -> Callable[[], None] | None:
        """What is to be written down of a company's files, if anything. `now`: seconds since 1970."""
        lying, expired = [], []
        for name, stat in files:
            age = now - stat.st_mtime
            if age >= self._patience.kept:
                remove(name)
                expired.append(shown_name(name))
            elif age >= self._patience.told_after:
                changed_at = datetime.fromtimestamp(stat.st_mtime, UTC)
                lying.append(Lying(name=shown_name(name), size=stat.st_size, changed_at=changed_at))
        lying.sort(key=lambda each: each.name)
        if self._noted.get(company_id) == lying and not expired:
            return None
        return partial(self._note, company_id, lying, expired)

    def _note(self, company_id: int, lying: list[Lying], expired: Collection[str]) -> None:
        kept = timedelta(seconds=self._patience.kept)
        now = datetime.now(UTC)
        note_stranded(company_id, self._source, lying, expired=tuple(expired), kept=kept, now=now)
        self._noted[company_id] = lying
