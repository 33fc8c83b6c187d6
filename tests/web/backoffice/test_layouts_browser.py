"""A layout tried in a real browser: reads well in light and dark, on a phone and on a desk; no script needed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from smartbill.adapters.files.shipped import layouts_folder
from tests.browser import chromium
from tests.conftest import CompanyFixture
from tests.web.backoffice.browsing import context_of, faults_of, heard, live_server
from tests.web.backoffice.conftest import SignIn

LIST = "/backoffice/ACME/impostazioni/tracciati/"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with chromium() as found:
        yield found


def try_on(page: Page, file: str) -> None:
    page.get_by_label("File su cui provare").set_input_files(layouts_folder() / file)
    page.get_by_role("button", name="Prova sul file").click()
    page.get_by_role("heading", name="Prova su").wait_for()


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_trials_are_accessible_and_fit(
    acme: CompanyFixture, signed_in: SignIn, browser: Browser, width: int, dark: bool
) -> None:
    wrong: list[str] = []
    with live_server() as address:
        context = context_of(browser, address, signed_in(acme.editor.email), width=width, dark=dark)
        for example, file in (
            ("valmarina", "VM26Q2.spl"),
            ("borgoprova", "fatture_20260805_errori.csv"),
        ):
            page = context.new_page()
            said = heard(page)
            page.goto(f"{address}{LIST}nuovo/?da={example}")
            try_on(page, f"{example}/{file}")
            place = f"trial-{example} {width} {'dark' if dark else 'light'}"
            wrong += [f"{place}: {found}" for found in faults_of(page, said, place)]
            page.close()
        page = context.new_page()
        said = heard(page)
        page.goto(f"{address}{LIST}nuovo/?da=valmarina")
        text = page.get_by_label("Testo del tracciato (TOML)")
        text.fill(text.input_value().replace('kind = "fixed"', 'kind = "fisso"').replace("len = 8,", "len = 0,"))
        page.get_by_role("button", name="Prova sul file").click()
        page.get_by_text("«fisso» non esiste").wait_for()
        wrong += [f"mistakes: {found}" for found in faults_of(page, said, f"mistakes {width} {dark}")]
        context.close()
    assert "\n".join(wrong) == ""


def test_without_script_from_a_copy_to_the_page_of_the_customer(
    acme: CompanyFixture, signed_in: SignIn, browser: Browser
) -> None:
    with live_server() as address:
        context = context_of(
            browser, address, signed_in(acme.manager.email), width=1280, dark=False, java_script_enabled=False
        )
        page = context.new_page()
        page.goto(f"{address}/backoffice/ACME/")
        page.get_by_role("link", name="Impostazioni: tracciati").click()
        page.get_by_role("link", name="Acquedotto Valmarina").click()
        page.get_by_role("button", name="Salva la bozza").click()
        page.get_by_text("La bozza è salvata.").wait_for()
        try_on(page, "valmarina/VM26Q2.spl")
        summary = page.frame_locator("iframe[title=Sommario]")
        summary.get_by_text("89,25", exact=False).first.wait_for()
        data = page.frame_locator("iframe[title='I tuoi dati']")
        data.get_by_text("0000044010").first.wait_for()
        summary.get_by_role("link", name="Importi").first.click()
        summary.get_by_text("89,25", exact=False).first.wait_for()  # links of a preview lead nowhere
        page.get_by_label("Bolletta da mostrare, nell'ordine del file").fill("12")
        page.get_by_role("button", name="Prova sul file").click()  # the file is still there
        page.get_by_role("heading", name="Bolletta 12 del file (A01/312)").wait_for()
        page.get_by_role("button", name="Pubblica la versione 1").click()
        page.get_by_text("Il tracciato è pubblicato").wait_for()
        context.close()
