"""The staff pages in a real browser: a live server on this test's database, and the system's Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext


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
