"""The contacts CSV that may travel beside a sample."""

import csv
import io
from collections.abc import Callable

from smartbill.core.flows.sample.customers import Customer
from smartbill.core.flows.sample.documents import documents
from smartbill.core.flows.sample.spec import Layout, SampleSpec

_COLUMNS = ("cellulare", "email", "canale", "lingua", "consenso", "data_consenso", "denominazione")
_CONSENTS = {"S": "S", "N": "N", "X": ""}
_BLOCK = 1000


def contacts_file_name(spec: SampleSpec) -> str:
    return f"CONTATTI_{spec.company_code}_{spec.issue_date:%Y%m%d}.csv"


def write_contacts(spec: SampleSpec, write: Callable[[bytes], object]) -> int:
    """One row for each customer that has a mobile or an e-mail address; tells how many.

    Keyed by customer code, or by codice fiscale where the bills are electronic invoices, which carry no customer code.
    """
    by_fiscal_code = spec.layout is Layout.FATTURAPA
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(("codice_fiscale" if by_fiscal_code else "codice_anagrafico", *_COLUMNS))
    rows = 0
    for document in documents(spec):
        customer = document.customer
        if document.first_of_customer and (customer.mobile or customer.email):
            writer.writerow(_row(customer, by_fiscal_code=by_fiscal_code))
            rows += 1
            if rows % _BLOCK == 0:
                write(text.getvalue().encode())
                text.seek(0)
                text.truncate()
    write(text.getvalue().encode())
    return rows


def _row(customer: Customer, *, by_fiscal_code: bool) -> tuple[str, ...]:
    channel = "WHATSAPP" if customer.mobile and customer.wants_whatsapp else "SMS" if customer.mobile else "EMAIL"
    consent_day = customer.consent_day
    told = customer.consent != "X"
    return (
        customer.fiscal_code if by_fiscal_code else customer.code,
        customer.mobile,
        customer.email,
        channel,
        customer.language,
        _CONSENTS[customer.consent],
        f"{consent_day[:2]}/{consent_day[2:4]}/{consent_day[4:]}" if told else "",
        customer.full_name,
    )
