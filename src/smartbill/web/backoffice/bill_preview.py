"""A bill that is in no archive, drawn by the customer's own pages.

The pages of customers and of staff do not know each other; the settings name who draws.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from smartbill.core.bill.value import Bill


class DrawnPage(Protocol):
    name: str
    html: str


def bill_pages(company_code: str, bill: Bill, *, now: datetime) -> Sequence[DrawnPage]:
    """Each section of the bill: its name and its whole page."""
    draw = cast("Callable[..., Sequence[DrawnPage]]", import_string(settings.BILL_PREVIEW))
    return draw(company_code, bill, now=now)
