"""Files that open no job: told once to those who want to know, settled when they are gone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from smartbill.apps.companies.models import Staff
from smartbill.apps.intake.models import StrandedFile
from smartbill.database.context import company
from smartbill.usecases.area.stranded import Lying, note_stranded, notify_stranded
from tests.conftest import CompanyFixture

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
KEPT = timedelta(days=7)
CUT = Lying(name="flusso.zip", size=300, changed_at=NOW - timedelta(hours=1))


@pytest.fixture(autouse=True)
def outbox() -> Iterator[None]:
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield


def note(fixture: CompanyFixture, *lying: Lying, expired: tuple[str, ...] = ()) -> None:
    note_stranded(fixture.id, "sftp", lying, expired=expired, kept=KEPT, now=NOW)


def tasks() -> list[dict[str, int]]:
    return list(ProcrastinateJob.objects.filter(task_name="area.notify_stranded").values_list("args", flat=True))


def test_each_of_the_staff_is_told_once(acme: CompanyFixture) -> None:
    with company(acme.id):
        Staff.objects.exclude(role="editor").update(notify=False)
    note(acme, CUT)
    note(acme, CUT)
    note(acme, Lying(name="flusso.zip", size=400, changed_at=NOW))
    (task,) = tasks()
    notify_stranded(**task)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([acme.editor.email], "Acme Energia: consegna incompleta")
    assert "«flusso.zip»" in sent.body
    assert "10/03/2026" in sent.body
    assert "http://localhost:8000/backoffice/ACME/consegne/" in sent.body


def test_what_found_its_way_meanwhile_is_not_told(acme: CompanyFixture) -> None:
    note(acme, CUT)
    note(acme)
    for task in tasks():
        notify_stranded(**task)
    assert mail.outbox == []


def test_its_time_begins_anew_when_it_grows_and_ends_at_last(acme: CompanyFixture) -> None:
    note(acme, CUT)
    note(acme, Lying(name="flusso.zip", size=400, changed_at=NOW))
    with company(acme.id):
        row = StrandedFile.objects.get()
    assert (row.size, row.expires_at) == (400, NOW + KEPT)
    note(acme, expired=("flusso.zip",))
    note(acme, CUT)  # a new one of the same name is another file
    with company(acme.id):
        assert [row.fate for row in StrandedFile.objects.order_by("pk")] == ["expired", "waiting"]
