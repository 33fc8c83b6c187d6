"""Pictures of every page of the demo, as people see them: `make gallery`.

    python -m tests.gallery [--folder FOLDER] [--bills N] [--most N]

Starts a demo of its own, follows the links of some messages on a phone and all links of the staff pages on a desk.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page

from smartbill.cli.supervisor import free_port
from tests.browser import chromium

_STAFF = "responsabile@lucegas.example"
#: Followed, they change something or leave the site.
_NOT_FOLLOWED = re.compile(r"esci|logout|esporta|[./](pdf|csv|ics|gif|css)/?([?#]|$)")


@contextmanager
def _demo(home: Path, bills: int) -> Iterator[str]:
    """A running demo; what it says when it is ready."""
    command = [sys.executable, "-m", "smartbill", "demo", "--bills", str(bills)]
    command += ["--port", str(free_port(8100)), "--sftp-port", str(free_port(2300))]
    process = subprocess.Popen(
        command,
        env=environ | {"SMARTBILL_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        else:
            raise SystemExit(f"gallery: the demo did not start\n{said}")
        yield said
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"gallery: no {pattern} in what the demo says\n{text}")
    return found[1]


class _Gallery:
    def __init__(self, folder: Path, most: int) -> None:
        self.folder, self.most = folder, most
        self.wrong: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str) -> None:
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        print(path)

    def walk(self, page: Page, start: str, name: str) -> None:
        """Take the page at `start` and every page below its address, one of each kind."""
        todo, seen = [start], set()
        while todo and len(seen) < self.most:
            address = todo.pop(0)
            kind = _kind(address, start)
            if kind in seen:
                continue
            seen.add(kind)
            answer = page.goto(address)
            if answer is None or not answer.ok:
                self.wrong.append(f"{address} answers {answer.status if answer else 'nothing'}")
            self.take(page, f"{name}-{kind}")
            links = [urljoin(address, link.get_attribute("href") or "") for link in page.locator("a[href]").all()]
            todo += [link for link in links if link.startswith(start) and not _NOT_FOLLOWED.search(link)]


def _kind(address: str, start: str) -> str:
    """The page that an address is, without the numbers and codes that say of what."""
    path = urlsplit(address).path.removeprefix(urlsplit(start).path).strip("/")
    return re.sub(r"[^a-z/]*\d[^/]*", "n", path, flags=re.IGNORECASE).replace("/", "-") or "inizio"


def _links(page: Page, outbox: str, most: int) -> list[str]:
    """The personal links of the last messages to customers."""
    page.goto(outbox)
    messages = [urljoin(outbox, link.get_attribute("href") or "") for link in page.locator("a[href^='/m/']").all()]
    links = []
    for message in messages:
        page.goto(message)
        found = re.search(r"https?://\S+/t/[0-9A-Za-z]{22}", page.content())
        if found:
            links.append(found[0])
        if len(links) == most:
            break
    return links


def _sign_in(page: Page, staff: str, password: str, codes: str) -> None:
    page.goto(codes)
    code = _found(rf"<strong>(\d{{6}})</strong> <span>{re.escape(_STAFF)}", page.content())
    page.goto(staff)
    page.fill("[name=login]", _STAFF)
    page.fill("[name=password]", password)
    page.locator("[name=password]").press("Enter")
    page.fill("[name=code]", code)
    page.locator("[name=code]").press("Enter")
    page.wait_for_url(f"{staff}**")


def _customer_pages(browser: Browser, gallery: _Gallery, outbox: str) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, locale="it-IT", color_scheme=scheme
        )
        page = context.new_page()
        for number, link in enumerate(_links(page, outbox, 3 if scheme == "light" else 1), 1):
            gallery.walk(page, link, f"cliente-{scheme}-{number}")
        context.close()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Pictures of every page of the demo.")
    parser.add_argument("--folder", type=Path, default=Path("var/gallery"))
    parser.add_argument("--bills", type=int, default=60)
    parser.add_argument("--most", type=int, default=40, help="pages of one kind of visitor")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="smartbill-gallery-") as home, _demo(Path(home), options.bills) as said:
        outbox = _found(r"Telefono di prova\s+(\S+)", said)
        staff = _found(r"Pagine del personale\s+(\S+)", said)
        password = _found(r"password per tutti: ([^)]+)\)", said)
        with chromium() as browser:
            gallery = _Gallery(options.folder, options.most)
            _customer_pages(browser, gallery, outbox)
            page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="it-IT").new_page()
            _sign_in(page, staff, password, urljoin(outbox, "codici"))
            gallery.walk(page, staff, "personale")
        if gallery.wrong:
            raise SystemExit("\n".join(["gallery: pages that are linked and not there:", *gallery.wrong]))


if __name__ == "__main__":
    main(sys.argv[1:])
