"""The customer's pages in a real browser against a real server: accessible, small, whole on every screen, no script.

With `SMARTBILL_GALLERY=<folder>` the pictures are kept there.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from smartbill.core.bill.value import Bill
from smartbill.database.context import company
from tests.browser import CHROMIUM, chromium
from tests.web.portal import bills
from tests.web.portal.conftest import PHONE, Link, MakeLink

PAGES = {"sommario": "", "importi": "/importi", "consumi": "/consumi", "dati": "/dati"}
BUDGET = 14 * 1024

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as environment, chromium() as found:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread, Django's does not
        yield found


@pytest.fixture
def server(process_environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(Path(sys.executable).with_name("smartbill")), "web", "--port", str(port), "--processes", "1"]
    process = subprocess.Popen(program, env=process_environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"{address}/look/x.css", timeout=2).close()
        except OSError:
            time.sleep(0.1)  # there is no event to wait for from outside
        else:
            return
    pytest.fail("the server did not answer")


def opened(browser: Browser, width: int, scheme: str = "light", **options: object) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": 844 if width < 900 else 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        user_agent=PHONE,
        **options,  # type: ignore[arg-type]
    )


def keep(page: Page, name: str) -> None:
    folder = os.environ.get("SMARTBILL_GALLERY")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    "bill", [bills.ordinary(), bills.two_services(), bills.invoice()], ids=["one", "two", "invoice"]
)
def test_accessible_on_every_screen(bill: Bill, browser: Browser, make_link: MakeLink, server: str) -> None:
    link = make_link(bill)
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            with opened(browser, width, scheme) as context:
                page = context.new_page()
                for name, path in PAGES.items():
                    page.goto(server + link.root + path)
                    keep(page, f"{bill.number}-{len(bill.supplies)}-{name}-{width}-{scheme}")
                    page.evaluate("document.querySelectorAll('details').forEach(entry => entry.open = true)")
                    found = Axe().run(page)
                    assert found.response["violations"] == [], found.generate_report()
                    assert not sideways(page)


def test_narrow_screens_and_large_type(browser: Browser, make_link: MakeLink, server: str) -> None:
    links = [make_link(bill) for bill in (bills.ordinary(), bills.many_supplies(), bills.credit_note())]
    with opened(browser, 320) as context:
        page = context.new_page()
        for link in links:
            for name, path in PAGES.items():
                page.goto(server + link.root + path)
                keep(page, f"narrow-{name}-{link.ticket_id}")
                assert not sideways(page), (name, link.ticket_id)


def test_small_and_few_requests(browser: Browser, make_link: MakeLink, server: str) -> None:
    link = make_link(bills.ordinary())
    for name, path in PAGES.items():
        with opened(browser, 390) as context:
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            sizes: list[float] = []
            addresses: list[str] = []
            session.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
            page.on("request", lambda request, addresses=addresses: addresses.append(request.url))
            page.goto(server + link.root + path, wait_until="networkidle")
            asked = [address for address in addresses if not address.startswith("data:")]
            assert len(asked) <= 3, (name, asked)
            assert all(address.startswith(server) for address in asked)
            assert 1000 < sum(sizes) <= BUDGET, name
            assert context.cookies() == []


def test_everything_works_without_script(browser: Browser, make_link: MakeLink, server: str) -> None:
    link = make_link(bills.ordinary())
    with opened(browser, 390, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server + link.root)
        page.get_by_role("link", name="Importi", exact=True).click()
        page.get_by_text("8 voci").click()
        page.get_by_text("Componente ASOS").wait_for()
        page.get_by_role("link", name="Consumi", exact=True).click()
        page.get_by_text("Tutti i valori", exact=True).click()
        page.get_by_role("rowheader", name="giugno 2026").wait_for()
        page.get_by_role("link", name="I tuoi dati").click()
        page.get_by_text("Codice Cliente").wait_for()
        with page.expect_download() as download:
            page.get_by_role("link", name="PDF").click()
        assert download.value.suggested_filename == "bolletta_B051_601.pdf"
    assert seen_steps(link) == [
        "summary", "beacon", "amounts", "beacon", "consumption", "beacon", "details", "beacon", "pdf",
    ]  # fmt: skip


def seen_steps(link: Link) -> list[str]:
    from smartbill.apps.tickets.models import Visit

    with company(link.company_id):
        return list(Visit.objects.filter(ticket_id=link.ticket_id).order_by("at").values_list("step", flat=True))


def test_by_keyboard(browser: Browser, make_link: MakeLink, server: str) -> None:
    link = make_link(bills.due_on(bills.ordinary(), date.today() + timedelta(days=20)))
    with opened(browser, 390) as context:
        page = context.new_page()
        page.goto(server + link.root)
        names = []
        for _ in range(9):
            page.keyboard.press("Tab")
            names.append(page.evaluate("document.activeElement.innerText.trim().replace(/\\s+/g, ' ')"))
            box = page.evaluate("(({x, y}) => [x, y])(document.activeElement.getBoundingClientRect())")
            assert box[1] >= 0, "what has the focus is on the screen"
        assert names == [
            "Vai al contenuto", "Scarica la bolletta in PDF", "Sommario", "Importi", "Consumi", "I tuoi dati",
            "Scarica PDF", "Calendario", "Come pagare",
        ]  # fmt: skip


def test_on_paper(browser: Browser, make_link: MakeLink, server: str) -> None:
    link = make_link(bills.ordinary())
    with opened(browser, 390, "dark") as context:
        page = context.new_page()
        page.goto(server + link.root)
        page.emulate_media(media="print")
        assert not page.get_by_role("navigation").is_visible()
        page.get_by_text("301000000000000601").wait_for()
        assert page.evaluate("getComputedStyle(document.querySelector('.hero')).color") == "rgb(0, 0, 0)"
        assert page.pdf(format="A4").startswith(b"%PDF-")


def test_a_closed_link(browser: Browser, make_link: MakeLink, server: str) -> None:
    make_link(bills.ordinary())
    with opened(browser, 390) as context:
        page = context.new_page()
        answer = page.goto(f"{server}/c/ACME/t/niente")
        assert answer is not None
        assert answer.status == 404
        keep(page, "closed")
        assert Axe().run(page).response["violations"] == []
