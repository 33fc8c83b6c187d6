"""What staff, the command line and the API did. Append-only: the app role may insert and read, nothing else."""

from django.db import models

from smartbill.database.models import CompanyOwned, PlainText


class Entry(CompanyOwned):
    at = models.DateTimeField()
    actor = PlainText(max_length=254)  # e-mail of the login, or `system`
    role = PlainText(max_length=10, blank=True)
    act = PlainText(max_length=40)  # `approve_job`, `start_sending`, …
    subject = PlainText(max_length=80, blank=True)  # `job ASEC_2023_27`
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["company", "-at", "-id"], name="audit_by_time"),
            models.Index(fields=["company", "subject", "-at", "-id"], name="audit_by_subject"),
        ]
