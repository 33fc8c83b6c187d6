"""E-mails to staff about a job."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext, override
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from smartbill.apps.companies.models import Staff
from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import Job
from smartbill.apps.intake.queries import finding_counts
from smartbill.core.wording.job_notices import JobEvent, JobNews, Notice, job_notice
from smartbill.database.context import company


@app.task(
    name="intake.notify",
    queue="mail",
    pass_context=False,
    retry=RetryStrategy(max_attempts=10, exponential_wait=3),
)
def notify(*, company_id: int, job_id: int, event: str) -> None:
    """Tell the staff of the company that want to know, operators among them.

    No network inside the transaction. A worker killed on the way tells some twice: better than not at all.
    """
    with company(company_id):
        notice, addresses = _notice(job_id, JobEvent(event)), _addresses()
    for address in addresses:
        send_mail(notice.subject, notice.text, None, [address])


def _notice(job_id: int, event: JobEvent) -> Notice:
    job = Job.objects.select_related("drop").get(pk=job_id)
    news = JobNews(
        event=event,
        company=company_of_transaction().name,
        code=job.code,
        file=job.drop.name,
        bills=job.bills,
        refused=job.refused,
        skipped=job.skipped,
        test_flow=job.test_flow,
        counts=() if event is JobEvent.RECEIVED else finding_counts(job_id),
        address=f"{settings.SMARTBILL.base_url}/backoffice/",
    )
    with override("it"):
        return job_notice(news, gettext)


def _addresses() -> list[str]:
    staff = Staff.objects.filter(active=True, notify=True, user__is_active=True)
    return list(staff.order_by("user__email").values_list("user__email", flat=True))
