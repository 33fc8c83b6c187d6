"""What a sample is made from."""

import re
import zlib
from datetime import date
from enum import StrEnum

import msgspec

from smartbill.core.bill.value import Service
from smartbill.core.flows.sample.identifiers import vat_number

MAX_BILLS = 999_999  # `doc_seq` has six digits
LETTERS = {Service.ELECTRICITY: "E", Service.GAS: "G", Service.WATER: "I"}


class SampleError(ValueError):
    """The sample cannot be made as asked; the Italian message says why and what to do."""


class Layout(StrEnum):
    STABO = "stabo"
    STABO_FIXED = "stabo-f"  # variant F, fixed width
    FATTURAPA = "fatturapa"


class SampleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The whole input of a sample. `issue_date` is the caller's: the core has no clock."""

    company_code: str
    bills: int
    seed: int
    issue_date: date
    created_on: date | None = None  # day the flow says it was written; default the issue date
    company_vat: str = ""  # default: a test number made from the company code
    services: tuple[Service, ...] = (Service.ELECTRICITY, Service.GAS, Service.WATER)
    series: str = "B051"
    first_number: int = 1
    batch: str = ""  # default: year and week of the issue date
    flow_id: str = ""  # default: made from company, date and all that shapes the sample
    layout: Layout = Layout.STABO
    pdf: bool = False
    history: bool = True  # consumption of the year before
    contacts_csv: bool = False
    test: bool = False
    faults: tuple[str, ...] = ()

    @property
    def is_stabo(self) -> bool:
        return self.layout is not Layout.FATTURAPA

    @property
    def vat(self) -> str:
        return self.company_vat or vat_number(zlib.crc32(self.company_code.encode()) % 100_000, "888")

    @property
    def batch_label(self) -> str:
        year, week, _ = self.issue_date.isocalendar()
        return self.batch or f"{year}_{week:02d}"

    @property
    def flow_name(self) -> str:
        """The flow's id: another one for every other sample, the same one for the same sample."""
        digest = zlib.crc32(msgspec.json.encode(self))
        return self.flow_id or f"{self.company_code}-{self.issue_date:%y%m%d}-{digest:08x}"

    @property
    def letters(self) -> str:
        return "".join(LETTERS[service] for service in self.services)

    def check(self) -> None:
        """Raise `SampleError` when the flow format has no room for what is asked."""
        rules = (
            (1 <= self.bills <= MAX_BILLS, f"Il numero di bollette deve essere tra 1 e {MAX_BILLS}."),
            (self.first_number >= 1, "Il primo numero di documento deve essere almeno 1."),
            (bool(self.services), "Indicare almeno un servizio: electricity, gas o water."),
            (set(self.services) <= set(LETTERS), "I servizi possibili sono electricity, gas e water."),
            (
                _fits(r"[A-Z0-9_-]{1,10}", self.company_code),
                "Il codice azienda ha da 1 a 10 lettere maiuscole o cifre.",
            ),
            (_fits(r"[A-Z0-9]{1,10}", self.series), "Il sezionale ha da 1 a 10 lettere maiuscole o cifre."),
            (
                _fits(r"[A-Z0-9_-]{1,20}", self.batch_label),
                "L'emissione ha da 1 a 20 caratteri tra A-Z, 0-9, «_» e «-».",
            ),
            (_fits(r"[A-Za-z0-9._-]{1,30}", self.flow_name), "L'identificativo del flusso ha da 1 a 30 caratteri."),
            (_fits(r"\d{11}", self.vat), "La partita IVA dell'azienda ha 11 cifre."),
            (self.is_stabo or not self.faults, "Gli errori voluti valgono solo per il tracciato stabo."),
            (self.is_stabo or not self.pdf, "I PDF accompagnano solo il tracciato stabo."),
            (self.is_stabo or self.bills <= 100_000, "Un archivio ha al massimo 100000 fatture."),
        )
        for holds, message in rules:
            if not holds:
                raise SampleError(message)


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None
