"""Contatti: search, a customer's page with the history, what staff change; contacts files from upload to rejects."""

import html
import re
from pathlib import Path

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from smartbill.adapters.postgres.roles import DatabaseUrls
from smartbill.apps.archive.models import Consent, Contact, ContactEvent, Customer
from smartbill.apps.audit.models import Entry
from smartbill.apps.intake.models import ContactFile
from smartbill.core.ports.channels import Channel
from smartbill.core.states.contact_file import ContactFileState
from smartbill.database.context import company
from smartbill.usecases.staff.contacts import ContactFilters, customers_matching
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, ContactPlan, make_job
from tests.usecases.intake.flows import drop_bytes
from tests.web.backoffice.conftest import SignIn
from tests.worker import run_tasks

BASE = "/backoffice/ACME/contatti/"
HEAD = "codice_anagrafico;cellulare;email;consenso\n"


@pytest.fixture
def known(acme: CompanyFixture) -> CompanyFixture:
    make_job(
        acme.id,
        [
            BillPlan(number="1", customer_name="Anna Verdi", contacts=[ContactPlan(address="Anna@example.org")]),
            BillPlan(number="2", contacts=[ContactPlan(address="+393331234567", channel=Channel.SMS)]),
            BillPlan(number="3"),
        ],
    )
    with company(acme.id):
        Customer.objects.filter(code="C1").update(fiscal_code="VRDNNA80A41F205X")
        Customer.objects.filter(code="C3").update(vat_number="01234567897")
    return acme


def customer_id(owner: CompanyFixture, code: str) -> int:
    with company(owner.id):
        return Customer.objects.get(code=code).pk


def found(client: Client, **asked: str) -> list[str]:
    """The customer codes that a search shows."""
    page = client.get(BASE, asked).content.decode()
    return re.findall(r'<a href="/backoffice/ACME/contatti/\d+/">(\w+)</a>', page)


def contacts(owner: CompanyFixture, code: str) -> list[tuple[str, str, str, bool, bool]]:
    with company(owner.id):
        rows = Contact.objects.filter(customer__code=code).order_by("channel", "id")
        return list(rows.values_list("channel", "address", "source", "preferred", "disabled"))


def told(client: Client, page: str, **fields: object) -> str:
    """What the page says after an act."""
    shown = client.post(page, fields, follow=True).content.decode()
    (said,) = re.findall(r'<li class="note note-\w+">(.*?)</li>', shown)
    return html.unescape(said)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({}, ["C1", "C2", "C3"]),
        ({"customer_code": "c2"}, ["C2"]),
        ({"tax_code": "vrdnna80a41f205x"}, ["C1"]),
        ({"tax_code": "IT01234567897"}, ["C3"]),
        ({"address": "ANNA@"}, ["C1"]),
        ({"address": "4567"}, ["C2"]),
        ({"address": "0039 333 1234567"}, ["C2"]),
        ({"address": "anna@example.org", "customer_code": "C2"}, []),
        ({"address": "567"}, []),  # too few digits
    ],
)
def test_search(known: CompanyFixture, signed_in: SignIn, asked: dict[str, str], codes: list[str]) -> None:
    assert found(signed_in(known.viewer.email), **asked) == codes


def test_what_was_searched_and_opened_is_on_record(known: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(known.viewer.email)
    client.get(BASE, {"address": "4567"})
    client.get(f"{BASE}{customer_id(known, 'C2')}/")
    with company(known.id):
        assert list(Entry.objects.order_by("id").values_list("act", "subject", "note")) == [
            ("search_contacts", "contacts", '{"address":"4567"}'), ("open_customer", "customer C2", ""),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (ContactFilters(customer_code="C700"), "one_customer"),
        (ContactFilters(tax_code="CF00000000000700"), "customer_by_fiscal_code"),
        (ContactFilters(tax_code="00000000700"), "customer_by_vat_number"),
        (ContactFilters(address="c700@example.org"), "contact_by_address"),
        (ContactFilters(address="0700"), "contact_by_address"),
        (ContactFilters(), "one_customer"),
    ],
)
def test_every_search_has_its_index_behind_the_policy(
    acme: CompanyFixture, db: DatabaseUrls, filters: ContactFilters, index: str
) -> None:
    with company(acme.id), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO archive_customer
                   (company_id, code, name, fiscal_code, vat_number, language, preferred_channel, updated_at)
               SELECT %s, 'C' || n, 'Cliente ' || n, 'CF' || lpad(n::text, 14, '0'), lpad(n::text, 11, '0'),
                      '', '', now()
               FROM generate_series(1, 20000) n;
               INSERT INTO archive_contact
                   (company_id, customer_id, channel, address, address_hash, source, source_rank, told_by, preferred,
                    disabled, updated_at)
               SELECT company_id, id, via, CASE via WHEN 'sms' THEN '+3933' || lpad(substr(code, 2), 8, '0')
                      ELSE lower(code) || '@example.org' END, sha256(code::bytea), 'flow', 2, 2, false, false, now()
               FROM archive_customer CROSS JOIN unnest(ARRAY['sms', 'email']) via""",
            [acme.id],
        )
    with psycopg.connect(db.owner) as owner:
        owner.execute("ANALYZE archive_customer, archive_contact")
    with company(acme.id):
        query = customers_matching(filters).order_by("code")[:26]
        plan = query.explain()
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
    with company(acme.id):
        assert len(query) >= 1


def test_a_customer_with_the_history(known: CompanyFixture, signed_in: SignIn, tmp_path: Path) -> None:
    drop_bytes(known, (HEAD + "C1;3331234561;nuova@example.org;N\n").encode(), tmp_path, name="CONTATTI_ACME_1.csv")
    run_tasks()
    page = signed_in(known.viewer.email).get(f"{BASE}{customer_id(known, 'C1')}/").content.decode()
    assert page.count("consenso negato") == 3
    assert "CONTATTI_ACME_1.csv" in page
    assert "Aggiungi un recapito" not in page  # a viewer changes nothing
    assert "+393331234561" in page


def test_staff_add_change_disable_and_enable(known: CompanyFixture, signed_in: SignIn) -> None:
    client, pk = signed_in(known.editor.email), customer_id(known, "C2")
    page = f"{BASE}{pk}/"
    assert told(client, page + "aggiungi/", channel="sms", address="333 1234568", note="") == (
        "Scriva il motivo: resta nella storia dei recapiti."
    )
    assert told(client, page + "aggiungi/", channel="sms", address="06 1234567", note="x") == (
        "Il numero non è di un cellulare."
    )
    assert told(client, page + "aggiungi/", channel="email", address="a@pec.example.it", note="x") == (
        "Una casella PEC va aggiunta sul canale PEC."
    )
    told(client, page + "aggiungi/", channel="sms", address="333 1234568", note="Chiamata del 6 luglio")
    assert contacts(known, "C2") == [
        ("sms", "+393331234567", "flow", False, False), ("sms", "+393331234568", "staff", True, False),
    ]  # fmt: skip
    with company(known.id):
        second = Contact.objects.get(address="+393331234568").pk
        first = Contact.objects.get(address="+393331234567").pk
    told(client, page + "cambia/", contact=str(second), address="3331234569", note="Cifra sbagliata")
    told(client, page + "disattiva/", contact=str(first), note="Non è suo")
    assert contacts(known, "C2") == [
        ("sms", "+393331234567", "flow", False, True),
        ("sms", "+393331234568", "staff", False, True),
        ("sms", "+393331234569", "staff", True, False),
    ]
    told(client, page + "riattiva/", contact=str(second), note="Era giusto")
    assert [row[1] for row in contacts(known, "C2") if row[3]] == ["+393331234568"]
    with company(known.id):
        rows = ContactEvent.objects.order_by("id").values_list("kind", "before", "after", "source", "actor", "reason")
        assert list(rows) == [
            ("address", "", "+393331234568", "staff", known.editor.email, "Chiamata del 6 luglio"),
            ("address", "+393331234568", "+393331234569", "staff", known.editor.email, "Cifra sbagliata"),
            ("disabled", "+393331234567", "", "staff", known.editor.email, "Non è suo"),
            ("enabled", "", "+393331234568", "staff", known.editor.email, "Era giusto"),
        ]
        acts = Entry.objects.filter(subject="customer C2").exclude(act="open_customer").order_by("id")
        assert list(acts.values_list("act", flat=True)) == [
            *("add_contact", "change_contact", "disable_contact", "enable_contact"),
        ]


def test_what_staff_said_outlasts_files(known: CompanyFixture, signed_in: SignIn, tmp_path: Path) -> None:
    client, pk = signed_in(known.editor.email), customer_id(known, "C1")
    with company(known.id):
        old = Contact.objects.get(customer=pk).pk
    told(client, f"{BASE}{pk}/cambia/", contact=str(old), address="giusta@example.org", note="Lo dice la cliente")
    drop_bytes(known, (HEAD + "C1;;anna@example.org;\n").encode(), tmp_path, name="CONTATTI_1.csv")
    run_tasks()
    assert contacts(known, "C1") == [
        ("email", "Anna@example.org", "flow", False, True), ("email", "giusta@example.org", "staff", True, False),
    ]  # fmt: skip


def test_a_consent_that_staff_write_down(known: CompanyFixture, signed_in: SignIn, tmp_path: Path) -> None:
    client, pk = signed_in(known.editor.email), customer_id(known, "C1")
    address = f"{BASE}{pk}/consenso/"
    assert told(client, address, channel="email", consent="no", note="Al telefono") == "Il consenso è registrato."
    with company(known.id):
        assert Contact.objects.get(customer=pk).consent is False
    told(client, address, channel="email", consent="yes", note="Ci ha ripensato")
    drop_bytes(known, (HEAD + "C1;;;N\n").encode(), tmp_path, name="CONTATTI_1.csv")
    run_tasks()
    assert told(client, address, channel="email", consent="yes", note="Insiste") == (
        "Il consenso è registrato, ma il canale resta chiuso: un'altra fonte dice di no."
    )
    with company(known.id):
        assert Contact.objects.get(customer=pk).consent is False
        assert Consent.objects.get(customer=pk, channel="email", source="staff").given
        changes = ContactEvent.objects.filter(channel="email").order_by("id")
        assert list(changes.values_list("before", "after", "source")) == [
            ("", "no", "staff"), ("no", "yes", "staff"), ("yes", "no", "periodic"),
        ]  # fmt: skip


def test_staff_of_another_company_reach_nothing(
    known: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn
) -> None:
    client, pk = signed_in(hydra.editor.email), customer_id(known, "C1")
    assert client.get(f"/backoffice/HYDRA/contatti/{pk}/").status_code == 404
    client.post(f"/backoffice/HYDRA/contatti/{pk}/aggiungi/", {"channel": "sms", "address": "3331234567", "note": "x"})
    assert contacts(known, "C1") == [("email", "Anna@example.org", "flow", False, False)]
    assert "Anna" not in client.get("/backoffice/HYDRA/contatti/").content.decode()


def test_an_uploaded_file_is_shown_and_taken(known: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(known.editor.email)
    rows = HEAD + "".join(f"X{n};33312{n:05};;\n" for n in range(8)) + "C1;;;N\nC3;3331234561;;\nC9;3,3E+11;=1+1;\n"
    upload = SimpleUploadedFile("elenco di luglio.csv", rows.encode(), content_type="text/csv")
    assert told(client, f"{BASE}file/carica/", file=upload) == (
        "Il file è ricevuto: appena letto, la sua pagina mostra che cosa cambierebbe."
    )
    with company(known.id):
        pk = ContactFile.objects.get().pk
    page = f"{BASE}file/{pk}/"
    assert client.get(f"{page}stato/").headers.get("HX-Refresh") is None
    assert "La pagina si aggiorna da sola" in client.get(page).content.decode()
    run_tasks()
    assert client.get(f"{page}stato/").headers["HX-Refresh"] == "true"
    shown = client.get(page).content.decode()
    tiles = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", shown))
    assert tiles == {
        "Righe": "11", "Righe scartate": "1", "Clienti nuovi": "1", "Clienti modificati": "1", "Clienti invariati": "0",
        "Recapiti aggiunti": "1", "Recapiti tolti": "0", "Consensi ritirati": "1", "Consensi dati": "0",
        "Clienti sconosciuti": "8",
    }  # fmt: skip
    assert "Che cosa cambierebbe" in shown
    rejects = b"".join(client.get(f"{page}scarti.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert rejects.splitlines()[1].startswith('"C9";"3,3E+11";"\'=1+1";""')
    assert told(client, f"{page}applica/") == "I recapiti del file vengono applicati."
    run_tasks()
    with company(known.id):
        file = ContactFile.objects.get()
        assert (file.state, file.sent_by, file.decided_by) == (
            *(ContactFileState.TAKEN, known.editor.email, known.editor.email),
        )
        acts = Entry.objects.filter(subject=f"contacts {pk}").order_by("id").values_list("act", flat=True)
        assert list(acts) == ["receive_contacts", "export_rejects", "take_contacts"]
    again = SimpleUploadedFile("altro nome.csv", rows.encode(), content_type="text/csv")
    assert told(client, f"{BASE}file/carica/", file=again).startswith("File di recapiti già ricevuto")


def test_a_viewer_uploads_nothing(known: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(known.viewer.email)
    upload = SimpleUploadedFile("c.csv", HEAD.encode())
    assert client.post(f"{BASE}file/carica/", {"file": upload}).status_code == 403
    assert "Carica un file" not in client.get(f"{BASE}file/").content.decode()


def test_a_contacts_file_may_be_larger_than_what_else_is_sent(known: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(known.editor.email)
    large = SimpleUploadedFile("large.csv", HEAD.encode() + b"X1;3331234567;;\n" * (26 * 1024 * 1024 // 16))
    assert client.post(f"{BASE}{customer_id(known, 'C1')}/aggiungi/", {"file": large}).status_code == 413
    large.seek(0)
    assert told(client, f"{BASE}file/carica/", file=large) == (
        "Il file è ricevuto: appena letto, la sua pagina mostra che cosa cambierebbe."
    )
    endless = {"content_type": "multipart/form-data; boundary=x", "CONTENT_LENGTH": str(1 << 30)}
    assert client.post(f"{BASE}file/carica/", b"x", **endless).status_code == 413  # type: ignore[arg-type]


def test_other_forms_take_small_files_only(known: CompanyFixture, signed_in: SignIn) -> None:
    large = SimpleUploadedFile("large.csv", HEAD.encode() + b"X1;3331234567;;\n" * 400_000)
    client = signed_in(known.editor.email)
    request = client.post(f"{BASE}{customer_id(known, 'C1')}/aggiungi/", {"file": large}).wsgi_request
    assert (request.upload_too_large, len(request.FILES)) == (True, 0)
    large.seek(0)
    request = client.post(f"{BASE}file/carica/", {"file": large}).wsgi_request
    assert (getattr(request, "upload_too_large", False), len(request.FILES)) == (False, 1)
    with company(known.id):
        assert ContactFile.objects.count() == 1
