"""Which supply a line of an e-invoice belongs to.

No single rule exists: POD, PDR or water code stand in `CodiceArticolo`, in `RiferimentoAmministrazione`, in
`AltriDatiGestionali`, in the description or the reason (`Causale`), or nowhere.
"""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree
from msgspec import Struct

from smartbill.core.bill.value import Service
from smartbill.core.flows.fatturapa.document import clean_text, element_at, elements_at
from smartbill.core.flows.identifiers import compact, is_pdr, is_pod

_WATER_CODE = re.compile(r"(?=[^0-9]*[0-9])[A-Z0-9][A-Z0-9/._-]{0,39}", re.ASCII)
_POD_IN_TEXT = re.compile(r"(?<![A-Z0-9])IT[ -]?\d{3}[ -]?E[ -]?[0-9A-Z]{8}[0-9A-Z]?(?![A-Z0-9])", re.ASCII)
_PDR_IN_TEXT = re.compile(r"\bPDR\b\D{0,20}(\d{14})(?!\d)", re.ASCII)
_BARE_PDR_IN_TEXT = re.compile(r"(?<!\d)\d{14}(?!\d)", re.ASCII)
_WATER_IN_TEXT = re.compile(
    r"\b(?:COD(?:ICE|\.)? ?(?:UTENZA|PRESA)|PUNTO (?:DI )?PRESA)\b[ :.N°]{0,6}([A-Z0-9][A-Z0-9/._-]{1,39})", re.ASCII
)
_WATER_LABELS: Final = {
    *("UTENZA", "CODUTENZA", "CODICEUTENZA", "CODUTE", "PRESA", "CODPRESA", "CODICEPRESA", "PUNTOPRESA"),
}
_ADDRESS_LABELS: Final = {"INDPOD", "INDPDR", "INDIRIZZO", "INDFORN", "INDUTENZA", "INDFORNITU", "UBICAZIONE"}
_NOT_LETTERS = re.compile(r"[^A-Z]")


class SupplyPoint(Struct, frozen=True):
    service: Service
    code: str

    @property
    def identity(self) -> tuple[Service, str]:
        """What makes two writings one point: the last sign of a long POD is not significant."""
        return self.service, self.code[:14] if self.service is Service.ELECTRICITY else self.code


def point_of_line(line: etree._Element) -> SupplyPoint | None:
    """The point that a line names, at the first of the places that holds one."""
    for places in (_article_codes, _administration_reference, _management_data):
        for point in places(line):
            return point
    return next(points_in_text(clean_text(element_at(line, "Descrizione"))), None)


def points_in_text(text: str) -> Iterator[SupplyPoint]:
    """Every point that a free text names. Fourteen digits alone are no PDR: other sectors write long numbers too."""
    text = text.upper()
    for found in _POD_IN_TEXT.finditer(text):
        yield SupplyPoint(Service.ELECTRICITY, found[0].replace(" ", "").replace("-", ""))
    for found in _PDR_IN_TEXT.finditer(text):
        yield SupplyPoint(Service.GAS, found[1])
    for found in _WATER_IN_TEXT.finditer(text):
        if _WATER_CODE.fullmatch(found[1]):
            yield SupplyPoint(Service.WATER, found[1].rstrip("./_-"))


def address_of_line(line: etree._Element) -> str:
    """The supply address that some suppliers put beside the code (`Ind.POD`)."""
    for data in elements_at(line, "AltriDatiGestionali"):
        if _label(clean_text(element_at(data, "TipoDato"))) in _ADDRESS_LABELS:
            return clean_text(element_at(data, "RiferimentoTesto"))[:100]
    return ""


def _article_codes(line: etree._Element) -> Iterator[SupplyPoint]:
    for code in elements_at(line, "CodiceArticolo"):
        label = _label(clean_text(element_at(code, "CodiceTipo")))
        value = compact(clean_text(element_at(code, "CodiceValore")))
        if ("POD" in label or "PDR" in label) and (point := _by_form(value)):
            yield point
        elif label in _WATER_LABELS and _WATER_CODE.fullmatch(value):
            yield SupplyPoint(Service.WATER, value)


def _administration_reference(line: etree._Element) -> Iterator[SupplyPoint]:
    if point := _by_form(compact(clean_text(element_at(line, "RiferimentoAmministrazione")))):
        yield point


def _management_data(line: etree._Element) -> Iterator[SupplyPoint]:
    for data in elements_at(line, "AltriDatiGestionali"):
        label = _label(clean_text(element_at(data, "TipoDato")))
        text = clean_text(element_at(data, "RiferimentoTesto")).upper()
        if label in _ADDRESS_LABELS:
            continue
        if "POD" in label or "PDR" in label:
            yield from points_in_text(text)
            if bare := _BARE_PDR_IN_TEXT.search(text):
                yield SupplyPoint(Service.GAS, bare[0])
        elif label in _WATER_LABELS and _WATER_CODE.fullmatch(compact(text)):
            yield SupplyPoint(Service.WATER, compact(text))


def _by_form(value: str) -> SupplyPoint | None:
    if is_pod(value):
        return SupplyPoint(Service.ELECTRICITY, value)
    return SupplyPoint(Service.GAS, value) if is_pdr(value) else None


def _label(text: str) -> str:
    return _NOT_LETTERS.sub("", text.upper())
