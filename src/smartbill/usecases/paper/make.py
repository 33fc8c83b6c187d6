"""Making a bill's PDF: read in one transaction, typeset outside of any, kept in another."""

import atexit
from datetime import UTC, datetime
from datetime import time as time_of_day
from hashlib import sha256
from importlib.metadata import version
from threading import Lock

import structlog
from django.conf import settings
from django.utils import timezone
from msgspec import Struct
from procrastinate.contrib.django import app

from smartbill.adapters.files.registry import open_store
from smartbill.adapters.pdf.typesetter import Typesetter
from smartbill.apps.archive.models import Bill as BillRow
from smartbill.apps.archive.operations.pdfs import note_pdf_problem, store_made_pdf
from smartbill.apps.archive.queries import StoredFile, einvoice_of, pdf_of
from smartbill.apps.companies.queries import company_of_transaction, published
from smartbill.core.bill.document import decode_document, document_json
from smartbill.core.bill.value import Bill
from smartbill.core.company.documents import Look, Paper, Slips
from smartbill.core.paper.paper import bill_paper
from smartbill.core.ports.files import kept_key
from smartbill.core.ports.pdf import Attachment, CannotTypeset
from smartbill.database.context import company
from smartbill.usecases.retries import INTAKE_RETRY

_log = structlog.get_logger("smartbill.paper")

#: A larger e-invoice (its own attachments, mostly) stays where it is kept; the bill's data travel instead.
_MOST_ATTACHED_BYTES = 5 * 1024**2

_PROGRAM = version("bolletta-smart")

_lock = Lock()
_typesetter: Typesetter | None = None


class _Ingredients(Struct, frozen=True, kw_only=True):
    company_name: str
    vat_number: str
    bill: Bill
    look: Look
    paper: Paper
    slips: Slips
    einvoice: StoredFile | None
    made_from: str


@app.task(name="paper.make_pdf", queue="paper", pass_context=False, retry=INTAKE_RETRY)
def make_pdf(*, company_id: int, bill_id: int) -> None:
    """Make the PDF of a bill that is in force and has none. Run again it finds its work done."""
    with company(company_id):
        found = _ingredients(bill_id)
    if found is None:
        return
    try:
        pdf = _typeset(company_id, found)
    except (CannotTypeset, ValueError) as error:
        _log.error("no PDF of a bill could be made", company=company_id, bill=bill_id, problem=str(error))
        with company(company_id):
            note_pdf_problem(bill_id, str(error) or type(error).__name__)
        return
    digest = sha256(pdf).hexdigest()
    open_store(settings.SMARTBILL).write(kept_key(company_id, digest), [pdf])
    with company(company_id):
        if _wanted(bill_id):
            store_made_pdf(
                bill_id, name=_file_name(found.bill), digest=digest, size=len(pdf), made_from=found.made_from,
                now=timezone.now(),
            )  # fmt: skip


def _wanted(bill_id: int) -> bool:
    in_force = BillRow.objects.filter(pk=bill_id, key__isnull=False).exists()
    return in_force and pdf_of(bill_id, made=True) is None


def _ingredients(bill_id: int) -> _Ingredients | None:
    paper_version, paper = published(Paper)
    if not paper.make_pdf or not _wanted(bill_id):
        return None
    look_version, look = published(Look)
    slips_version, slips = published(Slips)
    row = company_of_transaction()
    document = BillRow.objects.values_list("document", flat=True).get(pk=bill_id)
    return _Ingredients(
        company_name=row.name,
        vat_number=row.vat_number,
        bill=decode_document(document),
        look=look,
        paper=paper,
        slips=slips,
        einvoice=einvoice_of(bill_id),
        made_from=f"look {look_version}, paper {paper_version}, slips {slips_version}, program {_PROGRAM}",
    )


def _typeset(company_id: int, found: _Ingredients) -> bytes:
    """Raises CannotTypeset, and ValueError for settings that give no document."""
    bill = found.bill
    paper = bill_paper(
        bill,
        company=found.company_name,
        vat_number=found.vat_number,
        look=found.look,
        settings=found.paper,
        slips=found.slips,
    )
    issued = datetime.combine(bill.issue_date, time_of_day(), UTC)
    attachment = _attachment(company_id, bill, found.einvoice)
    return _shared_typesetter().pdf(paper, attachment, timestamp=int(issued.timestamp()))


def _attachment(company_id: int, bill: Bill, einvoice: StoredFile | None) -> Attachment:
    """The electronic invoice where there is one, else the bill's data."""
    if einvoice is not None and einvoice.size <= _MOST_ATTACHED_BYTES:
        with open_store(settings.SMARTBILL).open(kept_key(company_id, einvoice.digest)) as file:
            content = file.read()
        signed = einvoice.name.lower().endswith(".p7m")
        return Attachment(
            name="fattura-elettronica.xml.p7m" if signed else "fattura-elettronica.xml",
            media_type="application/pkcs7-mime" if signed else "application/xml",
            relationship="source",
            description="Fattura elettronica",
            content=content,
        )
    return Attachment(
        name="bolletta.json",
        media_type="application/json",
        relationship="data",
        description="Dati della bolletta",
        content=document_json(bill),
    )


def _file_name(bill: Bill) -> str:
    number = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign == "-") else "_" for sign in bill.display_number
    )
    return f"bolletta_{number}.pdf"


def _shared_typesetter() -> Typesetter:
    """One compiling process for each worker process, started when it is first needed."""
    global _typesetter  # noqa: PLW0603 (one per process)
    with _lock:
        if _typesetter is None:
            _typesetter = Typesetter()
            atexit.register(_typesetter.close)
        return _typesetter
