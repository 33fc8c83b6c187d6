from smartbill.apps.archive.models import Bill, Contact, DocumentKey
from smartbill.core.bill.document import decode_document
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.factories import bill_value, mailed_bills, make_job


def test_a_made_job_has_its_bills_in_force(acme: CompanyFixture) -> None:
    plans = mailed_bills(3)
    job = make_job(acme.id, plans)
    with company(acme.id):
        assert list(DocumentKey.objects.order_by("bill").values_list("bill", flat=True)) == list(job.bill_ids)
        documents = [decode_document(bill.document) for bill in Bill.objects.order_by("doc_seq")]
        assert documents == [bill_value(plan) for plan in plans]
        assert Contact.objects.count() == 3
