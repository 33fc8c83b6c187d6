"""A fresh link to one bill for support: by whom and why is on record, and nothing it opens is counted.

The link is a ticket of its own, in a batch of kind SUPPORT that sends nothing. The customer's own link is not made
again: whoever of the staff opened it would count as the customer's view. Nor is it a test batch: a job that was never
tried must not pass for tested. So it has an end and can be revoked by itself.
"""

from datetime import datetime

from django.conf import settings

from smartbill.apps.archive.queries import bill_in_force_of_job
from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.queries import job_by_code
from smartbill.apps.tickets.operations import make_support_ticket
from smartbill.core.states.job import JobState
from smartbill.core.tickets.address import ticket_url
from smartbill.core.tickets.token import make_token, ticket_keys
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require

#: How long such a link opens the bill.
VALID_DAYS = 7


def support_link(actor: Actor, job_code: str, document: str, *, reason: str, now: datetime) -> str:
    """The address of a new link to the bill with this number (as it is printed, `B051/12`) in this job.

    Raises NotAllowed below the role editor, NotPossible without a reason or where the bill can't be opened.
    """
    require(actor.at_least(Role.EDITOR), "creare un collegamento per l'assistenza")
    if not reason.strip():
        raise NotPossible("Serve il motivo del collegamento: resta nel registro delle operazioni.")
    with company(actor.company_id):
        job = job_by_code(job_code)
        if job is None:
            raise NotPossible(f"La lavorazione «{job_code}» non esiste.")
        if job.state != JobState.PUBLISHED:
            raise NotPossible(f"La lavorazione {job_code} non è pubblicata: le sue bollette non si possono aprire.")
        bill_id = bill_in_force_of_job(job.pk, document.strip())
        if bill_id is None:
            raise NotPossible(f"Nella lavorazione {job_code} non c'è una bolletta valida con numero «{document}».")
        ticket = make_support_ticket(
            job_id=job.pk,
            bill_id=bill_id,
            address=actor.email,
            validity_days=VALID_DAYS,
            now=now,
        )
        record_act(actor, "support_link", f"job {job_code}", note=f"{document.strip()}: {reason.strip()}", now=now)
        owner = company_of_transaction()
        token = make_token(ticket.pk, ticket.nonce, ticket_keys(settings.SMARTBILL.secret_keys))
        return ticket_url(settings.SMARTBILL.base_url, owner.code, owner.host, token)
