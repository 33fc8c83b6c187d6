"""Contacts files that come alone: read, shown, taken; only differences are written, each with its history."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection

from smartbill.apps.archive.models import Consent, Contact, ContactEvent, Customer, WaitingContact
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Staff
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.intake.models import ContactFile, Drop
from smartbill.core.company.documents import Contacts
from smartbill.core.contacts.report import ContactsReport, Outcome, unpacked
from smartbill.core.ports.channels import Channel
from smartbill.core.ports.files import kept_key
from smartbill.core.states.contact_file import ContactFileState
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.intake.contact_files import drop_contact_file, read_contact_file, take_contact_file
from smartbill.usecases.intake.receive import Received
from smartbill.usecases.kept_files import kept_file
from smartbill.usecases.outcomes import outcomes_of
from smartbill.usecases.sweeps.contacts import sweep_contacts
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, ContactPlan, make_job
from tests.usecases.intake.flows import NOW, drop_bytes, life, sample
from tests.usecases.intake.flows import unpacked as files_of
from tests.worker import run_tasks, waiting_tasks

HEAD = "codice_anagrafico;cellulare;email;canale;lingua;consenso\n"
#: What the history says: customer, kind, channel, before, after, source.
Event = tuple[str, str, str, str, str, str]


@pytest.fixture
def known(acme: CompanyFixture) -> CompanyFixture:
    """Three customers: C1 with an e-mail of the flow, C2 with a mobile, C3 with nothing."""
    make_job(
        acme.id,
        [
            BillPlan(number="1", customer_name="Anna Verdi", contacts=[ContactPlan(address="anna@example.org")]),
            BillPlan(number="2", contacts=[ContactPlan(address="+393331234567", channel=Channel.SMS)]),
            BillPlan(number="3"),
        ],
    )
    return acme


def hand_in(
    owner: CompanyFixture, rows: str, folder: Path, *, source: str = "command", name: str = "CONTATTI_ACME_20260706.csv"
) -> Received:
    return drop_bytes(owner, rows.encode(), folder, name=name, source=source)


def taken(owner: CompanyFixture, rows: str, folder: Path) -> ContactFile:
    received = hand_in(owner, rows, folder)
    run_tasks()
    return file_of(owner, received)


def file_of(owner: CompanyFixture, received: Received) -> ContactFile:
    with company(owner.id):
        return ContactFile.objects.get(pk=received.contact_file)


def report_of(file: ContactFile) -> ContactsReport:
    assert file.report
    return unpacked(bytes(file.report))


def addresses(owner: CompanyFixture, code: str) -> list[tuple[str, str, str, bool | None]]:
    with company(owner.id):
        rows = Contact.objects.filter(customer__code=code).order_by("channel", "address")
        return list(rows.values_list("channel", "address", "source", "consent"))


def history(owner: CompanyFixture) -> list[Event]:
    with company(owner.id):
        codes = dict(Customer.objects.values_list("id", "code"))
        rows = ContactEvent.objects.order_by("customer_id", "kind", "channel", "id")
        return [(codes[row.customer_id], row.kind, row.channel, row.before, row.after, row.source) for row in rows]


def rejects(owner: CompanyFixture, file: ContactFile) -> list[list[str]]:
    text = b"".join(kept_file(owner.id, file.rejects_digest).pieces).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_a_file_by_sftp_is_taken_by_itself(known: CompanyFixture, tmp_path: Path) -> None:
    rows = (
        HEAD
        + "C1;;Nuova@Example.org;;;\nC2;333 1234567;;EMAIL;de;S\nC3;3331234569;c@example.org;;;\nC9;3331234560;;;;\n"
    )
    file = taken(known, rows, tmp_path)
    assert (file.state, file.rows, file.refused) == (ContactFileState.TAKEN, 4, 0)
    assert addresses(known, "C1") == [
        ("email", "Nuova@example.org", "periodic", None), ("email", "anna@example.org", "flow", None),
    ]  # fmt: skip
    assert addresses(known, "C2") == [("sms", "+393331234567", "flow", True)]
    assert addresses(known, "C3") == [
        ("email", "c@example.org", "periodic", None), ("sms", "+393331234569", "periodic", None),
    ]  # fmt: skip
    assert history(known) == [
        ("C1", "address", "email", "", "Nuova@example.org", "periodic"),
        ("C2", "channel", "", "", "email", "periodic"),
        ("C2", "consent", "sms", "", "yes", "periodic"),
        ("C2", "language", "", "", "it", "periodic"),  # German is not active
        ("C3", "address", "email", "", "c@example.org", "periodic"),
        ("C3", "address", "sms", "", "+393331234569", "periodic"),
    ]
    report = report_of(file)
    assert report.outcome == Outcome(new=1, changed=2, unknown=1, added=3, given=1)
    assert {(each.code, each.count) for each in report.counts} == {("CSV-512", 1), ("WRN-410", 1)}


def test_the_same_again_changes_nothing(known: CompanyFixture, tmp_path: Path) -> None:
    rows = HEAD + "C1;;nuova@example.org;SMS;;S\nC3;3331234569;;;;N\n"
    taken(known, rows, tmp_path)
    before = history(known)
    with company(known.id):
        stamps = list(Contact.objects.order_by("id").values_list("id", "updated_at"))
    again = taken(known, rows.replace("\n", "\r\n"), tmp_path)
    assert report_of(again).outcome == Outcome(unchanged=2)
    assert history(known) == before
    with company(known.id):
        assert list(Contact.objects.order_by("id").values_list("id", "updated_at")) == stamps


def test_equal_bytes_are_one_file(known: CompanyFixture, tmp_path: Path) -> None:
    first = hand_in(known, HEAD + "C1;3331234567;;;;\n", tmp_path)
    run_tasks()
    second = hand_in(known, HEAD + "C1;3331234567;;;;\n", tmp_path)
    assert (second.duplicate, second.contact_file, second.job_code) == (True, first.contact_file, None)
    assert second.message == "File di recapiti già ricevuto il 06/07/2026 18:30: non viene letto di nuovo."
    assert waiting_tasks() == [] or all(name != "intake.read_contact_file" for name, _ in waiting_tasks())
    with company(known.id):
        assert (ContactFile.objects.count(), Drop.objects.filter(duplicate_of__isnull=False).count()) == (1, 1)
        acts = Entry.objects.filter(subject=f"contacts {first.contact_file}").order_by("id")
        assert list(acts.values_list("act", flat=True)) == ["receive_contacts", "duplicate_contacts"]


def test_a_source_replaces_what_it_said_itself(known: CompanyFixture, tmp_path: Path) -> None:
    taken(known, HEAD + "C1;3331234561;anna@example.org;;;\n", tmp_path)
    taken(known, HEAD + "C1;3331234562;;;;\n", tmp_path)
    # The flow still tells the e-mail, so it stays although the file says it no more.
    assert addresses(known, "C1") == [
        ("email", "anna@example.org", "flow", None), ("sms", "+393331234562", "periodic", None),
    ]  # fmt: skip
    assert history(known)[-1] == ("C1", "address", "sms", "+393331234561", "+393331234562", "periodic")


def test_an_address_stays_while_any_source_tells_it(known: CompanyFixture, tmp_path: Path) -> None:
    def told_by() -> tuple[int, str, int]:
        with company(known.id):
            return Contact.objects.values_list("told_by", "source", "source_rank").get(address="anna@example.org")

    taken(known, HEAD + "C1;;anna@example.org;;;\n", tmp_path)
    assert told_by() == (2 | 8, "flow", 2)
    with company(known.id):
        Contact.objects.filter(address="anna@example.org").update(told_by=8, source="periodic", source_rank=8)
    taken(known, HEAD + "C1;;Anna@example.org;;;\n", tmp_path)  # the case of letters makes no other address
    with company(known.id):
        assert Contact.objects.filter(customer__code="C1").values_list("address", "told_by").get() == (
            *("Anna@example.org", 8),
        )


def test_a_no_of_a_file_closes_every_channel(known: CompanyFixture, tmp_path: Path) -> None:
    file = taken(known, HEAD + "C1;;;;;N\n", tmp_path)
    assert addresses(known, "C1") == [("email", "anna@example.org", "flow", False)]
    assert report_of(file).outcome == Outcome(changed=1, withdrawn=1)
    with company(known.id):
        assert Consent.objects.filter(given=False).count() == 4
    taken(known, HEAD + "C1;;anna@example.org;;;S\n", tmp_path)
    assert addresses(known, "C1") == [("email", "anna@example.org", "flow", True)]
    assert [event[2:5] for event in history(known) if event[2] == "email"] == [
        ("email", "", "no"),
        ("email", "no", "yes"),
    ]


def test_the_day_of_a_consent_is_kept(known: CompanyFixture, tmp_path: Path) -> None:
    taken(known, "codice_anagrafico;sms;consenso;data_consenso\nC3;3331234569;S;01/02/2026 00:00\n", tmp_path)
    with company(known.id):
        assert str(Consent.objects.get().said_on) == "2026-02-01"


def test_contacts_of_unknown_customers_wait_for_them(acme: CompanyFixture, tmp_path: Path) -> None:
    content = sample(acme, bills=2)
    life(acme, content, tmp_path)
    with company(acme.id):
        codes = list(Customer.objects.values_list("code", flat=True))
    assert codes
    later = sample(acme, bills=30, seed=2, first_number=501, flow_id="DOPO")
    with company(acme.id):
        assert WaitingContact.objects.count() == 0
    new = sorted(set(_customer_codes(later)) - set(codes))[0]
    taken(acme, HEAD + f"{new};;aspetta@example.org;;;\nC9;;mai@example.org;;;\n", tmp_path)
    with company(acme.id):
        assert WaitingContact.objects.count() == 2
    job = life(acme, later, tmp_path, name="dopo.zip")
    assert ("email", "aspetta@example.org", "periodic", None) in addresses(acme, new)
    with company(acme.id):
        assert list(WaitingContact.objects.values_list("key", flat=True)) == ["C9"]
        assert ContactEvent.objects.get(after="aspetta@example.org").job_id == job.pk


def _customer_codes(content: bytes) -> list[str]:
    flow = next(text for name, text in files_of(content).items() if name.startswith("STABO")).decode()
    return [line.split("|")[11] for line in flow.splitlines() if line.startswith("10|")]


def test_a_row_that_names_somebody_else_is_a_warning(known: CompanyFixture, tmp_path: Path) -> None:
    rows = "codice_anagrafico;sms;nominativo\nC1;3331234561;VERDI ANNA\nC2;3331234562;Rossi Càrlo\nC3;3331234563;\n"
    report = report_of(taken(known, rows, tmp_path))
    assert [(each.code, each.line, each.field, each.values) for each in report.findings] == [
        ("WRN-410", 3, "name", {"codice": "C2"})
    ]


def test_refused_rows_come_out_as_a_file(known: CompanyFixture, tmp_path: Path) -> None:
    good = "".join(f"C{n};33312{n:05};;;;\n" for n in range(10, 20))
    file = taken(known, HEAD + good + 'C1;3,93E+11;=cmd|x;;;\n"=""C2""";;-1+1;;;extra\n', tmp_path)
    assert (file.state, file.rows, file.refused) == (ContactFileState.TAKEN, 12, 2)
    head, *lines = rejects(known, file)
    assert head == [*HEAD.strip().split(";"), "riga", "campo", "codice", "messaggio"]
    assert lines == [
        [
            *("C1", "3,93E+11", "'=cmd|x", "", "", "", "12", "cellulare, email", "CSV-509, CSV-507"),
            "Riga 12: numero alterato dal foglio di calcolo («3,93E+11»). Riga 12: indirizzo e-mail non valido.",
        ],
        [
            *('\'="C2"', "", "'-1+1", "", "", "extra", "13", "email", "CSV-507"),
            "Riga 13: indirizzo e-mail non valido.",
        ],
    ]
    names = [each.name for each in outcomes_of(known.id, NOW)]
    assert names == [f"RECAPITI_SCARTATI_20260706_{file.pk}.csv"]


def test_too_many_refused_rows_refuse_the_file(known: CompanyFixture, tmp_path: Path) -> None:
    file = taken(known, HEAD + "C1;3331234561;;;;\nC2;;;;;\n", tmp_path)
    assert (file.state, file.rows, file.refused) == (ContactFileState.REFUSED, 2, 1)
    assert report_of(file).findings[0].code == "CSV-503"
    assert history(known) == []
    assert len(rejects(known, file)) == 2
    assert not hand_in(known, HEAD + "C1;3331234561;;;;\nC2;;;;;\n", tmp_path).duplicate  # it may come again


def test_a_file_from_the_page_waits_for_a_person(known: CompanyFixture, tmp_path: Path) -> None:
    received = hand_in(known, HEAD + "C1;3331234561;;;;\nC3;;;;;N\n", tmp_path, source="page")
    run_tasks()
    file = file_of(known, received)
    assert file.state == ContactFileState.WAITING
    report = report_of(file)
    assert report.outcome == Outcome(new=1, changed=1, added=1, withdrawn=1)
    assert [(each.code, each.kind, each.channel, each.before, each.after) for each in report.changes][:2] == [
        ("C3", "consent", "email", "", "no"), ("C3", "consent", "pec", "", "no"),
    ]  # fmt: skip
    assert report.headings == HEAD.strip().split(";")
    assert report.first_rows == [["C1", "3331234561", "", "", "", ""], ["C3", "", "", "", "", "N"]]
    assert history(known) == []
    with pytest.raises(NotAllowed):
        take_contact_file(known.viewer, file.pk, now=NOW)
    take_contact_file(known.editor, file.pk, now=NOW)
    with pytest.raises(NotPossible):
        take_contact_file(known.editor, file.pk, now=NOW)
    run_tasks()
    read_contact_file(company_id=known.id, file_id=file.pk)  # a task may run twice
    assert file_of(known, received).state == ContactFileState.TAKEN
    assert len(history(known)) == 5
    with company(known.id):
        assert set(ContactEvent.objects.values_list("actor", "file_id")) == {(known.editor.email, file.pk)}
        assert Entry.objects.filter(act="take_contacts", actor=known.editor.email).count() == 1


def test_a_file_that_nobody_wants(known: CompanyFixture, tmp_path: Path) -> None:
    with company(known.id):
        publish_settings(Contacts(confirm=True), by="x", now=NOW)
    received = hand_in(known, HEAD + "C1;3331234561;;;;\n", tmp_path)
    run_tasks()
    assert file_of(known, received).state == ContactFileState.WAITING
    drop_contact_file(known.editor, received.contact_file or 0, note="File di prova", now=NOW)
    with pytest.raises(NotPossible):
        take_contact_file(known.editor, received.contact_file or 0, now=NOW)
    assert history(known) == []
    assert not hand_in(known, HEAD + "C1;3331234561;;;;\n", tmp_path).duplicate


def test_staff_are_told_how_it_went(known: CompanyFixture, tmp_path: Path) -> None:
    taken(known, HEAD + "C1;3331234561;;;;\n", tmp_path)
    hand_in(known, HEAD + "C1;3331234562;;;;\n", tmp_path, source="page")
    run_tasks()
    told = [arguments["event"] for name, arguments in waiting_tasks() if name == "intake.notify_contacts"]
    with company(known.id):
        assert told == ["taken"] * Staff.objects.filter(notify=True).count()  # whoever uploads looks at the page


def test_a_file_that_stopped_goes_on_and_old_waiting_contacts_go(known: CompanyFixture, tmp_path: Path) -> None:
    received = hand_in(known, HEAD + "C1;3331234561;;;;\nC9;3331234569;;;;\n", tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # its task failed for good
    assert sweep_contacts(now=NOW + timedelta(minutes=4)) == 0
    assert sweep_contacts(now=NOW + timedelta(minutes=6)) == 1
    assert sweep_contacts(now=NOW + timedelta(hours=1)) == 0  # it has a task again
    run_tasks()
    assert file_of(known, received).state == ContactFileState.TAKEN
    with company(known.id):
        until = WaitingContact.objects.get().until
    sweep_contacts(now=until + timedelta(seconds=1))
    with company(known.id):
        assert WaitingContact.objects.count() == 0


def test_names_and_settings_of_the_company(known: CompanyFixture, tmp_path: Path) -> None:
    with company(known.id):
        publish_settings(
            Contacts(file_name="anagrafe_*.csv", several_per_customer=True, customer_code_length=2), by="x", now=NOW
        )
    rows = HEAD + "C3;3331234561;;;;\nC3;3331234562;;;;\n"
    received = hand_in(known, rows, tmp_path, name="Anagrafe_luglio.CSV")
    run_tasks()
    assert file_of(known, received).state == ContactFileState.TAKEN
    with company(known.id):
        kept = Contact.objects.filter(customer__code="C3").order_by("address").values_list("address", "preferred")
        assert list(kept) == [("+393331234561", True), ("+393331234562", False)]


def test_no_company_touches_the_customers_of_another(
    known: CompanyFixture, hydra: CompanyFixture, tmp_path: Path
) -> None:
    before = addresses(known, "C1")
    file = taken(hydra, HEAD + "C1;3331234561;;;;N\n", tmp_path)
    assert report_of(file).outcome == Outcome(unknown=1)
    assert addresses(known, "C1") == before
    assert history(known) == history(hydra) == []
    assert kept_key(hydra.id, file.digest) != kept_key(known.id, file.digest)


def test_nobody_can_change_the_history(known: CompanyFixture, tmp_path: Path) -> None:
    taken(known, HEAD + "C1;3331234561;;;;\n", tmp_path)
    with pytest.raises(ProgrammingError, match="permission denied"), company(known.id):
        ContactEvent.objects.update(actor="qualcun.altro@example.org")
