"""What people do with single bills of a published job, and with substitutions: withdraw, open, close."""

from datetime import datetime

from django.db.models import Q

from smartbill.apps.archive.models import DocumentKey, Replacement
from smartbill.apps.archive.operations.publishing import jobs_led_to, lock_publishing, withdraw_bill_of_key
from smartbill.apps.companies.models import Role
from smartbill.apps.events.operations import mark_job
from smartbill.apps.intake.models import Job
from smartbill.apps.messaging.operations import cancel_of_bills
from smartbill.apps.tickets.operations import locked_live_batches
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.checks import ask_checks
from smartbill.usecases.sending.job import published_job


def withdraw_bill(actor: Actor, job_code: str, document: str, *, reason: str, now: datetime) -> None:
    """Take one bill of a published job out of force: its links go dark, what is not yet sent of it is cancelled.

    There is no way back but a new delivery of the document. Raises NotAllowed, NotPossible.
    """
    _may_withdraw(actor, reason)
    with company(actor.company_id):
        lock_publishing()
        job = published_job(job_code)
        _withdraw(actor, job, _key(job, document), reason.strip(), now)


def withdraw_bill_by_id(actor: Actor, bill_id: int, *, reason: str, now: datetime) -> None:
    """The same, of the bill that a page shows. Raises NotAllowed, NotPossible."""
    _may_withdraw(actor, reason)
    with company(actor.company_id):
        lock_publishing()
        key = DocumentKey.objects.select_related("bill", "job").defer("bill__document").filter(bill=bill_id).first()
        if key is None:
            raise NotPossible("La bolletta non è in vigore: non c'è nulla da ritirare.")
        _withdraw(actor, published_job(key.job.code), key, reason.strip(), now)


def _may_withdraw(actor: Actor, reason: str) -> None:
    require(actor.at_least(Role.MANAGER), "ritirare una bolletta")
    if not reason.strip():
        raise NotPossible("Per ritirare una bolletta serve una motivazione.")


def _withdraw(actor: Actor, job: Job, key: DocumentKey, reason: str, now: datetime) -> None:
    locked_live_batches(job.pk)  # tickets being made now are made before, and cancelled, or not at all
    led_here = jobs_led_to(bill_id=key.bill_id)
    bill_id, shown = key.bill_id, key.bill.display_number
    withdraw_bill_of_key(key, by=actor.email, reason=reason, now=now)
    cancel_of_bills([bill_id], reason="withdrawn")
    for job_id in {job.pk, *led_here}:
        mark_job(job_id)
    ask_checks(job.pk, now=now)
    record_act(actor, "withdraw_bill", f"job {job.code}", note=f"{shown}: {reason}", now=now)


def open_replacement(actor: Actor, job_code: str, *, document: str = "", note: str, now: datetime) -> None:
    """From now on documents of the job (or this one) may come again with another content, and replace those in force.

    Raises NotAllowed, NotPossible.
    """
    require(actor.operates, "aprire una sostituzione")
    if not note.strip():
        raise NotPossible("Per aprire una sostituzione serve una motivazione.")
    with company(actor.company_id):
        lock_publishing()
        job = published_job(job_code)
        key = _key(job, document) if document.strip() else None
        bill_id = key.bill_id if key else None
        if Replacement.objects.filter(job=job, bill=bill_id, closed_at=None).exists():
            raise NotPossible("La sostituzione è già aperta.")
        Replacement.objects.create(
            company_id=actor.company_id,
            job=job,
            bill_id=bill_id,
            opened_by=actor.email,
            opened_at=now,
            note=note.strip(),
        )
        what = key.bill.display_number if key else "tutte le bollette"
        record_act(actor, "open_replacement", f"job {job.code}", note=f"{what}: {note.strip()}", now=now)


def close_replacements(actor: Actor, job_code: str, *, now: datetime) -> None:
    """Close what is open for a job: other contents are refused again. Raises NotAllowed, NotPossible."""
    require(actor.operates, "chiudere una sostituzione")
    with company(actor.company_id):
        lock_publishing()
        job = published_job(job_code)
        if not Replacement.objects.filter(job=job, closed_at=None).update(closed_at=now):
            raise NotPossible("Nessuna sostituzione è aperta.")
        record_act(actor, "close_replacement", f"job {job.code}", now=now)


def _key(job: Job, document: str) -> DocumentKey:
    """The key of a document of the job by its number as written on it. Raises NotPossible."""
    series, _, number = document.strip().rpartition("/")
    found = DocumentKey.objects.select_related("bill").defer("bill__document").filter(job=job)
    keys = list(found.filter(Q(series=series, number=number) | Q(bill__display_number=document.strip()))[:2])
    if len(keys) != 1:
        raise NotPossible(f"Il documento «{document.strip()}» non è tra le bollette in vigore di {job.code}.")
    return keys[0]
