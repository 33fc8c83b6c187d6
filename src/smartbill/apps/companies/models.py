"""Companies, their staff, their settings by version, their secrets and their counters."""

from django.conf import settings
from django.db import models

from smartbill.database.models import CompanyOwned, PlainText


class Role(models.TextChoices):
    """What a staff member may do; each role may do what those before it may."""

    VIEWER = "viewer", "Consultazione"
    EDITOR = "editor", "Preparazione"  # uploads and prepares
    MANAGER = "manager", "Responsabile"  # approves
    OPERATOR = "operator", "Operatore del servizio"


class Company(models.Model):
    """A utility that uses the service. `code` is part of job names (`ASEC_2023_27`), never changed."""

    code = PlainText(max_length=10, unique=True)
    name = models.CharField(max_length=120)
    vat_number = PlainText(max_length=13, blank=True)
    host = PlainText(max_length=253, null=True, blank=True, unique=True)  # own domain of the customer pages
    own_operator = models.BooleanField(default=False)  # its managers also do what the operator does
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Staff(CompanyOwned):
    """A login's place in a company. An operator has a row in each company served."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = PlainText(max_length=10, choices=Role.choices)
    notify = models.BooleanField(default=True)  # gets the e-mails about jobs
    receives_tests = models.BooleanField(default=True)  # gets the test batch
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "user"], name="one_place_per_company")]


class SettingsVersion(CompanyOwned):
    """Settings that people see or that cost money: one typed document per section and version.

    Sections and their types are in `core.company.documents`; each flow layout is a section of its own, `layout/<id>`.
    One version per section is published, one at most is a draft.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        RETIRED = "retired"

    section = PlainText(max_length=48)
    version = models.PositiveIntegerField()
    state = PlainText(max_length=10, choices=State.choices, default=State.DRAFT)
    document = models.BinaryField()  # JSON
    created_by = PlainText(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "section", "version"], name="one_settings_version"),
            models.UniqueConstraint(
                fields=["company", "section"],
                condition=models.Q(state="published"),
                name="one_published_version_per_section",
            ),
            models.UniqueConstraint(
                fields=["company", "section"], condition=models.Q(state="draft"), name="one_draft_per_section"
            ),
        ]


class Secret(CompanyOwned):
    """An encrypted value (see `database.encryption`), bound to its owner and name; never shown again."""

    owner = PlainText(max_length=40)
    name = PlainText(max_length=40)
    value = models.BinaryField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "owner", "name"], name="one_secret")]


class Counter(CompanyOwned):
    """Numbers without gaps or doubles: the last one given of a kind in a year."""

    kind = PlainText(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "kind", "year"], name="one_counter")]
