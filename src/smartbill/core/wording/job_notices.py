"""What staff are told by e-mail when a job opens, is refused, is held, is published. No personal data."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.findings import SENTENCES, message

_PLACE_HOLDER = re.compile(r"\{\w+\}")
_LEVELS = {
    Level.FILE: "file respinto",
    Level.DOCUMENT: "documento scartato",
    Level.ROW: "riga scartata",
    Level.WARNING: "avviso",
}


class JobEvent(StrEnum):
    RECEIVED = "received"
    REFUSED = "refused"
    HELD = "held"
    PUBLISHED = "published"


class JobNews(Struct, frozen=True, kw_only=True):
    """The facts of a notice."""

    event: JobEvent
    company: str
    code: str
    file: str
    bills: int = 0
    refused: int = 0
    skipped: int = 0
    test_flow: bool = False
    causes: Sequence[Finding] = ()  # what refused the flow, told in full: it holds no personal data
    counts: Sequence[CodeCount] = ()
    address: str = ""  # of the job's page


class Notice(Struct, frozen=True):
    subject: str
    text: str


_SUBJECTS = {
    JobEvent.RECEIVED: "{code}: flusso ricevuto",
    JobEvent.REFUSED: "{code}: lavorazione rifiutata",
    JobEvent.HELD: "{code}: lavorazione in attesa di decisione",
    JobEvent.PUBLISHED: "{code}: lavorazione pubblicata",
}
_STORIES = {
    JobEvent.RECEIVED: (
        "{company} ha consegnato il file «{file}». La lavorazione {code} è aperta e la lettura è iniziata."
    ),
    JobEvent.REFUSED: (
        "Il file «{file}» di {company} (lavorazione {code}) è stato respinto: nessuna bolletta è stata presa."
    ),
    JobEvent.HELD: (
        "Il file «{file}» di {company} (lavorazione {code}) è stato letto con scarti: "
        "bollette valide {bills}, scartate {refused}. Nulla è ancora visibile ai clienti."
    ),
    JobEvent.PUBLISHED: (
        "Il file «{file}» di {company} (lavorazione {code}) è stato pubblicato: "
        "bollette {bills}, scartate {refused}, già presenti {skipped}."
    ),
}
_STEPS = {
    JobEvent.RECEIVED: "Non occorre fare nulla: un altro messaggio dirà come è andata la lettura.",
    JobEvent.REFUSED: "Correggere il flusso e inviarlo di nuovo: lo stesso identificativo può essere riusato.",
    JobEvent.HELD: "L'operatore (o il responsabile, dove l'azienda opera da sé) decide se prendere le bollette valide "
    "o rifiutare l'intera lavorazione.",
    JobEvent.PUBLISHED: "Ora si può inviare il lotto di prova agli addetti.",
}
_TEST_FLOW = "È un flusso di prova (ambiente T): non raggiungerà mai i clienti."
_FINDINGS = "Segnalazioni:"
_WHERE = "Dettagli: {address}"


def _same(sentence: str) -> str:
    return sentence


def job_notice(news: JobNews, translate: Callable[[str], str] = _same) -> Notice:
    """Subject and plain text, with the findings counted by code."""
    values = {
        "company": news.company, "code": news.code, "file": "".join(filter(str.isprintable, news.file)),
        "bills": news.bills, "refused": news.refused, "skipped": news.skipped, "address": news.address,
    }  # fmt: skip
    parts = [translate(_STORIES[news.event]).format_map(values)]
    if news.test_flow:
        parts.append(translate(_TEST_FLOW))
    told = {cause.code for cause in news.causes}
    findings = [f"- {cause.code}: {message(cause, translate)}" for cause in news.causes]
    findings += [_counted(count, translate) for count in news.counts if count.code not in told]
    if findings:
        parts.append("\n".join([translate(_FINDINGS), *findings]))
    parts.append(translate(_STEPS[news.event]))
    if news.address:
        parts.append(translate(_WHERE).format_map(values))
    return Notice(translate(_SUBJECTS[news.event]).format_map(values), "\n\n".join(parts) + "\n")


def _counted(found: CodeCount, translate: Callable[[str], str]) -> str:
    sentence = _PLACE_HOLDER.sub("…", translate(SENTENCES.get(found.code, found.code)))
    return f"- {found.code} ({translate(_LEVELS[found.level])}), {found.count}: {sentence}"
