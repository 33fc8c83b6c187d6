"""Asking for the PDF of a bill that has none: it is ordered, and mostly there within the same second."""

import time
from datetime import datetime
from enum import StrEnum
from typing import Final

from smartbill.apps.archive.operations.pdfs import order_pdf
from smartbill.apps.archive.queries import pdf_of, pdf_problem
from smartbill.database.context import company
from smartbill.usecases.paper.make import make_pdf

#: Nothing holds a request for a second; looking costs a statement each time.
_WAIT_SECONDS: Final = 0.8
_LOOK_SECONDS: Final = 0.08

#: Customers wait for it: before tasks that nobody looks at.
_PRIORITY: Final = 10


class Ordered(StrEnum):
    READY = "ready"
    COMING = "coming"
    FAILED = "failed"


def order(company_id: int, bill_id: int, *, now: datetime) -> Ordered:
    """Order the PDF unless that was done, and wait a moment for it. The caller knows that it may be shown."""
    with company(company_id):
        if order_pdf(bill_id, now=now):
            make_pdf.configure(priority=_PRIORITY).defer(company_id=company_id, bill_id=bill_id)
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        with company(company_id):
            if pdf_of(bill_id, made=True) is not None:
                return Ordered.READY
            if pdf_problem(bill_id):
                return Ordered.FAILED
        if time.monotonic() >= until:
            return Ordered.COMING
        time.sleep(_LOOK_SECONDS)
