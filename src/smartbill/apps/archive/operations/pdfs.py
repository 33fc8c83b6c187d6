"""PDFs of our own making: ordered by whoever asks for one, stored once."""

from datetime import datetime, timedelta

from django.db import connection

from smartbill.apps.archive.models import BillFile, PdfOrder
from smartbill.database.context import current_company

#: An order that failed, or that nobody carried out, may be given again after so long.
_AGAIN_AFTER = timedelta(minutes=10)


def order_pdf(bill_id: int, *, now: datetime) -> bool:
    """Note the order; True when it is new, or as good as: then its task has to be deferred."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO archive_pdforder AS o (company_id, bill_id, asked_at, problem, made_from)
               VALUES (%(company)s, %(bill)s, %(now)s, '', '')
               ON CONFLICT (bill_id) DO UPDATE SET asked_at = excluded.asked_at, problem = ''
               WHERE o.made_at IS NULL AND o.asked_at <= %(before)s
               RETURNING id""",
            {"company": current_company(), "bill": bill_id, "now": now, "before": now - _AGAIN_AFTER},
        )
        return cursor.fetchone() is not None


def store_made_pdf(bill_id: int, *, name: str, digest: str, size: int, made_from: str, now: datetime) -> None:
    """The file of the bill, whose content lies under its digest already. A second one changes nothing."""
    company_id = current_company()
    BillFile.objects.bulk_create(
        [
            BillFile(
                company_id=company_id, bill_id=bill_id, kind=BillFile.Kind.MADE, n=0, name=name, digest=digest,
                size=size,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    PdfOrder.objects.filter(bill_id=bill_id).update(made_at=now, problem="", made_from=made_from)


def note_pdf_problem(bill_id: int, problem: str) -> None:
    PdfOrder.objects.filter(bill_id=bill_id, made_at=None).update(problem=problem[:300])
