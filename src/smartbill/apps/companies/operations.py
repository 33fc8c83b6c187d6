"""Numbers, settings and secrets of a company."""

from datetime import datetime

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import Max
from msgspec import Struct

from smartbill.apps.companies.models import Secret, SettingsVersion
from smartbill.core.company.documents import section_name
from smartbill.database.context import current_company
from smartbill.database.encryption import decrypt, encrypt


def next_number(kind: str, year: int) -> int:
    """The next number of a kind in a year; the counter's row is locked until the transaction ends: no gaps."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO companies_counter (company_id, kind, year, last) VALUES (%s, %s, %s, 1)
               ON CONFLICT (company_id, kind, year) DO UPDATE SET last = companies_counter.last + 1
               RETURNING last""",
            [current_company(), kind, year],
        )
        return int(cursor.fetchone()[0])


def publish_settings(document: Struct, *, by: str, now: datetime) -> int:
    """Make the document the published version of its section; the one before it is retired, not lost."""
    section = section_name(type(document))
    company_id = current_company()
    versions = SettingsVersion.objects.filter(section=section)
    number = (versions.aggregate(last=Max("version"))["last"] or 0) + 1
    versions.filter(state=SettingsVersion.State.PUBLISHED).update(state=SettingsVersion.State.RETIRED)
    SettingsVersion.objects.create(
        company_id=company_id,
        section=section,
        version=number,
        state=SettingsVersion.State.PUBLISHED,
        document=msgspec.json.encode(document),
        created_by=by,
        published_at=now,
    )
    return number


def save_draft(section: str, document: Struct, *, by: str) -> int:
    """Keep the document as the draft of its section, instead of the draft that was there; returns its version."""
    versions = SettingsVersion.objects.filter(section=section)
    text = msgspec.json.encode(document)
    draft = versions.filter(state=SettingsVersion.State.DRAFT).select_for_update().first()
    if draft is not None:
        draft.document, draft.created_by = text, by
        draft.save(update_fields=["document", "created_by"])
        return draft.version
    number = (versions.aggregate(last=Max("version"))["last"] or 0) + 1
    SettingsVersion.objects.create(
        company_id=current_company(), section=section, version=number, document=text, created_by=by
    )
    return number


def publish_draft(section: str, *, by: str, now: datetime) -> None:
    """Make the draft of a section its published version. Raises DoesNotExist when there is no draft."""
    versions = SettingsVersion.objects.filter(section=section)
    draft = versions.select_for_update().get(state=SettingsVersion.State.DRAFT)
    versions.filter(state=SettingsVersion.State.PUBLISHED).update(state=SettingsVersion.State.RETIRED)
    draft.state, draft.published_at, draft.created_by = SettingsVersion.State.PUBLISHED, now, by
    draft.save(update_fields=["state", "published_at", "created_by"])


def store_secret(owner: str, name: str, plain: str) -> None:
    company_id = current_company()
    value = encrypt(plain, bound_to=_binding(company_id, owner, name), secret_keys=settings.SMARTBILL.secret_keys)
    Secret.objects.update_or_create(company_id=company_id, owner=owner, name=name, defaults={"value": value})


def read_secret(owner: str, name: str) -> str | None:
    """The plain secret, or None when there is none. Raises CannotDecrypt."""
    row = Secret.objects.filter(owner=owner, name=name).first()
    if row is None:
        return None
    binding = _binding(current_company(), owner, name)
    return decrypt(bytes(row.value), bound_to=binding, secret_keys=settings.SMARTBILL.secret_keys)


def _binding(company_id: int, owner: str, name: str) -> str:
    return f"{company_id}:companies_secret:value:{owner}:{name}"
