"""Making one link stop working, at its next request: a wrong recipient, a lost phone."""

from datetime import datetime

from django.conf import settings

from smartbill.apps.companies.models import Role
from smartbill.apps.events.operations import mark_tickets
from smartbill.apps.tickets.operations import revoke
from smartbill.core.tickets.token import open_token, same_nonce, ticket_keys
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require


def revoke_ticket(actor: Actor, ticket_id: int, *, reason: str, now: datetime) -> None:
    """Revoke a ticket of the actor's company. Raises NotAllowed below the role editor, NotPossible."""
    _check(actor, reason)
    with company(actor.company_id):
        _revoke(actor, ticket_id, None, reason.strip(), now)


def revoke_link(actor: Actor, link: str, *, reason: str, now: datetime) -> None:
    """The same by the link itself, as a customer reports it. The link is not written down anywhere."""
    _check(actor, reason)
    token = link.strip().rstrip("/").rpartition("/t/")[2].partition("/")[0]
    reference = open_token(token, ticket_keys(settings.SMARTBILL.secret_keys))
    if reference is None:
        raise NotPossible("Il collegamento non è di questo servizio, o è incompleto.")
    with company(actor.company_id):
        _revoke(actor, reference.ticket_id, reference.nonce, reason.strip(), now)


def _check(actor: Actor, reason: str) -> None:
    require(actor.at_least(Role.EDITOR), "revocare un collegamento")
    if not reason.strip():
        raise NotPossible("Serve il motivo della revoca: resta nel registro delle operazioni.")


def _revoke(actor: Actor, ticket_id: int, nonce: int | None, reason: str, now: datetime) -> None:
    ticket = revoke(ticket_id, reason=reason, now=now)
    if ticket is None or (nonce is not None and not same_nonce(ticket.nonce, nonce)):
        raise NotPossible("Il ticket non esiste, o è già revocato.")
    mark_tickets(ticket.batch.job_id, [ticket.pk])
    record_act(
        actor, "revoke_ticket", f"job {ticket.batch.job.code}", note=f"{ticket.bill.display_number}: {reason}", now=now
    )
