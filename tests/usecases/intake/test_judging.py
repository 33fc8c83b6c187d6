"""What refuses a flow or a document, where it takes the database to see it."""

from pathlib import Path

import pytest

from smartbill.apps.archive.models import Bill, BillFile, DocumentKey
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.intake.models import Finding, FindingCount, RefusedDocument
from smartbill.core.company.documents import Intake
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import NOW, archive, counted, edited, life, repacked, sample, sentences, unpacked
from tests.worker import run_tasks

PDF_FAULTS = ["DOC-301", "DOC-302", "DOC-303", "DOC-304", "DOC-305"]
FILE_FAULTS = [
    "FLS-003", "FLS-004", "FLS-005", "FLS-006", "FLS-007", "FLS-008", "FLS-009", "FLS-020", "FLS-021", "FLS-022",
    "FLS-023", "FLS-024", "FLS-026", "FLS-027",
]  # fmt: skip
DOCUMENT_FAULTS = ["DOC-201", "DOC-211", "DOC-262", "REC-103"]


@pytest.mark.parametrize("code", FILE_FAULTS)
def test_a_fault_of_the_file_refuses_all_of_it(acme: CompanyFixture, tmp_path: Path, code: str) -> None:
    job = life(acme, sample(acme, faults=(code,)), tmp_path)
    assert (job.state, job.bills) == (JobState.REFUSED, 0)
    assert code in counted(acme, job)
    with company(acme.id):
        assert not DocumentKey.objects.exists()
        assert not Bill.objects.exists()


@pytest.mark.parametrize("code", DOCUMENT_FAULTS)
def test_a_fault_of_a_document_holds_the_flow(acme: CompanyFixture, tmp_path: Path, code: str) -> None:
    job = life(acme, sample(acme, faults=(code,)), tmp_path)
    assert job.state == JobState.HELD
    assert counted(acme, job)[code] >= 1
    with company(acme.id):
        assert job.refused == RefusedDocument.objects.filter(job=job).count() >= 1
        assert job.bills + job.refused == 20
        assert not DocumentKey.objects.exists()


@pytest.mark.parametrize("code", PDF_FAULTS)
def test_a_fault_of_a_pdf_refuses_its_document(acme: CompanyFixture, tmp_path: Path, code: str) -> None:
    job = life(acme, sample(acme, pdf=True, faults=(code,)), tmp_path)
    assert job.state == JobState.HELD
    assert counted(acme, job)[code] >= 1
    assert job.bills + job.refused == 20
    with company(acme.id):
        places = {(row.file[:11], row.record) for row in Finding.objects.filter(job=job, code=code)}
    assert places == {("STABO_ACME_", "10")}


def test_a_pdf_nobody_wants_is_a_warning(acme: CompanyFixture, tmp_path: Path) -> None:
    content = repacked(sample(acme, bills=3), lambda files: files.update({"Altra.pdf": b"%PDF-1.4"}))
    job = life(acme, content, tmp_path)
    assert job.state == JobState.PUBLISHED
    assert sentences(acme, job, "WRN-406") == ["PDF senza bolletta: «Altra.pdf»."]


def test_the_number_of_pdfs_is_a_control_total(acme: CompanyFixture, tmp_path: Path) -> None:
    def one_more(files: dict[str, bytes]) -> None:
        files["Altra.pdf"] = next(content for name, content in files.items() if name.endswith(".pdf"))

    job = life(acme, repacked(sample(acme, bills=3, pdf=True), one_more), tmp_path)
    assert job.state == JobState.REFUSED
    assert sentences(acme, job, "FLS-023") == ["I record di tipo PDF sono 4, la coda ne dichiara 3."]


def test_a_named_invoice_must_be_there(acme: CompanyFixture, tmp_path: Path) -> None:
    def named(text: str) -> str:
        lines = text.splitlines()
        place = next(n for n, line in enumerate(lines) if line.startswith("10|1|"))
        fields = lines[place].split("|") + [""] * 29
        fields[25] = "IT01_1.xml"
        lines[place] = "|".join(fields[:29]).rstrip("|")
        return "\r\n".join(lines) + "\r\n"

    content = edited(sample(acme, bills=3), named)
    job = life(acme, content, tmp_path)
    assert (job.state, sentences(acme, job, "DOC-301")[0][-26:]) == (JobState.HELD, "manca il PDF «IT01_1.xml».")
    other = edited(sample(acme, bills=3, seed=2), named)
    job = life(acme, repacked(other, lambda files: files.update({"it01_1.XML": b"<a/>"})), tmp_path)
    assert job.state == JobState.PUBLISHED
    with company(acme.id):
        assert BillFile.objects.get(kind=BillFile.Kind.EINVOICE).name == "it01_1.XML"


def test_documents_in_force_are_skipped_when_equal_and_refused_when_not(acme: CompanyFixture, tmp_path: Path) -> None:
    first = life(acme, sample(acme, bills=12), tmp_path)
    again = life(acme, sample(acme, bills=12, flow_id="ALTRO-1"), tmp_path)
    assert (again.state, again.bills, again.skipped, again.refused) == (JobState.PUBLISHED, 0, 12, 0)
    assert counted(acme, again)["DOC-260"] == 12
    changed = life(acme, sample(acme, bills=12, seed=2, flow_id="ALTRO-2"), tmp_path)
    assert (changed.state, changed.bills, changed.refused) == (JobState.REFUSED, 0, 12)
    assert {"DOC-261": 12, "FLS-025": 1}.items() <= counted(acme, changed).items()
    with company(acme.id):
        assert set(DocumentKey.objects.values_list("job", flat=True)) == {first.pk}
        assert set(Bill.objects.values_list("job", flat=True)) == {first.pk}


def test_a_flow_id_is_taken_while_its_job_lives(acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path) -> None:
    refused = life(acme, sample(acme, flow_id="F-1", faults=("FLS-020",)), tmp_path)
    published = life(acme, sample(acme, flow_id="F-1"), tmp_path)
    again = life(acme, sample(acme, flow_id="F-1", seed=2), tmp_path)
    assert [job.state for job in (refused, published, again)] == ["refused", "published", "refused"]
    assert sentences(acme, again, "FLS-010") == ["Identificativo flusso F-1 già elaborato il 06/07/2026."]
    assert life(hydra, sample(hydra, flow_id="F-1"), tmp_path).state == JobState.PUBLISHED


def test_the_company_settles_how_many_refused_bills_refuse_the_flow(acme: CompanyFixture, tmp_path: Path) -> None:
    assert life(acme, sample(acme, faults=("DOC-201",)), tmp_path).state == JobState.HELD
    with company(acme.id):
        publish_settings(Intake(refused_at_most=0, refused_percent=1), by="test", now=NOW)
    job = life(acme, sample(acme, seed=2, faults=("DOC-201",)), tmp_path)
    assert job.state == JobState.REFUSED
    assert sentences(acme, job, "FLS-025") == ["Scartate 1 bollette su 20: oltre la soglia, flusso respinto."]


def test_rows_of_findings_are_bounded_and_counts_exact(acme: CompanyFixture, tmp_path: Path) -> None:
    life(acme, sample(acme, bills=1100), tmp_path)
    again = life(acme, sample(acme, bills=1100, flow_id="ALTRO"), tmp_path)
    assert counted(acme, again)["DOC-260"] == 1100
    with company(acme.id):
        assert Finding.objects.filter(job=again, code="DOC-260").count() == 1000
        total = sum(FindingCount.objects.filter(job=again).values_list("count", flat=True))
        assert again.findings_total == total
        lines = list(Finding.objects.filter(job=again, code="DOC-260").order_by("n").values_list("line", flat=True))
        assert lines == sorted(lines)


def test_damaged_entries_refuse_the_job(acme: CompanyFixture, tmp_path: Path) -> None:
    content = archive({**unpacked(sample(acme, bills=3)), "Altra.pdf": b"%PDF-1.4 " + b"unusual words" * 20})
    place = content.index(b"Altra.pdf") + len(b"Altra.pdf") + 8
    damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    job = life(acme, damaged, tmp_path)
    assert job.state == JobState.REFUSED
    assert counted(acme, job)["ZIP-010"] == 1
    run_tasks()
