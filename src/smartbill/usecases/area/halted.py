"""Uploads of the page that nobody goes on with: staff are told once by e-mail, as of a cut upload by SFTP."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext, override
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import PageUpload
from smartbill.core.wording.area_notices import halted_notice
from smartbill.database.context import company
from smartbill.usecases.intake.notices import MAIL_RETRY, told_staff


def tell_halted(company_id: int, upload_id: int, *, before: datetime, now: datetime) -> None:
    """Defer an e-mail to each of the staff, unless they were told, or it has been gone on with since `before`."""
    with company(company_id):
        halted = PageUpload.objects.filter(
            pk=upload_id, state=PageUpload.State.OPEN, changed_at__lt=before, told_at__isnull=True
        )
        if not halted.update(told_at=now):
            return
        tasks: list[JSONDict] = [
            {"company_id": company_id, "upload_id": upload_id, "staff_id": staff_id}
            for staff_id in told_staff().order_by("user__email").values_list("pk", flat=True)
        ]
        if tasks:
            notify_halted.batch_defer(*tasks)


@app.task(name="area.notify_halted", queue="mail", pass_context=False, retry=MAIL_RETRY)
def notify_halted(*, company_id: int, upload_id: int, staff_id: int) -> None:
    """Tell one of the staff, unless the upload is over by now, or goes on."""
    with company(company_id):
        address = told_staff().filter(pk=staff_id).values_list("user__email", flat=True).first()
        upload = PageUpload.objects.get(pk=upload_id)
        owner = company_of_transaction()
    goes_on = upload.told_at is None or upload.changed_at > upload.told_at
    if address is None or upload.state != PageUpload.State.OPEN or goes_on:
        return
    with override("it"):
        notice = halted_notice(
            company=owner.name,
            name=upload.name,
            by=upload.by,
            part=upload.offset,
            size=upload.size,
            changed_at=upload.changed_at,
            expires_at=upload.changed_at + timedelta(days=settings.SMARTBILL.stranded_days),
            address=f"{settings.SMARTBILL.base_url}/backoffice/{owner.code}/consegne/carica/",
            translate=gettext,
        )
    send_mail(notice.subject, notice.text, None, [address])
