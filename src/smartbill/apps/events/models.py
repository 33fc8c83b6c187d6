"""Marks: something counted has changed. Every stage appends them; the reporting stage takes them away."""

from django.db import models

from smartbill.database.models import CompanyOwned


class Change(CompanyOwned):
    """`ticket` is empty when all tickets of the job are to be counted again. No foreign keys: a mark is only a hint."""

    job_id = models.BigIntegerField()
    ticket_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company", "job_id"], name="change_by_job")]
