"""The page of a job: its life from the test batch to the end, decisions, what was wrong, what changes by itself."""

import csv
import html
import io
import itertools
import json
import re
import time
from datetime import date
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.test import Client
from django.urls import reverse

from smartbill.apps.accounts.models import User
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.intake.models import Drop, Finding, Job, RefusedDocument, ZipEntry
from smartbill.apps.tickets.models import Approval, Batch, CheckAccepted
from smartbill.core.company.documents import Checks
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.job import BatchFact, JobState, Stage, stage
from smartbill.database.context import company
from smartbill.usecases.checks import ask_checks, compute_checks
from smartbill.usecases.staff.jobs import JobFilters, jobs_found
from smartbill.web.backoffice import accounts
from tests.conftest import PASSWORD, CompanyFixture
from tests.factories import BillPlan, mailed_bills, make_job
from tests.smtp_standin import SmtpStandIn
from tests.usecases.sending.conftest import RunTasks, fast, run_tasks, standin  # noqa: F401 (fixtures)
from tests.web.backoffice.conftest import SignIn, give_second_factor
from tests.web.backoffice.scenes import NOW, make_scene

JOB = "/backoffice/ACME/job/ACME_2026_1/"
HELD = "/backoffice/ACME/job/ACME_2026_2/"


def done(client: Client, address: str, **fields: object) -> str:
    """Post and follow; what the page says."""
    response = client.post(address, fields)
    assert response.headers["Location"] == re.sub(r"[^/]+/$", "", address)
    return said(client.get(response.headers["Location"]).content.decode())


def said(page: str) -> str:
    return html.unescape(" ".join(re.findall(r'<li class="note [^"]*">(.*?)</li>', page)))


def offered(client: Client, address: str) -> list[str]:
    page = client.get(address).content.decode()
    return re.findall(rf'<form method="post" action="{address}(\w+)/"', page)


def steps(client: Client) -> list[str]:
    page = client.get(JOB).content.decode()
    found = re.findall(r'<li class="step step-(\w+)"[^>]*>\s*<span class="step-name">([^<]+)<', page)
    return [f"{name} {state}" for state, name in found]


def code_of(email: str) -> str:
    """The code that the person's app shows now."""
    sealed = Authenticator.objects.get(user__email=email, type=Authenticator.Type.TOTP).data["secret"]
    return format_hotp_value(hotp_value(decrypt(sealed), int(time.time()) // 30))


def test_a_job_goes_from_its_test_to_its_end(
    acme: CompanyFixture,
    signed_in: SignIn,
    fast: SmtpStandIn,  # noqa: F811
    run_tasks: RunTasks,  # noqa: F811
) -> None:
    make_job(acme.id, mailed_bills(3))
    editor, manager, operator = (signed_in(actor.email) for actor in (acme.editor, acme.manager, acme.operator))
    assert [offered(client, JOB) for client in (signed_in(acme.viewer.email), editor, manager, operator)] == [
        [],
        ["prova"],
        ["prova", "ritira"],
        ["prova", "sostituzione", "ritira"],
    ]

    assert (
        done(editor, JOB + "prova/", addresses=["manager@acme.example"], bills=2) == "Il lotto di prova è in partenza."
    )
    run_tasks()
    assert [mail.recipient for mail in fast.received()] == ["manager@acme.example"] * 2
    assert offered(manager, JOB) == ["prova", "approva", "rifiuta", "ritira"]
    assert offered(operator, JOB) == ["prova", "sostituzione", "ritira"]
    assert done(manager, JOB + "rifiuta/", note="Logo sbagliato") == (
        "Il benestare è rifiutato: nessun cliente riceve nulla."
    )
    assert steps(manager)[4] == "Benestare rifiutato stopped"

    asked = manager.post(JOB + "approva/", {"note": "Ora va bene"})  # the session has no fresh code
    assert asked.headers["Location"] == f"{reverse('mfa_reauthenticate')}?{urlencode({'next': JOB + 'approva/'})}"
    with company(acme.id):
        assert Approval.objects.filter(approved=True).count() == 0
    wrong = manager.post(asked.headers["Location"], {"code": "000000", "next": JOB + "approva/"})
    assert wrong.status_code == 200
    right = manager.post(asked.headers["Location"], {"code": code_of(acme.manager.email), "next": JOB + "approva/"})
    assert right.headers["Location"] == JOB
    assert said(manager.get(JOB).content.decode()) == "Il benestare è dato: l'invio massivo può essere avviato."
    with company(acme.id):
        assert Approval.objects.get(approved=True).note == "Ora va bene"

    assert "rifiutato" in done(manager, JOB + "rifiuta/", note="Ripensamento")
    assert steps(manager)[4:] == ["Benestare rifiutato stopped", "Invio todo", "Conclusa todo"]
    assert "Il benestare è dato" in done(manager, JOB + "approva/")  # the code is still fresh
    assert offered(manager, JOB) == ["prova", "rifiuta", "ritira"]
    assert "avvia" in offered(operator, JOB)
    assert done(manager, JOB + "avvia/") == "Il suo ruolo non consente di avviare l'invio."
    assert done(operator, JOB + "avvia/") == "L'invio massivo è avviato."
    run_tasks()
    assert len(fast.received()) == 5
    assert steps(manager) == [
        "Ricevuta done",
        "Letta done",
        "Pubblicata done",
        "Prova done",
        "Benestare done",
        "Invio done",
        "Conclusa done",
    ]
    page = manager.get(JOB).content.decode()
    assert re.findall(r'<th scope="row"><time [^>]+>[^<]+</time></th>\s*<td[^>]*>([^<]+)</td>', page) == [
        "Invio massivo avviato",
        "Benestare dato",
        "Benestare rifiutato",
        "Benestare dato",
        "Benestare rifiutato",
        "Lotto di prova inviato",
    ]
    assert done(manager, JOB + "ferma/") == "L'invio è già concluso."
    assert done(manager, JOB + "ritira/", note="") == "Per ritirare una lavorazione serve una motivazione."
    assert "ritirata" in done(manager, JOB + "ritira/", note="Bollette sbagliate")
    assert steps(manager)[-1] == "Ritirata stopped"


def test_the_go_ahead_asks_for_a_code_not_older_than_a_quarter_of_an_hour(
    acme: CompanyFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job(acme.id, mailed_bills(1))
    give_second_factor(User.objects.get(email=acme.manager.email))
    client = Client()
    client.post(reverse("account_login"), {"login": acme.manager.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code_of(acme.manager.email)})
    assert done(client, JOB + "approva/") == "Prima del benestare va inviato un lotto di prova al personale."
    later = time.time() + accounts.FRESH_SECONDS + 1
    monkeypatch.setattr(accounts.time, "time", lambda: later)
    assert client.post(JOB + "approva/").headers["Location"].startswith(reverse("mfa_reauthenticate"))


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"bills": 2}, "Scelga almeno un destinatario."),
        ({"bills": 0, "addresses": ["manager@acme.example"]}, "Scelga da 1 a 20 bollette."),
        ({"bills": "molte", "addresses": ["manager@acme.example"]}, "Scelga da 1 a 20 bollette."),
        ({"bills": 2, "addresses": ["chiunque@example.org"]}, "Il destinatario scelto non riceve i lotti di prova."),
        ({"bills": 2, "addresses": ["manager@hydra.example"]}, "Il destinatario scelto non riceve i lotti di prova."),
    ],
)
def test_a_test_batch_goes_to_staff_alone(
    acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn, fields: dict[str, object], answer: str
) -> None:
    make_job(acme.id, mailed_bills(3))
    assert done(signed_in(acme.editor.email), JOB + "prova/", **fields) == answer
    with company(acme.id):
        assert Batch.objects.count() == 0


def test_the_sending_is_paused_resumed_and_stopped(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    manager = signed_in(acme.manager.email)
    assert offered(manager, JOB) == ["pausa", "ferma", "ritira"]
    assert done(manager, JOB + "pausa/", note="Domande dei clienti") == "L'invio è in pausa."
    assert offered(manager, JOB) == ["riprendi", "ferma", "ritira"]
    assert done(manager, JOB + "pausa/") == "L'invio è già sospeso."
    assert done(manager, JOB + "riprendi/") == "L'invio riprende."
    assert done(manager, JOB + "ferma/", note="x" * 1001) == "La nota è troppo lunga: al massimo 1.000 caratteri."
    assert done(manager, JOB + "ferma/").startswith("L'invio è fermato")
    assert offered(manager, JOB) == ["ritira"]


def test_a_held_flow_is_decided_by_the_operator(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    manager, operator = signed_in(acme.manager.email), signed_in(acme.operator.email)
    assert (offered(manager, HELD), offered(operator, HELD)) == ([], ["prendi", "respingi"])
    assert done(manager, HELD + "respingi/") == "Il suo ruolo non consente di decidere su una lavorazione con scarti."
    refused = done(operator, HELD + "respingi/", note="Da rifare")
    assert refused == "La lavorazione è rifiutata: nessuna delle sue bollette è presa."
    assert offered(operator, HELD) == []
    with company(acme.id):
        assert Job.objects.get(code="ACME_2026_2").state == JobState.REFUSED
    assert "Da rifare" in operator.get(HELD).content.decode()


def test_an_act_on_a_job_that_is_not_there_says_so(acme: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(acme.operator.email)
    response = client.post("/backoffice/ACME/job/ACME_2026_99/avvia/")
    assert client.get("/backoffice/ACME/").content.decode().count("La lavorazione «ACME_2026_99» non esiste.") == 1
    assert client.get(response.headers["Location"]).status_code == 404


def test_the_progress_is_sent_again_only_when_it_has_changed(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    client = signed_in(acme.manager.email)
    first = client.get(JOB + "avanzamento/")
    assert first.status_code == 200
    assert 'hx-trigger="every 3s"' in first.content.decode()
    assert first.headers["Cache-Control"] == "private, no-cache"
    client.post(JOB + "pausa/")
    paused = client.get(JOB + "avanzamento/", headers={"If-None-Match": first.headers["ETag"]})
    assert paused.status_code == 200
    assert "hx-trigger" not in paused.content.decode()  # nothing moves: nobody asks again
    again = client.get(JOB + "avanzamento/", headers={"If-None-Match": paused.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_findings_by_level_and_code_and_as_a_file(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    client = signed_in(acme.viewer.email)
    page = client.get(JOB + "segnalazioni/?level=document&code=doc-207").content.decode()
    assert len(re.findall(r"<td[^>]*><code>DOC-207</code>", page)) == 12
    assert not re.findall(r"<td[^>]*><code>WRN-401</code>", page)
    assert page.count("Correggere la scadenza del documento e inviarlo di nuovo in un flusso nuovo.") == 12
    for wanted, rows in (("document=A/4", 12), ("document=A/9", 0), ("record=10", 25), ("record=20", 0)):
        page = client.get(JOB + "segnalazioni/?" + wanted).content.decode()
        assert len(re.findall(r"<td[^>]*><code>", page)) == rows
    lines = list(
        csv.reader(io.StringIO(streamed(client, "segnalazioni.csv?level=document"), newline=""), delimiter=";")
    )
    assert len(lines) == 13
    head = "job file riga record progressivo documento campo valore codice livello messaggio cosa_fare"
    assert lines[0] == head.split()
    assert lines[1] == [
        "ACME_2026_1", "STABO_ACME_ACME-2026-0027.txt", "10", "10", "", "A/3", "due_date", "", "DOC-207", "documento",
        "Documento A/3: la scadenza precede l'emissione.",
        "Correggere la scadenza del documento e inviarlo di nuovo in un flusso nuovo.",
    ]  # fmt: skip
    found = json.loads(streamed(client, "segnalazioni.json"))
    assert (found["job"], found["conteggi"], len(found["segnalazioni"])) == (
        "ACME_2026_1", {"DOC-207": 12, "WRN-401": 12, "WRN-403": 12}, 36,
    )  # fmt: skip
    assert list(found["segnalazioni"][0]) == head.split()
    assert client.get(JOB + "segnalazioni.json?level=che").status_code == 404
    with company(acme.id):
        assert Entry.objects.filter(act="export_findings", subject="job ACME_2026_1").count() == 2


def test_a_bill_is_withdrawn_from_its_page_and_a_substitution_opened(
    acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn
) -> None:
    job = make_job(acme.id, mailed_bills(2))
    bill = f"/backoffice/ACME/fatture/{job.bill_ids[0]}/"
    manager, operator, viewer = (signed_in(each.email) for each in (acme.manager, acme.operator, acme.viewer))
    assert "non in vigore" not in viewer.get(bill).content.decode()
    assert "Ritira la bolletta" not in viewer.get(bill).content.decode()
    assert "Ritira la bolletta" in manager.get(bill).content.decode()
    assert signed_in(hydra.manager.email).get(f"/backoffice/HYDRA/fatture/{job.bill_ids[0]}/").status_code == 404
    assert manager.post(bill + "ritira/").headers["Location"].startswith(reverse("mfa_reauthenticate"))
    manager.post(reverse("mfa_reauthenticate"), {"code": code_of(acme.manager.email), "next": JOB})
    manager.get(JOB)
    assert done(manager, bill + "ritira/", note=" ") == "Per ritirare una bolletta serve una motivazione."
    assert done(manager, bill + "ritira/", note="Intestatario errato") == (
        "La bolletta è ritirata: i suoi collegamenti non si aprono più."
    )
    page = manager.get(bill).content.decode()
    assert "<q>Intestatario errato</q>" in page
    assert "Ritira la bolletta" not in page
    assert "non-in-vigore" in manager.get(JOB).content.decode()
    assert "Intestatario errato" in manager.get(JOB + "non-in-vigore/").content.decode()
    assert done(manager, JOB + "sostituzione/", note="x") == "Il suo ruolo non consente di aprire una sostituzione."
    assert done(operator, JOB + "sostituzione/", note="Letture", document="A/2") == (
        "La sostituzione è aperta: le bollette corrette possono arrivare in un flusso nuovo."
    )
    assert "A/2 ·" in operator.get(JOB).content.decode()
    assert done(operator, JOB + "chiudi-sostituzione/") == "La sostituzione è chiusa."


def test_what_is_lost_by_taking_a_held_flow_is_listed(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    with company(acme.id):
        held = Job.objects.get(code="ACME_2026_2")
        Job.objects.filter(pk=held.pk).update(refused_due=123_456)
        for n in (1, 2):
            RefusedDocument.objects.create(
                company_id=acme.id,
                job=held,
                block=1,
                doc_seq=n,
                line=n * 10,
                series="A",
                number=str(n),
                issue_year=2026,
            )
        Finding.objects.create(
            company_id=acme.id, job=held, n=1, code="DOC-207", level="document", line=10, document="A/1"
        )
    operator = signed_in(acme.operator.email)
    page = operator.get(HELD).content.decode()
    assert "Con loro restano fuori 1.234,56 € da pagare." in page
    listed = operator.get(HELD + "rifiutati/").content.decode()
    assert re.findall(r'<th scope="row">([^<]+)</th>', listed) == ["A/1", "A/2"]
    assert "Documento A/1: la scadenza precede l&#x27;emissione." in listed
    response = operator.post(HELD + "prendi/", {"note": "x"})  # money is at stake: a fresh code
    assert response.headers["Location"].startswith(reverse("mfa_reauthenticate"))


def streamed(client: Client, address: str) -> str:
    return b"".join(client.get(JOB + address).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def test_the_checks_are_listed_taken_out_and_accepted(acme: CompanyFixture, signed_in: SignIn) -> None:
    job = make_job(acme.id, [BillPlan(number="1", due_date=date(2026, 1, 1)), BillPlan(number="2")])
    with company(acme.id):
        publish_settings(Checks(blocking=("due_past",), due_near_days=0), by="x", now=NOW)
        ask_checks(job.id, now=NOW)
    manager = signed_in(acme.manager.email)
    assert "I controlli sono in corso" in manager.get(JOB).content.decode()
    compute_checks(company_id=acme.id, job_id=job.id)
    page = manager.get(JOB).content.decode()
    assert re.findall(r'<a href="[^"]*/controlli/(\w+)/">([^<]+)</a>', page) == [
        ("due_past", "Scadenze già passate"),
        ("no_contact", "Nessun recapito digitale"),
    ]
    assert "accetta-controllo" in offered_paths(manager)
    listed = manager.get(JOB + "controlli/no_contact/").content.decode()
    assert re.findall(r'<th scope="row"[^>]*><a[^>]*>(A/\d)', listed) == ["A/1", "A/2"]
    assert streamed(manager, "controlli/no_contact.csv").splitlines()[1].startswith('"A/1";"27/02/2026";"01/01/2026"')
    assert [manager.get(JOB + f"controlli/{name}").status_code for name in ("che/", "total_change/", "che.csv")] == [
        404
    ] * 3
    assert done(manager, JOB + "accetta-controllo/", check="due_past") == (
        "Scriva perché l'esito del controllo si accetta: resta nel registro."
    )
    assert done(manager, JOB + "accetta-controllo/", check="due_past", note="Concordato") == (
        "L'esito del controllo è accettato."
    )
    assert "accetta-controllo" not in offered_paths(manager)
    with company(acme.id):
        assert CheckAccepted.objects.get().note == "Concordato"


def offered_paths(client: Client) -> list[str]:
    return re.findall(rf'<form method="post" action="{JOB}([\w-]+)/"', client.get(JOB).content.decode())


def test_hostile_text_from_a_flow_is_shown_as_text(acme: CompanyFixture, signed_in: SignIn) -> None:
    hostile = "<img src=x onerror=alert(1)>{% load x %}"
    make_scene(acme)
    with company(acme.id):
        Drop.objects.update(name=hostile + ".zip")
        Finding.objects.update(document=hostile[:40], file=hostile, record="<b>x</b>", field=hostile)
        ZipEntry.objects.update(name=hostile)
        Entry.objects.create(
            company_id=acme.id, at=NOW, actor=hostile, act="<i>", subject="job ACME_2026_1", note=hostile
        )
    client = signed_in(acme.manager.email)
    for address in (JOB, JOB + "segnalazioni/", JOB + "file/", "/backoffice/ACME/job/", "/backoffice/ACME/"):
        page = client.get(address).content.decode()
        assert "<img" not in page
        assert "<b>x" not in page
        assert "<i>" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_the_search_by_stage_finds_what_the_stage_says(acme: CompanyFixture) -> None:
    """Every state of a job with every mixture of batches: the condition of the search is the function of the stage."""
    lives = [(state, ()) for state in JobState if state is not JobState.PUBLISHED]
    trials = [(), (BatchState.SENDING,), (BatchState.DONE,), (BatchState.STOPPED, BatchState.DONE)]
    sendings = [BatchFact(BatchKind.MASS, state, state is not BatchState.WAITING) for state in BatchState]
    taken_back = BatchFact(BatchKind.MASS, BatchState.STOPPED, started=False)
    for tests, mass in itertools.product(trials, [None, taken_back, *sendings]):
        batches = [BatchFact(BatchKind.TEST, state, started=True) for state in tests]
        lives.append((JobState.PUBLISHED, (*batches, mass) if mass else tuple(batches)))
    expected: dict[Stage, set[str]] = {each: set() for each in Stage}
    for number, (state, batches) in enumerate(lives, 1):
        job = make_job(acme.id, [], number=number)
        expected[stage(state, batches)].add(job.code)
        with company(acme.id):
            Job.objects.filter(pk=job.id).update(state=state)
            Batch.objects.bulk_create(
                Batch(
                    company_id=acme.id,
                    job_id=job.id,
                    kind=each.kind,
                    state=each.state,
                    created_by="x",
                    created_at=NOW,
                    started_at=NOW if each.started else None,
                )
                for each in batches
            )
    with company(acme.id):
        found = {each: {row.code for row in jobs_found(JobFilters(stage=each), size=100).rows} for each in Stage}
        shown = {row.code: row.stage for row in jobs_found(JobFilters(), size=100).rows}
    assert found == expected
    assert {code for each in Stage for code in expected[each] if shown[code] is each} == shown.keys()
