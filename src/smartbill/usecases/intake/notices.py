"""E-mails to staff about a job."""

import msgspec
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils.translation import gettext, override
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Staff
from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import Finding, FurtherZip, Job
from smartbill.apps.intake.queries import finding_counts
from smartbill.core.flows import value as flows
from smartbill.core.flows.value import Level
from smartbill.core.wording.job_notices import (
    PLACES_TOLD,
    JobEvent,
    JobNews,
    Notice,
    PdfNews,
    job_notice,
    pdf_notice,
)
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.intake.pdfs import awaited_pdfs

#: Events that tell how the reading went.
_OF_FLOW = frozenset({JobEvent.REFUSED, JobEvent.HELD, JobEvent.PUBLISHED})
#: Events that tell what a person did, by the act on record.
_ACTS = {JobEvent.NOT_APPROVED: "refuse_job", JobEvent.WITHDRAWN: "withdraw_job"}

#: So many reasons of a refused flow are told in full.
_CAUSES = 10


MAIL_RETRY = RetryStrategy(max_attempts=10, exponential_wait=3)


@app.task(name="intake.notify", queue="mail", pass_context=False, retry=MAIL_RETRY)
def notify(*, company_id: int, job_id: int, event: str, staff_id: int) -> None:
    """Tell one of the staff, unless they want to know no longer.

    No network inside the transaction. A worker killed right after sending tells twice: better than not at all.
    """
    with company(company_id):
        address = told_staff().filter(pk=staff_id).values_list("user__email", flat=True).first()
        notice = _notice(job_id, JobEvent(event))
    if address is not None:
        send_mail(notice.subject, notice.text, None, [address])


def tell_staff(job: Job, event: JobEvent) -> None:
    """Defer an e-mail to everyone of the company that wants to know, operators among them, in the open transaction.

    Each has a task of their own: where the mail server refuses one, trying again writes to that one alone.
    """
    tasks: list[JSONDict] = [
        {"company_id": job.company_id, "job_id": job.pk, "event": event.value, "staff_id": staff_id}
        for staff_id in told_staff().order_by("user__email").values_list("pk", flat=True)
    ]
    if tasks:
        notify.batch_defer(*tasks)


@app.task(
    name="intake.notify_of_pdfs",
    queue="mail",
    pass_context=False,
    retry=RetryStrategy(max_attempts=10, exponential_wait=3),
)
def notify_of_pdfs(*, company_id: int, further_id: int, staff_id: int) -> None:
    """Tell one of the staff of PDFs that can't be used, or not yet; nothing when they are in use by now."""
    with company(company_id):
        address = told_staff().filter(pk=staff_id).values_list("user__email", flat=True).first()
        further = FurtherZip.objects.select_related("drop").get(pk=further_id)
        owner = company_of_transaction()
        why = msgspec.json.decode(bytes(further.finding), type=flows.Finding) if further.finding else None
    if address is None or why is None:
        return
    news = PdfNews(
        company=owner.name,
        file=further.drop.name,
        why=why,
        address=f"{settings.SMARTBILL.base_url}/backoffice/{owner.code}/job/",
    )
    with override("it"):
        notice = pdf_notice(news, gettext)
    send_mail(notice.subject, notice.text, None, [address])


def tell_staff_of_pdfs(further: FurtherZip) -> None:
    """As `tell_staff`, of a further ZIP."""
    tasks: list[JSONDict] = [
        {"company_id": further.company_id, "further_id": further.pk, "staff_id": staff_id}
        for staff_id in told_staff().order_by("user__email").values_list("pk", flat=True)
    ]
    if tasks:
        notify_of_pdfs.batch_defer(*tasks)


def _notice(job_id: int, event: JobEvent) -> Notice:
    job = Job.objects.select_related("drop").get(pk=job_id)
    owner = company_of_transaction()
    of_flow = event in _OF_FLOW
    findings = Finding.objects.filter(job=job).order_by("n")
    causes = findings.filter(level=Level.FILE)[:_CAUSES] if of_flow else ()
    rows = findings.exclude(level=Level.FILE).order_by("file", "line", "n")[:PLACES_TOLD] if of_flow else ()
    by, note = _decision(job, event)
    pdfs = awaited_pdfs(job) if event is JobEvent.WAITING else None
    news = JobNews(
        event=event,
        company=owner.name,
        code=job.code,
        file=job.drop.name,
        bills=job.bills,
        refused=job.refused,
        skipped=job.skipped,
        test_flow=job.test_flow,
        causes=[finding.value for finding in causes],
        counts=finding_counts(job_id) if of_flow else (),
        rows=[finding.value for finding in rows],
        by=by,
        note=note,
        flow_id=job.flow_id or "",
        pdfs=pdfs.found if pdfs else 0,
        pdfs_announced=pdfs.announced if pdfs else 0,
        pdfs_until=f"{job.pdfs_until.astimezone(ROME):%d/%m/%Y %H:%M}" if job.pdfs_until else "",
        address=f"{settings.SMARTBILL.base_url}/backoffice/{owner.code}/job/{job.code}/",
    )
    with override("it"):
        return job_notice(news, gettext)


def _decision(job: Job, event: JobEvent) -> tuple[str, str]:
    """Who decided what the notice tells, and why: as it is on record."""
    act = _ACTS.get(event)
    entry = Entry.objects.filter(subject=f"job {job.code}", act=act).order_by("-at", "-id").first() if act else None
    return (entry.actor, entry.note) if entry else ("", "")


def told_staff() -> QuerySet[Staff]:
    """Staff of the company at hand who want to know by e-mail."""
    return Staff.objects.filter(active=True, notify=True, user__is_active=True)
