"""The whole life of a flow: from a complete file to bills in force."""

from pathlib import Path

from django.conf import settings

from smartbill.apps.archive.models import Bill, BillSupply, Contact, Customer, DocumentKey
from smartbill.apps.archive.queries import bill_document, bill_in_force
from smartbill.apps.intake.models import Job
from smartbill.apps.intake.queries import job_by_code
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import drop
from tests.worker import run_tasks


def test_a_sample_flow_is_published(acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path) -> None:
    received = drop(acme, tmp_path)
    assert received.job_code == "ACME_2026_1"
    assert list(tmp_path.iterdir()) == []
    run_tasks()
    with company(acme.id):
        job = job_by_code("ACME_2026_1")
        assert job is not None
        assert (job.state, job.bills, job.refused) == (JobState.PUBLISHED, 20, 0)
        assert DocumentKey.objects.filter(job=job).count() == Bill.objects.count() == 20
        row = Bill.objects.order_by("doc_seq").first()
        bill = bill_document(row.pk)
        assert (bill.display_number, bill.customer.code) == (row.display_number, row.customer_code)
        assert row.total_due == bill.total_due * 100
        assert bill_in_force(row.series, row.number, 2026) == row
        assert BillSupply.objects.filter(bill=row).count() == len(bill.supplies)
        assert Customer.objects.filter(code=row.customer_code).count() == 1
        assert Contact.objects.count() > 0
    with company(hydra.id):
        assert Job.objects.count() == Bill.objects.count() == Customer.objects.count() == Contact.objects.count() == 0
    assert list((settings.SMARTBILL.home / "files" / str(acme.id) / "work").iterdir()) == []
