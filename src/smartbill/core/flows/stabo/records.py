"""The records of STABO v1 as data: names, types, widths, code lists. The reader and the sample writer share it.

Source: chapter 3 of the agreed flow format. Field 1 of every record is its two-character type, which the tables leave
out: the first `FieldSpec` of a record is field 2 of a line.
"""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from smartbill.core.flows.stabo.codes import (
    ARREARS_STATES,
    BANDS,
    BILL_KINDS,
    BILL_SERVICES,
    BILLING_KINDS,
    CHANNELS,
    CONSENTS,
    CONSUMPTION_KINDS,
    CONSUMPTION_UNITS,
    CURRENCIES,
    CURRENT_KINDS,
    CUSTOMER_KINDS,
    DESTINATIONS,
    ENCODINGS,
    ENVIRONMENTS,
    FLAGS,
    LAYOUTS,
    LINE_BANDS,
    LINE_ROLES,
    LINE_SCOPES,
    LINE_UNITS,
    MARKETS,
    MEASURES,
    METER_EVENTS,
    METHODS,
    NOTICE_KINDS,
    PREVIOUS_KINDS,
    QUALITIES,
    SECTIONS,
    SUPPLY_SERVICES,
    TERM_KINDS,
    USE_TYPES,
    VARIANTS,
)

PLAIN_FILE_NAME = r"(?!\.+$)[^/\\:*?\"<>|\x00-\x1f\x7f]{1,80}"
MAIL_ADDRESS = r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+"
MASKED_IBAN = r"[A-Z]{2}[0-9]{2}[*Xx.•]{6,26}[0-9A-Z]{4}"


class FieldType(Enum):
    TEXT = "AN"  # `size` characters at most
    INTEGER = "N"  # `size` digits at most, never negative
    CODE = "E"  # one of `codes`
    FLAG = "F"  # S or N
    DAY = "D"  # ddmmyyyy
    MOMENT = "DT"  # ddmmyyyyhhmmss, Europe/Rome
    SIGNED = "S"  # `size` digits of which `decimals` decimals
    UNSIGNED = "U"


class Need(Enum):
    MANDATORY = "M"
    OPTIONAL = "O"
    CONDITIONAL = "C"  # mandatory when a rule of the document says so


class FieldSpec(Struct, frozen=True, kw_only=True):
    """One field. `size` counts characters (TEXT, CODE) or digits; `width` is its length in the fixed-width variant."""

    name: str
    type: FieldType
    size: int
    decimals: int = 0
    need: Need
    codes: Mapping[str, object] | None = None  # code -> what it is in the bill value
    pattern: str = ""  # regular expression that the whole value matches
    personal: bool = False  # masked in findings

    @property
    def width(self) -> int:
        return self.size + 1 if self.type is FieldType.SIGNED else self.size


class RecordSpec(Struct, frozen=True, kw_only=True):
    type: str
    fixed_length: int  # characters of a whole line in the fixed-width variant
    fields: tuple[FieldSpec, ...]

    @property
    def fixed_slices(self) -> dict[str, slice]:
        """Where each field stands in a line of the fixed-width variant (positions from 0)."""
        slices = {}
        start = 2
        for spec in self.fields:
            slices[spec.name] = slice(start, start + spec.width)
            start += spec.width
        return slices


MANDATORY, OPTIONAL, CONDITIONAL = Need.MANDATORY, Need.OPTIONAL, Need.CONDITIONAL


def text(
    name: str,
    size: int,
    need: Need,
    *,
    codes: Mapping[str, object] | None = None,
    pattern: str = "",
    personal: bool = False,
) -> FieldSpec:
    return FieldSpec(
        name=name, type=FieldType.TEXT, size=size, need=need, codes=codes, pattern=pattern, personal=personal
    )


def integer(name: str, size: int, need: Need) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.INTEGER, size=size, need=need)


def code(name: str, size: int, need: Need, *, codes: Mapping[str, object]) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.CODE, size=size, need=need, codes=codes)


def flag(name: str, need: Need) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.FLAG, size=1, need=need, codes=FLAGS)


def day(name: str, need: Need) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.DAY, size=8, need=need)


def moment(name: str, need: Need) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.MOMENT, size=14, need=need)


def signed(name: str, size: int, decimals: int, need: Need) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.SIGNED, size=size, decimals=decimals, need=need)


def unsigned(name: str, size: int, decimals: int, need: Need) -> FieldSpec:
    return FieldSpec(name=name, type=FieldType.UNSIGNED, size=size, decimals=decimals, need=need)


#: every record of the layout, in the order in which they may stand
RECORDS: dict[str, RecordSpec] = {
    record.type: record
    for record in (
        RecordSpec(
            type="00",
            fixed_length=202,
            fields=(
                text("layout", 10, MANDATORY, codes=LAYOUTS),
                integer("version", 2, MANDATORY),
                code("variant", 1, MANDATORY, codes=VARIANTS),
                text("company_code", 10, MANDATORY),
                text("company_vat", 13, MANDATORY, pattern="(IT)?[0-9]{11}"),
                text("flow_id", 30, MANDATORY),
                text("batch", 20, MANDATORY, pattern="[A-Z0-9_-]+"),
                moment("created_at", MANDATORY),
                text("encoding", 12, MANDATORY, codes=ENCODINGS),
                text("currency", 3, MANDATORY, codes=CURRENCIES),
                text("services", 3, MANDATORY, pattern="[EGI]{1,3}"),
                code("environment", 1, MANDATORY, codes=ENVIRONMENTS),
                flag("pdf_included", MANDATORY),
                text("note", 80, OPTIONAL),
            ),
        ),
        RecordSpec(
            type="10",
            fixed_length=462,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                code("doc_type", 1, MANDATORY, codes=BILL_KINDS),
                text("series", 10, MANDATORY, pattern="[A-Z0-9]{1,10}"),
                text("number", 20, MANDATORY, pattern="[0-9A-Za-z-]{1,20}"),
                day("issue_date", MANDATORY),
                day("due_date", CONDITIONAL),
                day("period_from", MANDATORY),
                day("period_to", MANDATORY),
                code("billing_kind", 1, MANDATORY, codes=BILLING_KINDS),
                code("service", 1, MANDATORY, codes=BILL_SERVICES),
                text("customer_code", 16, MANDATORY),
                signed("total_bill", 13, 2, MANDATORY),
                signed("taxable", 13, 2, MANDATORY),
                signed("vat", 13, 2, MANDATORY),
                signed("total_due", 13, 2, MANDATORY),
                flag("split_payment", MANDATORY),
                flag("reverse_charge", MANDATORY),
                code("arrears_state", 1, MANDATORY, codes=ARREARS_STATES),
                signed("arrears_amount", 13, 2, CONDITIONAL),
                day("arrears_date", CONDITIONAL),
                text("ref_series", 10, CONDITIONAL),
                text("ref_number", 20, CONDITIONAL),
                day("ref_date", CONDITIONAL),
                text("einvoice_number", 20, OPTIONAL, pattern=r"[\x20-\x7e]{1,20}"),
                text("einvoice_file", 80, OPTIONAL, pattern=PLAIN_FILE_NAME),
                text("pdf_file", 80, CONDITIONAL, pattern=PLAIN_FILE_NAME),
                text("pdf_sha256", 64, OPTIONAL, pattern="[0-9a-f]{64}"),
                text("layout_code", 10, OPTIONAL),
            ),
        ),
        RecordSpec(
            type="11",
            fixed_length=894,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                text("customer_code", 16, MANDATORY),
                code("kind", 1, MANDATORY, codes=CUSTOMER_KINDS),
                text("name", 80, MANDATORY, personal=True),
                text("first_name", 60, CONDITIONAL, personal=True),
                text("fiscal_code", 16, CONDITIONAL, personal=True),
                text("vat_number", 28, CONDITIONAL, personal=True),
                text("street", 80, MANDATORY, personal=True),
                text("street_no", 10, OPTIONAL, personal=True),
                text("postcode", 10, CONDITIONAL),
                text("city", 60, MANDATORY),
                text("province", 2, CONDITIONAL),
                text("country", 2, MANDATORY, pattern="[A-Z]{2}"),
                text("mail_name", 80, OPTIONAL, personal=True),
                text("mail_street", 90, OPTIONAL, personal=True),
                text("mail_postcode", 10, OPTIONAL),
                text("mail_city", 60, OPTIONAL),
                text("mail_province", 2, OPTIONAL),
                text("recipient_code", 7, OPTIONAL, pattern="[A-Z0-9]{6,7}"),
                text("pec", 256, OPTIONAL, pattern=MAIL_ADDRESS, personal=True),
                text("language", 2, OPTIONAL, pattern="[a-z]{2}"),
                flag("paper_bill", OPTIONAL),
                flag("email_bill", OPTIONAL),
                flag("detail_bill", OPTIONAL),
                flag("privacy_marketing", OPTIONAL),
                flag("privacy_profiling", OPTIONAL),
                flag("privacy_third_parties", OPTIONAL),
                day("privacy_date", OPTIONAL),
            ),
        ),
        RecordSpec(
            type="12",
            fixed_length=548,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                integer("supply_seq", 3, MANDATORY),
                code("service", 1, MANDATORY, codes=SUPPLY_SERVICES),
                text("point_code", 20, MANDATORY),
                text("contract_code", 20, OPTIONAL),
                text("street", 90, MANDATORY, personal=True),
                text("postcode", 10, OPTIONAL),
                text("city", 60, MANDATORY),
                text("province", 2, OPTIONAL),
                text("meter_serial", 20, OPTIONAL),
                code("use_type", 2, MANDATORY, codes=USE_TYPES),
                code("market", 1, MANDATORY, codes=MARKETS),
                text("tariff_code", 20, OPTIONAL),
                text("offer_name", 60, OPTIONAL),
                text("offer_code", 40, OPTIONAL),
                day("offer_end", OPTIONAL),
                day("activation", OPTIONAL),
                unsigned("power_committed", 7, 2, CONDITIONAL),
                unsigned("power_available", 7, 2, OPTIONAL),
                text("voltage", 10, OPTIONAL),
                integer("residents", 3, OPTIONAL),
                integer("units", 4, OPTIONAL),
                text("meter_class", 5, OPTIONAL),
                unsigned("coeff_c", 7, 6, CONDITIONAL),
                unsigned("pcs", 7, 6, CONDITIONAL),
                text("distributor", 60, OPTIONAL),
                text("emergency_phone", 20, OPTIONAL),
                unsigned("annual_qty", 15, 6, OPTIONAL),
                day("annual_from", CONDITIONAL),
                day("annual_to", CONDITIONAL),
                signed("annual_spend", 13, 2, OPTIONAL),
            ),
        ),
        RecordSpec(
            type="20",
            fixed_length=239,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                integer("supply_seq", 3, MANDATORY),
                integer("line_no", 4, MANDATORY),
                integer("parent", 4, MANDATORY),
                code("role", 1, MANDATORY, codes=LINE_ROLES),
                code("scope", 1, MANDATORY, codes=LINE_SCOPES),
                code("section", 3, MANDATORY, codes=SECTIONS),
                code("destination", 1, MANDATORY, codes=DESTINATIONS),
                text("component", 12, OPTIONAL),
                text("description", 120, MANDATORY),
                day("date_from", OPTIONAL),
                day("date_to", OPTIONAL),
                code("band", 3, OPTIONAL, codes=LINE_BANDS),
                signed("qty", 15, 6, OPTIONAL),
                text("uom", 8, CONDITIONAL, codes=LINE_UNITS),
                signed("unit_price", 15, 8, OPTIONAL),
                signed("amount", 13, 2, MANDATORY),
                unsigned("vat_rate", 5, 2, CONDITIONAL),
                text("vat_nature", 4, CONDITIONAL, pattern=r"N[1-7](\.[0-9])?"),
            ),
        ),
        RecordSpec(
            type="30",
            fixed_length=57,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                integer("supply_seq", 3, MANDATORY),
                code("kind", 1, MANDATORY, codes=CONSUMPTION_KINDS),
                code("measure", 1, MANDATORY, codes=MEASURES),
                code("band", 3, MANDATORY, codes=BANDS),
                day("date_from", MANDATORY),
                day("date_to", MANDATORY),
                signed("qty", 15, 6, MANDATORY),
                text("uom", 8, MANDATORY, codes=CONSUMPTION_UNITS),
                code("quality", 1, MANDATORY, codes=QUALITIES),
            ),
        ),
        RecordSpec(
            type="31",
            fixed_length=106,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                integer("supply_seq", 3, MANDATORY),
                text("meter_serial", 20, MANDATORY),
                code("measure", 1, MANDATORY, codes=MEASURES),
                code("band", 3, MANDATORY, codes=BANDS),
                day("prev_date", MANDATORY),
                unsigned("prev_value", 13, 3, MANDATORY),
                code("prev_kind", 1, MANDATORY, codes=PREVIOUS_KINDS),
                day("curr_date", MANDATORY),
                unsigned("curr_value", 13, 3, MANDATORY),
                code("curr_kind", 1, MANDATORY, codes=CURRENT_KINDS),
                unsigned("factor", 9, 4, MANDATORY),
                signed("qty", 15, 6, MANDATORY),
                flag("rollover", MANDATORY),
                code("event", 1, MANDATORY, codes=METER_EVENTS),
            ),
        ),
        RecordSpec(
            type="40",
            fixed_length=196,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                integer("term_seq", 2, MANDATORY),
                code("kind", 1, MANDATORY, codes=TERM_KINDS),
                signed("amount", 13, 2, MANDATORY),
                day("due_date", MANDATORY),
                text("method", 4, MANDATORY, codes=METHODS),
                flag("direct_debit", MANDATORY),
                flag("payable_online", MANDATORY),
                flag("slip_present", MANDATORY),
                text("iban_masked", 34, OPTIONAL, pattern=MASKED_IBAN, personal=True),
                text("mandate_id", 35, OPTIONAL, personal=True),
                text("creditor_iban", 34, OPTIONAL, pattern="[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", personal=True),
                text("notice_code", 18, OPTIONAL, pattern="[0-9]{18}"),
                text("slip_code", 18, OPTIONAL, pattern="[0-9]{18}"),
                text("postal_account", 12, OPTIONAL),
                text("cbill_sia", 5, OPTIONAL, pattern="[A-Z0-9]{5}"),
            ),
        ),
        RecordSpec(
            type="50",
            fixed_length=291,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                text("customer_code", 16, MANDATORY),
                code("channel", 1, MANDATORY, codes=CHANNELS),
                text("address", 254, MANDATORY, personal=True),
                flag("preferred", MANDATORY),
                text("language", 2, OPTIONAL, pattern="[a-z]{2}"),
                code("consent", 1, MANDATORY, codes=CONSENTS),
                day("consent_date", OPTIONAL),
            ),
        ),
        RecordSpec(
            type="60",
            fixed_length=1030,
            fields=(
                integer("doc_seq", 6, MANDATORY),
                integer("msg_seq", 3, MANDATORY),
                code("kind", 1, MANDATORY, codes=NOTICE_KINDS),
                text("language", 2, MANDATORY, pattern="[a-z]{2}"),
                day("date_from", OPTIONAL),
                day("date_to", OPTIONAL),
                text("text", 1000, MANDATORY),
            ),
        ),
        RecordSpec(
            type="99",
            fixed_length=197,
            fields=(
                integer("lines", 9, MANDATORY),
                integer("bills", 6, MANDATORY),
                integer("credit_notes", 6, MANDATORY),
                signed("sum_total_bill", 15, 2, MANDATORY),
                signed("sum_total_due", 15, 2, MANDATORY),
                integer("n11", 9, MANDATORY),
                integer("n12", 9, MANDATORY),
                integer("n20", 9, MANDATORY),
                integer("n30", 9, MANDATORY),
                integer("n31", 9, MANDATORY),
                integer("n40", 9, MANDATORY),
                integer("n50", 9, MANDATORY),
                integer("n60", 9, MANDATORY),
                integer("pdf_files", 6, MANDATORY),
                text("sha256", 64, OPTIONAL, pattern="[0-9a-fA-F]{64}"),
            ),
        ),
    )
}

#: the records inside a document, in their order (they may repeat, never go back)
DOCUMENT_RECORDS = ("10", "11", "12", "20", "30", "31", "40", "50", "60")
