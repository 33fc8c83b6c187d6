"""From a file on the SFTP server to a published job: accounts, drops, jobs, blocks read, findings."""

from django.db import models

from smartbill.core.area import limits
from smartbill.core.area.places import Shelf
from smartbill.core.flows import value as flows
from smartbill.core.states import contact_file
from smartbill.core.states.contact_file import ContactFileState
from smartbill.core.states.job import LIVE_STATES, JobState
from smartbill.database.models import CompanyOwned, PlainText

_LIVE = models.Q(state__in=sorted(LIVE_STATES))


class SftpHostKey(models.Model):
    """A key by which clients know our SFTP server: the same on every machine that serves it."""

    kind = PlainText(max_length=40, unique=True)  # `ssh-ed25519`
    private_key = models.BinaryField()  # OpenSSH form, sealed with the installation's key
    public_key = models.TextField()
    fingerprint = PlainText(max_length=60)
    created_at = models.DateTimeField()


class SftpAccount(CompanyOwned):
    """A company's login on the SFTP server; sees its own folder only."""

    username = PlainText(max_length=40, unique=True)
    password = models.CharField(max_length=256, blank=True)  # Django hash; empty = keys only
    password_changed_at = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    quota_bytes = models.BigIntegerField(default=limits.QUOTA_BYTES)
    quota_files = models.PositiveIntegerField(default=limits.QUOTA_FILES)
    created_at = models.DateTimeField(auto_now_add=True)


class SftpRefusal(CompanyOwned):
    """Wrong passwords for an account from one address; the count melts away (`core.area.attempts`)."""

    account = models.ForeignKey(SftpAccount, on_delete=models.CASCADE, related_name="refusals")
    address = PlainText(max_length=45)
    failures = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="one_refusal_per_address")]


class SftpKey(CompanyOwned):
    account = models.ForeignKey(SftpAccount, on_delete=models.CASCADE, related_name="keys")
    fingerprint = PlainText(max_length=60)  # SHA256:…
    public_key = models.TextField()  # OpenSSH form, without the comment
    label = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)  # last sign-in with it, to the hour

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "fingerprint"], name="one_key_per_account")]


class Drop(CompanyOwned):
    """A complete file that somebody handed in, and what became of it."""

    name = models.CharField(max_length=255)  # as the sender called it; a label, never a path
    size = models.BigIntegerField()
    digest = PlainText(max_length=64)  # SHA-256, also the key of the stored file
    source = PlainText(max_length=20)  # `sftp`, `folder`, `command`, `page`
    account = models.ForeignKey(SftpAccount, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField()
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["company", "-received_at", "-id"], name="drop_by_time")]


class StrandedFile(CompanyOwned):
    """A file that lies in a company's folder and is not taken in: cut off, or of a name that opens no job."""

    class Fate(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"  # completed and taken in after all
        REMOVED = "removed"  # by its sender
        EXPIRED = "expired"  # by us, after its time

    source = PlainText(max_length=20)  # `sftp`, `folder`
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    account = models.ForeignKey(SftpAccount, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()
    found_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    fate = PlainText(max_length=10, choices=Fate.choices, default=Fate.WAITING)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "source", "name"],
                condition=models.Q(settled_at__isnull=True),
                name="one_waiting_stranded_file",
            )
        ]


class PageUpload(CompanyOwned):
    """A file on its way in through the upload page, piece by piece; the pieces lie in the file store.

    `offset` is what is kept, always a whole number of pieces (or all of it); `chain` is the digest over the digests of
    the kept pieces, by which a browser that resumes shows that it sends the same file.
    """

    class State(models.TextChoices):
        OPEN = "open"
        WHOLE = "whole"  # all pieces are there; a task hands the file in
        RECEIVED = "received"
        REFUSED = "refused"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    code = PlainText(max_length=32)  # in its addresses
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    piece = models.PositiveIntegerField()
    offset = models.BigIntegerField(default=0)
    chain = PlainText(max_length=64, blank=True)
    by = PlainText(max_length=254)  # e-mail of who sends it
    state = PlainText(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.TextField(blank=True)  # why it was refused, in Italian
    drop = models.ForeignKey(Drop, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when staff were told that nobody goes on with it
    cleared = models.BooleanField(default=False)  # its pieces are gone from the file store

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="one_page_upload")]
        indexes = [models.Index(fields=["company", "-started_at", "-id"], name="page_upload_by_time")]


class Job(CompanyOwned):
    """One flow taken into work, `<COMPANY>_<year>_<number>`."""

    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    code = PlainText(max_length=30)
    drop = models.OneToOneField(Drop, on_delete=models.PROTECT, related_name="job")
    state = PlainText(max_length=10, default=JobState.RECEIVED)
    digest = PlainText(max_length=64)
    layout = PlainText(
        max_length=40, blank=True
    )  # the flow format found: `stabo-v1`, `fatturapa`, or the company's own
    layout_version = models.PositiveIntegerField(default=0)  # of the company's layout, 0 for those of the product
    described = models.BinaryField(null=True)  # a flow of the company's own layout as it was opened, JSON
    flow_id = PlainText(max_length=30, null=True)  # from the header; FatturaPA has none
    label = PlainText(max_length=30, blank=True)  # the flow's `batch`: "per emissione" groups by it
    test_flow = models.BooleanField(default=False)  # environment T: never reaches customers
    header = models.BinaryField(null=True)  # the header as read, JSON
    trailer = models.BinaryField(null=True)
    scan = models.BinaryField(null=True)  # FlowScan without its ranges: what the totals are compared with
    work_key = models.CharField(max_length=200, blank=True)  # the inflated flow while the job is being read
    received_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.TextField(blank=True)
    bills = models.PositiveIntegerField(default=0)  # taken, set when reading ends
    refused = models.PositiveIntegerField(default=0)
    refused_due = models.BigIntegerField(default=0)  # cents to pay on refused documents, those that could be read
    skipped = models.PositiveIntegerField(default=0)  # already in force with equal content
    findings_total = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)  # when reading began
    pdfs_until = models.DateTimeField(null=True)  # the PDFs announced are waited for until then
    pdfs_closed = models.BooleanField(default=False)  # no more PDFs are waited for
    swept_at = models.DateTimeField(null=True)  # when the sweep last put it on its way again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "year", "number"], name="one_job_number"),
            models.UniqueConstraint(fields=["company", "code"], name="one_job_code"),
            models.UniqueConstraint(fields=["company", "digest"], condition=_LIVE, name="one_live_job_per_file"),
            models.UniqueConstraint(fields=["company", "flow_id"], condition=_LIVE, name="one_live_job_per_flow_id"),
        ]
        indexes = [models.Index(fields=["company", "-received_at", "-id"], name="job_by_time")]


class FurtherZip(CompanyOwned):
    """A ZIP `PDF_<flow_id>_<n>.zip` with more PDFs of a flow, which may come before the flow or after it."""

    class State(models.TextChoices):
        WAITING = "waiting"  # for its flow
        READING = "reading"
        READ = "read"
        REFUSED = "refused"  # it alone: the job goes on waiting for a better one
        LATE = "late"  # its job had been decided

    drop = models.OneToOneField(Drop, on_delete=models.PROTECT, related_name="further")
    digest = PlainText(max_length=64)
    flow_id = PlainText(max_length=30)
    n = models.PositiveIntegerField()
    state = PlainText(max_length=10, choices=State.choices, default=State.WAITING)
    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="further_zips")
    finding = models.BinaryField(null=True)  # why it is refused, late or still waiting: `flows.Finding`, JSON
    received_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["company", "flow_id"], name="further_by_flow_id"),
            models.Index(fields=["company", "digest"], name="further_by_digest"),
        ]


class ReadBlock(CompanyOwned):
    """One part of a job's reading: a byte range of the flow, a run of ZIP entries, or the contacts file."""

    class Kind(models.TextChoices):
        FLOW = "flow"  # bytes `start`…`end` of the inflated flow
        ENTRIES = "entries"  # XML invoices: ZIP entries number `start`…`end`
        FILES = "files"  # PDFs: ZIP entries number `start`…`end`
        FURTHER = "further"  # a further ZIP is opened; its PDFs are parts of their own then
        CONTACTS = "contacts"  # the entry number `start`

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="blocks")
    block = models.PositiveIntegerField()
    kind = PlainText(max_length=10, choices=Kind.choices)
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    first_line = models.BigIntegerField(default=0)
    further = models.ForeignKey("FurtherZip", null=True, on_delete=models.CASCADE, related_name="blocks")
    read_at = models.DateTimeField(null=True)
    totals = models.BinaryField(null=True)  # BlockTotals, JSON

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "block"], name="one_block")]


class ZipEntry(CompanyOwned):
    """One file of the dropped archive. The name is a label; its content lies under the key of `digest` once stored."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="entries")
    number = models.PositiveIntegerField()  # position in the ZIP directory
    name = models.CharField(max_length=255)
    base_name = PlainText(max_length=255)  # without folders: PDFs are paired by it
    kind = PlainText(max_length=10)  # `EntryKind`
    size = models.BigIntegerField()
    # Where its data lie in the archive, and what they must come to: opening looked, reading need not look again.
    start = models.BigIntegerField(default=0)
    compressed = models.BigIntegerField(default=0)
    crc = models.BigIntegerField(default=0)
    deflated = models.BooleanField(default=False)
    sizes_follow = models.BooleanField(default=False)
    digest = PlainText(max_length=64, blank=True)
    problem = PlainText(max_length=10, blank=True)  # code of a PDF that can't be used

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="one_zip_entry")]
        indexes = [models.Index(fields=["job", "base_name"], name="entry_by_base_name")]


class Finding(CompanyOwned):
    """What is wrong or odd in a flow. The sentence is made from `code` and `values` by `core.wording.findings`."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="findings")
    n = models.PositiveIntegerField()
    block = models.PositiveIntegerField(default=0)  # the part of the reading that found it
    code = PlainText(max_length=10)
    level = PlainText(max_length=10, choices=[(level.value, level.value) for level in flows.Level])
    file = models.CharField(max_length=255, blank=True)
    line = models.BigIntegerField(null=True)
    record = PlainText(max_length=10, blank=True)
    field = PlainText(max_length=60, blank=True)
    document = PlainText(max_length=40, blank=True)
    values = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "n"], name="one_finding")]
        indexes = [models.Index(fields=["job", "code", "n"], name="finding_by_code")]

    @property
    def value(self) -> flows.Finding:
        return flows.Finding(
            code=self.code,
            level=flows.Level(self.level),
            file=self.file,
            line=self.line,
            record=self.record,
            field=self.field,
            document=self.document,
            values=self.values,
        )


class FindingCount(CompanyOwned):
    """How often each code was found in one part of a job's reading: exact, also where the rows are cut off."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="finding_counts")
    block = models.PositiveIntegerField()
    code = PlainText(max_length=10)
    level = PlainText(max_length=10, choices=[(level.value, level.value) for level in flows.Level])
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "block", "code", "level"], name="one_finding_count")]


class RefusedDocument(CompanyOwned):
    """A document that was not taken; its findings say why. `doc_seq` is empty where it could not be read."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="refused_documents")
    block = models.PositiveIntegerField()
    doc_seq = models.BigIntegerField(null=True)
    line = models.BigIntegerField()
    series = PlainText(max_length=20, blank=True)
    number = PlainText(max_length=20, blank=True)
    issue_year = models.PositiveSmallIntegerField(null=True)
    pdf_name = models.CharField(max_length=255, blank=True)  # of the PDF that would be its own


class StagedContact(CompanyOwned):
    """A contact read with a job, waiting for the job to be published; then merged into the archive."""

    class Source(models.TextChoices):
        FLOW = "flow"  # record 50
        JOB_CSV = "job_csv"

    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="contacts", db_index=False, db_constraint=False
    )  # no check a row, as in the archive; the index below starts with it
    block = models.PositiveIntegerField()
    source = PlainText(max_length=10, choices=Source.choices)
    key_kind = PlainText(max_length=15)
    key = PlainText(max_length=40)
    mobile = PlainText(max_length=20, blank=True)
    email = PlainText(max_length=254, blank=True)
    channel = PlainText(max_length=10, blank=True)
    language = PlainText(max_length=5, blank=True)
    consent = models.BooleanField(null=True)
    consent_date = models.DateField(null=True)
    preferred = models.BooleanField(default=False)
    name = models.CharField(max_length=160, blank=True)  # as a file has it
    line = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["job", "key_kind", "key"], name="staged_by_key")]


class ContactFile(CompanyOwned):
    """A contacts file, with a job or alone, and how it went.

    One that came alone is read from its drop each time it is needed: nothing of it is kept beside `report`.
    """

    drop = models.OneToOneField(Drop, null=True, on_delete=models.PROTECT, related_name="contact_file")
    job = models.ForeignKey(Job, null=True, on_delete=models.CASCADE, related_name="contact_files")
    name = models.CharField(max_length=255)
    digest = PlainText(max_length=64)
    state = PlainText(max_length=10, default=ContactFileState.RECEIVED)
    received_at = models.DateTimeField()
    sent_by = PlainText(max_length=254, blank=True)  # e-mail of who uploaded it; empty = no person
    decided_by = PlainText(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    report = models.BinaryField(null=True)  # core.contacts.report, packed
    rejects_digest = PlainText(max_length=64, blank=True)  # of the file with the refused rows, where there are any
    swept_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "job", "digest"], condition=models.Q(job__isnull=False), name="one_contact_file"
            ),
            models.UniqueConstraint(
                fields=["company", "digest"],
                condition=models.Q(job__isnull=True, state__in=sorted(contact_file.LIVE_STATES)),
                name="one_live_contact_file",
            ),
        ]
        indexes = [models.Index(fields=["company", "-received_at", "-id"], name="contact_file_by_time")]


class Outcome(CompanyOwned):
    """A file that we made for a folder of the company's area: the report of a job, a receipt, an export. Read-only.

    Readers see those that `current` holds and that have not expired; the file is deleted a day after.
    """

    shelf = PlainText(max_length=20, choices=[(shelf.value, shelf.value) for shelf in Shelf], default=Shelf.OUTCOMES)
    name = PlainText(max_length=120)
    key = models.CharField(max_length=200)  # in the file store
    size = models.BigIntegerField()
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="outcomes")
    published_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    current = models.BooleanField(default=True)  # no later file of the same name has taken its place

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "shelf", "name"],
                condition=models.Q(current=True),
                name="one_current_outcome_per_name",
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="outcome_by_expiry")]
