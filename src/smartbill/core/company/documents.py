"""The sections of a company's settings. A version is one of these documents; what is absent takes the default here."""

from datetime import date, datetime

from msgspec import Struct, field


class Look(Struct, frozen=True, kw_only=True):
    """Look of the pages and e-mails. Contrast is enforced when colours are derived, not here."""

    display_name: str = ""  # empty = the company's name
    brand_color: str = "#00509d"  # #rrggbb
    logo_svg: str = ""  # cleaned SVG text; empty = the name is shown
    website: str = ""
    phone: str = ""
    phone_hours: str = ""
    support_email: str = ""
    privacy_url: str = ""


class EmailText(Struct, frozen=True, kw_only=True):
    """Text of one e-mail. Placeholders in braces: `core.messages.placeholders`."""

    subject: str = "{azienda}: la bolletta {numero} è disponibile"
    greeting: str = "Gentile {cliente},"
    body: str = (
        "la bolletta {numero} del {emissione} è pronta. Importo: {importo}, {scadenza_frase}. "
        "La può leggere dal collegamento personale qui sotto, valido {validita} giorni."
    )
    button: str = "Apri la bolletta"
    closing: str = "Il collegamento è personale: non lo inoltri ad altri."


class Texts(Struct, frozen=True, kw_only=True):
    email: dict[str, EmailText] = field(default_factory=lambda: {"it": EmailText()})  # by language


class Senders(Struct, frozen=True, kw_only=True):
    email_address: str = ""
    email_name: str = ""
    email_reply_to: str = ""


class Access(Struct, frozen=True, kw_only=True):
    validity_days: int = 15  # of a ticket, from the hand-over of its message
    languages: tuple[str, ...] = ("it",)
    channels: tuple[str, ...] = ("email",)  # active ones, in the company's order


class Intake(Struct, frozen=True, kw_only=True):
    """What a flow must hold to. With more refused bills than the larger of the two it is refused whole (FLS-025)."""

    refused_at_most: int = 10
    refused_percent: int = 1
    pdf_name: str = "{series}_{number}.pdf"  # of the PDFs whose name the flow does not announce
    suppliers: tuple[str, ...] = ()  # VAT numbers and fiscal codes that e-invoices may bear beside the company's own
    pdf_wait_hours: int = 24  # that a flow waits for PDFs which it announces, and which come in further ZIPs
    # Limits of what is sent; `core.company.limits` has their hard caps.
    zip_mib: int = 4 * 1024
    zip_files: int = 100_000
    unpacked_mib: int = 10 * 1024
    flow_mib: int = 4 * 1024
    pdf_mib: int = 10
    xml_mib: int = 10
    four_eyes: bool = False  # who approves is not who prepared
    outcomes_days: int = 90  # so long files stay in `/esiti` of the company's SFTP area


class Checks(Struct, frozen=True, kw_only=True):
    """The checks before the go-ahead (R35): their limits, which of them hold it up, which are not made."""

    unusual_percent: int = 150  # of the customer's average of twelve months
    unusual_from_euro: int = 50  # smaller amounts are never unusual
    unusual_bills: int = 2  # so many earlier bills make an average
    total_change_percent: int = 50  # of the whole job, against the one before
    due_near_days: int = 10
    shared_address_customers: int = 3
    blocking: tuple[str, ...] = ("double", "totals")  # codes of `core.checks.value.Check`
    off: tuple[str, ...] = ()


class Contacts(Struct, frozen=True, kw_only=True):
    """How contacts come in files (flow format, chapter 6)."""

    file_name: str = "CONTATTI*.csv"  # pattern of names, case ignored: in an archive and alone
    customer_code_length: int = 0  # 0 = free; else shorter numbers have lost their zeros
    several_per_customer: bool = False  # all rows of a customer count, the first is preferred; else the last row
    customers_per_address: int = 10  # more are a warning: agency, administrator, test number
    refused_percent: int = 20  # more refuse the whole file
    confirm: bool = False  # a file that comes by SFTP waits for a person, as one from the page does


class LayoutTrial(Struct, frozen=True, kw_only=True):
    """That a text was tried on a file, and what came of it. The file itself is kept nowhere."""

    at: datetime
    by: str
    file: str
    documents: int
    accepted: int

    @property
    def passed(self) -> bool:
        """Something was read, and nothing refused."""
        return 0 < self.documents == self.accepted


class FlowLayout(Struct, frozen=True, kw_only=True):
    """How a flow of the company is read: the text of its descriptor. A company may have several, by their id."""

    text: str
    note: str = ""  # why this version was made
    valid_from: date | None = None  # first day of receipt that it is for; the version before is, until then
    valid_to: date | None = None  # last day; None = without end
    bases: dict[str, str] = field(default_factory=dict)  # texts that it extends, as they were when it was published
    trial: LayoutTrial | None = None  # the last one of exactly this text


class Paper(Struct, frozen=True, kw_only=True):
    """The PDFs that we make where the company delivers none (R24)."""

    make_pdf: bool = True
    imprint: str = ""  # seat, capital, registers: the small print below each page


class Slips(Struct, frozen=True, kw_only=True):
    """What the company may print to pay by; what is empty is not printed. Numbers to pay by come in the flow."""

    pagopa: bool = False  # the company is a creditor institution of pagoPA
    creditor_code: str = ""  # its tax code, 11 digits
    cbill_sia: str = ""
    postal_type: str = ""  # 896 (with amount) or 674 (without); empty = no slip of one's own printing
    postal_account: str = ""
    postal_holder: str = ""  # as the account is named; empty = the company's name
    postal_authorisation: str = ""  # of Poste, for one's own printing
    postal_blanks: tuple[int, int, int] = (7, 2, 2)  # between the fields of the code line, by the approved proof
    iban: str = ""
    iban_holder: str = ""  # empty = the company's name
    epc_qr: bool = False  # a QR code for bank apps beside the IBAN


#: section -> type of its document
SECTIONS: dict[str, type[Struct]] = {
    "look": Look,
    "texts": Texts,
    "senders": Senders,
    "access": Access,
    "intake": Intake,
    "checks": Checks,
    "contacts": Contacts,
    "paper": Paper,
    "slips": Slips,
}

_NAMES = {document: name for name, document in SECTIONS.items()}

#: what the section of a layout begins with; its id follows
LAYOUT_SECTION = "layout/"


def section_name(document: type[Struct]) -> str:
    """The section that has documents of this type."""
    return _NAMES[document]
