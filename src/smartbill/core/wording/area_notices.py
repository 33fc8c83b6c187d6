"""What staff are told by e-mail about files that lie in the company's area and open no job. No personal data."""

from collections.abc import Callable
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
    "che per il suo nome non apre alcuna lavorazione: le consegne sono archivi ZIP."
)
_ODD_STEP = (
    "Se è una consegna, rinominarlo in modo che finisca con «.zip»; se non serve, eliminarlo. "
    "Altrimenti il {expires} viene eliminato."
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
    values = {
        "company": company,
        "file": "".join(filter(str.isprintable, name)),
        "size": size,
        "changed": f"{changed_at.astimezone(ROME):%d/%m/%Y %H:%M}",
        "expires": f"{expires_at.astimezone(ROME):%d/%m/%Y}",
        "address": address,
    }
    subject, story, step = (_CUT, _CUT_STORY, _CUT_STEP) if cut else (_ODD, _ODD_STORY, _ODD_STEP)
    parts = [translate(text).format_map(values) for text in (story, step, _WHERE)]
    return Notice(translate(subject).format_map(values), "\n\n".join(parts) + "\n")
