"""Which company a customer's address means, and how its pages look; kept in the process for some seconds.

A change of look or settings shows everywhere that many seconds later; no page waits for a query of its own.
"""

import time
from threading import Lock

from msgspec import Struct

from smartbill.apps.companies.queries import CompanyEntry, directory, published, settled
from smartbill.core.company.documents import Access, Look, Paper
from smartbill.database.context import company

KEPT_SECONDS = 5.0


class CompanyFace(Struct, frozen=True):
    """A company as its customers see it."""

    entry: CompanyEntry
    look_version: int
    look: Look
    access: Access
    paper: Paper = Paper()

    @property
    def name(self) -> str:
        return self.look.display_name or self.entry.name


class _Kept(Struct):
    at: float
    by_code: dict[str, CompanyEntry]
    by_host: dict[str, CompanyEntry]
    faces: dict[int, CompanyFace]


_lock = Lock()
_kept: _Kept | None = None


def company_at(host: str, code: str | None) -> CompanyFace | None:
    """The company of `/c/<code>/…`, or without a code that of the host. A host of one company shows no other's pages.

    `host` is without port. None when there is no such active company.
    """
    kept = _current()
    owner = kept.by_host.get(host.lower())
    entry = owner if code is None else kept.by_code.get(code)
    if entry is None or (owner is not None and owner != entry):
        return None
    face = kept.faces.get(entry.id)
    if face is None:
        face = kept.faces[entry.id] = _face(entry)
    return face


def forget_companies() -> None:
    """Read everything anew at the next request."""
    global _kept  # noqa: PLW0603 (one per process)
    _kept = None


def _current() -> _Kept:
    global _kept  # noqa: PLW0603 (one per process)
    kept = _kept
    if kept is None or time.monotonic() - kept.at > KEPT_SECONDS:
        with _lock:
            kept = _kept
            if kept is None or time.monotonic() - kept.at > KEPT_SECONDS:
                entries = directory()
                kept = _kept = _Kept(
                    at=time.monotonic(),
                    by_code={entry.code: entry for entry in entries},
                    by_host={entry.host.lower(): entry for entry in entries if entry.host},
                    faces={},
                )
    return kept


def _face(entry: CompanyEntry) -> CompanyFace:
    with company(entry.id):
        version, look = published(Look)
        return CompanyFace(entry, version, look, settled(Access), settled(Paper))
