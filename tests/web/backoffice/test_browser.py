"""The staff pages as a browser shows them: no accessibility finding, nothing that overflows, nothing that the policy
refuses, in light and dark, on a phone and on a desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from msgspec.structs import asdict
from playwright.sync_api import Browser

from smartbill.apps.archive.models import BillFile
from smartbill.apps.tickets.models import Batch
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.database.context import company
from smartbill.usecases.layouts.library import example_text
from smartbill.usecases.layouts.versions import save_layout
from tests.browser import chromium
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, make_job
from tests.usecases.intake.flows import drop_bytes, life
from tests.usecases.intake.test_further import Parts
from tests.web.backoffice.browsing import context_of, live_server, looked_at
from tests.web.backoffice.conftest import SignIn
from tests.web.backoffice.scenes import (
    NOW,
    give_trial_and_go_ahead,
    make_contacts,
    make_scene,
    make_year_of_the_original,
)
from tests.web.portal.bills import ordinary
from tests.worker import run_tasks as run_intake

_PAGES = {
    "dashboard": "/backoffice/ACME/",
    "jobs": "/backoffice/ACME/job/",
    "jobs-none": "/backoffice/ACME/job/?code=ACME_2020_1",
    "job": "/backoffice/ACME/job/ACME_2026_1/",
    "job-to-approve": "/backoffice/ACME/job/ACME_2026_3/",
    "findings": "/backoffice/ACME/job/ACME_2026_1/segnalazioni/?level=warning",
    "entries": "/backoffice/ACME/job/ACME_2026_1/file/",
    "unreached": "/backoffice/ACME/job/ACME_2026_1/senza-recapito/",
    "deliveries": "/backoffice/ACME/consegne/",
    "upload": "/backoffice/ACME/consegne/carica/",
    "sftp-access": "/backoffice/ACME/consegne/accessi/",
    "bills": "/backoffice/ACME/fatture/",
    "bills-wrong": "/backoffice/ACME/fatture/?issue_year=12&issued_from=ieri&amount_to=molto",
    "tickets": "/backoffice/ACME/ticket/",
    "statistics": "/backoffice/ACME/statistiche/?year=2023",
    "layouts": "/backoffice/ACME/impostazioni/tracciati/",
    "layout-new": "/backoffice/ACME/impostazioni/tracciati/nuovo/?da=borgoprova",
    "layout": "/backoffice/ACME/impostazioni/tracciati/di/valmarina-spool/",
    "layout-help": "/backoffice/ACME/impostazioni/tracciati/guida/",
    "statistics-month": "/backoffice/ACME/statistiche/?year=2023&by=month&month=7",
    "contacts": "/backoffice/ACME/contatti/",
    "contacts-wrong": "/backoffice/ACME/contatti/?address=12",
    "customer": "/backoffice/ACME/contatti/1/",
    "contact-files": "/backoffice/ACME/contatti/file/",
    "contact-file": "/backoffice/ACME/contatti/file/1/",
    "not-found": "/backoffice/NESSUNA/",
    "security": reverse("mfa_index"),
    "password": reverse("account_change_password"),
}
_OF_THE_OPERATOR = {
    "job-refused": "/backoffice/ACME/job/ACME_2026_2/rifiutati/",
    "job-checked": "/backoffice/ACME/job/ACME_2026_3/controlli/no_contact/",
    "job-to-decide": "/backoffice/ACME/job/ACME_2026_2/",
    "job-to-start": "/backoffice/ACME/job/ACME_2026_3/",
}
_OUTSIDE = {"login": reverse("account_login")}


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; our own queries here are no part of it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with chromium() as found:
        yield found


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1280, False), (1280, True)])
def test_every_page_is_accessible_fits_and_obeys_the_policy(
    acme: CompanyFixture, signed_in: SignIn, browser: Browser, width: int, dark: bool
) -> None:
    make_scene(acme)
    make_contacts(acme)
    make_year_of_the_original(acme.id)
    save_layout(acme.editor, example_text("valmarina"), now=NOW, note="dal tabulato")
    ready = make_job(acme.id, [BillPlan(number=f"9{n}") for n in range(3)], number=3)
    give_trial_and_go_ahead(acme, ready)
    staff, operator = signed_in(acme.manager.email), signed_in(acme.operator.email)
    bill_pages = {"bill": f"/backoffice/ACME/fatture/{_rich_bill(acme.id)}/"}
    wrong: list[str] = []
    with live_server() as address:
        for pages, client in ((_PAGES | bill_pages, staff), (_OF_THE_OPERATOR, operator), (_OUTSIDE, Client())):
            context = context_of(browser, address, client, width=width, dark=dark)
            for name, path in pages.items():
                place = f"{name} {width} {'dark' if dark else 'light'}"
                wrong += [f"{place}: {found}" for found in looked_at(context, address + path, place)]
            context.close()
    assert "\n".join(wrong) == ""


@pytest.fixture
def waiting(acme: CompanyFixture, tmp_path: Path) -> Parts:
    """A job that waits for PDFs. Made before the browser, whose event loop tolerates no other."""
    parts = Parts(acme)
    life(acme, parts.flow, tmp_path)
    drop_bytes(acme, parts.pdf_zip(0, 2), tmp_path, name=parts.name(1))
    drop_bytes(acme, b"no archive", tmp_path, name=parts.name(2))
    drop_bytes(acme, parts.pdf_zip(3, 4), tmp_path, name="PDF_DI_NESSUNO_1.zip")
    run_intake()
    return parts


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_a_job_that_waits_for_pdfs(
    acme: CompanyFixture, waiting: Parts, signed_in: SignIn, browser: Browser, *, width: int, dark: bool
) -> None:
    operator = signed_in(acme.operator.email)
    wrong = []
    with live_server() as address:
        context = context_of(browser, address, operator, width=width, dark=dark)
        for name, path in (("waiting", "job/ACME_2026_1/"), ("waiting-deliveries", "consegne/")):
            wrong += looked_at(context, f"{address}/backoffice/ACME/{path}", f"{name} {width}")
        page = context.new_page()
        page.goto(f"{address}/backoffice/ACME/job/ACME_2026_1/")
        shown = page.inner_text("main")
        context.close()
    assert wrong == []
    assert "In attesa di altri PDF: arrivati 2 di 6." in shown
    assert f"PDF_{waiting.flow_id}_1.zip" in shown
    assert f"L'archivio «{waiting.name(2)}» non è un file ZIP leggibile." in shown
    assert "Rifiuta la lavorazione" in shown


def test_the_page_of_a_job_follows_the_sending_by_itself(
    acme: CompanyFixture, signed_in: SignIn, browser: Browser
) -> None:
    job = make_scene(acme)
    with live_server() as address:
        context = context_of(browser, address, signed_in(acme.manager.email), width=1280, dark=False)
        page = context.new_page()
        page.goto(f"{address}/backoffice/ACME/job/{job.code}/")
        page.get_by_text("Invio in corso").first.wait_for()
        with company(acme.id):
            Batch.objects.filter(job_id=job.id, kind=BatchKind.MASS).update(state=BatchState.DONE, finished_at=NOW)
        page.locator(".step-done", has_text="Conclusa").wait_for(timeout=15_000)
        context.close()


def test_without_script_the_whole_of_a_page_works(acme: CompanyFixture, signed_in: SignIn, browser: Browser) -> None:
    job = make_scene(acme)
    with live_server() as address:
        context = context_of(
            browser, address, signed_in(acme.manager.email), width=390, dark=False, java_script_enabled=False
        )
        page = context.new_page()
        page.goto(f"{address}/backoffice/ACME/job/{job.code}/")
        page.get_by_text("Pausa", exact=True).click()
        page.get_by_role("button", name="Conferma: metti in pausa").click()
        page.get_by_text("L'invio è in pausa.").wait_for()
        page.get_by_role("link", name="Ricerca ticket").click()
        page.get_by_label("N. Documento").fill("B051/539")
        page.get_by_role("button", name="CERCA").click()
        page.get_by_text("Totale risultati: 1").wait_for()
        context.close()


def _rich_bill(company_id: int) -> int:
    """A bill with lines, readings and files, one of them altered, and another of the same supply."""
    bill = ordinary()
    plans = [BillPlan(number=number, extra=asdict(bill) | {"number": number}) for number in ("4712", "4713")]
    made = make_job(company_id, plans, number=4)
    with company(company_id):
        for kind, fault in (("pdf", ""), ("einvoice", "altered")):
            BillFile.objects.create(
                company_id=company_id, bill_id=made.bill_ids[0], kind=kind, n=0, name=f"4712.{kind}",
                digest="0f" * 32, size=123_456, fault=fault,
            )  # fmt: skip
    return made.bill_ids[0]
