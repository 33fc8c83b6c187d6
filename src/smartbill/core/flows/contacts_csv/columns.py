"""Which column of a contacts file is what, told by its heading."""

from typing import Final

from msgspec import Struct

#: In the order in which a filled key column wins.
KEY_KINDS: Final = ("customer_code", "fiscal_code", "vat_number")

KEY_NAMES: Final = {
    "customer_code": "codice_anagrafico",
    "fiscal_code": "codice_fiscale",
    "vat_number": "partita_iva",
}

#: field -> accepted headings, without blanks, signs and case; where several columns hold a mobile, in this order.
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "customer_code": (
        *("codiceanagrafico", "codanagrafico", "codicecliente", "codcliente", "anagrafica", "customercode"),
    ),
    "fiscal_code": ("codicefiscale", "codfiscale", "codfisc", "cf", "fiscalcode"),
    "vat_number": ("partitaiva", "partiva", "piva", "vatnumber"),
    "mobile": ("cellulare", "numerocellulare", "ncellulare", "cell", "telefono", "mobile", "sms"),
    "email": ("email", "indirizzoemail", "mail", "indirizzomail", "postaelettronica"),
    "channel": ("canale", "canalepreferito", "channel"),
    "language": ("lingua", "language"),
    "consent": ("consenso", "consent"),
    "consent_date": ("dataconsenso", "consentdate"),
    # Known, and of no use for reaching the customer: bill and customer record are the source of these.
    "privacy": ("privacymarketing", "privacyprofilazione", "privacyterzi", "privacydata"),
    "name": ("denominazione", "nominativo"),
}
_FIELD_OF: Final = {heading: field for field, headings in HEADINGS.items() for heading in headings}
_RANK: Final = {heading: rank for headings in HEADINGS.values() for rank, heading in enumerate(headings)}


class Columns(Struct, frozen=True):
    """Where each field stands: field -> indexes, the preferred first. `unknown`: headings that mean nothing to us."""

    width: int
    places: dict[str, tuple[int, ...]]
    unknown: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Mandatory columns that the file has not got, by their Italian headings."""
        key = () if any(kind in self.places for kind in KEY_KINDS) else ("codice_anagrafico",)
        contact = () if "mobile" in self.places or "email" in self.places else ("cellulare",)
        return key + contact


def plain_heading(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def columns_of(header: list[str]) -> Columns:
    found: dict[str, list[tuple[int, int]]] = {}
    unknown = []
    for index, text in enumerate(header):
        heading = plain_heading(text)
        if field := _FIELD_OF.get(heading):
            found.setdefault(field, []).append((_RANK[heading], index))
        elif heading:
            unknown.append(text.strip())
    places = {field: tuple(index for _, index in sorted(ranked)) for field, ranked in found.items()}
    return Columns(len(header), places, tuple(unknown))
