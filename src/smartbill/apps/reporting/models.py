"""What searches and statistics read: one row per counted ticket, and facts per job and day. Always made again from the
stages to the left, never corrected by hand.
"""

from django.db import models

from smartbill.database.models import CompanyOwned, PlainText


class TicketRow(CompanyOwned):
    """Everything that Ricerca ticket filters, sorts and shows, in the form that an index can use."""

    ticket_id = models.BigIntegerField(primary_key=True)
    job_id = models.BigIntegerField()
    job_code = PlainText(max_length=30)
    label = PlainText(max_length=30)  # emission: the flow's label, else the job's code
    batch_kind = PlainText(max_length=10)
    bill_id = models.BigIntegerField()
    series = PlainText(max_length=20)
    number = PlainText(max_length=20)
    display_number = PlainText(max_length=41)
    issue_date = models.DateField()
    issue_year = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()  # total_due, cents
    customer_code = PlainText(max_length=30)
    customer_name = models.CharField(max_length=160)
    channel = PlainText(max_length=10)
    address = PlainText(max_length=254)
    address_key = PlainText(max_length=254)  # e-mail in lower case; phone number reversed, searched by its last digits
    ticket_at = models.DateTimeField()
    ticket_date = models.DateField()  # Europe/Rome
    state = PlainText(max_length=8)  # DLVRD, ERROR, TIMEOUT, S2S, PENDING
    message_state = PlainText(max_length=12)
    valid_until = models.DateTimeField(null=True)
    dark = models.BooleanField(default=False)  # revoked, or its job withdrawn
    viewed = models.BooleanField()
    views = models.PositiveIntegerField()
    downloads = models.PositiveIntegerField()
    machine_fetches = models.PositiveIntegerField()
    slip = models.BooleanField()
    paid = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["company", "-ticket_at", "-ticket_id"], name="row_by_time"),
            models.Index(fields=["company", "customer_code", "-ticket_at"], name="row_by_customer"),
            models.Index(fields=["company", "job_id", "-ticket_at"], name="row_by_job"),
            models.Index(fields=["company", "state", "-ticket_at"], name="row_by_state"),
            models.Index(fields=["company", "address_key", "-ticket_at"], name="row_by_address"),
            models.Index(fields=["company", "number", "series"], name="row_by_document"),
        ]


class JobFact(CompanyOwned):
    """How many tickets of a job, on a day (Europe/Rome), with these marks. Statistics are sums of these rows."""

    job_id = models.BigIntegerField()
    label = PlainText(max_length=30)
    day = models.DateField()
    channel = PlainText(max_length=10)
    state = PlainText(max_length=8)
    viewed = models.BooleanField()
    slip = models.BooleanField()
    paid = models.BooleanField()
    tickets = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "day", "job_id", "channel", "state", "viewed", "slip", "paid"], name="one_fact"
            )
        ]
