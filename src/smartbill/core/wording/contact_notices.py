"""What staff are told by e-mail about a contacts file that came alone. No personal data: figures, and where to look."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from smartbill.core.contacts.report import Outcome
from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.findings import message
from smartbill.core.wording.job_notices import Notice, counted


class ContactFileEvent(StrEnum):
    TAKEN = "taken"
    WAITING = "waiting"
    REFUSED = "refused"


class ContactFileNews(Struct, frozen=True, kw_only=True):
    event: ContactFileEvent
    company: str
    file: str
    rows: int
    refused: int
    outcome: Outcome
    causes: Sequence[Finding] = ()  # what refused the file, told in full
    counts: Sequence[CodeCount] = ()
    address: str = ""  # of the file's page


_SUBJECTS = {
    ContactFileEvent.TAKEN: "{company}: recapiti aggiornati",
    ContactFileEvent.WAITING: "{company}: recapiti in attesa di conferma",
    ContactFileEvent.REFUSED: "{company}: file di recapiti respinto",
}
_STORIES = {
    ContactFileEvent.TAKEN: "Il file «{file}» di {company} è stato letto e i suoi recapiti sono in uso.",
    ContactFileEvent.WAITING: (
        "Il file «{file}» di {company} è stato letto. I suoi recapiti valgono solo dopo la conferma di una persona."
    ),
    ContactFileEvent.REFUSED: "Il file «{file}» di {company} è stato respinto: nessun recapito è cambiato.",
}
_FIGURES = (
    "Righe {rows}, scartate {refused}. Clienti: nuovi {new}, modificati {changed}, invariati {unchanged}, "
    "con un consenso ritirato {withdrawn}. Righe di clienti non ancora conosciuti: {unknown}."
)
_REFUSED_FIGURES = "Righe {rows}, scartate {refused}."
_FINDINGS = "Segnalazioni:"
_REJECTS = "Le righe scartate si scaricano dalla pagina del file: si correggono e si inviano di nuovo."
_WHERE = "Dettagli: {address}"


def _same(sentence: str) -> str:
    return sentence


def contact_file_notice(news: ContactFileNews, translate: Callable[[str], str] = _same) -> Notice:
    """Subject and plain text, with the findings counted by code."""
    values: dict[str, object] = {
        "company": news.company, "file": "".join(filter(str.isprintable, news.file)), "address": news.address,
        "rows": news.rows, "refused": news.refused, "new": news.outcome.new, "changed": news.outcome.changed,
        "unchanged": news.outcome.unchanged, "withdrawn": news.outcome.withdrawn, "unknown": news.outcome.unknown,
    }  # fmt: skip
    figures = _REFUSED_FIGURES if news.event is ContactFileEvent.REFUSED else _FIGURES
    parts = [translate(_STORIES[news.event]).format_map(values), translate(figures).format_map(values)]
    findings = [f"- {cause.code}: {message(cause, translate)}" for cause in news.causes]
    findings += [counted(count, translate) for count in news.counts if count.level is not Level.FILE]
    if findings:
        parts.append("\n".join([translate(_FINDINGS), *findings]))
    if news.refused:
        parts.append(translate(_REJECTS))
    if news.address:
        parts.append(translate(_WHERE).format_map(values))
    return Notice(translate(_SUBJECTS[news.event]).format_map(values), "\n\n".join(parts) + "\n")
