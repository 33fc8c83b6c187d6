"""Batches of tickets, the go-ahead, the tickets themselves, and who opened them."""

from django.db import models

from smartbill.apps.archive.models import Bill
from smartbill.apps.intake.models import Job
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.database.models import CompanyOwned, PlainText


class Batch(CompanyOwned):
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="batches")
    kind = PlainText(max_length=10, choices=[(kind.value, kind.value) for kind in BatchKind])
    state = PlainText(max_length=10, default=BatchState.WAITING)
    created_by = PlainText(max_length=254)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    bills_chosen = models.JSONField(null=True)  # TEST: ids of the bills picked; None = all of the job
    test_addresses = models.JSONField(null=True)  # TEST: whom of the staff they go to

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job"], condition=models.Q(kind="mass"), name="one_mass_batch_per_job")
        ]


class Approval(CompanyOwned):
    """The go-ahead of a job, or its refusal; the last one counts. Append-only."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="approvals")
    n = models.PositiveSmallIntegerField()
    approved = models.BooleanField()
    by = PlainText(max_length=254)
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "n"], name="one_approval")]


class Ticket(CompanyOwned):
    """One bill, one batch, one channel, one address; exactly one message. The link is made from id and nonce."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="tickets")
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="tickets")
    channel = PlainText(max_length=10)
    address = PlainText(max_length=254)
    address_hash = models.BinaryField(max_length=32)
    language = PlainText(max_length=5)
    nonce = models.BigIntegerField()  # 64 random bits, signed
    created_at = models.DateTimeField()
    validity_days = models.PositiveSmallIntegerField()
    valid_until = models.DateTimeField(null=True)  # set when its message is handed over
    revoked_at = models.DateTimeField(null=True)
    revocation_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "bill", "channel", "address_hash"], name="one_ticket_per_bill_and_address"
            )
        ]


class UnreachedBill(CompanyOwned):
    """A bill that got no ticket in a mass batch, and why: counted apart, listed, never dropped."""

    class Reason(models.TextChoices):
        NO_CONTACT = "no_contact", "Nessun recapito digitale"
        NO_CONSENT = "no_consent", "Il cliente non ha dato il consenso"
        OTHER_CHANNEL = "other_channel", "Recapiti solo su canali non attivi"
        WANTS_PAPER = "wants_paper", "Il cliente vuole la bolletta per posta"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="unreached")
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = PlainText(max_length=15, choices=Reason.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "bill"], name="one_reason_per_bill")]


class CheckRun(CompanyOwned):
    """The checks before the go-ahead of a job: how often they were asked for, and how far they have come."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="check_run")
    asked = models.PositiveIntegerField(default=1)
    done = models.PositiveIntegerField(default=0)  # the one asked for that the figures answer
    asked_at = models.DateTimeField()
    computed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["computed_at"], name="check_run_by_time")]


class CheckCount(CompanyOwned):
    """What one check found in a job. Amounts in cents."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="check_counts")
    code = PlainText(max_length=20)  # core.checks.value.Check
    count = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    fingerprint = PlainText(max_length=32)  # of the bills found
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "code"], name="one_count_per_check")]


class CheckedBill(CompanyOwned):
    """A bill that a check found. `figure`: days, cents or customers, as the check has it."""

    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="checked_bills", db_index=False, db_constraint=False
    )
    code = PlainText(max_length=20)
    bill = models.ForeignKey(Bill, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    figure = models.BigIntegerField(null=True)
    other_bill = models.ForeignKey(
        Bill, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "code", "bill"], name="one_row_per_checked_bill")]


class CheckAccepted(CompanyOwned):
    """Somebody looked at what a check found and accepts it; the last one counts. Append-only."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="checks_accepted")
    n = models.PositiveSmallIntegerField()
    code = PlainText(max_length=20)
    fingerprint = PlainText(max_length=32)
    by = PlainText(max_length=254)
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "n"], name="one_check_accepted")]


class Visit(CompanyOwned):
    """Something fetched by link: the event log of the customer's pages, cut by month of `at`. No raw address is kept.

    What is a person's view is judged when counting (`core.tickets.views`), not here.
    """

    pk = models.CompositePrimaryKey("id", "at")
    id = models.BigIntegerField()  # identity column, see the migration
    at = models.DateTimeField()
    ticket_id = models.BigIntegerField()
    step = PlainText(max_length=12)  # summary, amounts, consumption, details, pdf, beacon, calendar, …
    visitor = models.BigIntegerField()  # keyed hash of address and agent, differs for each ticket
    machine = models.BooleanField()  # a known preview agent, scanner or crawler
    agent = PlainText(max_length=40)  # family of the agent, never the whole header

    class Meta:
        indexes = [models.Index(fields=["ticket_id", "at"], name="visit_by_ticket")]
