"""Who an e-invoice is from and whom it is for: read once for all documents of a file."""

import re
from typing import Final

from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from smartbill.core.bill.value import Address, Customer, CustomerKind
from smartbill.core.flows.fatturapa.document import Document, clean_text, element_at, line_of
from smartbill.core.flows.identifiers import fiscal_code_checks, is_fiscal_code, vat_number_checks

_HEADER: Final = "FatturaElettronicaHeader"
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


class Parties(Struct, frozen=True, kw_only=True):
    """What the header says. `document` holds its findings; each document of the file has them as its own.

    `supplier` is every number that the supplier can be known by: VAT number (of a VAT group, it may be) and fiscal
    code. The customer's code is that of the header; the company's rule may ask for another one of each document.
    """

    document: Document
    customer: Customer
    supplier: tuple[str, ...] = ()


def read_parties(root: etree._Element, *, file: str, code_element: str) -> Parties:
    """Read the header. `code_element` as `customer_of` has it."""
    header = element_at(root, _HEADER)
    document = Document(file=file, line=line_of(root), name=file)
    nobody = Customer(code="", name="")
    if header is None:
        document.missing(_HEADER)
        return Parties(document=document, customer=nobody)
    supplier = element_at(header, "CedentePrestatore")
    if supplier is None:
        document.missing("CedentePrestatore")
    element = element_at(header, "CessionarioCommittente")
    if element is None:
        document.missing("CessionarioCommittente")
        return Parties(document=document, customer=nobody)
    identity = _identity(document, element)
    name, first_name = _names(document, element)
    customer = Customer(
        code=_header_code(document, header, code_element) or identity.fiscal_code or identity.country + identity.vat_id,
        name=name,
        first_name=first_name,
        kind=_kind(root, identity, name, first_name),
        fiscal_code=identity.fiscal_code,
        vat_number=identity.vat_number,
        address=_address(document, element),
        recipient_code=document.text(header, "DatiTrasmissione/CodiceDestinatario", limit=7),
        pec=document.text(header, "DatiTrasmissione/PECDestinatario", limit=256),
    )
    return Parties(document=document, customer=customer, supplier=() if supplier is None else _numbers(supplier))


def customer_of(document: Document, parties: Parties, body: etree._Element, *, code_element: str) -> Customer:
    """The customer of one document, with its code: what `code_element` holds, else fiscal code, else country and VAT.

    `code_element` is a path of local names, from the header if it starts with `FatturaElettronicaHeader`, else from the
    document's body.
    """
    document.take(parties.document)
    if not code_element or code_element.startswith(f"{_HEADER}/"):
        return parties.customer
    code = _bounded_code(document, clean_text(element_at(body, code_element)), code_element)
    return replace(parties.customer, code=code) if code else parties.customer


def _numbers(supplier: etree._Element) -> tuple[str, ...]:
    country = clean_text(element_at(supplier, "DatiAnagrafici/IdFiscaleIVA/IdPaese")).upper()
    vat_id = plain_number(clean_text(element_at(supplier, "DatiAnagrafici/IdFiscaleIVA/IdCodice")))
    fiscal_code = plain_number(clean_text(element_at(supplier, "DatiAnagrafici/CodiceFiscale")))
    foreign = country not in {"", "IT"}
    return tuple(number[:28] for number in (country[:2] + vat_id if foreign else vat_id, fiscal_code) if number)


def plain_number(number: str) -> str:
    """A VAT number as it is compared: without blanks, and without the country where that is Italy."""
    number = number.upper().replace(" ", "")
    return number[2:] if len(number) == 13 and number.startswith("IT") else number


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


def _header_code(document: Document, header: etree._Element, code_element: str) -> str:
    if not code_element.startswith(f"{_HEADER}/"):
        return ""
    text = clean_text(element_at(header, code_element.removeprefix(f"{_HEADER}/")))
    return _bounded_code(document, text, code_element)


def _bounded_code(document: Document, code: str, code_element: str) -> str:
    if len(code) > MAX_CODE:
        name = code_element.rpartition("/")[2][:60]
        document.refuse("REC-106", field=name, n=str(len(code)), max=str(MAX_CODE), riga=str(document.line))
    return code
