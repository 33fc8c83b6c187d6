"""The life of a flow from the company's SFTP client to the figures, through every real part on the way."""

import base64
import json
import re
import secrets
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from smartbill.apps.reporting.queries import TicketFilters, tickets_found
from smartbill.core.states.job import Stage
from smartbill.database.context import company
from smartbill.usecases.jobs import JobOverview, NoSuchJob, overview
from smartbill.usecases.onboarding.company import company_id_of
from smartbill.usecases.staff.second_factor import give_totp
from tests.journeys.browsing import chromium, phone, picture, signed_in
from tests.journeys.companies import ACQUA, LUCE, PASSWORD, CompanyPlan
from tests.journeys.services import City, wait_for

pytestmark = pytest.mark.xdist_group("journeys")  # each is a whole installation: one at a time

SAMPLES = Path(__file__).parents[1] / "samples" / "fatturapa" / "simevo"
PATIENCE_SECONDS = 120.0

_LINK = re.compile(r"http://\S+/t/[0-9A-Za-z]{22}")
_CUSTOMERS = "@example.org"


class Life:
    """One job of a company, from the outside."""

    def __init__(self, city: City, plan: CompanyPlan, number: int = 1) -> None:
        self.city = city
        self.plan = plan
        self.company_id = company_id_of(plan.code)
        self.code = f"{plan.code}_{datetime.now(ZoneInfo('Europe/Rome')).year}_{number}"

    def upload(self, flow: Path) -> None:
        with self.city.sftp_session(self.plan.sftp_user, PASSWORD) as session:
            session.put(str(flow), flow.name)
            assert set(session.listdir()) <= {flow.name, "esiti", "esportazioni"}

    def wait(self, stage: Stage) -> JobOverview:
        def look() -> JobOverview | None:
            try:
                found = overview(self.company_id, self.code)
            except NoSuchJob:
                return None
            assert found.stage not in {Stage.REFUSED, Stage.STOPPED, Stage.HELD}, found
            return found if found.stage is stage else None

        return wait_for(look, seconds=PATIENCE_SECONDS, what=f"{self.code} is {stage}")

    def open_in(self, desk: Page) -> None:
        """Find the job as staff do: menu, search, its line."""
        desk.get_by_role("link", name="Ricerca job").click()
        desk.get_by_role("link", name=self.code).first.click()
        expect(desk.get_by_role("heading", level=1)).to_have_text(self.code)


def add_company(city: City, plan: CompanyPlan) -> dict[str, str]:
    """Take a company on board. Returns the authenticator secrets of those who need one, by role."""
    described = city.home / f"{plan.code}.toml"
    described.write_text(plan.as_toml())
    city.run("company", "add", str(described))
    apps = {role: base64.b32encode(secrets.token_bytes(20)).decode() for role in ("manager", "operator")}
    for role, secret in apps.items():
        give_totp(plan.staff(role), secret)
    return apps


def mails_with_links(city: City, recipients: str) -> list[dict[str, object]]:
    """The mails with a bill to these recipients (a part of their address), the oldest first."""
    mails = [mail for mail in city.mails() if recipients in str(mail["recipient"])]
    return [mail for mail in mails if _LINK.search(city.mail_text(mail["id"]))]


def link_of(city: City, mail: dict[str, object]) -> str:
    found = _LINK.search(city.mail_text(mail["id"]))
    assert found
    return found.group()


def test_a_flow_becomes_bills_that_are_read_and_counted(city: City, tmp_path: Path) -> None:
    apps = add_company(city, LUCE)
    life = Life(city, LUCE)
    flow = tmp_path / "flusso.zip"
    city.run(
        "flow", "sample", "--company", LUCE.code, "--vat", LUCE.vat_number, "--service", "electricity",
        "--service", "gas", "--bills", "40", "--seed", "3", "--pdf", "--out", str(flow),
    )  # fmt: skip
    life.upload(flow)
    assert life.wait(Stage.PUBLISHED).bills == 40

    with chromium() as browser:
        with signed_in(browser, city.base_url, LUCE.staff("editor")) as desk:
            life.open_in(desk)
            for box in desk.get_by_role("checkbox").all():
                box.set_checked(True)
            desk.get_by_role("button", name="Invia la prova").click()
            life.wait(Stage.TESTED)
            desk.reload()
            picture(desk, "job-provato")
        trial = mails_with_links(city, LUCE.staff("manager"))[0]
        with phone(browser) as page:
            page.goto(link_of(city, trial))
            expect(page.get_by_role("link", name="Sommario")).to_have_attribute("aria-current", "page")

        with signed_in(browser, city.base_url, LUCE.staff("manager"), totp_secret=apps["manager"]) as desk:
            life.open_in(desk)
            desk.get_by_role("button", name="Approva").click()
            life.wait(Stage.APPROVED)
        assert mails_with_links(city, _CUSTOMERS) == []
        with signed_in(browser, city.base_url, LUCE.staff("operator"), totp_secret=apps["operator"]) as desk:
            life.open_in(desk)
            desk.get_by_role("button", name="Avvia l'invio massivo").click()
            done = life.wait(Stage.DONE)
            desk.reload()
            picture(desk, "job-inviato")

        (mass,) = (batch for batch in done.batches if batch.kind == "mass")
        mails = mails_with_links(city, _CUSTOMERS)
        assert mass.states == {"submitted": len(mails)}
        assert len(mails) > 3
        assert set(Counter(mail["message_id"] for mail in mails).values()) == {1}

        with phone(browser) as page:
            pdf = read_bill(page, link_of(city, mails[0]))
        with zipfile.ZipFile(flow) as packed:
            assert pdf in [packed.read(name) for name in packed.namelist() if name.endswith(".pdf")]

        wait_for(lambda: _viewed(life) or None, seconds=PATIENCE_SECONDS, what="the view is counted")
        figures = json.loads(city.run("stats", "--company", LUCE.code, "--job", life.code, "--json"))
        assert (figures["total"], figures["viewed"], figures["errors"]) == (len(mails), 1, 0)
        with signed_in(browser, city.base_url, LUCE.staff("viewer")) as desk:
            desk.get_by_role("link", name="Stat. ticket").click()
            expect(desk.locator(".tile", has_text="TOTALE TICKET").locator("dd")).to_have_text(str(len(mails)))
            expect(desk.locator(".tile", has_text="TOT. VISUALIZZATI").locator("dd")).to_have_text("1")
            picture(desk, "statistiche")


def read_bill(page: Page, link: str) -> bytes:
    """A customer reads all four pages and keeps the PDF, which is returned."""
    page.goto(link)
    for name in ("Sommario", "Importi", "Consumi", "I tuoi dati"):
        if name != "Sommario":
            page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.get_by_role("navigation").get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        picture(page, f"bolletta-{name.split()[-1].lower()}")
    with page.expect_download() as downloading:
        page.get_by_role("banner").get_by_role("link", name="PDF").click()
    return downloading.value.path().read_bytes()


def _viewed(life: Life) -> bool:
    """The one ticket that was looked at: once, with one download."""
    with company(life.company_id):
        found = tickets_found(TicketFilters(viewed=True, downloaded=True), now=datetime.now(UTC)).rows
        return [(row.views, row.downloads) for row in found] == [(1, 1)]


def test_public_invoices_become_bills_of_two_companies(city: City, tmp_path: Path) -> None:
    for plan in (LUCE, ACQUA):
        add_company(city, plan)
    names = {LUCE: ["IT01234567890_FPA01", "IT01234567890_FPR03"], ACQUA: ["IT01234567890_FPR04"]}
    lives = {plan: Life(city, plan) for plan in names}
    for plan, life in lives.items():
        life.upload(invoices_zip(tmp_path / plan.code, names[plan], email=f"beta.{plan.sftp_user}{_CUSTOMERS}"))
    bills = {plan: send_by_command(life) for plan, life in lives.items()}
    assert bills == {LUCE: 3, ACQUA: 1}

    mails = {plan: mails_with_links(city, f"beta.{plan.sftp_user}{_CUSTOMERS}") for plan in names}
    assert {plan: len(found) for plan, found in mails.items()} == bills
    links = {plan: [link_of(city, mail) for mail in found] for plan, found in mails.items()}
    with chromium() as browser, phone(browser) as page:
        amounts = {plan: sorted(_amount_on(page, link) for link in found) for plan, found in links.items()}
        assert amounts == {LUCE: ["2.440,00\xa0€", "32,95\xa0€", "6,10\xa0€"], ACQUA: ["6,10\xa0€"]}
        picture(page, "fatturapa-sommario")
        stranger = links[ACQUA][0].replace(f"/c/{ACQUA.code}/", f"/c/{LUCE.code}/")
        answer = page.goto(stranger)
        assert answer is not None
        assert (answer.status, page.get_by_text("6,10").count()) == (404, 0)


def _amount_on(page: Page, link: str) -> str:
    page.goto(link)
    return page.locator(".amount").inner_text()


def send_by_command(life: Life) -> int:
    """Test, go-ahead and start from the command line; how many bills the job has."""
    by = {role: ("--as", life.plan.staff(role)) for role in ("editor", "manager", "operator")}
    bills = life.wait(Stage.PUBLISHED).bills
    life.city.run("job", "test", life.code, *by["editor"])
    life.wait(Stage.TESTED)
    life.city.run("job", "approve", life.code, *by["manager"])
    life.city.run("job", "send", life.code, *by["operator"])
    life.wait(Stage.DONE)
    return bills


def invoices_zip(folder: Path, names: list[str], *, email: str) -> Path:
    """Plain e-invoices as a company would send them, with a contacts file that knows their one recipient."""
    folder.mkdir()
    flow = folder / "fatture.zip"
    with zipfile.ZipFile(flow, "w") as packed:
        for name in names:
            packed.write(SAMPLES / f"{name}.xml", f"{name}.xml")
        packed.writestr("CONTATTI.csv", f"codice_fiscale;email;canale\r\n09876543210;{email};EMAIL\r\n")
    return flow
