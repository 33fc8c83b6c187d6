"""Reads of the archive. What is asked by its id is the exact bill; what is in force goes through DocumentKey."""

from django.db import connection
from msgspec import Struct

from smartbill.apps.archive.models import Bill, BillFile, DocumentKey
from smartbill.core.bill.document import decode_document
from smartbill.core.bill.value import Bill as BillValue


class UnreachableBill(Struct, frozen=True, kw_only=True):
    """A bill in force that no message can announce. `reason`: `missing` no address, `refused` consent denied."""

    bill_id: int
    doc_seq: int
    display_number: str
    customer_code: str
    customer_name: str
    reason: str


def bill_document(bill_id: int) -> BillValue:
    """The bill as it was read. Raises Bill.DoesNotExist, and ValueError when the stored document is damaged."""
    document = Bill.objects.values_list("document", flat=True).get(pk=bill_id)
    return decode_document(document)


def bill_in_force(series: str, number: str, issue_year: int) -> Bill | None:
    key = DocumentKey.objects.select_related("bill").filter(series=series, number=number, issue_year=issue_year).first()
    return None if key is None else key.bill


def bill_in_force_of_job(job_id: int, display_number: str) -> int | None:
    """The id of the job's bill with this number as it is printed, if it is in force."""
    bills = Bill.objects.filter(job_id=job_id, display_number=display_number, key__isnull=False)
    return bills.order_by("id").values_list("id", flat=True).first()


def is_in_force(bill_id: int) -> bool:
    return DocumentKey.objects.filter(bill_id=bill_id).exists()


def bill_files(bill_id: int) -> list[BillFile]:
    """The bill's files, its own PDF first: the one from the archive, else the first inside its e-invoice."""
    order = [BillFile.Kind.PDF, BillFile.Kind.EINVOICE, BillFile.Kind.ATTACHMENT]
    files = BillFile.objects.filter(bill_id=bill_id)
    return sorted(files, key=lambda file: (order.index(BillFile.Kind(file.kind)), file.n))


def bill_pdf(bill_id: int) -> BillFile | None:
    return BillFile.objects.filter(bill_id=bill_id, kind=BillFile.Kind.PDF).order_by("n").first()


_UNREACHABLE = """
    SELECT b.id, b.doc_seq, b.display_number, b.customer_code, b.customer_name,
           CASE WHEN EXISTS (SELECT FROM archive_contact k WHERE k.customer_id = c.id) THEN 'refused' ELSE 'missing' END
    FROM archive_documentkey d
    JOIN archive_bill b ON b.id = d.bill_id
    LEFT JOIN archive_customer c ON c.code = b.customer_code
    WHERE d.job_id = %(job)s AND b.doc_seq > %(after)s AND NOT EXISTS (
        SELECT FROM archive_contact k WHERE k.customer_id = c.id AND k.consent IS DISTINCT FROM false)
    ORDER BY b.doc_seq LIMIT %(size)s
"""


def unreachable_bills(job_id: int, *, after: int = -1, size: int = 100) -> list[UnreachableBill]:
    """Bills of a job without a usable contact, with the reason; `after` is the last `doc_seq` of the page before."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREACHABLE, {"job": job_id, "after": after, "size": size})
        return [
            UnreachableBill(
                bill_id=bill_id,
                doc_seq=doc_seq,
                display_number=number,
                customer_code=code,
                customer_name=name,
                reason=reason,
            )
            for bill_id, doc_seq, number, code, name, reason in cursor.fetchall()
        ]
