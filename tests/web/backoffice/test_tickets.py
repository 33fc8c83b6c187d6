"""Ricerca ticket and Stat. ticket: what is asked, what is shown, what is put on record."""

import csv
import io
import re

import pytest
from django.test import Client

from smartbill.apps.audit.models import Entry
from smartbill.apps.reporting.models import TicketRow
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.factories import mailed_bills, make_job
from tests.web.backoffice.conftest import SignIn
from tests.web.backoffice.scenes import make_year_of_the_original, ticket_row

PAGE = "/backoffice/ACME/ticket/"


@pytest.fixture
def client(acme: CompanyFixture, signed_in: SignIn) -> Client:
    """A viewer of ACME, which has sixty tickets."""
    job = make_job(acme.id, mailed_bills(1))
    with company(acme.id):
        TicketRow.objects.bulk_create(ticket_row(acme.id, job, n) for n in range(1, 61))
    return signed_in(acme.viewer.email)


def _documents(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="two">(\S+) ', page)


def _said(page: str) -> str:
    found = re.search(r"(?s)<strong>Totale risultati:.*?</p>", page)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


def test_pages_follow_each_other_and_lose_no_ticket(client: Client) -> None:
    address, seen, said = PAGE, [], []
    while address:
        page = client.get(address).content.decode()
        seen += _documents(page)
        said.append(_said(page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = PAGE + following.group(1).replace("&amp;", "&") if following else ""
    assert seen == [f"B051/{500 + n}" for n in range(1, 61)]
    assert said == [
        "Totale risultati: 60 | pagina 1 di 3 da 1 a 25",
        "Totale risultati: 60 | pagina 2 di 3 da 26 a 50",
        "Totale risultati: 60 | pagina 3 di 3 da 51 a 60",
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("number=B051/539", ["B051/539"]),
        ("number=539&series=B051", ["B051/539"]),
        ("number=539&series=A", []),
        ("channel=sms", []),
        ("customer_code=106082&state=S2S&paid=on", ["B051/528"]),
        ("s2s=on&paid=on&viewed=on", ["B051/528"]),
        ("job_code=acme_2026_9", []),
        ("address=PROTOCOLLO@comune.example&number=501&issue_year=2026&ticket_date=2026-03-02", ["B051/501"]),
        ("issue_date=28/02/2026", []),
    ],
)
def test_filters(client: Client, asked: str, found: list[str]) -> None:
    assert _documents(client.get(f"{PAGE}?{asked}").content.decode()) == found


@pytest.mark.parametrize(
    "asked",
    ["issue_year=12", "ticket_date=ieri", "channel=piccione", "state=X", f"customer_code={'9' * 31}", "number=%00"],
)
def test_a_filter_that_cannot_be_read_is_said_and_nothing_is_searched(client: Client, asked: str) -> None:
    page = client.get(f"{PAGE}?{asked}")
    assert page.status_code == 200
    assert "la ricerca non è stata eseguita" in page.content.decode()
    assert _documents(page.content.decode()) == []


def test_a_cursor_made_up_shows_the_first_page(client: Client) -> None:
    for cursor in ("after=x", "before=W10:1:abc", "after=%00", "n=-5", "n=99999999999"):
        page = client.get(f"{PAGE}?{cursor}")
        assert _documents(page.content.decode())[0] == "B051/501"


def test_the_export_holds_what_was_searched_and_runs_in_no_spreadsheet(acme: CompanyFixture, client: Client) -> None:
    with company(acme.id):
        TicketRow.objects.filter(ticket_id=5).update(customer_name='=HYPERLINK("http://x.example")', paid=True)
    response = client.get(f"{PAGE}esporta.csv?number=505")
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, row = csv.reader(io.StringIO(content, newline=""), delimiter=";")
    assert dict(zip(head, row, strict=True)) == {
        "N.Documento": "B051/505",
        "Data emissione": "27/02/2026",
        "Job": "ACME_2026_1",
        "Importo (€)": "55,05",
        "Utenza": '\'=HYPERLINK("http://x.example")',
        "Codice anagrafico": "106082",
        "Data ticket": "02/03/2026 09:55",
        "Canale recapito": "E-mail",
        "N.Cellulare/Email": "protocollo@comune.example",
        "Stato": "DLVRD",
        "Descrizione stato": "Consegnato",
        "Visualizzazioni": "2",
        "Scaricamenti": "1",
        "Pagata online": "sì",
    }


def test_looking_and_exporting_are_on_record(acme: CompanyFixture, client: Client) -> None:
    client.get(f"{PAGE}?customer_code=106082")
    b"".join(client.get(f"{PAGE}esporta.csv?state=S2S").streaming_content)  # type: ignore[attr-defined]
    with company(acme.id):
        entries = list(Entry.objects.order_by("id").values_list("actor", "role", "act", "subject", "note"))
    assert entries == [
        ("viewer@acme.example", "viewer", "search_tickets", "tickets", '{"customer_code":"106082"}'),
        ("viewer@acme.example", "viewer", "export_tickets", "tickets", '{"state":"S2S"}'),
    ]


def test_hostile_text_is_shown_as_text(acme: CompanyFixture, client: Client) -> None:
    hostile = '<script>alert(1)</script>{{ 7*7 }}" onmouseover="x'
    with company(acme.id):
        TicketRow.objects.filter(ticket_id=1).update(
            customer_name=hostile, address=hostile, display_number=hostile[:40], job_code="ACME_2026_1"
        )
    page = client.get(PAGE).content.decode()
    assert hostile not in page
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}&quot; onmouseover=&quot;x") == 2
    asked = client.get(PAGE, {"customer_code": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in asked


def test_the_figures_of_the_original_screen_come_out_to_the_digit(
    acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn
) -> None:
    make_year_of_the_original(acme.id)
    page = signed_in(acme.viewer.email).get("/backoffice/ACME/statistiche/?year=2023").content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split('id="period"')[1].split('class="footnotes"')[0]).split())
    for figure in (
        "TOTALE TICKET 122.570",
        "TOT. VISUALIZZATI 51,91% 60.424",
        "TOTALE ERRORI 5,04% 6.178",
        "87.426 SMS 71,33% VISUALIZZATI 39.493 (48,46%) ERRORI 5.934 (6,79%)",
        "35.144 E.MAIL 28,67% VISUALIZZATE 20.931 (59,97%) ERRORI 244 (0,69%) ERRORI S2S 244 (0,69%)",
        "TOTALE PAGAMENTI 8,96% 2.684 / 29.965 *",
        "DA SMS 7,33% 1.695 / 23.133 *",
        "DA EMAIL 14,48% 989 / 6.832 *",
        "DLVRD SMS correttamente ricevuto 78.543",
        "ERROR Errore in invio dell&#x27;SMS 5.934",
        "TIMEOUT L&#x27;operatore non ha fornito informazioni sull&#x27;SMS entro le 48 ore 2.949",
    ):
        assert figure in text
    other = signed_in(hydra.viewer.email).get("/backoffice/HYDRA/statistiche/?year=2023").content.decode()
    assert "122.570" not in other


def test_periods_of_the_statistics(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_year_of_the_original(acme.id)
    client = signed_in(acme.viewer.email)

    def total(query: str) -> str:
        page = client.get(f"/backoffice/ACME/statistiche/?{query}").content.decode()
        found = re.search(r"TOTALE TICKET</dt><dd>([^<]+)</dd>", page)
        return found.group(1) if found else ""

    assert [total(query) for query in ("", "year=2023", "year=2022", "year=2023&by=month&month=7")] == [
        "122.570",
        "122.570",
        "0",
        "122.570",
    ]
    assert [total(query) for query in ("year=2023&by=month&month=8", "year=2023&by=emission", "year=9&by=x")] == [
        "0",
        "122.570",
        "122.570",
    ]
    assert total("year=2022&by=emission") == ""
