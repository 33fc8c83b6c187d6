"""Adding a company and the people who work in it."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection
from msgspec import Struct

from smartbill.apps.accounts.models import User
from smartbill.apps.audit.operations import record
from smartbill.apps.companies.models import Company, Role, Staff
from smartbill.apps.companies.operations import publish_draft, publish_settings, save_draft
from smartbill.apps.companies.queries import directory
from smartbill.apps.intake.models import SftpAccount, SftpKey
from smartbill.core.area.limits import GIB
from smartbill.core.company.documents import LAYOUT_SECTION
from smartbill.database.context import company, current_company
from smartbill.usecases.onboarding.company_file import CompanyFile, SftpLogin, StaffMember
from smartbill.usecases.onboarding.company_layouts import NamedLayout
from smartbill.usecases.onboarding.ssh_keys import fingerprint, normalised_key


class CannotAdd(Exception):
    """The company, login or account can't be added; the message says why, in Italian."""


class AddedStaff(Struct, frozen=True):
    """A login, and its password when one was made here: shown once, kept nowhere."""

    email: str
    role: str
    password: str


class AddedCompany(Struct, frozen=True):
    company_id: int
    code: str
    staff: list[AddedStaff]


def add_company(
    company_file: CompanyFile, *, by: str, now: datetime, layouts: Iterable[NamedLayout] = ()
) -> AddedCompany:
    """Make the company with all that its file says, or nothing of it. Raises CannotAdd.

    `layouts`: those that the file names, as `company_layouts` has read them.
    """
    company_id = _next_company_id()
    try:
        with company(company_id):
            Company.objects.create(
                id=company_id,
                code=company_file.code,
                name=company_file.name,
                vat_number=company_file.vat_number,
                host=company_file.host or None,
                own_operator=company_file.own_operator,
            )
            for section in (
                company_file.look,
                company_file.texts,
                company_file.senders,
                company_file.access,
                company_file.intake,
                company_file.checks,
                company_file.contacts,
                company_file.paper,
                company_file.slips,
            ):
                publish_settings(section, by=by, now=now)
            for each in layouts:
                save_draft(LAYOUT_SECTION + each.name, each.layout, by=by)
                publish_draft(LAYOUT_SECTION + each.name, by=by, now=now)
            staff = [_add_staff(member) for member in company_file.staff]
            for login in company_file.sftp:
                _add_sftp_account(login)
            record(at=now, actor=by, act="add_company", subject=f"company {company_file.code}")
    except IntegrityError as error:
        raise CannotAdd(f"L'azienda {company_file.code}, il suo dominio o un suo utente SFTP esiste già.") from error
    return AddedCompany(company_id, company_file.code, staff)


def add_staff(company_code: str, member: StaffMember, *, by: str, now: datetime) -> AddedStaff:
    """Give a login its place in a company; the login is made when it is new. Raises CannotAdd."""
    company_id = company_id_of(company_code)
    try:
        with company(company_id):
            added = _add_staff(member)
            record(at=now, actor=by, act="add_staff", subject=f"staff {member.email}", note=member.role)
    except IntegrityError as error:
        raise CannotAdd(f"{member.email} lavora già in {company_code}.") from error
    return added


def company_id_of(code: str) -> int:
    """Raises CannotAdd when there is no active company of that code."""
    for entry in directory():
        if entry.code == code:
            return entry.id
    raise CannotAdd(f"L'azienda «{code}» non esiste.")


def _next_company_id() -> int:
    # The id is needed before the row: row-level security asks whose row it will be.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('companies_company', 'id'))")
        return int(cursor.fetchone()[0])


def _add_staff(member: StaffMember) -> AddedStaff:
    email = member.email.strip().lower()
    user = User.objects.filter(email=email).first()
    told = ""
    if user is None:
        password = member.password or secrets.token_urlsafe(12)
        told = "" if member.password else password
        user = User.objects.create_user(email, password, name=member.name)
    Staff.objects.create(company_id=current_company(), user=user, role=Role(member.role))
    return AddedStaff(email, member.role, told)


def _add_sftp_account(login: SftpLogin) -> None:
    company_id = current_company()
    account = SftpAccount.objects.create(
        company_id=company_id,
        username=login.username,
        password=make_password(login.password) if login.password else "",
        quota_bytes=login.quota_gib * GIB,
        quota_files=login.quota_files,
    )
    for key in dict.fromkeys(normalised_key(text) for text in login.public_keys):
        SftpKey.objects.create(company_id=company_id, account=account, fingerprint=fingerprint(key), public_key=key)
