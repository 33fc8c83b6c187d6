"""Bills as PDF for the tests, and what an independent reader finds in them."""

import io
from datetime import UTC, datetime, time

import pikepdf
import pypdfium2
from msgspec.structs import replace

from smartbill.adapters.pdf.typesetter import Typesetter
from smartbill.core.bill.document import document_json
from smartbill.core.bill.value import Bill
from smartbill.core.company.documents import Look, Slips
from smartbill.core.company.documents import Paper as PaperSettings
from smartbill.core.paper.paper import bill_paper
from smartbill.core.paper.value import Paper
from smartbill.core.ports.pdf import Attachment
from tests.web.portal import bills

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#00509d" d="M2 2h28v28H2z"/></svg>'
LOOK = Look(
    display_name="Acme Energia", logo_svg=LOGO, website="https://acme.example", phone="800 123 456",
    phone_hours="lun–ven 8–20", support_email="aiuto@acme.example",
)  # fmt: skip
SLIPS = Slips(
    pagopa=True, creditor_code="01234567897", postal_type="896", postal_account="73682981",
    postal_authorisation="Aut. n. 1 di prova", iban="IT60X0542811101000000123456", epc_qr=True,
)  # fmt: skip
NOTICE = "305202600001234545"
CODE = "092026000123456720"


def paper(bill: Bill, *, look: Look = LOOK, slips: Slips = SLIPS) -> Paper:
    return bill_paper(
        bill, company="Acme S.p.A.", vat_number="07550120013", look=look,
        settings=PaperSettings(imprint="Sede legale: via delle Prove 1, Roma"), slips=slips,
    )  # fmt: skip


def attachment(bill: Bill) -> Attachment:
    return Attachment(
        name="bolletta.json",
        media_type="application/json",
        relationship="data",
        description="Dati della bolletta",
        content=document_json(bill),
    )


def made(typesetter: Typesetter, bill: Bill, *, look: Look = LOOK, slips: Slips = SLIPS) -> bytes:
    issued = datetime.combine(bill.issue_date, time(), UTC)
    return typesetter.pdf(paper(bill, look=look, slips=slips), attachment(bill), timestamp=int(issued.timestamp()))


def with_codes() -> Bill:
    """The ordinary bill with codes that slips can be printed of."""
    bill = bills.ordinary()
    return replace(bill, terms=(replace(bill.terms[0], notice_code=NOTICE, slip_code=CODE),))


def text_of(pdf: bytes) -> str:
    """All text, as PDFium reads it; what is put in to break long words is taken out again."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document).replace("\u200b", "")
    finally:
        document.close()


def metadata_of(pdf: bytes) -> dict[str, str]:
    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_metadata() as metadata:
        names = ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part", "dc:title", "xmp:CreateDate")
        return {name: str(metadata.get(name)) for name in names}
