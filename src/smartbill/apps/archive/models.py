"""The archive: bills, which of them is in force, their files, customers and their contacts.

Rows that go in by the hundred thousand have no foreign keys in the database (`db_constraint=False`), as with the
company: their statements join the rows they point at, and the checks would cost half of the publishing. What is in
force keeps its constraint.
"""

from django.db import models
from django.db.models.functions import Lower, Reverse

from smartbill.apps.intake.models import ContactFile, Job
from smartbill.core.bill.value import BillKind
from smartbill.core.contacts.sources import Source
from smartbill.core.ports.channels import Channel
from smartbill.core.ports.files import FileFault
from smartbill.database.models import CompanyOwned, PlainText
from smartbill.database.names import searched_name


class Bill(CompanyOwned):
    """One document of a job: the stored bill value and the columns that searches need. Amounts in cents of euro.

    A bill counts only when a DocumentKey points at it: until its job is published nobody sees it.
    """

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    doc_seq = models.BigIntegerField()
    block = models.PositiveIntegerField()
    kind = PlainText(max_length=12, choices=[(kind.value, kind.value) for kind in BillKind])
    series = PlainText(max_length=20)
    number = PlainText(max_length=20)
    display_number = PlainText(max_length=41)
    issue_date = models.DateField()
    issue_year = models.PositiveSmallIntegerField()
    due_date = models.DateField(null=True)
    period_from = models.DateField(null=True)
    period_to = models.DateField(null=True)
    customer_code = PlainText(max_length=30)
    customer_name = models.CharField(max_length=160)
    fiscal_code = PlainText(max_length=16, blank=True)
    vat_number = PlainText(max_length=28, blank=True)
    services = PlainText(max_length=40)  # comma list, as `electricity,gas`
    total_bill = models.BigIntegerField()
    total_due = models.BigIntegerField()
    slip_present = models.BooleanField()
    direct_debit = models.BooleanField()
    payable_online = models.BooleanField()
    language = PlainText(max_length=5, blank=True)
    line = models.BigIntegerField()  # in the flow
    pdf_name = models.CharField(max_length=255, blank=True)  # announced, or by the company's pattern
    pdf_sha256 = PlainText(max_length=64, blank=True)
    einvoice_name = models.CharField(max_length=255, blank=True)
    digest = models.BinaryField(max_length=32)  # of the document's JSON: is a second delivery equal?
    document = models.BinaryField()  # core.bill.document

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "doc_seq"], name="one_bill_per_place")]
        indexes = [
            models.Index(fields=["company", "customer_code", "issue_date"], name="bill_by_customer"),
            models.Index(fields=["company", "number"], name="bill_by_number"),
            models.Index(fields=["company", "issue_date"], name="bill_by_issue_date"),
            models.Index(fields=["company", "due_date"], name="bill_by_due_date"),
            models.Index(fields=["company", "total_due"], name="bill_by_amount"),
        ]


class DocumentKey(CompanyOwned):
    """The one bill in force for a document. All reads outside intake go through it."""

    series = PlainText(max_length=20)
    number = PlainText(max_length=20)
    issue_year = models.PositiveSmallIntegerField()
    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, related_name="key")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "series", "number", "issue_year"], name="one_bill_in_force")
        ]


class Replacement(CompanyOwned):
    """An open substitution: while it is, documents of the job (or the one bill) that come again with another content
    replace those in force instead of being refused (DOC-261)."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+")
    bill = models.ForeignKey(Bill, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # None = all
    opened_by = PlainText(max_length=254)
    opened_at = models.DateTimeField()
    note = models.TextField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "bill"],
                condition=models.Q(closed_at=None),
                nulls_distinct=False,
                name="one_open_replacement",
            )
        ]


class ReplacedBill(CompanyOwned):
    """A bill that was in force until another took its place. Its links lead to `new_bill`, the last of the row."""

    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, related_name="replaced", db_constraint=False)
    new_bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    replaced_at = models.DateTimeField()


class WithdrawnBill(CompanyOwned):
    """A single bill that was taken out of force, and why."""

    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, related_name="withdrawn", db_constraint=False)
    at = models.DateTimeField()
    by = PlainText(max_length=254)
    reason = models.TextField()


class BillSupply(CompanyOwned):
    bill = models.ForeignKey(
        Bill, on_delete=models.CASCADE, related_name="supplies", db_index=False, db_constraint=False
    )
    seq = models.PositiveSmallIntegerField()
    service = PlainText(max_length=12)
    point_code = PlainText(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bill", "seq"], name="one_supply_per_place")]
        indexes = [models.Index(fields=["company", "point_code"], name="supply_by_point")]


class BillFile(CompanyOwned):
    """A file of a bill: its PDF, its e-invoice, an attachment. The content lies under `digest` (SHA-256).

    `fault`: what the last check of the kept file against its digest found wrong, empty when nothing.
    """

    class Kind(models.TextChoices):
        PDF = "pdf"
        MADE = "made"  # a PDF of our own making; a delivered one always wins
        EINVOICE = "einvoice"
        ATTACHMENT = "attachment"

    bill = models.ForeignKey(Bill, on_delete=models.CASCADE, related_name="files", db_index=False)
    kind = PlainText(max_length=12, choices=Kind.choices)
    n = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    digest = PlainText(max_length=64)
    size = models.BigIntegerField()
    fault = PlainText(
        max_length=10, blank=True, db_default="", choices=[(each.value, each.value) for each in FileFault]
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bill", "kind", "n"], name="one_bill_file")]
        indexes = [models.Index(fields=["company", "bill"], condition=~models.Q(fault=""), name="faulty_bill_file")]


class PdfOrder(CompanyOwned):
    """That somebody asked for a bill's PDF which has to be made, and what came of it."""

    bill = models.OneToOneField(Bill, on_delete=models.CASCADE, related_name="pdf_order")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    problem = PlainText(max_length=300, blank=True)  # why none could be made, for the operator
    made_from = PlainText(max_length=120, blank=True)  # versions of the settings and of the program


class Customer(CompanyOwned):
    """The current record of a customer, by the company's code (codice anagrafico).

    The name keys are what a name is found by, from its start: the name in its search form, the same from the second
    word on and from the last one, since nobody knows where the surname begins.
    """

    code = PlainText(max_length=30)
    name = models.CharField(max_length=160)
    name_key = searched_name("name")
    name_key_from_second = searched_name("name", r"^(\S+) (.+)$")
    name_key_from_last = searched_name("name", r"^(.+) (\S+)$")
    fiscal_code = PlainText(max_length=16, blank=True)
    vat_number = PlainText(max_length=28, blank=True)
    language = PlainText(max_length=5, blank=True)
    preferred_channel = PlainText(max_length=10, blank=True)  # the customer's wish; `paper` too
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="one_customer")]
        indexes = [
            models.Index(fields=["company", "fiscal_code"], name="customer_by_fiscal_code"),
            models.Index(fields=["company", "vat_number"], name="customer_by_vat_number"),
            models.Index(fields=["company", "name_key"], name="customer_by_name"),
            models.Index(fields=["company", "name_key_from_second"], name="customer_by_second_word"),
            models.Index(fields=["company", "name_key_from_last"], name="customer_by_last_word"),
        ]


class Consent(CompanyOwned):
    """What a source last said about using a channel for a customer. A no from any of them closes the channel (R5)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    channel = PlainText(max_length=10, choices=[(channel.value, channel.value) for channel in Channel])
    source = PlainText(max_length=15)
    given = models.BooleanField()
    said_on = models.DateField(null=True)  # the day the source gives, where it gives one
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "customer", "channel", "source"], name="one_consent_per_source")
        ]


class Contact(CompanyOwned):
    """Where a customer can be reached on a channel.

    `told_by` has a bit for each source that tells it now (`core.contacts.sources`), `source` is the most trusted of
    them and `source_rank` its bit. A disabled one is never used, whoever tells it again; else one that nobody tells any
    more is deleted: it may be somebody else's by now.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="contacts", db_index=False, db_constraint=False
    )
    channel = PlainText(max_length=10, choices=[(channel.value, channel.value) for channel in Channel])
    address = PlainText(max_length=254)  # E.164, or e-mail as written with its domain in lower case
    address_hash = models.BinaryField(max_length=32)  # SHA-256 of the address in lower case
    #: What it is searched by: an e-mail in lower case, a number from its last digit on.
    address_key = models.GeneratedField(
        expression=models.Case(
            models.When(channel__in=["email", "pec"], then=Lower("address")), default=Reverse("address")
        ),
        output_field=PlainText(max_length=254),
        db_persist=True,
    )
    source = PlainText(max_length=15)
    source_rank = models.PositiveSmallIntegerField()
    told_by = models.PositiveSmallIntegerField()
    preferred = models.BooleanField(default=False)
    consent = models.BooleanField(null=True)  # None = not recorded; False = never used
    disabled = models.BooleanField(default=False)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False)
    updated_at = models.DateTimeField()

    class Meta:
        # The company first: contacts are asked for behind the policy, and an index that has both columns is taken even
        # where the planner knows nothing yet.
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer", "channel", "address_hash"], name="one_contact_per_address"
            )
        ]
        indexes = [models.Index(fields=["company", "address_key"], name="contact_by_address")]


class ContactEvent(CompanyOwned):
    """Something that changed about how a customer is reached. Append-only for the app, like the audit.

    `before` and `after` are addresses, or what the kind is about; empty = there was, there is, none.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address"
        DISABLED = "disabled"  # an address that is not used any more; before -> nothing
        ENABLED = "enabled"
        CONSENT = "consent"  # `yes`, `no`
        CHANNEL = "channel"  # the customer's wish
        LANGUAGE = "language"

    customer = models.ForeignKey(
        Customer, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    kind = PlainText(max_length=10, choices=Kind.choices)
    channel = PlainText(max_length=10, blank=True)
    before = PlainText(max_length=254, blank=True)
    after = PlainText(max_length=254, blank=True)
    source = PlainText(max_length=15, choices=[(source.value, source.value) for source in Source])
    job = models.ForeignKey(
        Job, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    file = models.ForeignKey(
        ContactFile, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    actor = PlainText(max_length=254, blank=True)  # e-mail of who did it, or who took the file; empty = nobody
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "id"], name="contact_event_by_customer")]


class WaitingContact(CompanyOwned):
    """A contact from a file whose customer is not known. Used when a later job brings the customer; then, or after 90
    days (`until`), it goes."""

    source = PlainText(max_length=15)
    key_kind = PlainText(max_length=15)
    key = PlainText(max_length=40)
    mobile = PlainText(max_length=20, blank=True)
    email = PlainText(max_length=254, blank=True)
    channel = PlainText(max_length=10, blank=True)
    language = PlainText(max_length=5, blank=True)
    consent = models.BooleanField(null=True)
    consent_date = models.DateField(null=True)
    preferred = models.BooleanField(default=False)
    name = models.CharField(max_length=160, blank=True)
    line = models.BigIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["company", "key_kind", "key"], name="waiting_by_key"),
            models.Index(fields=["until"], name="waiting_by_end"),
        ]
