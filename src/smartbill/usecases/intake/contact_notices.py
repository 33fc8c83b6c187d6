"""E-mails to staff about a contacts file."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext, override
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import ContactFile
from smartbill.core.contacts.report import ContactsReport, unpacked
from smartbill.core.flows.value import Level
from smartbill.core.wording.contact_notices import ContactFileEvent, ContactFileNews, contact_file_notice
from smartbill.core.wording.job_notices import Notice
from smartbill.database.context import company
from smartbill.usecases.intake.notices import MAIL_RETRY, told_staff


@app.task(name="intake.notify_contacts", queue="mail", pass_context=False, retry=MAIL_RETRY)
def notify_of_contacts(*, company_id: int, file_id: int, event: str, staff_id: int) -> None:
    """Tell one of the staff; as `intake.notify` does for jobs."""
    with company(company_id):
        address = told_staff().filter(pk=staff_id).values_list("user__email", flat=True).first()
        notice = _notice(file_id, ContactFileEvent(event))
    if address is not None:
        send_mail(notice.subject, notice.text, None, [address])


def tell_staff_of_contacts(file: ContactFile, event: ContactFileEvent) -> None:
    """Defer an e-mail to everyone of the company that wants to know, in the open transaction."""
    tasks: list[JSONDict] = [
        {"company_id": file.company_id, "file_id": file.pk, "event": event.value, "staff_id": staff_id}
        for staff_id in told_staff().order_by("user__email").values_list("pk", flat=True)
    ]
    if tasks:
        notify_of_contacts.batch_defer(*tasks)


def _notice(file_id: int, event: ContactFileEvent) -> Notice:
    file = ContactFile.objects.get(pk=file_id)
    owner = company_of_transaction()
    report = unpacked(bytes(file.report)) if file.report else ContactsReport()
    news = ContactFileNews(
        event=event,
        company=owner.name,
        file=file.name,
        rows=file.rows,
        refused=file.refused,
        outcome=report.outcome,
        causes=[finding for finding in report.findings if finding.level is Level.FILE],
        counts=report.counts,
        address=f"{settings.SMARTBILL.base_url}/backoffice/{owner.code}/contatti/file/{file_id}/",
    )
    with override("it"):
        return contact_file_notice(news, gettext)
