"""What staff are told by e-mail when a job opens, is read, is decided on by a person.

No personal data of customers.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.advice import advice
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
    WAITING = "waiting"  # for PDFs that the flow announces
    PUBLISHED = "published"
    NOT_APPROVED = "not_approved"
    WITHDRAWN = "withdrawn"


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
    flow_id: str = ""
    pdfs: int = 0
    pdfs_announced: int = 0
    pdfs_until: str = ""  # day and hour
    causes: Sequence[Finding] = ()  # what refused the flow, told in full: it holds no personal data
    counts: Sequence[CodeCount] = ()
    rows: Sequence[Finding] = ()  # the first ones: only their places are told
    by: str = ""  # who decided
    note: str = ""  # and why
    address: str = ""  # of the job's page


class Notice(Struct, frozen=True):
    subject: str
    text: str


_SUBJECTS = {
    JobEvent.RECEIVED: "{code}: flusso ricevuto",
    JobEvent.REFUSED: "{code}: lavorazione rifiutata",
    JobEvent.HELD: "{code}: lavorazione in attesa di decisione",
    JobEvent.WAITING: "{code}: lavorazione in attesa di PDF",
    JobEvent.PUBLISHED: "{code}: lavorazione pubblicata",
    JobEvent.NOT_APPROVED: "{code}: benestare rifiutato",
    JobEvent.WITHDRAWN: "{code}: lavorazione ritirata",
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
    JobEvent.WAITING: (
        "Il file «{file}» di {company} (lavorazione {code}) è stato letto, ma annuncia altri PDF: "
        "arrivati {pdfs} di {pdfs_announced}. Nulla è ancora visibile ai clienti."
    ),
    JobEvent.PUBLISHED: (
        "Il file «{file}» di {company} (lavorazione {code}) è stato pubblicato: "
        "bollette {bills}, scartate {refused}, già presenti {skipped}."
    ),
    JobEvent.NOT_APPROVED: (
        "{by} ha rifiutato il benestare all'invio della lavorazione {code} di {company}. Motivo: {note}"
    ),
    JobEvent.WITHDRAWN: (
        "{by} ha ritirato la lavorazione {code} di {company}: le bollette e i collegamenti non si aprono più. "
        "Motivo: {note}"
    ),
}
_STEPS = {
    JobEvent.RECEIVED: "Non occorre fare nulla: un altro messaggio dirà come è andata la lettura.",
    JobEvent.REFUSED: "Correggere il flusso e inviarlo di nuovo: lo stesso identificativo può essere riusato.",
    JobEvent.HELD: "L'operatore (o il responsabile, dove l'azienda opera da sé) decide se prendere le bollette valide "
    "o rifiutare l'intera lavorazione.",
    JobEvent.WAITING: "Inviare i PDF mancanti in uno o più archivi PDF_{flow_id}_1.zip, PDF_{flow_id}_2.zip… entro il "
    "{pdfs_until}; dopo, il flusso è respinto.",
    JobEvent.PUBLISHED: "Ora si può inviare il lotto di prova agli addetti.",
    JobEvent.NOT_APPROVED: "Nessun cliente riceve nulla. Corretto ciò che non va, si invia un nuovo lotto di prova.",
    JobEvent.WITHDRAWN: "Il flusso corretto può essere inviato di nuovo, anche con lo stesso identificativo.",
}
_TEST_FLOW = "È un flusso di prova (ambiente T): non raggiungerà mai i clienti."
_FINDINGS = "Segnalazioni:"
_PLACES = "Le prime righe:"
_PLACE = "riga {line}, record {record}, campo {field}"
#: So many rows are told in an e-mail; all of them are in the report.
PLACES_TOLD = 20
_WHERE = "Dettagli: {address}"


def _same(sentence: str) -> str:
    return sentence


def job_notice(news: JobNews, translate: Callable[[str], str] = _same) -> Notice:
    """Subject and plain text, with the findings counted by code."""
    values = {
        "company": news.company, "code": news.code, "file": "".join(filter(str.isprintable, news.file)),
        "bills": news.bills, "refused": news.refused, "skipped": news.skipped, "address": news.address,
        "flow_id": news.flow_id, "pdfs": news.pdfs, "pdfs_announced": news.pdfs_announced,
        "pdfs_until": news.pdfs_until,
        "by": news.by, "note": " ".join(news.note.split()) or "–",
    }  # fmt: skip
    parts = [translate(_STORIES[news.event]).format_map(values)]
    if news.test_flow:
        parts.append(translate(_TEST_FLOW))
    told = {cause.code for cause in news.causes}
    findings = [
        f"- {cause.code}: {message(cause, translate)}{_advised(cause.code, translate)}" for cause in news.causes
    ]
    findings += [counted(count, translate) for count in news.counts if count.code not in told]
    if findings:
        parts.append("\n".join([translate(_FINDINGS), *findings]))
    places = [_placed(row, translate) for row in news.rows[:PLACES_TOLD]]
    if places:
        parts.append("\n".join([translate(_PLACES), *places]))
    parts.append(translate(_STEPS[news.event]).format_map(values))
    if news.address:
        parts.append(translate(_WHERE).format_map(values))
    return Notice(translate(_SUBJECTS[news.event]).format_map(values), "\n\n".join(parts) + "\n")


def counted(found: CodeCount, translate: Callable[[str], str]) -> str:
    """A line of a notice: how often a code was found, its sentence without what is personal."""
    sentence = _PLACE_HOLDER.sub("…", translate(SENTENCES.get(found.code, found.code)))
    level = translate(_LEVELS[found.level])
    return f"- {found.code} ({level}), {found.count}: {sentence}{_advised(found.code, translate)}"


def _advised(code: str, translate: Callable[[str], str]) -> str:
    """What to do about it, on a line of its own."""
    text = advice(code, translate)
    return f"\n  {text}" if text else ""


def _placed(row: Finding, translate: Callable[[str], str]) -> str:
    """Where it is and what it is called: what stands there may be of a person."""
    place = translate(_PLACE).format(line=row.line or "–", record=row.record or "–", field=row.field or "–")
    return f"- {place}: {row.code}"


class PdfNews(Struct, frozen=True, kw_only=True):
    """PDFs that came by themselves, and can't be used, or not yet."""

    company: str
    file: str
    why: Finding
    address: str = ""  # of the jobs' page


_PDF_SUBJECT = "{company}: PDF senza lavorazione aperta"
_PDF_STORY = "{company} ha consegnato il file «{file}»."


def pdf_notice(news: PdfNews, translate: Callable[[str], str] = _same) -> Notice:
    values = {"company": news.company, "file": "".join(filter(str.isprintable, news.file)), "address": news.address}
    parts = [
        translate(_PDF_STORY).format_map(values),
        message(news.why, translate),
        translate(_WHERE).format_map(values),
    ]
    return Notice(translate(_PDF_SUBJECT).format_map(values), "\n\n".join(parts) + "\n")
