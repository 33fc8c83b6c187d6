"""The system's Chromium: a desk where staff work, and a customer's phone."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys.companies import PASSWORD
from tests.journeys.totp import totp_code

CHROMIUM = Path(os.environ.get("SMARTBILL_TEST_CHROMIUM", "/usr/bin/chromium"))
#: Pictures of what was seen are kept in this folder, where it is named.
PICTURES = os.environ.get("SMARTBILL_SCREENSHOTS", "")

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "it-IT",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.6 Mobile/15E148 Safari/604.1",
}


@contextmanager
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: scripts/browser installs it, SMARTBILL_TEST_CHROMIUM names another")
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread, Django's does not
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(**PHONE)  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def signed_in(browser: Browser, base_url: str, email: str, *, totp_secret: str = "") -> Iterator[Page]:
    """A desk where this person has signed in, with a code of the authenticator app where there is one."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="it-IT")
    try:
        page = context.new_page()
        page.goto(f"{base_url}/backoffice/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Entra").click()
        if totp_secret:
            page.get_by_label("Codice").fill(totp_code(totp_secret, time.time()))
            page.get_by_role("button", name="Entra").click()
        page.get_by_role("navigation", name="Menu principale").wait_for()
        yield page
    finally:
        context.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
