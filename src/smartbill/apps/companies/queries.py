"""Which companies there are, who works in them, and what they have settled."""

from datetime import datetime
from typing import TypeVar

import msgspec
from django.db import connection
from msgspec import Struct

from smartbill.apps.companies.models import Company, Role, SettingsVersion, Staff
from smartbill.core.company.documents import LAYOUT_SECTION, FlowLayout, section_name
from smartbill.database.context import current_company

Section = TypeVar("Section", bound=Struct)


class CompanyEntry(Struct, frozen=True):
    """A line of the directory of companies; needs no company context."""

    id: int
    code: str
    name: str
    host: str | None


class StaffPlace(Struct, frozen=True):
    """Where a login works and as what; needs no company context."""

    company_id: int
    code: str
    name: str
    role: Role
    own_operator: bool


def directory() -> tuple[CompanyEntry, ...]:
    """All active companies, by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code, name, host FROM smartbill_companies()")
        return tuple(CompanyEntry(*row) for row in cursor.fetchall())


def staff_places(user_id: int) -> tuple[StaffPlace, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, code, name, role, own_operator FROM smartbill_staff_places(%s)", [user_id])
        return tuple(
            StaffPlace(company_id, code, name, Role(role), own) for company_id, code, name, role, own in cursor
        )


def company_of_transaction() -> Company:
    return Company.objects.get(pk=current_company())


def published(section: type[Section]) -> tuple[int, Section]:
    """The published version of a section and its document; version 0 is the defaults of the product."""
    row = (
        SettingsVersion.objects.filter(section=section_name(section), state=SettingsVersion.State.PUBLISHED)
        .values_list("version", "document")
        .first()
    )
    if row is None:
        return 0, section()
    version, document = row
    return version, msgspec.json.decode(bytes(document), type=section)


def document_of(section: type[Section], version: int) -> Section:
    """The document of a version; version 0 is the defaults of the product."""
    if version == 0:
        return section()
    row = SettingsVersion.objects.get(section=section_name(section), version=version)
    return msgspec.json.decode(bytes(row.document), type=section)


class LayoutVersion(Struct, frozen=True, kw_only=True):
    """One version of one flow layout of a company."""

    name: str  # the layout's id
    version: int
    state: SettingsVersion.State
    by: str
    at: datetime  # published, or for a draft made
    layout: FlowLayout


def layout_versions(name: str | None = None) -> tuple[LayoutVersion, ...]:
    """All versions of a layout, or of all layouts; by name, the newest first."""
    found = SettingsVersion.objects.filter(section__startswith=LAYOUT_SECTION)
    if name is not None:
        found = SettingsVersion.objects.filter(section=LAYOUT_SECTION + name)
    return tuple(
        LayoutVersion(
            name=row.section.removeprefix(LAYOUT_SECTION),
            version=row.version,
            state=SettingsVersion.State(row.state),
            by=row.created_by,
            at=row.published_at or row.created_at,
            layout=msgspec.json.decode(bytes(row.document), type=FlowLayout),
        )
        for row in found.order_by("section", "-version")
    )


def published_layouts() -> tuple[LayoutVersion, ...]:
    """The layouts that flows of the company are read by, each in its published version."""
    return tuple(each for each in layout_versions() if each.state is SettingsVersion.State.PUBLISHED)


def test_recipients() -> tuple[str, ...]:
    """E-mail addresses of the active staff who get the test batches."""
    staff = Staff.objects.filter(active=True, receives_tests=True, user__is_active=True)
    return tuple(staff.order_by("user__email").values_list("user__email", flat=True))


def settled(section: type[Section]) -> Section:
    return published(section)[1]
