"""The refused rows of a contacts file, for the company to mend and send again: on its page, and in `/esiti`."""

from django.utils import timezone
from procrastinate.contrib.django import app

from smartbill.apps.intake.models import ContactFile
from smartbill.core.zone import ROME
from smartbill.database.context import company
from smartbill.usecases.kept_files import kept_file
from smartbill.usecases.outcomes import publish_outcome
from smartbill.usecases.retries import INTAKE_RETRY


@app.task(name="intake.publish_rejects", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def publish_rejects(*, company_id: int, file_id: int) -> None:
    """Put the file of rejects into the company's `/esiti`. A second run replaces it by the same."""
    with company(company_id):
        file = ContactFile.objects.select_related("job").get(pk=file_id)
        name, digest, job_id = rejects_name(file), file.rejects_digest, file.job_id
    publish_outcome(company_id, name, kept_file(company_id, digest).pieces, timezone.now(), job_id=job_id)


def rejects_name(file: ContactFile) -> str:
    """What the file of rejects is called, on the page and in `/esiti`."""
    of = file.job.code if file.job is not None else f"{file.received_at.astimezone(ROME):%Y%m%d}"
    return f"RECAPITI_SCARTATI_{of}_{file.pk}.csv"
