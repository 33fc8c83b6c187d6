"""The bill as every part of the product knows it.

Money is `Decimal` euro with 2 decimals, unit prices have up to 8 decimals, quantities up to 6 in the unit that stands
beside them (kWh, kvarh, kW, Smc, mc). Identifiers are text. An absent amount is `None`, never zero.
Terms and codes: record tables of the agreed flow format (STABO v1) and the Italian bill rules (ARERA 315/2024/R/com,
586/2012/R/idr). The product shows what the biller computed; it never recomputes a bill.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class BillKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    DEBIT_NOTE = "debit_note"
    NOTICE = "notice"  # without tax value, a reminder for instance


class BillingKind(StrEnum):
    """What the billed quantities rest on."""

    PERIODIC = "periodic"
    ESTIMATE = "estimate"  # acconto
    MIXED = "mixed"
    RECALCULATION = "recalculation"  # conguaglio
    CLOSING = "closing"
    OTHER = "other"


class Service(StrEnum):
    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    OTHER = "other"  # an electronic invoice that names no supply


class CustomerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    CONDOMINIUM = "condominium"
    PUBLIC_BODY = "public_body"


class LineRole(StrEnum):
    LEAF = "leaf"  # counted in the totals
    TOTAL = "total"  # a group: the sum of its children, checked, not counted
    INFO = "info"


class LineScope(StrEnum):
    BILL = "bill"  # in total_bill and in total_due
    DUE = "due"  # in total_due only


class Section(StrEnum):
    """The *quota* a cost line belongs to (table 3.1 of the flow format)."""

    USAGE = "CON"
    FIXED = "FIS"
    POWER = "POT"
    WATER_SUPPLY = "AQ"
    SEWERAGE = "FG"
    TREATMENT = "DP"
    EQUALISATION = "PER"
    RECALCULATION = "RIC"
    DISCOUNT = "SCO"
    EXCISE = "IMP"
    STAMP_DUTY = "BOL"
    VAT = "IVA"
    BONUS = "BON"
    SERVICES = "SER"
    OTHER = "ALT"
    LATE_INTEREST = "MOR"
    DEPOSIT = "CAU"
    TV_LICENCE = "CAN"
    CREDIT = "CRE"
    INSTALMENTS = "RAT"
    SPLIT_VAT = "SPL"
    WITHHOLDING = "RIT"  # of e-invoices: the customer pays it to the tax office in the supplier's place
    ROUNDING = "ARR"


class Destination(StrEnum):
    """Where the money of a cost line goes: the second classification, kept beside the section."""

    SALE = "sale"
    NETWORK = "network"
    SYSTEM_CHARGES = "system_charges"
    TAX = "tax"
    OTHER_SERVICE = "other_service"
    NONE = "none"


class ConsumptionKind(StrEnum):
    BILLED = "billed"
    HISTORY = "history"
    RECALCULATED = "recalculated"
    PEAK_POWER = "peak_power"


class Measure(StrEnum):
    ACTIVE = "active"
    REACTIVE = "reactive"
    GAS = "gas"
    WATER = "water"
    POWER = "power"


class Quality(StrEnum):
    """How a consumption came about."""

    READ = "read"
    ESTIMATED = "estimated"
    SELF_READ = "self_read"
    PRO_DIE = "pro_die"
    MIXED = "mixed"
    UNKNOWN = "unknown"  # an electronic invoice does not tell


class ReadingKind(StrEnum):
    READ = "read"
    ESTIMATED = "estimated"
    SELF_READ = "self_read"
    INSTALLATION = "installation"
    FINAL = "final"  # of a removed meter


class MeterEvent(StrEnum):
    NONE = "none"
    REPLACED = "replaced"
    TARIFF_CHANGE = "tariff_change"


class TermKind(StrEnum):
    SINGLE = "single"
    INSTALMENT = "instalment"
    ALTERNATIVE = "alternative"  # to the single payment; not in the sum


class NoticeKind(StrEnum):
    GENERAL = "general"
    LIMITATION = "limitation"  # two-year rule
    RECALCULATION = "recalculation"
    ARREARS = "arrears"
    SOCIAL_BONUS = "social_bonus"
    SAFETY = "safety"
    SELF_READING = "self_reading"


class ArrearsState(StrEnum):
    ALL_PAID = "all_paid"
    UNPAID = "unpaid"
    UNKNOWN = "unknown"


class Address(Struct, frozen=True, kw_only=True, omit_defaults=True):
    street: str = ""
    street_no: str = ""
    postcode: str = ""
    city: str = ""
    province: str = ""
    country: str = "IT"


class Customer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The customer as printed on this bill (a snapshot; the current record lives in the archive)."""

    code: str
    name: str  # company name, or surname
    first_name: str = ""
    kind: CustomerKind = CustomerKind.PERSON
    fiscal_code: str = ""
    vat_number: str = ""
    address: Address = Address()
    mail_name: str = ""
    mail_address: Address | None = None
    recipient_code: str = ""
    pec: str = ""
    language: str = ""  # ISO 639-1, empty when not told
    paper_bill: bool | None = None
    email_bill: bool | None = None
    detail_bill: bool | None = None
    privacy_marketing: bool | None = None
    privacy_profiling: bool | None = None
    privacy_third_parties: bool | None = None
    privacy_date: date | None = None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.name}".strip()


class Consumption(Struct, frozen=True, omit_defaults=True):
    kind: ConsumptionKind
    measure: Measure
    band: str  # F0 F1 F2 F3 F23, or TOT when not split
    date_from: date
    date_to: date
    quantity: Decimal
    unit: str
    quality: Quality


class Reading(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two values of one register. `quantity` may differ from the difference by up to one unit: meters hide decimals."""

    meter_serial: str
    measure: Measure
    band: str
    previous_date: date
    previous_value: Decimal
    previous_kind: ReadingKind
    current_date: date
    current_value: Decimal
    current_kind: ReadingKind
    factor: Decimal
    quantity: Decimal
    rollover: bool = False
    event: MeterEvent = MeterEvent.NONE


class Supply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One supply point. The service belongs here, not to the bill (a dual bill has two)."""

    seq: int
    service: Service
    point_code: str = ""  # POD, PDR, or the company's code of a water account
    contract_code: str = ""
    address: Address = Address()
    meter_serial: str = ""
    use_type: str = ""  # DR DN CO AU IP PA AG IN AR
    market: str = ""  # L M G V S D R
    tariff_code: str = ""
    offer_name: str = ""
    offer_code: str = ""
    offer_end: date | None = None
    activation: date | None = None
    power_committed: Decimal | None = None  # kW
    power_available: Decimal | None = None  # kW
    voltage: str = ""
    residents: int | None = None
    units: int | None = None
    meter_class: str = ""
    conversion_coefficient: Decimal | None = None  # coefficient C, gas
    calorific_value: Decimal | None = None  # PCS, GJ/Smc
    distributor: str = ""
    emergency_phone: str = ""
    annual_quantity: Decimal | None = None
    annual_from: date | None = None
    annual_to: date | None = None
    annual_spend: Decimal | None = None
    consumptions: tuple[Consumption, ...] = ()
    readings: tuple[Reading, ...] = ()


class CostLine(Struct, frozen=True, omit_defaults=True):
    """One line of the cost tree. `parent` is the `line_no` of its group, 0 at the top.

    Half of a flow is lines and consumptions: its reader makes them by position, in a sixth of the time.
    """

    line_no: int
    amount: Decimal
    parent: int = 0
    supply_seq: int = 0  # 0 = the whole document
    role: LineRole = LineRole.LEAF
    scope: LineScope = LineScope.BILL
    section: Section = Section.OTHER
    destination: Destination = Destination.NONE
    component: str = ""
    description: str = ""
    date_from: date | None = None
    date_to: date | None = None
    band: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    vat_rate: Decimal | None = None
    vat_nature: str = ""


class VatSummary(Struct, frozen=True, kw_only=True, omit_defaults=True):
    rate: Decimal
    taxable: Decimal
    vat: Decimal
    nature: str = ""


class Term(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment term. `slip_present`, `direct_debit`, `payable_online` are three facts, not one."""

    seq: int
    kind: TermKind = TermKind.SINGLE
    amount: Decimal
    due_date: date | None = None
    method: str = ""  # FatturaPA MP01…MP23
    direct_debit: bool = False
    payable_online: bool = False
    slip_present: bool = False
    iban_masked: str = ""
    mandate_id: str = ""
    creditor_iban: str = ""
    notice_code: str = ""
    slip_code: str = ""
    postal_account: str = ""
    cbill_sia: str = ""


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    seq: int
    kind: NoticeKind
    language: str
    text: str
    date_from: date | None = None
    date_to: date | None = None


class Arrears(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Unpaid earlier bills as the company saw them on `as_of`; informative, never part of total_due."""

    state: ArrearsState
    amount: Decimal | None = None
    as_of: date | None = None


class CorrectedDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    series: str = ""
    number: str = ""
    issue_date: date | None = None


class Bill(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document of one customer. Its identity: company + series + number + year of issue."""

    version: int = 1
    source: str  # the flow layout that it came in
    kind: BillKind
    series: str
    number: str
    display_number: str
    issue_date: date
    due_date: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    billing_kind: BillingKind | None = None
    customer: Customer
    supplies: tuple[Supply, ...] = ()
    lines: tuple[CostLine, ...] = ()
    vat_summary: tuple[VatSummary, ...] = ()
    terms: tuple[Term, ...] = ()
    notices: tuple[Notice, ...] = ()
    total_bill: Decimal
    taxable: Decimal
    vat: Decimal
    total_due: Decimal
    slip_present: bool = False
    direct_debit: bool = False
    payable_online: bool = False
    split_payment: bool = False
    reverse_charge: bool = False
    arrears: Arrears | None = None
    corrects: CorrectedDocument | None = None
    einvoice_number: str = ""
    layout_code: str = ""

    @property
    def services(self) -> tuple[Service, ...]:
        """The services of the bill, each once, in the order of its supplies."""
        return tuple(dict.fromkeys(supply.service for supply in self.supplies))
