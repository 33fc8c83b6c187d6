"""Opening a bill by its link: one statement, one row in the event log, and a plain answer why not."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from msgspec import Struct

from smartbill.apps.tickets.operations import record_visit
from smartbill.apps.tickets.queries import StoredPdf, TicketOpening, ticket_opening
from smartbill.core.bill.document import decode_document
from smartbill.core.bill.value import Bill
from smartbill.core.states.batch import COUNTED_KINDS
from smartbill.core.states.job import JobState
from smartbill.core.tickets.agents import Agent
from smartbill.core.tickets.steps import Step
from smartbill.core.tickets.token import TicketReference, open_token, same_nonce, ticket_keys
from smartbill.core.tickets.validity import valid_until
from smartbill.core.tickets.visitor import visitor_hash
from smartbill.database.context import company


class Closed(StrEnum):
    """Why a link opens nothing. To a stranger MALFORMED and UNKNOWN look the same."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"


class Guest(Struct, frozen=True, kw_only=True):
    """Who asks. The address and the header are used for a keyed hash and kept nowhere."""

    client_address: str
    user_agent: str
    agent: Agent


class OpenTicket(Struct, frozen=True, kw_only=True):
    """A bill that may be shown to whoever has the link."""

    ticket_id: int
    bill_id: int
    bill: Bill
    pdf: StoredPdf | None  # as it is kept; None: none was delivered, and none of ours is made yet, or wanted
    valid_until: datetime
    channel: str
    address: str
    language: str


def open_ticket(
    company_id: int, token: str, step: Step, *, guest: Guest | None, now: datetime, makes_pdf: bool
) -> OpenTicket | Closed:
    """The bill behind a token of this company, or why there is none. Without a guest nothing is recorded (HEAD).

    `makes_pdf`: the company wants PDFs of our making where none was delivered. A PDF that is not there yet is no
    download: nothing is recorded.
    """
    found = _entered(company_id, token, step, guest=guest, now=now, makes_pdf=makes_pdf)
    if isinstance(found, Closed):
        return found
    return OpenTicket(
        ticket_id=found.ticket_id,
        bill_id=found.bill_id,
        bill=decode_document(found.document),
        pdf=_shown_pdf(found, makes_pdf=makes_pdf),
        valid_until=_valid_until(found),
        channel=found.channel,
        address=found.address,
        language=found.language,
    )


def record_beacon(company_id: int, token: str, *, guest: Guest, now: datetime) -> Closed | None:
    """The page's image was fetched. The answer is the same image whatever comes of it; None = recorded."""
    found = _entered(company_id, token, Step.BEACON, guest=guest, now=now, makes_pdf=False)
    return found if isinstance(found, Closed) else None


def _entered(
    company_id: int, token: str, step: Step, *, guest: Guest | None, now: datetime, makes_pdf: bool
) -> TicketOpening | Closed:
    secret_keys = settings.SMARTBILL.secret_keys
    reference = open_token(token, ticket_keys(secret_keys))
    if reference is None:
        return Closed.MALFORMED
    with company(company_id):
        found = ticket_opening(reference.ticket_id)
        closed = _closed(found, reference, now)
        if closed or found is None:
            return closed or Closed.UNKNOWN
        nothing = step is Step.PDF and _shown_pdf(found, makes_pdf=makes_pdf) is None
        if nothing and not makes_pdf:
            return Closed.UNKNOWN
        if guest is not None and not nothing:
            record_visit(
                ticket_id=found.ticket_id,
                step=step,
                visitor=visitor_hash(
                    client_address=guest.client_address,
                    user_agent=guest.user_agent,
                    ticket_id=found.ticket_id,
                    secret_keys=secret_keys,
                ),
                machine=guest.agent.machine,
                agent=guest.agent.family,
                now=now,
                counted_in=found.job_id if found.batch_kind in COUNTED_KINDS else None,
            )
    return found


def _shown_pdf(found: TicketOpening, *, makes_pdf: bool) -> StoredPdf | None:
    return None if found.pdf is not None and found.pdf.made and not makes_pdf else found.pdf


def _closed(found: TicketOpening | None, reference: TicketReference, now: datetime) -> Closed | None:
    """Only whoever has the right nonce learns more than that the link is unknown."""
    if found is None or not same_nonce(found.nonce, reference.nonce):
        return Closed.UNKNOWN
    if found.revoked_at is not None:
        return Closed.REVOKED
    if found.job_state is not JobState.PUBLISHED or not found.in_force:
        return Closed.WITHDRAWN
    if now >= _valid_until(found):
        return Closed.EXPIRED
    return None


def _valid_until(found: TicketOpening) -> datetime:
    return valid_until(
        handed_over_until=found.valid_until, created_at=found.created_at, validity_days=found.validity_days
    )
