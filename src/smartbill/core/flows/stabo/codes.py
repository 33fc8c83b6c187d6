"""The code lists of STABO v1, and what each code is in the bill value. A code that is kept as written maps to itself.

Source: chapters 3 and 3.1 of the agreed flow format.
"""

from collections.abc import Iterable

from smartbill.core.bill.value import (
    ArrearsState,
    BillingKind,
    BillKind,
    ConsumptionKind,
    CustomerKind,
    Destination,
    LineRole,
    LineScope,
    Measure,
    MeterEvent,
    NoticeKind,
    Quality,
    ReadingKind,
    Section,
    Service,
    TermKind,
)


def _kept(codes: Iterable[str]) -> dict[str, str]:
    return {code: code for code in codes}


LAYOUTS = _kept(["STABO"])
VARIANTS = _kept(["D", "F"])
#: declared encoding -> name of the codec. UTF-8 may carry a byte order mark, which the reader cuts off.
ENCODINGS = {"UTF-8": "utf-8", "CP1252": "cp1252", "ISO-8859-1": "iso-8859-1", "ISO-8859-15": "iso-8859-15"}
CURRENCIES = _kept(["EUR"])
ENVIRONMENTS = _kept(["P", "T"])
FLAGS = {"S": True, "N": False}

BILL_KINDS = {
    "F": BillKind.INVOICE,
    "N": BillKind.CREDIT_NOTE,
    "D": BillKind.DEBIT_NOTE,
    "A": BillKind.NOTICE,
}
BILLING_KINDS = {
    "P": BillingKind.PERIODIC,
    "A": BillingKind.ESTIMATE,
    "M": BillingKind.MIXED,
    "C": BillingKind.RECALCULATION,
    "X": BillingKind.CLOSING,
    "V": BillingKind.OTHER,
}
SUPPLY_SERVICES = {"E": Service.ELECTRICITY, "G": Service.GAS, "I": Service.WATER}
#: `M` (several services) has no service of its own: the services are those of the supplies.
BILL_SERVICES: dict[str, Service | None] = {**SUPPLY_SERVICES, "M": None}
ARREARS_STATES = {"R": ArrearsState.ALL_PAID, "I": ArrearsState.UNPAID, "N": ArrearsState.UNKNOWN}
CUSTOMER_KINDS = {
    "F": CustomerKind.PERSON,
    "G": CustomerKind.COMPANY,
    "C": CustomerKind.CONDOMINIUM,
    "P": CustomerKind.PUBLIC_BODY,
}
USE_TYPES = _kept(["DR", "DN", "CO", "AU", "IP", "PA", "AG", "IN", "AR"])
MARKETS = _kept("LMGVSDR")
LINE_ROLES = {"L": LineRole.LEAF, "T": LineRole.TOTAL, "I": LineRole.INFO}
LINE_SCOPES = {"B": LineScope.BILL, "P": LineScope.DUE}
#: A withholding is known to e-invoices alone.
SECTIONS = {section.value: section for section in Section if section is not Section.WITHHOLDING}
DESTINATIONS = {
    "V": Destination.SALE,
    "R": Destination.NETWORK,
    "O": Destination.SYSTEM_CHARGES,
    "T": Destination.TAX,
    "S": Destination.OTHER_SERVICE,
    "X": Destination.NONE,
}
_TIME_BANDS = ["F0", "F1", "F2", "F3", "F23"]
BANDS = _kept([*_TIME_BANDS, "TOT"])
LINE_BANDS = _kept([*_TIME_BANDS, *(f"S{step:02}" for step in range(1, 100))])
CONSUMPTION_UNITS = _kept(["kWh", "kvarh", "kW", "Smc", "mc"])
LINE_UNITS = _kept(["kWh", "kW", "kvarh", "Smc", "mc", "mese", "giorno", "anno", "n"])
CONSUMPTION_KINDS = {
    "F": ConsumptionKind.BILLED,
    "S": ConsumptionKind.HISTORY,
    "R": ConsumptionKind.RECALCULATED,
    "P": ConsumptionKind.PEAK_POWER,
}
MEASURES = {
    "A": Measure.ACTIVE,
    "R": Measure.REACTIVE,
    "G": Measure.GAS,
    "W": Measure.WATER,
    "K": Measure.POWER,
}
QUALITIES = {
    "R": Quality.READ,
    "S": Quality.ESTIMATED,
    "A": Quality.SELF_READ,
    "C": Quality.PRO_DIE,
    "M": Quality.MIXED,
}
PREVIOUS_KINDS = {
    "R": ReadingKind.READ,
    "S": ReadingKind.ESTIMATED,
    "A": ReadingKind.SELF_READ,
    "I": ReadingKind.INSTALLATION,
}
CURRENT_KINDS = {
    "R": ReadingKind.READ,
    "S": ReadingKind.ESTIMATED,
    "A": ReadingKind.SELF_READ,
    "F": ReadingKind.FINAL,
}
METER_EVENTS = {"N": MeterEvent.NONE, "S": MeterEvent.REPLACED, "V": MeterEvent.TARIFF_CHANGE}
TERM_KINDS = {"U": TermKind.SINGLE, "R": TermKind.INSTALMENT, "A": TermKind.ALTERNATIVE}
METHODS = _kept(f"MP{number:02}" for number in range(1, 24))
#: payment methods of FatturaPA that are debited from the customer's account
DIRECT_DEBIT_METHODS = frozenset({"MP09", "MP10", "MP11", "MP16", "MP17", "MP19", "MP20", "MP21"})
CHANNELS = {"E": "email", "S": "sms", "W": "whatsapp"}
#: `X` = not recorded
CONSENTS: dict[str, bool | None] = {"S": True, "N": False, "X": None}
NOTICE_KINDS = {
    "A": NoticeKind.GENERAL,
    "P": NoticeKind.LIMITATION,
    "R": NoticeKind.RECALCULATION,
    "M": NoticeKind.ARREARS,
    "B": NoticeKind.SOCIAL_BONUS,
    "S": NoticeKind.SAFETY,
    "L": NoticeKind.SELF_READING,
}
