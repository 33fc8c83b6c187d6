"""The whole life of a flow: from a complete file to bills in force."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from smartbill.adapters.files.registry import open_store
from smartbill.apps.accounts.models import User
from smartbill.apps.archive.models import Bill, BillFile, BillSupply, Contact, Customer, DocumentKey
from smartbill.apps.audit.models import Entry
from smartbill.apps.events.models import Change
from smartbill.apps.intake.models import ContactFile, Drop, Job
from smartbill.apps.intake.queries import latest_jobs, progress
from smartbill.core.bill.document import decode_document
from smartbill.core.bill.value import Service
from smartbill.core.flows.sample import Layout
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.standins.mailbox import text_of
from smartbill.usecases.intake import opening
from smartbill.usecases.intake.decide import withdraw
from tests.conftest import CompanyFixture
from tests.smtp_standin import SmtpStandIn
from tests.usecases.intake.flows import NOW, archive, counted, drop_bytes, edited, life, repacked, sample
from tests.worker import run_tasks, waiting_tasks


def test_a_sample_flow_is_published(acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme), tmp_path)
    assert (job.code, job.state, job.bills, job.refused) == ("ACME_2026_1", JobState.PUBLISHED, 20, 0)
    assert (job.layout, job.label, job.test_flow) == ("stabo-v1", "2026_28", False)
    assert list(tmp_path.iterdir()) == []
    with company(acme.id):
        assert DocumentKey.objects.filter(job=job).count() == Bill.objects.count() == 20
        for row in Bill.objects.all():
            bill = decode_document(row.document)
            assert (row.display_number, row.customer_code) == (bill.display_number, bill.customer.code)
            assert (row.total_bill, row.total_due) == (bill.total_bill * 100, bill.total_due * 100)
            key = DocumentKey.objects.get(series=row.series, number=row.number, issue_year=row.issue_year)
            assert key.bill == row
            points = BillSupply.objects.filter(bill=row).order_by("seq").values_list("point_code", flat=True)
            assert list(points) == [supply.point_code for supply in bill.supplies]
            customer = Customer.objects.get(code=row.customer_code)
            assert (customer.name, customer.fiscal_code) == (row.customer_name, row.fiscal_code)
        assert Contact.objects.exists()
        assert Change.objects.filter(job_id=job.pk).count() == 1
        assert Entry.objects.values_list("act", "actor", "subject").get() == (
            "receive_drop",
            "command",
            f"job {job.code}",
        )
        with open_store(settings.SMARTBILL).open(f"{acme.id}/{job.digest}") as kept:
            assert kept.read() == sample(acme)
    with company(hydra.id):
        for model in (Job, Drop, Bill, DocumentKey, Customer, Contact):
            assert not model.objects.exists()
        assert latest_jobs(size=50) == []
    assert not (settings.SMARTBILL.home / "files" / str(acme.id) / "work" / str(job.pk)).exists()


def test_numbers_of_jobs_go_by_company_and_year_of_rome(
    acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path
) -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    codes = [
        drop_bytes(owner, sample(owner, seed=seed), tmp_path, now=now).job_code
        for owner, seed, now in (
            (acme, 1, datetime(2026, 7, 6, tzinfo=UTC)),
            (acme, 2, new_year),
            (hydra, 1, new_year),
            (acme, 3, new_year),
        )
    ]
    assert codes == ["ACME_2026_1", "ACME_2027_1", "HYDRA_2027_1", "ACME_2027_2"]
    with company(acme.id):
        assert [job.code for job in latest_jobs(size=2)] == ["ACME_2027_2", "ACME_2027_1"]
        assert [job.code for job in latest_jobs(size=4)] == ["ACME_2027_2", "ACME_2027_1", "ACME_2026_1"]


def test_the_same_documents_in_parts_and_whole_are_the_same(
    acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = life(acme, sample(acme, bills=60), tmp_path)
    monkeypatch.setattr(opening, "RANGE_BYTES", 20_000)
    in_parts = life(hydra, sample(hydra, bills=60), tmp_path)
    with company(acme.id):
        assert progress(whole.pk).blocks == 1
        one = list(Bill.objects.order_by("doc_seq").values_list("doc_seq", "total_due", "line", "customer_code"))
    with company(hydra.id):
        assert progress(in_parts.pk).blocks > 5
        many = list(Bill.objects.order_by("doc_seq").values_list("doc_seq", "total_due", "line", "customer_code"))
    assert one == many


def test_a_test_flow_is_marked(acme: CompanyFixture, tmp_path: Path) -> None:
    assert life(acme, sample(acme, bills=3, test=True), tmp_path).test_flow


def test_pdfs_find_their_bills(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, bills=5, pdf=True), tmp_path)
    assert (job.state, counted(acme, job).get("WRN-406")) == (JobState.PUBLISHED, None)
    with company(acme.id):
        for row in Bill.objects.all():
            file = BillFile.objects.get(bill=row)
            assert (file.kind, file.name, file.digest) == (BillFile.Kind.PDF, row.pdf_name, row.pdf_sha256)
            content = open_store(settings.SMARTBILL).read_range(f"{acme.id}/{file.digest}", 0, 5)
            assert content == b"%PDF-"


def test_pdfs_are_paired_by_case_and_by_pattern_too(acme: CompanyFixture, tmp_path: Path) -> None:
    def unannounced(files: dict[str, bytes]) -> None:
        for name in [name for name in files if name.endswith(".pdf")]:
            files[name.upper() if name.endswith("1.pdf") else f"pdf/{name}"] = files.pop(name)
        flow = next(name for name in files if name.startswith("STABO"))
        text = re.sub(r"\|[0-9A-Za-z_]+\.pdf\|[0-9a-f]{64}", "||", files[flow].decode())
        files[flow] = re.sub(r"(?m)^(99\|.*\|)[0-9a-f]{64}", r"\1", text).encode()

    content = repacked(sample(acme, bills=5, pdf=True), unannounced)
    job = life(acme, content, tmp_path)
    assert not {"WRN-406", "DOC-301"} & counted(acme, job).keys()
    with company(acme.id):
        assert BillFile.objects.filter(kind=BillFile.Kind.PDF).count() == job.bills == 5


def test_invoices_with_contacts_are_published(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, bills=12, layout=Layout.FATTURAPA), tmp_path)
    assert (job.layout, job.state, job.bills, job.flow_id) == ("fatturapa", JobState.PUBLISHED, 12, None)
    with company(acme.id):
        assert ContactFile.objects.get().rows > 0
        assert Contact.objects.filter(source="job_csv").exists()
        row = Bill.objects.order_by("doc_seq").first()
        file = BillFile.objects.get(bill=row)  # and no PDF
        assert file.kind == BillFile.Kind.EINVOICE
        assert open_store(settings.SMARTBILL).read_range(f"{acme.id}/{file.digest}", 0, 5) == b"<?xml"


def test_bills_nobody_can_be_told_of_are_in_force_and_counted(acme: CompanyFixture, tmp_path: Path) -> None:
    def without_contacts(text: str) -> str:
        lines = [line for line in text.splitlines() if not line.startswith("50|")]
        trailer = lines[-1].split("|")
        trailer[1], trailer[12] = str(len(lines)), "0"
        return "\r\n".join([*lines[:-1], "|".join(trailer)]) + "\r\n"

    job = life(acme, edited(sample(acme, bills=4, services=(Service.WATER,)), without_contacts), tmp_path)
    assert job.state == JobState.PUBLISHED
    assert counted(acme, job)["WRN-407"] == 4
    with company(acme.id):
        in_force = DocumentKey.objects.filter(job=job).order_by("bill__doc_seq")
        assert list(in_force.values_list("bill__doc_seq", flat=True)) == [1, 2, 3, 4]
        assert not Contact.objects.exists()


def test_an_archive_without_a_flow_is_refused(acme: CompanyFixture, tmp_path: Path) -> None:
    for files, code in (({"nota.txt": b"x"}, "FLS-001"), ({"a.zip": archive({"b": b""})}, "ZIP-007")):
        job = life(acme, archive(files), tmp_path)
        assert (job.state, job.bills) == (JobState.REFUSED, 0)
        assert code in counted(acme, job)
    job = life(acme, b"this is no archive", tmp_path)
    assert counted(acme, job) == {"ZIP-001": 1}


def test_staff_are_told_without_personal_data(acme: CompanyFixture, tmp_path: Path) -> None:
    with SmtpStandIn(tmp_path / "mail.sqlite").running() as server:
        with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port):
            (tmp_path / "in").mkdir()
            job = life(acme, sample(acme, bills=3), tmp_path / "in")
            run_tasks(queues=["mail"])
        mails = server.received("operator@acme.example")
        assert [mail.subject for mail in mails] == [
            f"{job.code}: flusso ricevuto",
            f"{job.code}: lavorazione pubblicata",
        ]
        assert len(server.received()) == 8
        with company(acme.id):
            names = list(Customer.objects.values_list("name", flat=True))
        for mail in mails:
            found = server.mailbox.mail(mail.id)
            assert found is not None
            text = text_of(found[1], "plain")
            assert "Acme Energia" in text
            assert not [name for name in names if name in text]


def test_staff_are_told_of_a_job_that_is_withdrawn(acme: CompanyFixture, tmp_path: Path) -> None:
    with SmtpStandIn(tmp_path / "mail.sqlite").running() as server:
        with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port):
            (tmp_path / "in").mkdir()
            job = life(acme, sample(acme, bills=3), tmp_path / "in")
            withdraw(acme.manager, job.code, "Letture errate", NOW)
            run_tasks(queues=["mail"])
        last = server.received("operator@acme.example")[-1]
        assert last.subject == f"{job.code}: lavorazione ritirata"
        found = server.mailbox.mail(last.id)
        assert found is not None
        text = text_of(found[1], "plain")
        assert "manager@acme.example ha ritirato la lavorazione" in text
        assert "Motivo: Letture errate" in text


def test_an_address_that_is_refused_is_tried_again_alone(acme: CompanyFixture, tmp_path: Path) -> None:
    User.objects.filter(email="viewer@acme.example").update(email="rifiuta@acme.example")
    with (
        SmtpStandIn(tmp_path / "mail.sqlite").running() as server,
        override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port),
    ):
        drop_bytes(acme, sample(acme, bills=3), tmp_path)
        for _ in range(2):
            run_tasks(queues=["mail"], may_fail=True)
            assert [name for name, _ in waiting_tasks()] == ["intake.open_job", "intake.notify"]
            assert sorted(mail.recipient for mail in server.received()) == [
                "editor@acme.example",
                "manager@acme.example",
                "operator@acme.example",
            ]
            with connection.cursor() as cursor:  # the next try is due at once
                cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
