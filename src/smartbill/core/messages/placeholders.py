"""Words in braces that a company may put into its texts, and what they become.

A text is cut once into pieces: literal text and placeholders. Braces around anything else are shown as they are;
`text_mistakes` tells staff about them when a text is saved.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from smartbill.core.wording.dates import long_date
from smartbill.core.wording.numbers import euro


class MessageFacts(Struct, frozen=True, kw_only=True):
    """What one message tells about one bill. `total_due` in cents of euro, negative for a credit."""

    customer_name: str
    display_number: str
    issue_date: date
    total_due: int
    due_date: date | None
    direct_debit: bool
    validity_days: int
    link: str


class Placeholder(Struct, frozen=True):
    name: str


Piece = str | Placeholder

#: name -> what staff read about it. `azienda` is filled in when a text is compiled, the others for each message.
PLACEHOLDERS: Final[dict[str, str]] = {
    "azienda": "il nome dell'azienda",
    "cliente": "il nome del cliente",
    "numero": "il numero della bolletta",
    "emissione": "la data di emissione",
    "importo": "l'importo da pagare",
    "scadenza_frase": "quando e come si paga, per esempio «da pagare entro il 31 marzo 2026»",
    "validita": "i giorni di validità del collegamento",
}

#: Shown by phones on a locked screen and kept by every server on the way: no amount, nothing that opens the bill.
SUBJECT_PLACEHOLDERS: Final = frozenset({"azienda", "numero", "emissione", "validita"})

_WORD = re.compile(r"\{([A-Za-z_]+)\}")


def pieces(text: str, *, company_name: str) -> tuple[Piece, ...]:
    """Cut a text into literal text and placeholders; the company's name is already literal."""
    found: list[Piece] = []
    end = 0
    for match in _WORD.finditer(text):
        name = match[1]
        if name not in PLACEHOLDERS:
            continue
        found.append(text[end : match.start()])
        found.append(company_name if name == "azienda" else Placeholder(name))
        end = match.end()
    found.append(text[end:])
    return tuple(piece for piece in found if piece != "")


def text_mistakes(text: str, *, allowed: frozenset[str] = frozenset(PLACEHOLDERS)) -> list[str]:
    """What is wrong with the braces of a text, in Italian; empty when all is well."""
    mistakes = []
    for name in dict.fromkeys(_WORD.findall(text)):
        if name not in PLACEHOLDERS:
            mistakes.append(f"«{{{name}}}» non esiste: si possono usare {_listed(allowed)}")
        elif name not in allowed:
            mistakes.append(f"«{{{name}}}» qui non si può usare: si possono usare {_listed(allowed)}")
    if set(_WORD.sub("", text)) & {"{", "}"}:
        mistakes.append("una parentesi graffa non racchiude una parola: {così}")
    return mistakes


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS if name in names)


def due_phrase(facts: MessageFacts) -> str:
    """When and how the bill is paid, as the end of a sentence."""
    if facts.total_due < 0:
        return "a suo credito, non deve pagare nulla"
    if facts.total_due == 0:
        return "non deve pagare nulla"
    if facts.direct_debit:
        return f"con addebito sul conto il {long_date(facts.due_date)}" if facts.due_date else "con addebito sul conto"
    return f"da pagare entro il {long_date(facts.due_date)}" if facts.due_date else "da pagare"


#: How each placeholder is filled in. The keys with an underscore before them are the template's own.
VALUES: Final[dict[str, Callable[[MessageFacts], str]]] = {
    "cliente": lambda facts: facts.customer_name,
    "numero": lambda facts: facts.display_number,
    "emissione": lambda facts: long_date(facts.issue_date),
    "importo": lambda facts: euro(Decimal(facts.total_due).scaleb(-2)),
    "scadenza_frase": due_phrase,
    "validita": lambda facts: str(facts.validity_days),
    "_link": lambda facts: facts.link,
}
