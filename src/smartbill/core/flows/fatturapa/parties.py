"""The customer of an e-invoice."""

import re
from typing import Final

from lxml import etree
from msgspec import Struct

from smartbill.core.bill.value import Address, Customer, CustomerKind
from smartbill.core.flows.fatturapa.document import Document, clean_text, element_at
from smartbill.core.flows.identifiers import fiscal_code_checks, is_fiscal_code, vat_number_checks

_CUSTOMER: Final = "FatturaElettronicaHeader/CessionarioCommittente"
#: As long as the archive's column of customer codes.
MAX_CODE: Final = 30


class _Identity(Struct, frozen=True):
    fiscal_code: str
    country: str
    vat_id: str

    @property
    def vat_number(self) -> str:
        """An Italian VAT number as its digits, a foreign one behind its country."""
        return self.vat_id if self.country == "IT" else self.country + self.vat_id


def read_customer(document: Document, root: etree._Element, body: etree._Element, *, code_element: str) -> Customer:
    """The customer with its code: what `code_element` holds, else the fiscal code, else country and VAT number.

    `code_element` is a path of local names, from the header if it starts with `FatturaElettronicaHeader`, else from the
    document's body.
    """
    element = element_at(root, _CUSTOMER)
    if element_at(root, "FatturaElettronicaHeader") is None:
        document.missing("FatturaElettronicaHeader")
        return Customer(code="", name="")
    if element_at(root, "FatturaElettronicaHeader/CedentePrestatore") is None:
        document.missing("CedentePrestatore")
    if element is None:
        document.missing("CessionarioCommittente")
        return Customer(code="", name="")
    identity = _identity(document, element)
    name, first_name = _names(document, element)
    return Customer(
        code=_code(document, root, body, identity, code_element),
        name=name,
        first_name=first_name,
        kind=_kind(root, identity, name, first_name),
        fiscal_code=identity.fiscal_code,
        vat_number=identity.vat_number,
        address=_address(document, element),
        recipient_code=document.text(root, "FatturaElettronicaHeader/DatiTrasmissione/CodiceDestinatario", limit=7),
        pec=document.text(root, "FatturaElettronicaHeader/DatiTrasmissione/PECDestinatario", limit=256),
    )


def _identity(document: Document, element: etree._Element) -> _Identity:
    fiscal_code = document.text(element, "DatiAnagrafici/CodiceFiscale", limit=28).upper().replace(" ", "")
    country = document.text(element, "DatiAnagrafici/IdFiscaleIVA/IdPaese", limit=2).upper()
    vat_id = document.text(element, "DatiAnagrafici/IdFiscaleIVA/IdCodice", limit=28).upper().replace(" ", "")
    if not fiscal_code and not vat_id:
        document.missing("CodiceFiscale", element)
    if vat_id and not country:
        document.missing("IdPaese", element)
    if fiscal_code and not is_fiscal_code(fiscal_code):
        document.off_schema("forma del CodiceFiscale del cliente")
        fiscal_code = fiscal_code[:16]
    elif (fiscal_code and not fiscal_code_checks(fiscal_code)) or (country == "IT" and not vat_number_checks(vat_id)):
        document.warn("WRN-403", field="CodiceFiscale")
    return _Identity(fiscal_code, country, vat_id[: 28 if country == "IT" else 26])


def _names(document: Document, element: etree._Element) -> tuple[str, str]:
    company = document.text(element, "DatiAnagrafici/Anagrafica/Denominazione", limit=100)
    if company:
        return company, ""
    surname = document.text(element, "DatiAnagrafici/Anagrafica/Cognome", limit=80)
    if not surname:
        document.missing("Denominazione", element)
    return surname, document.text(element, "DatiAnagrafici/Anagrafica/Nome", limit=60)


def _kind(root: etree._Element, identity: _Identity, name: str, first_name: str) -> CustomerKind:
    if root.get("versione", "").strip() == "FPA12":
        return CustomerKind.PUBLIC_BODY
    if first_name or (len(identity.fiscal_code) == 16 and not identity.vat_id):
        return CustomerKind.PERSON
    if re.match(r"cond(ominio|\.)", name, re.IGNORECASE) and not identity.vat_id:
        return CustomerKind.CONDOMINIUM
    return CustomerKind.COMPANY


def _address(document: Document, element: etree._Element) -> Address:
    return Address(
        street=document.text(element, "Sede/Indirizzo", limit=100, required=True),
        street_no=document.text(element, "Sede/NumeroCivico", limit=10),
        postcode=document.text(element, "Sede/CAP", limit=10, required=True),
        city=document.text(element, "Sede/Comune", limit=60, required=True),
        province=document.text(element, "Sede/Provincia", limit=2).upper(),
        country=document.text(element, "Sede/Nazione", limit=2, required=True).upper() or "IT",
    )


def _code(
    document: Document, root: etree._Element, body: etree._Element, identity: _Identity, code_element: str
) -> str:
    named = ""
    if code_element:
        start = root if code_element.startswith("FatturaElettronicaHeader/") else body
        named = clean_text(element_at(start, code_element))
    if len(named) > MAX_CODE:
        name = code_element.rpartition("/")[2][:60]
        document.refuse("REC-106", field=name, n=str(len(named)), max=str(MAX_CODE), riga=str(document.line))
    return named or identity.fiscal_code or identity.country + identity.vat_id
