"""The upload page in a real browser: the line is cut, the browser is closed, the session ends; the file arrives."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, expect

from smartbill.apps.intake.models import Drop, PageUpload
from smartbill.database.context import company
from smartbill.usecases.area.page_uploads import hand_in
from tests.browser import chromium
from tests.conftest import CompanyFixture
from tests.web.backoffice.browsing import context_of, live_server
from tests.web.backoffice.conftest import SignIn

PAGE = "/backoffice/ACME/consegne/carica/"
PIECE = 1 << 20


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; our own queries here are no part of it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with chromium() as found:
        yield found


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    """A ZIP of four pieces."""
    path = tmp_path / "flusso.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("STABO_ACME_1.txt", os.urandom(3 * PIECE + 1000))
    return path


@contextmanager
def opened(browser: Browser, server: str, signed_in: SignIn, email: str) -> Iterator[Page]:
    context = context_of(browser, server, signed_in(email), width=1280, dark=False)
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(server + PAGE)
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


def work(fixture: CompanyFixture) -> None:
    """What the worker does."""
    with company(fixture.id):
        ids = list(PageUpload.objects.filter(state="whole").values_list("pk", flat=True))
    for upload_id in ids:
        hand_in(company_id=fixture.id, upload_id=upload_id)


def kept(fixture: CompanyFixture) -> int:
    with company(fixture.id):
        return sum(PageUpload.objects.values_list("offset", flat=True))


def cut_after(page: Page, pieces: int) -> None:
    """The line is dead from then on, until it is mended."""
    seen = []

    def answer(route: object) -> None:
        if route.request.method == "PATCH":  # type: ignore[attr-defined]
            seen.append(1)
            if len(seen) > pieces:
                route.abort("connectionreset")  # type: ignore[attr-defined]
                return
        route.continue_()  # type: ignore[attr-defined]

    page.route("**/carica/*/", answer)


def test_a_cut_line_is_waited_for(browser: Browser, acme: CompanyFixture, signed_in: SignIn, flow: Path) -> None:
    with live_server() as server, opened(browser, server, signed_in, acme.editor.email) as page:
        cut_after(page, 2)
        page.set_input_files("#upload-choice", flow)
        expect(page.locator("#upload-said")).to_contain_text("La connessione è caduta")
        assert kept(acme) == 2 * PIECE
        page.unroute("**/carica/*/")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator("#upload-said")).to_contain_text("Il file è arrivato tutto")
        work(acme)
        expect(page.locator("#upload-said")).to_contain_text("Il file è ricevuto.")
        page.click("#upload-job")
        expect(page.locator("h1")).to_contain_text("ACME_")
    with company(acme.id):
        assert Drop.objects.get().size == flow.stat().st_size


def test_a_closed_browser_goes_on_with_the_same_file_and_no_other(
    browser: Browser, acme: CompanyFixture, signed_in: SignIn, flow: Path, tmp_path: Path
) -> None:
    with live_server() as server:
        with opened(browser, server, signed_in, acme.editor.email) as page:
            cut_after(page, 2)
            page.set_input_files("#upload-choice", flow)
            expect(page.locator("#upload-said")).to_contain_text("La connessione è caduta")
        other = tmp_path / "altro" / "flusso.zip"
        other.parent.mkdir()
        other.write_bytes(b"\x00" + flow.read_bytes()[1:])
        with opened(browser, server, signed_in, acme.editor.email) as page:
            expect(page.locator("main")).to_contain_text("flusso.zip")
            page.set_input_files("#upload-choice", other)
            expect(page.locator("#upload-said")).to_contain_text("non è quello dell’invio interrotto")
            assert kept(acme) == 2 * PIECE
            page.set_input_files("#upload-choice", flow)
            expect(page.locator("#upload-said")).to_contain_text("Il file è arrivato tutto")
    with company(acme.id):
        assert PageUpload.objects.count() == 1


def test_a_session_that_ends_in_between_is_begun_anew(
    browser: Browser, acme: CompanyFixture, signed_in: SignIn, flow: Path
) -> None:
    with live_server() as server, opened(browser, server, signed_in, acme.editor.email) as page:
        cut_after(page, 1)
        page.set_input_files("#upload-choice", flow)
        expect(page.locator("#upload-said")).to_contain_text("La connessione è caduta")
        Session.objects.all().delete()
        page.unroute("**/carica/*/")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator("#upload-said")).to_contain_text("La sessione è scaduta")
        expect(page.locator("#upload-session a")).to_be_visible()
        client = signed_in(acme.editor.email)
        page.context.add_cookies(
            [{"name": name, "value": morsel.value, "url": server} for name, morsel in client.cookies.items()]
        )
        page.click("#upload-go")
        expect(page.locator("#upload-said")).to_contain_text("Il file è arrivato tutto")


def test_it_is_stopped_gone_on_with_and_given_up(
    browser: Browser, acme: CompanyFixture, signed_in: SignIn, flow: Path
) -> None:
    with live_server() as server, opened(browser, server, signed_in, acme.editor.email) as page:
        cut_after(page, 1)
        page.set_input_files("#upload-choice", flow)
        expect(page.locator("#upload-said")).to_contain_text("La connessione è caduta")
        page.click("#upload-stop")
        expect(page.locator("#upload-said")).to_contain_text("Invio sospeso")
        page.click("#upload-go")
        expect(page.locator("#upload-said")).to_contain_text("La connessione è caduta")
        page.unroute("**/carica/*/")
        page.click("#upload-stop")
        page.click("#upload-cancel")
        expect(page.locator("#upload-said")).to_have_text("Invio annullato.")
    with company(acme.id):
        assert [row.state for row in PageUpload.objects.all()] == ["cancelled"]


def test_without_script_there_is_the_plain_form(
    browser: Browser, acme: CompanyFixture, signed_in: SignIn, flow: Path
) -> None:
    with live_server() as server:
        context = context_of(
            browser, server, signed_in(acme.editor.email), width=390, dark=False, java_script_enabled=False
        )
        page = context.new_page()
        page.goto(server + PAGE)
        assert not page.locator("#upload").is_visible()
        page.set_input_files("#plain-file", flow)
        page.click("#upload-plain button")
        expect(page.locator("[role=status]")).to_contain_text("Il file è ricevuto: la lavorazione ACME_")
        context.close()
