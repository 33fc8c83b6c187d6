"""What a flow reader yields: bills with what travels beside them, findings, and the totals of what was read."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec import Struct

from smartbill.core.bill.value import Bill


class Level(StrEnum):
    FILE = "file"  # nothing of the file is taken
    DOCUMENT = "document"  # this document is refused, the others go on
    ROW = "row"  # this row of a contacts file is refused
    WARNING = "warning"


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is wrong or odd in what a company sent, with the place where it is.

    The Italian sentence is made from `code` and `values` in `core.wording.findings`. `values` holds only what that
    sentence needs, personal data masked.
    """

    code: str
    level: Level
    file: str = ""
    line: int | None = None
    record: str = ""
    field: str = ""
    document: str = ""  # display number, when known
    values: dict[str, str] = msgspec.field(default_factory=dict)


class FlowContact(Struct, frozen=True, kw_only=True):
    """A digital contact of a customer, from the flow (record 50) or from a contacts CSV."""

    key_kind: str  # "customer_code" | "fiscal_code" | "vat_number"
    key: str
    mobile: str = ""  # E.164
    email: str = ""
    channel: str = ""  # the customer's wish: sms | whatsapp | email | paper, empty = none
    language: str = ""  # ISO 639-1
    consent: bool | None = None  # None = not recorded
    consent_date: date | None = None
    preferred: bool = False
    name: str = ""  # of the customer, as the file has it: to notice rows that have shifted
    line: int = 0


class Attachment(Struct, frozen=True, kw_only=True):
    """A file that came inside a document (FatturaPA `Allegati`). Kept; only a PDF may become the bill's PDF."""

    name: str
    content: bytes
    is_pdf: bool


class ReadBill(Struct, frozen=True, kw_only=True):
    """A bill just read, with what the intake needs beside it."""

    doc_seq: int
    line: int  # of its first record (XML: of its body)
    file: str
    bill: Bill
    contacts: tuple[FlowContact, ...] = ()
    pdf_file: str = ""  # the name announced, empty = by the company's pattern
    pdf_sha256: str = ""
    einvoice_file: str = ""
    attachments: tuple[Attachment, ...] = ()


class RefusedDocument(Struct, frozen=True, kw_only=True):
    """A document that is not taken: its findings say why. Counted in the control totals all the same."""

    doc_seq: int | None
    line: int
    series: str = ""
    number: str = ""
    issue_year: int | None = None
    pdf_file: str = ""  # its PDF is not one without a bill


class BlockTotals(Struct, frozen=True, kw_only=True):
    """What one block of a flow held, refused documents included; blocks add up to the file (rules FLS-020…023)."""

    first_line: int = 0
    lines: int = 0
    first_seq: int | None = None
    last_seq: int | None = None
    bills: int = 0  # records 10 that are no credit notes
    credit_notes: int = 0
    refused: int = 0
    sum_total_bill: Decimal = Decimal("0.00")
    sum_total_due: Decimal = Decimal("0.00")
    unreadable_totals: int = 0  # records 10 with an amount that could not be read: FLS-022 is then not checked
    records: dict[str, int] = msgspec.field(default_factory=dict)  # record type -> how many
    sums: dict[str, Decimal] = msgspec.field(default_factory=dict)  # of the checks that a descriptor declares
    keys: dict[str, list[tuple[int, int]]] = msgspec.field(default_factory=dict)  # of those that want no value twice
    services: str = ""  # letters of the flow format, each once, in alphabetical order
