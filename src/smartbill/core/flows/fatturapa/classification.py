"""Section and destination of an invoice line, told only where its description leaves no doubt.

An e-invoice carries macro-items without codes, so most lines stay `OTHER` and `NONE`.
"""

import re
from typing import Final

from smartbill.core.bill.value import Destination, Section

_RULES: Final[tuple[tuple[re.Pattern[str], Section, Destination], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), section, destination)
    for pattern, section, destination in (
        (r"\bcanone\b.*\b(tv|rai|televisi)", Section.TV_LICENCE, Destination.NONE),
        (r"\bbonus\b.*\b(social|idric|elettric|gas)", Section.BONUS, Destination.NONE),
        (r"\binteress\w* (di )?mora", Section.LATE_INTEREST, Destination.NONE),
        (r"\bdeposito cauzionale\b", Section.DEPOSIT, Destination.NONE),
        (r"\b(imposta di )?bollo\b(?! pag)", Section.STAMP_DUTY, Destination.TAX),
        (r"\baccis[ae]\b|\baddizional\w* regional", Section.EXCISE, Destination.TAX),
        (r"^imposte\b", Section.EXCISE, Destination.TAX),
        (
            r"\boneri (generali )?(di sistema|del sistema)\b|\bA-?SOS\b|\bA-?RIM\b",
            Section.OTHER,
            Destination.SYSTEM_CHARGES,
        ),
        (r"\btrasporto e (la )?gestione del contatore\b", Section.OTHER, Destination.NETWORK),
        (r"\b(spesa per la )?(materia|vendita)\b.*\b(energia|gas)\b", Section.OTHER, Destination.SALE),
        (r"\bquota (per )?consum[oi]\b", Section.USAGE, Destination.NONE),
        (r"\bquota potenza\b", Section.POWER, Destination.NONE),
        (r"\bperequativ|\bUI[1-4]\b", Section.EQUALISATION, Destination.NONE),
        (r"\bacquedotto\b", Section.WATER_SUPPLY, Destination.NONE),
        (r"\bfognatura\b", Section.SEWERAGE, Destination.NONE),
        (r"\bdepurazione\b", Section.TREATMENT, Destination.NONE),
        (r"\bquota fissa\b", Section.FIXED, Destination.NONE),
        (r"\bricalcol|\bconguagli", Section.RECALCULATION, Destination.NONE),
        (r"^scont[oi]\b", Section.DISCOUNT, Destination.NONE),
        (r"^arrotondament", Section.ROUNDING, Destination.NONE),
    )
)


#: What a line is stands at its beginning. Of a text that repeats itself, the rules would take time by its square.
_LOOKED_AT: Final = 200


def classified(description: str) -> tuple[Section, Destination]:
    description = description[:_LOOKED_AT]
    for pattern, section, destination in _RULES:
        if pattern.search(description):
            return section, destination
    return Section.OTHER, Destination.NONE
