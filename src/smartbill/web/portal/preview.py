"""A bill that is in no archive, as its customer would see it: for staff who try something out.

Who shows it is given whole pages and puts them into frames without scripts. Nothing is kept, nothing is counted.
"""

from datetime import datetime, timedelta

from django.template import engines
from django.utils.translation import gettext as _
from msgspec import Struct

from smartbill.core.bill.value import Bill
from smartbill.core.tickets.steps import Step
from smartbill.usecases.portal.companies import company_at
from smartbill.usecases.portal.open_ticket import OpenTicket
from smartbill.web.portal import content
from smartbill.web.portal.content import Context, Place


class DrawnPage(Struct, frozen=True):
    name: str
    html: str


def bill_pages(company_code: str, bill: Bill, *, now: datetime) -> tuple[DrawnPage, ...]:
    """The four sections of the bill in the company's present look; their links lead nowhere."""
    face = company_at("", company_code)
    if face is None:
        return ()
    ticket = OpenTicket(
        ticket_id=0,
        bill_id=0,
        bill=bill,
        pdf=None,
        valid_until=now + timedelta(days=face.access.validity_days),
        channel=face.access.channels[0] if face.access.channels else "email",
        address="",
        language="it",
    )
    place = Place(f"/c/{company_code}", f"/c/{company_code}")
    sections: tuple[tuple[str, Step, Context], ...] = (
        (_("Sommario"), Step.SUMMARY, content.summary(ticket, now)),
        (_("Importi"), Step.AMOUNTS, content.amounts(ticket)),
        (_("Consumi"), Step.CONSUMPTION, content.consumption(ticket, None) or {}),
        (_("I tuoi dati"), Step.DETAILS, content.details(ticket)),
    )
    engine = engines["portal"]
    return tuple(
        DrawnPage(
            name,
            str(
                engine.get_template(f"{step.value}.html").render(
                    content.ticket_frame(face, place, ticket, step) | own | {"preview": True}
                )
            ),
        )
        for name, step, own in sections
    )
