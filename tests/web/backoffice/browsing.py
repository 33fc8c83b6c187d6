"""The staff pages in a real browser: a live server on this test's database, and the system's Chromium."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, Page

#: Where to keep a picture of every page looked at; empty = nowhere.
PICTURES = os.environ.get("SMARTBILL_TEST_PICTURES", "")
#: Frames of ours run no script, so axe would wait for each in vain; the pages in them have tests of their own.
_AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "iframes": False}


class _Server(LiveServerThread):
    """Django's server for tests; static files come from WhiteNoise, as in production."""

    def run(self) -> None:
        try:
            self.httpd = ThreadedWSGIServer((self.host, self.port), QuietWSGIRequestHandler, allow_reuse_address=False)
            self.port = self.httpd.server_address[1]
            self.httpd.set_app(get_wsgi_application())
            self.is_ready.set()
            self.httpd.serve_forever()
        except OSError as error:
            self.error = error
            self.is_ready.set()


@contextmanager
def live_server() -> Iterator[str]:
    """The address of a server in this process."""
    server = _Server("localhost", None)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.terminate()


def context_of(
    browser: Browser, address: str, client: Client, *, width: int, dark: bool, **options: bool
) -> BrowserContext:
    """A browser that carries the session of a test client."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        locale="it-IT",
        **options,
    )
    context.add_cookies(
        [{"name": name, "value": morsel.value, "url": address} for name, morsel in client.cookies.items()]
    )
    return context


def heard(page: Page) -> list[str]:
    """What the browser will say of the page: errors of scripts and of the policy. Asked for before it is opened."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def faults_of(page: Page, said: list[str], place: str) -> list[str]:
    """What is wrong with the page as it stands; a picture of it is kept where the environment asks for one."""
    found = [text for text in said if "404 (Not Found)" not in text]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("wider than the window")
    for violation in Axe().run(page, options=_AXE).response["violations"]:
        targets = [node["target"] for node in violation["nodes"]][:3]
        found.append(f"{violation['id']} {targets}")
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{place.replace(' ', '_')}.png"), full_page=True)
    return found


def looked_at(context: BrowserContext, address: str, place: str) -> list[str]:
    page = context.new_page()
    said = heard(page)
    page.goto(address)
    found = faults_of(page, said, place)
    page.close()
    return found
