"""What staff are told by e-mail about files that lie in the company's area and open no job. No personal data."""

from collections.abc import Callable, Mapping
from datetime import datetime

from smartbill.core.area.places import is_final, is_unfinished
from smartbill.core.wording.job_notices import Notice
from smartbill.core.zone import ROME

_CUT = "{company}: consegna incompleta"
_ODD = "{company}: file che non apre una lavorazione"
_CUT_STORY = (
    "Il file «{file}» di {company} è arrivato solo in parte ({size} byte, ultimo dato {changed}) "
    "e nessuno ha ripreso l'invio. La lavorazione non è aperta."
)
_CUT_STEP = (
    "Riprendere l'invio da dove si è fermato (con OpenSSH: «reput {file}») o mandare di nuovo il file intero. "
    "Se nessuno lo fa, il {expires} il file viene eliminato."
)
_ODD_STORY = (
    "Nella cartella di {company} c'è il file «{file}» ({size} byte, ultimo dato {changed}), "
    "che per il suo nome non apre alcuna lavorazione."
)
_ODD_STEP = (
    "Se è una consegna, dargli il nome che le spetta: «.zip», «STABO….txt», «.xml» o «.p7m», o quello dei recapiti. "
    "Se non serve, eliminarlo. Altrimenti il {expires} viene eliminato."
)
_HALTED = "{company}: caricamento non concluso"
_HALTED_STORY = (
    "Il caricamento di «{file}» di {company}, iniziato da {by}, si è fermato (arrivati {part} di {size} byte, "
    "ultimo dato {changed}) e nessuno lo ha ripreso. La lavorazione non è aperta."
)
_HALTED_STEP = (
    "Aprire «Carica un flusso» e scegliere di nuovo lo stesso file: l'invio riprende da dove si è fermato. "
    "Se nessuno lo fa, il {expires} ciò che è arrivato viene eliminato."
)
_WHERE = "Consegne: {address}"


def stranded_notice(
    *,
    company: str,
    name: str,
    size: int,
    changed_at: datetime,
    expires_at: datetime,
    address: str,
    translate: Callable[[str], str],
) -> Notice:
    cut = is_final(name.encode()) or is_unfinished(name.encode())
    values = {"company": company, "size": size, "address": address} | _shown(name, changed_at, expires_at)
    return _notice((_CUT, _CUT_STORY, _CUT_STEP) if cut else (_ODD, _ODD_STORY, _ODD_STEP), values, translate)


def halted_notice(
    *,
    company: str,
    name: str,
    by: str,
    part: int,
    size: int,
    changed_at: datetime,
    expires_at: datetime,
    address: str,
    translate: Callable[[str], str],
) -> Notice:
    """Of an upload of the page that nobody goes on with; `part` of `size` bytes have come."""
    values = {"company": company, "by": by, "part": part, "size": size, "address": address}
    return _notice((_HALTED, _HALTED_STORY, _HALTED_STEP), values | _shown(name, changed_at, expires_at), translate)


def _shown(name: str, changed_at: datetime, expires_at: datetime) -> dict[str, object]:
    return {
        "file": "".join(filter(str.isprintable, name)),
        "changed": f"{changed_at.astimezone(ROME):%d/%m/%Y %H:%M}",
        "expires": f"{expires_at.astimezone(ROME):%d/%m/%Y}",
    }


def _notice(texts: tuple[str, str, str], values: Mapping[str, object], translate: Callable[[str], str]) -> Notice:
    subject, *paragraphs = texts
    parts = [translate(text).format_map(values) for text in (*paragraphs, _WHERE)]
    return Notice(translate(subject).format_map(values), "\n\n".join(parts) + "\n")
