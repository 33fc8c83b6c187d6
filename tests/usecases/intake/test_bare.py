"""Flows and e-invoices that come by themselves, outside an archive."""

from pathlib import Path

from smartbill.apps.intake.models import Job
from smartbill.core.flows.sample.spec import Layout
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import archive, counted, drop_bytes, life, sample, unpacked
from tests.worker import run_tasks


def test_a_flow_by_itself(acme: CompanyFixture, tmp_path: Path) -> None:
    (name, content), *_ = unpacked(sample(acme, bills=4)).items()
    job = life(acme, content, tmp_path, name=name)
    assert (job.state, job.bills, job.layout) == (JobState.PUBLISHED, 4, "stabo-v1")


def test_a_flow_by_itself_whose_pdfs_come_in_an_archive(acme: CompanyFixture, tmp_path: Path) -> None:
    files = unpacked(sample(acme, bills=3, pdf=True))
    pdfs = {name: content for name, content in files.items() if name.endswith(".pdf")}
    (name,) = (name for name in files if name.startswith("STABO"))
    job = life(acme, files[name], tmp_path, name=name)
    assert job.state == JobState.READING
    drop_bytes(acme, archive(pdfs), tmp_path, name=f"PDF_{job.flow_id}_1.zip")
    run_tasks()
    with company(acme.id):
        job = Job.objects.get()
    assert (job.state, job.bills) == (JobState.PUBLISHED, 3)


def test_an_invoice_by_itself(acme: CompanyFixture, tmp_path: Path) -> None:
    files = unpacked(sample(acme, bills=1, layout=Layout.FATTURAPA))
    (name,) = (name for name in files if name.endswith(".xml"))
    job = life(acme, files[name], tmp_path, name=name)
    assert (job.state, job.bills, job.layout) == (JobState.PUBLISHED, 1, "fatturapa")


def test_an_archive_under_the_name_of_a_flow(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, bills=1), tmp_path, name="STABO_ACME_1.txt")
    assert (job.state, job.bills) == (JobState.PUBLISHED, 1)


def test_more_than_a_company_may_send_by_itself(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, b"<a>" + bytes(10 << 20) + b"</a>", tmp_path, name="IT01_1.xml")
    assert (job.state, counted(acme, job)) == (JobState.REFUSED, {"XML-612": 1})
