"""E-mails to staff about a job."""

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
from smartbill.apps.intake.models import Finding, Job
from smartbill.apps.intake.queries import finding_counts
from smartbill.core.flows.value import Level
from smartbill.core.wording.job_notices import PLACES_TOLD, JobEvent, JobNews, Notice, job_notice
from smartbill.database.context import company

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


def _notice(job_id: int, event: JobEvent) -> Notice:
    job = Job.objects.select_related("drop").get(pk=job_id)
    owner = company_of_transaction()
    of_flow = event in _OF_FLOW
    findings = Finding.objects.filter(job=job).order_by("n")
    causes = findings.filter(level=Level.FILE)[:_CAUSES] if of_flow else ()
    rows = findings.exclude(level=Level.FILE).order_by("file", "line", "n")[:PLACES_TOLD] if of_flow else ()
    by, note = _decision(job, event)
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
