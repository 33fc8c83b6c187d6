"""`smartbill drop` and `smartbill job again`: a file handed in, and read once more."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from smartbill.apps.audit.models import Entry
from smartbill.apps.intake.models import ContactFile, Drop
from smartbill.database.context import company
from smartbill.usecases.jobs import overview
from tests.cli.calling import Smartbill
from tests.conftest import CompanyFixture
from tests.core.flows.fatturapa.envelopes import signed
from tests.core.flows.fatturapa.invoices import body, invoice
from tests.usecases.intake.flows import sample
from tests.worker import run_tasks

YEAR = datetime.now(ZoneInfo("Europe/Rome")).year
FIRST, SECOND = f"ACME_{YEAR}_1", f"ACME_{YEAR}_2"


def written(folder: Path, content: bytes) -> Path:
    flow = folder / "flusso.zip"
    flow.write_bytes(content)
    return flow


def test_a_file_is_dropped_once_and_stays_with_its_sender(
    acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path
) -> None:
    flow = written(tmp_path, sample(acme, bills=3))
    before = flow.read_bytes()
    assert smartbill("drop", str(flow), "--company", "acme").split()[-1] == FIRST
    assert flow.read_bytes() == before
    run_tasks()
    assert overview(acme.id, FIRST).stage == "published"
    code, told = smartbill.failing("drop", str(flow), "--company", "ACME")
    assert (code, told.startswith("Archivio già ricevuto il ")) == (1, True)
    with company(acme.id):
        first, second = Drop.objects.order_by("id")
        assert (first.source, second.duplicate_of) == ("command", first)


def test_contacts_are_dropped_by_their_name(acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path) -> None:
    contacts = tmp_path / "CONTATTI_ACME.csv"
    contacts.write_text("codice_anagrafico;cellulare\n1;3331234567\n")
    number = smartbill("drop", str(contacts), "--company", "ACME").removeprefix("Ricevuto: recapiti ").strip()
    code, told = smartbill.failing("drop", str(contacts), "--company", "ACME")
    assert (code, told.startswith("File di recapiti già ricevuto il ")) == (1, True)
    other = contacts.rename(tmp_path / "elenco.csv")
    assert smartbill.failing("drop", str(other), "--company", "ACME") == (
        2,
        f"{other}: serve un archivio .zip, un flusso STABO, una fattura .xml o .p7m, "
        "o un file di recapiti con il nome concordato.",
    )
    with company(acme.id):
        assert ContactFile.objects.get().pk == int(number)


def test_one_invoice_is_dropped_without_an_archive(acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path) -> None:
    for number, (name, content) in enumerate({"a.xml": invoice(body()), "b.xml.p7m": signed(invoice(body()))}.items()):
        (tmp_path / name).write_bytes(content)
        assert smartbill("drop", str(tmp_path / name), "--company", "acme").split()[-1] == (FIRST, SECOND)[number]
    (tmp_path / "cut.xml").write_bytes(invoice(body())[:-9])
    assert smartbill.failing("drop", str(tmp_path / "cut.xml"), "--company", "acme") == (
        2, f"{tmp_path / 'cut.xml'}: non è una fattura elettronica completa.",
    )  # fmt: skip
    run_tasks()
    assert overview(acme.id, FIRST).stage == overview(acme.id, SECOND).stage == "published"


def test_what_cannot_be_dropped_is_misuse(acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path) -> None:
    other = tmp_path / "flusso.zip"
    other.write_text("non uno ZIP")
    assert smartbill.failing("drop", str(other), "--company", "ACME") == (
        2, f"{other}: non è un archivio ZIP completo.",
    )  # fmt: skip
    absent = tmp_path / "manca.zip"
    assert smartbill.failing("drop", str(absent), "--company", "ACME") == (
        2, f"Il file «{absent}» non esiste o non è un file.",
    )  # fmt: skip
    assert smartbill.failing("drop", str(other), "--company", "NESSUNA") == (2, "L'azienda «NESSUNA» non esiste.")
    with company(acme.id):
        assert Drop.objects.count() == 0


def test_a_refused_flow_is_read_again_as_a_new_job(acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path) -> None:
    flow = written(tmp_path, sample(acme, bills=3, faults=("FLS-022",)))
    smartbill("drop", str(flow), "--company", "ACME")
    assert smartbill.failing("job", "again", FIRST, "--as", "operator@acme.example") == (
        1, f"La lavorazione {FIRST} non è rifiutata né in attesa di decisione: non si può leggere di nuovo.",
    )  # fmt: skip
    run_tasks()
    first = overview(acme.id, FIRST)
    assert first.stage == "refused"
    assert smartbill.failing("job", "again", FIRST, "--as", "manager@acme.example")[0] == 1
    told = smartbill("job", "again", FIRST, "--as", "operator@acme.example", "--note", "Tracciato corretto")
    assert told.split()[-1] == SECOND
    run_tasks()
    again = overview(acme.id, SECOND)
    assert (again.stage, again.findings) == ("refused", first.findings)
    with company(acme.id):
        (entry,) = Entry.objects.filter(act="process_again")
    assert (entry.subject, entry.note) == (f"job {FIRST}", f"{SECOND}: Tracciato corretto")


def test_a_held_flow_is_refused_when_it_is_read_again(
    acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path
) -> None:
    flow = written(tmp_path, sample(acme, bills=20, faults=("DOC-201",)))
    smartbill("drop", str(flow), "--company", "ACME")
    run_tasks()
    assert overview(acme.id, FIRST).stage == "held"
    smartbill("job", "again", FIRST, "--as", "operator@acme.example")
    run_tasks()
    assert overview(acme.id, FIRST).stage == "refused"
    assert overview(acme.id, SECOND).stage == "held"
    assert smartbill("job", "approve", SECOND, "--as", "operator@acme.example").startswith(f"{SECOND}: ")
    run_tasks()
    assert overview(acme.id, SECOND).stage == "published"
