"""The customer's pages against a real database: what they show, to whom, and what asking for them changes."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from msgspec.structs import replace

from smartbill.apps.archive.models import DocumentKey
from smartbill.apps.archive.operations.publishing import take_out_of_force
from smartbill.apps.companies.models import Company
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.events.models import Change
from smartbill.apps.intake.models import Job
from smartbill.apps.tickets.models import Ticket, Visit
from smartbill.core.bill.value import Bill
from smartbill.core.company.documents import Paper
from smartbill.core.states.batch import BatchKind
from smartbill.core.states.job import JobState
from smartbill.core.tickets.token import make_token, ticket_keys
from smartbill.core.tickets.views import VisitFact, judge
from smartbill.database.context import company
from smartbill.database.security import our_models
from smartbill.usecases.paper.make import make_pdf
from smartbill.usecases.portal.companies import forget_companies
from smartbill.web.portal.views import failed
from tests.conftest import CompanyFixture
from tests.web.portal import bills
from tests.web.portal.conftest import PDF, Link, MakeLink
from tests.worker import run_tasks, waiting_tasks

PAGES = ("", "/", "/importi", "/consumi", "/dati")
EVERY_ROUTE = (*PAGES, "/consumi/1", "/bolletta.pdf", "/scadenza.ics", "/b.gif")

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def body(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode())


def visits(link: Link) -> list[tuple[str, bool, str]]:
    with company(link.company_id):
        return list(
            Visit.objects.filter(ticket_id=link.ticket_id).order_by("at").values_list("step", "machine", "agent")
        )


def test_the_four_pages(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    summary, _, amounts, consumption, details = (body(phone.get(link.root + path)) for path in PAGES)
    assert "146,57\u00a0€" in summary
    assert "lunedì 27 luglio 2026" in summary
    assert "301000000000000601" in summary
    assert "85,43\u00a0€" in amounts
    assert "66,4\u00a0%" in amounts
    assert "412\u00a0kWh" in consumption
    assert "5.210,4" in consumption
    assert "IT001E00000017" in details
    for page in (summary, amounts, consumption, details):
        assert page.count("<h1") == 1
        assert page.count('aria-current="page"') == 1
        assert f'href="{link.root}/bolletta.pdf"' in page
        assert "<script" not in page
        assert " style=" not in page


def test_personal_data_are_covered(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    for path in PAGES:
        page = body(phone.get(link.root + path))
        for personal in ("Mario", "Rossi", "RSSMRA80A01H501U", "mario.rossi@example.org", "mario.rossi@pec.example"):
            assert personal not in page


def test_sealed(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    for path in EVERY_ROUTE:
        answer = phone.get(link.root + path)
        assert answer.status_code == 200, path
        assert answer["Content-Security-Policy"] == POLICY
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert not answer.cookies


def test_own_host(make_link: MakeLink, phone: Client, acme: CompanyFixture, hydra: CompanyFixture) -> None:
    link = make_link(bills.ordinary())
    with company(acme.id):
        Company.objects.update(host="bolletta.acme.example")
    forget_companies()
    page = body(phone.get(f"/t/{link.token}", headers={"host": "bolletta.acme.example"}))
    assert f'href="/t/{link.token}/importi"' in page
    assert phone.get(f"/t/{link.token}").status_code == 404, "the installation's own host is no company's"
    elsewhere = phone.get(f"/c/{hydra.code}/t/{link.token}", headers={"host": "bolletta.acme.example"})
    assert elsewhere.status_code == 404, "a company's host shows no other company"


def test_whoever_cuts_the_link_short_is_told_what_to_do(
    phone: Client, acme: CompanyFixture, hydra: CompanyFixture
) -> None:
    with company(acme.id):
        Company.objects.update(host="bolletta.acme.example")
    forget_companies()
    own = {"host": "bolletta.acme.example"}
    doorsteps = [phone.get("/", headers=own), phone.get("/t/", headers=own), phone.get("/c/HYDRA/")]
    assert [answer.status_code for answer in doorsteps] == [200, 200, 200]
    assert ["apra il link del messaggio" in body(answer) for answer in doorsteps] == [True, True, True]
    assert phone.get("/")["Location"] == "/backoffice/", "the installation's own host is for staff"
    for nowhere in (phone.get("/nulla"), phone.get("/nulla", headers=own), phone.get("/c/NESSUNA/")):
        assert (nowhere.status_code, "Non troviamo questa pagina" in body(nowhere)) == (404, True)
        assert nowhere["Referrer-Policy"] == "no-referrer"


def test_an_error_of_ours_is_told_in_words(phone: Client) -> None:
    answer = failed(RequestFactory().get("/"))
    assert (answer.status_code, "Riprovi fra qualche minuto" in body(answer)) == (500, True)


def test_strangers_learn_nothing(make_link: MakeLink, phone: Client, hydra: CompanyFixture, settings_keys) -> None:  # type: ignore[no-untyped-def]
    link = make_link(bills.ordinary())
    with company(link.company_id):
        nonce = Ticket.objects.get().nonce
    unknown = make_token(link.ticket_id + 77, nonce, settings_keys)
    guessed = make_token(link.ticket_id, nonce ^ 1, settings_keys)
    answers = [
        phone.get(f"/c/ACME/t/{token}{path}")
        for token in ("x", "0" * 22, unknown, guessed)
        for path in ("", "/bolletta.pdf")
    ]
    answers += [phone.get(f"{link.root}/altro"), phone.get(f"/c/ACME/t/{unknown}/altro")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1, "byte for byte the same"
    foreign = phone.get(f"/c/{hydra.code}/t/{link.token}")
    assert foreign.status_code == 404
    assert foreign.content == phone.get(f"/c/{hydra.code}/t/x").content
    assert phone.get(f"/c/NOBODY/t/{link.token}").status_code == 404
    assert visits(link) == []


@pytest.fixture
def settings_keys() -> tuple[bytes, ...]:
    from django.conf import settings

    return ticket_keys(settings.SMARTBILL.secret_keys)


def test_closed_links_say_why_and_nothing_of_the_bill(make_link: MakeLink, phone: Client) -> None:
    now = datetime.now(UTC)
    link = make_link(bills.ordinary())

    def closed_page(**change: object) -> str:
        with company(link.company_id):
            Ticket.objects.filter(pk=link.ticket_id).update(**change)
        texts = set()
        for path in EVERY_ROUTE:
            if path != "/b.gif":
                answer = phone.get(link.root + path)
                assert answer.status_code == 410
                texts.add(body(answer))
        assert len(texts) == 1
        page = texts.pop()
        for told in ("146,57", "601", "106201", "Luce", "Rossi", "Castel"):
            assert told not in page
        assert "800 123 456" in page, "whom to ask"
        return page

    assert "Questo link è scaduto" in closed_page(valid_until=now - timedelta(seconds=1))
    assert "non è più attivo" in closed_page(valid_until=now + timedelta(days=1), revoked_at=now)
    with company(link.company_id):
        Job.objects.update(state=JobState.WITHDRAWN)
    assert "è stata ritirata" in closed_page(revoked_at=None)
    with company(link.company_id):
        Job.objects.update(state=JobState.PUBLISHED)
        DocumentKey.objects.all().delete()
    assert "è stata ritirata" in closed_page(revoked_at=None)
    assert visits(link) == []


def test_valid_to_the_second_and_before_the_hand_over(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    now = datetime.now(UTC)
    with company(link.company_id):
        Ticket.objects.update(valid_until=None, created_at=now - timedelta(days=15, seconds=-30))
    assert phone.get(link.root).status_code == 200
    with company(link.company_id):
        Ticket.objects.update(created_at=now - timedelta(days=15, seconds=1))
    assert phone.get(link.root).status_code == 410


def state_of_the_database() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours but the event log and its marks."""
    state = {}
    with connection.cursor() as cursor:
        for model in our_models():
            table = model._meta.db_table
            if table not in {"tickets_visit", "events_change"}:
                cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
                state[table] = cursor.fetchall()
    return state


def test_asking_changes_nothing_but_the_event_log(make_link: MakeLink, acme: CompanyFixture) -> None:
    link = make_link(bills.ordinary())
    with company(acme.id):
        before = state_of_the_database()
    agents = ["WhatsApp/2.24", "facebookexternalhit/1.1", "curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1)"]
    for agent in agents:
        client = Client(headers={"user-agent": agent})
        for path in EVERY_ROUTE:
            for _ in range(3):
                assert client.get(link.root + path).status_code == 200
            head = client.head(link.root + path)
            assert (head.status_code, body(head)) == (200, "")
        for method in (client.post, client.put, client.delete):
            assert method(link.root).status_code == 405
    with company(acme.id):
        assert state_of_the_database() == before
    rows = visits(link)
    assert len(rows) == len(agents) * len(EVERY_ROUTE) * 3, "a HEAD is not recorded"
    assert {machine for _, machine, _ in rows} == {True}


def test_previews_see_whose_bill_it_is_and_nothing_of_it(make_link: MakeLink) -> None:
    link = make_link(bills.ordinary())
    answer = Client(headers={"user-agent": "WhatsApp/2.24.20.89 A"}).get(link.root)
    page = body(answer)
    assert answer.status_code == 200
    assert '<meta property="og:title" content="Acme Energia">' in page
    for told in ("146,57", "601", "106201", "Luce", "Castel"):
        assert told not in page
    shown = Client(headers={"user-agent": "WhatsApp/2.24.20.89 A"}).get(f"{link.root}?apri")
    assert "146,57" in body(shown), "somebody who was taken for a program can go on"


def test_a_view_is_recorded_and_marked(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    for path in ("", "/b.gif", "/importi", "/b.gif", "/bolletta.pdf"):
        phone.get(link.root + path)
    assert visits(link) == [(step, False, "Chrome") for step in ("summary", "beacon", "amounts", "beacon", "pdf")]
    with company(link.company_id):
        facts = [VisitFact(*row) for row in Visit.objects.values_list("at", "step", "visitor", "machine")]
        marks = list(Change.objects.values_list("job_id", "ticket_id"))
    seen = judge(facts)
    assert (seen.viewed, seen.views, seen.downloads, seen.machine_fetches) == (True, 1, 1, 0)
    assert marks == [(link.job_id, link.ticket_id)] * 5


def test_visits_of_a_test_batch_are_not_counted(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary(), kind=BatchKind.TEST)
    phone.get(link.root)
    assert len(visits(link)) == 1
    with company(link.company_id):
        assert list(Change.objects.all()) == []


def test_the_pdf_is_the_one_that_came(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    answer = phone.get(f"{link.root}/bolletta.pdf")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Length"] == str(len(PDF))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="bolletta_B051_601.pdf"'


def test_a_pdf_that_is_not_there_is_made_for_whoever_asks(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary(), pdf=False)
    assert f'href="{link.root}/bolletta.pdf"' in body(phone.get(link.root))
    assert phone.head(f"{link.root}/bolletta.pdf").status_code == 202
    assert waiting_tasks() == []  # who only looks orders nothing
    answer = phone.get(f"{link.root}/bolletta.pdf")
    assert (answer.status_code, answer["Cache-Control"]) == (202, "private, no-store")
    assert f'href="{link.root}/bolletta.pdf"' in body(answer)
    run_tasks(queues=["paper"])
    assert [step for step, *_ in visits(link)] == ["summary"]  # nothing was downloaded so far
    answer = phone.get(f"{link.root}/bolletta.pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-1.7")
    assert [step for step, *_ in visits(link)] == ["summary", "pdf"]


def test_after_a_withdrawal_no_made_pdf_is_reached(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary(), pdf=False)
    make_pdf(company_id=link.company_id, bill_id=link.bill_id)
    assert phone.get(f"{link.root}/bolletta.pdf").status_code == 200
    with company(link.company_id):
        take_out_of_force(link.job_id)
    assert phone.get(f"{link.root}/bolletta.pdf").status_code == 410


def test_without_a_pdf_no_link_to_it(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary(), pdf=False)
    with company(link.company_id):
        publish_settings(Paper(make_pdf=False), by="manager@acme.example", now=datetime.now(UTC))
    forget_companies()
    assert "bolletta.pdf" not in body(phone.get(link.root))
    assert phone.get(f"{link.root}/bolletta.pdf").status_code == 404
    assert [step for step, _, _ in visits(link)] == ["summary"], "no download is counted"


def test_wrong_tickets_are_slowed_right_ones_open(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    statuses = [phone.get(f"/c/ACME/t/wrong{n}").status_code for n in range(25)]
    assert statuses == [404] * 20 + [429] * 5
    assert phone.get(link.root).status_code == 200
    other = Client(REMOTE_ADDR="203.0.113.9")
    assert other.get("/c/ACME/t/wrong").status_code == 404


def test_behind_proxies_the_right_address_is_counted(make_link: MakeLink) -> None:
    from django.conf import settings

    make_link(bills.ordinary())
    with override_settings(SMARTBILL=replace(settings.SMARTBILL, trusted_proxies=1)):
        for n in range(25):
            Client(headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.7"}).get("/c/ACME/t/wrong")
        same = Client(headers={"x-forwarded-for": "203.0.113.7"}).get("/c/ACME/t/wrong")
        other = Client(headers={"x-forwarded-for": "203.0.113.8"}).get("/c/ACME/t/wrong")
    assert (same.status_code, other.status_code) == (429, 404)


def test_the_stylesheet_is_the_companys_and_kept_for_ever(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    address = re.findall(r'rel="stylesheet" href="([^"]+)"', body(phone.get(link.root)))[0]
    answer = phone.get(address)
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "--fill:#00509d" in body(answer)
    old = phone.get("/c/ACME/look/0-000000000000.css")
    assert (old.status_code, old["Cache-Control"]) == (200, "no-store")


def test_the_calendar(make_link: MakeLink, phone: Client) -> None:
    link = make_link(bills.ordinary())
    answer = phone.get(f"{link.root}/scadenza.ics")
    text = body(answer)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert text.count("BEGIN:VALARM") == 2
    assert "DTSTART;VALUE=DATE:20260727" in text
    assert "146" not in text.replace(link.token, ""), "no amount"
    nothing = make_link(bills.zero())
    assert phone.get(f"{nothing.root}/scadenza.ics").status_code == 404


HOSTILE = """"'><script>alert(1)</script>{{7*7}}{%x%}&amp;<img src=x onerror=a>"""


def hostile(value: Any) -> Any:
    """The same bill with a hostile text in every field of free text."""
    if isinstance(value, tuple):
        return tuple(hostile(entry) for entry in value)
    if hasattr(value, "__struct_fields__"):
        changed = {name: hostile(getattr(value, name)) for name in value.__struct_fields__}
        return type(value)(**changed)
    return HOSTILE if type(value) is str else value


def test_texts_of_the_flow_are_shown_as_text(make_link: MakeLink, phone: Client) -> None:
    bill = replace(hostile(bills.two_services()), series="B051", number="601", display_number='"><script>1</script>')
    link = make_link(replace(bill, customer=replace(bill.customer, code="C1", language="it")))
    for path in (*PAGES, "/consumi/1", "/scadenza.ics", "/bolletta.pdf"):
        answer = phone.get(link.root + path)
        assert answer.status_code == 200
        if path not in ("/scadenza.ics", "/bolletta.pdf"):
            page = body(answer)
            assert "<script" not in page
            assert "<img src=x" not in page
            assert "&lt;script&gt;" in page
            assert "{{7*7}}{%x%}" in page or path == "/consumi/1"


@pytest.mark.parametrize(
    "bill",
    [
        bills.debited(), bills.with_instalments(), bills.in_arrears(), bills.credit_note(), bills.zero(),
        bills.many_supplies(), bills.two_services(), bills.many_lines(), bills.invoice(),
    ],
    ids=["debited", "instalments", "arrears", "credit note", "zero", "60 supplies", "two", "200 lines", "invoice"],
)  # fmt: skip
def test_every_kind_of_bill(bill: Bill, make_link: MakeLink, phone: Client) -> None:
    link = make_link(bill)
    for path in PAGES:
        answer = phone.get(link.root + path, headers={"accept-encoding": "br"})
        assert answer.status_code == 200
        assert len(answer.content) < 10_000


def test_amounts_agree(make_link: MakeLink, phone: Client) -> None:
    """The lines that Importi shows add up to what Sommario asks for."""
    link = make_link(bills.ordinary())
    page = body(phone.get(f"{link.root}/importi"))
    rows = re.findall(r'<h3 class="what">.*?<span class="sum">(.*?)\u00a0€', page)
    assert sum(Decimal(row.replace(".", "").replace(",", ".").replace("\u2212", "-")) for row in rows) == Decimal(
        "146.57"
    )
