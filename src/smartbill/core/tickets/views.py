"""Which visits are a person's view, which are machines: judged when counting, from the event log of one ticket."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from smartbill.core.tickets.steps import PAGES, Step
from smartbill.core.wording.marking import msgid

#: The rule, published beside the figures.
RULE = msgid(
    "Una visualizzazione è l’apertura di una pagina da parte di una persona: la richiesta non viene da un programma "
    "noto (anteprime dei messaggi, controlli della posta, motori di ricerca) ed è seguita, dallo stesso indirizzo e "
    "dallo stesso browser, dall’immagine della pagina o da un secondo passo (un’altra sezione, il PDF, il calendario). "
    "Ogni altra richiesta è contata a parte, come accesso automatico."
)


class VisitFact(Struct, frozen=True):
    """A row of the event log. `visitor` is the same for the same address and agent, within one ticket."""

    at: datetime
    step: str
    visitor: int
    machine: bool


class Views(Struct, frozen=True):
    viewed: bool
    views: int  # openings of Sommario by people; at least 1 where anything was viewed
    downloads: int
    machine_fetches: int  # requests of programs, and pages that nobody was seen to look at
    first_viewed_at: datetime | None


NO_VIEWS = Views(viewed=False, views=0, downloads=0, machine_fetches=0, first_viewed_at=None)


def judge(visits: Iterable[VisitFact]) -> Views:
    """Apply the rule to all visits of one ticket, in any order."""
    ordered = sorted(visits, key=lambda visit: visit.at)
    machine_fetches = sum(1 for visit in ordered if visit.machine)
    openings, downloads, first_viewed_at = 0, 0, None
    by_visitor: dict[int, list[VisitFact]] = {}
    for visit in ordered:
        if not visit.machine:
            by_visitor.setdefault(visit.visitor, []).append(visit)
    for steps in by_visitor.values():
        seen = _seen_by(steps)
        openings += seen.openings
        machine_fetches += seen.unconfirmed
        downloads += sum(1 for visit in steps if visit.step == Step.PDF)
        if seen.first_at and (first_viewed_at is None or seen.first_at < first_viewed_at):
            first_viewed_at = seen.first_at
    viewed = first_viewed_at is not None
    return Views(
        viewed=viewed,
        views=max(openings, 1) if viewed else 0,
        downloads=downloads,
        machine_fetches=machine_fetches,
        first_viewed_at=first_viewed_at,
    )


class _Seen(Struct, frozen=True):
    openings: int
    unconfirmed: int
    first_at: datetime | None


def _seen_by(steps: list[VisitFact]) -> _Seen:
    """One visitor's steps in order: a page is seen when a step other than that page itself follows it.

    Sommario fetched twice with nothing between is one opening (a reload, a double touch).
    """
    openings, unconfirmed, first_at = 0, 0, None
    following: set[str] = set()  # steps after this one
    since_summary = False  # has anything but Sommario followed, before the next Sommario?
    for visit in reversed(steps):
        if visit.step in PAGES:
            if following - {visit.step}:
                first_at = visit.at
            else:
                unconfirmed += 1
        if visit.step == Step.SUMMARY:
            openings += since_summary
            since_summary = False
        else:
            since_summary = True
        following.add(visit.step)
    return _Seen(openings, unconfirmed, first_at)
