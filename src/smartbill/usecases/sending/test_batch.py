"""The micro-batch of real bills to the company's staff (R9)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import test_recipients
from smartbill.apps.tickets.operations import create_test_batch
from smartbill.apps.tickets.queries import bills_in_force, varied_bills
from smartbill.core.contacts.email import parse_email
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.sending.job import published_job
from smartbill.usecases.sending.prepare import prepare_batch

#: How many bills are picked when none are named.
USUAL_BILLS: Final = 5
MOST_BILLS: Final = 20
MOST_ADDRESSES: Final = 30


def send_test_batch(
    actor: Actor,
    job_code: str,
    *,
    now: datetime,
    bill_ids: Sequence[int] | None = None,
    addresses: Sequence[str] | None = None,
) -> int:
    """Send some bills of a published job to staff; a batch of its own each time. Returns the batch's id.

    Without `bill_ids` a varied pick; without `addresses` the active staff who receive tests. Raises NotAllowed,
    NotPossible.
    """
    require(actor.at_least(Role.EDITOR), "inviare il lotto di prova")
    with company(actor.company_id):
        job = published_job(job_code)
        bills = _bills(job.pk, bill_ids)
        recipients = _recipients(addresses)
        batch = create_test_batch(job_id=job.pk, bill_ids=bills, addresses=recipients, by=actor.email, now=now)
        record_act(
            actor,
            "send_test_batch",
            f"job {job.code}",
            note=f"{len(bills)} bollette a {', '.join(recipients)}",
            now=now,
        )
        prepare_batch.defer(company_id=actor.company_id, batch_id=batch.pk)
        return int(batch.pk)


def _bills(job_id: int, bill_ids: Sequence[int] | None) -> list[int]:
    if bill_ids is None:
        bills = varied_bills(job_id, USUAL_BILLS)
        if not bills:
            raise NotPossible("La lavorazione non ha bollette da inviare.")
        return bills
    wanted = set(bill_ids)
    if not wanted:
        raise NotPossible("Scelga almeno una bolletta.")
    if len(wanted) > MOST_BILLS:
        raise NotPossible(f"Un lotto di prova ha al massimo {MOST_BILLS} bollette.")
    bills = bills_in_force(job_id, wanted)
    if len(bills) != len(wanted):
        raise NotPossible("Alcune bollette scelte non sono in vigore in questa lavorazione.")
    return bills


def _recipients(addresses: Sequence[str] | None) -> list[str]:
    if addresses is None:
        recipients = list(test_recipients())
        if not recipients:
            raise NotPossible("Nessun addetto riceve i lotti di prova: indichi gli indirizzi o attivi un addetto.")
        return recipients[:MOST_ADDRESSES]
    read = {address: parse_email(address).address for address in addresses if address.strip()}
    wrong = [address for address, found in read.items() if not found]
    if wrong:
        raise NotPossible(f"Indirizzo e-mail non valido: {', '.join(wrong)}")
    recipients = list({address.lower(): address for address in read.values()}.values())
    if not recipients:
        raise NotPossible("Indichi almeno un indirizzo e-mail.")
    if len(recipients) > MOST_ADDRESSES:
        raise NotPossible(f"Un lotto di prova va al massimo a {MOST_ADDRESSES} indirizzi.")
    return recipients
