"""E-invoices from the hand-over to the bill: the public samples, signed ones, archives as they come, one file alone."""

import base64
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.models import Bill, BillFile, DocumentKey
from smartbill.apps.companies.models import Company
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.intake.models import Job
from smartbill.core.bill.document import decode_document
from smartbill.core.bill.value import Bill as BillValue
from smartbill.core.bill.value import BillKind
from smartbill.core.company.documents import Intake
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.usecases.progress import totals_read
from tests.conftest import CompanyFixture
from tests.core.flows.fatturapa.envelopes import armoured, lines_of, signed
from tests.core.flows.fatturapa.invoices import HEADER, body, invoice
from tests.usecases.intake.flows import NOW, archive, counted, life, sentences

SAMPLES = Path(__file__).parents[2] / "samples" / "fatturapa"
#: sample -> number, kind, total_bill, total_due of each of its documents
ACCEPTED = {
    "simevo/IT01234567890_FPA01.xml": [("123", BillKind.INVOICE, "6.10", "6.10")],
    "simevo/IT01234567890_FPR03.xml": [
        ("123", BillKind.INVOICE, "32.95", "32.95"),
        ("456", BillKind.INVOICE, "2440.00", "2440.00"),
    ],
    "simevo/IT01234567890_FPR04.xml": [("123", BillKind.INVOICE, "6.10", "6.10")],
    "dotnet/IT02182030391_31.xml.p7m": [("2", BillKind.INVOICE, "122.00", "100.00")],
    "dotnet/IT02182030391_31.Base64.xml.p7m": [("2", BillKind.INVOICE, "122.00", "100.00")],
    "gobl/invoice-credit-note.xml": [("CN-001", BillKind.CREDIT_NOTE, "-1388.40", "-1388.40")],
    "gobl/invoice-reverse-charge.xml": [("SAMPLE-010", BillKind.INVOICE, "2300.00", "2300.00")],
}
REFUSED = {
    "simevo/missing_DatiGeneraliDocumento_Numero.xml": (
        "XML-606",
        "Fattura missing_DatiGeneraliDocumento_Numero.xml: manca l'elemento obbligatorio Numero.",
    ),
    "simevo/billion_laughs.xml": ("XML-601", "Il file «billion_laughs.xml» contiene una DTD: rifiutato per sicurezza."),
    "gobl/invoice-services-period.xml": ("XML-609", "Fattura SAMPLE-001: tipo documento TD06 non gestito."),
}


def in_force(owner: CompanyFixture, job: Job) -> list[BillValue]:
    """The documents that the job published, as pages read them."""
    with company(owner.id):
        documents = (
            DocumentKey.objects.filter(job=job).order_by("bill__doc_seq").values_list("bill__document", flat=True)
        )
        return [decode_document(document) for document in documents]


def short(bill: BillValue) -> tuple[str, BillKind, str, str]:
    return bill.display_number, bill.kind, str(bill.total_bill), str(bill.total_due)


def files_of(owner: CompanyFixture, kind: BillFile.Kind) -> dict[str, bytes]:
    store = open_store(settings.SMARTBILL)
    with company(owner.id):
        rows = BillFile.objects.filter(kind=kind)
        return {row.name: store.read_range(f"{owner.id}/{row.digest}", 0, row.size) for row in rows}


def test_every_sample_is_there() -> None:
    found = {str(path.relative_to(SAMPLES)) for path in SAMPLES.glob("*/*")}
    assert found == ACCEPTED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_sample_becomes_bills(acme: CompanyFixture, tmp_path: Path, name: str) -> None:
    path = SAMPLES / name
    job = life(acme, archive({f"fatture/2026/{path.name}": path.read_bytes()}), tmp_path)
    assert (job.state, job.layout, job.bills, job.refused) == (JobState.PUBLISHED, "fatturapa", len(ACCEPTED[name]), 0)
    assert [short(bill) for bill in in_force(acme, job)] == ACCEPTED[name]
    with company(acme.id):
        due = sum(part.sum_total_due for part in totals_read(job.pk))
    assert due == sum(Decimal(each[3]) for each in ACCEPTED[name])
    assert files_of(acme, BillFile.Kind.EINVOICE) == {path.name: path.read_bytes()}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_sample_holds_its_job(acme: CompanyFixture, tmp_path: Path, name: str) -> None:
    path = SAMPLES / name
    code, sentence = REFUSED[name]
    job = life(acme, archive({path.name: path.read_bytes()}), tmp_path)
    assert (job.state, job.bills, job.refused) == (JobState.HELD, 0, 1)
    assert sentences(acme, job, code) == [sentence]
    assert in_force(acme, job) == []


def test_a_sample_keeps_its_attachment(acme: CompanyFixture, tmp_path: Path) -> None:
    path = SAMPLES / "simevo/IT01234567890_FPR04.xml"
    life(acme, archive({path.name: path.read_bytes()}), tmp_path)
    ((name, content),) = files_of(acme, BillFile.Kind.ATTACHMENT).items()
    assert (name, content[:3]) == ("LogoA.jpg", b"\xff\xd8\xff")
    with company(acme.id):
        assert not BillFile.objects.filter(kind=BillFile.Kind.PDF).exists()


@pytest.mark.parametrize("name", ["simevo/IT01234567890_FPR03.xml", *(name for name in ACCEPTED if "p7m" in name)])
def test_one_file_outside_an_archive(acme: CompanyFixture, tmp_path: Path, name: str) -> None:
    path = SAMPLES / name
    job = life(acme, path.read_bytes(), tmp_path, name=path.name)
    assert (job.state, job.layout, job.bills) == (JobState.PUBLISHED, "fatturapa", len(ACCEPTED[name]))
    assert [short(bill) for bill in in_force(acme, job)] == ACCEPTED[name]
    assert files_of(acme, BillFile.Kind.EINVOICE) == {path.name: path.read_bytes()}


def test_a_bad_file_outside_an_archive(acme: CompanyFixture, tmp_path: Path) -> None:
    for content, name, state, code, sentence in (
        (b"<a", "a.xml", JobState.HELD, "XML-602", "Il file «a.xml» non è XML ben formato (riga 1)."),
        (b"0\x80", "a.xml.P7M", JobState.HELD, "XML-605", "La busta firmata «a.xml.P7M» non è leggibile."),
        (
            *(b"<" + b" " * (10 << 20), "b.xml", JobState.REFUSED, "XML-612"),
            "Il file «b.xml» supera la dimensione massima (10 MiB).",
        ),
        (b"testo", "c.zip", JobState.REFUSED, "ZIP-001", "L'archivio «c.zip» non è un file ZIP leggibile."),
    ):
        job = life(acme, content, tmp_path, name=name)
        assert (job.state, sentences(acme, job, code)) == (state, [sentence])


def test_an_archive_as_companies_have_them(acme: CompanyFixture, tmp_path: Path) -> None:
    """Plain and signed in all forms, in folders, several documents in a file, and what else lies about."""
    receipt = b'<a:RicevutaConsegna xmlns:a="http://www.fatturapa.gov.it/sdi/messaggi/v1.0"/>'
    files = {
        "IT01_1.xml": invoice(body(number="A1/1"), body(number="A1/2")),
        "a/IT01_2.XML": invoice(body(number="A1/3")),
        "a/b/IT01_3.xml.p7m": signed(invoice(body(number="A1/4"))),
        "a/b/IT01_4.xml.P7M": armoured(signed(invoice(body(number="A1/5"))), end=b"\r\n"),
        "IT01_5.xml.p7m": lines_of(signed(invoice(body(number="A1/6"))), width=0, end=b""),
        "IT01_1_RC_001.xml": receipt,
        "a/IT01_2_MT_001.xml": receipt.replace(b"RicevutaConsegna", b"MetadatiInvioFile"),
        "leggimi.txt": b"testo",
        "__MACOSX/._IT01_1.xml": b"\x00\x05\x16\x07",
    }
    job = life(acme, archive(files), tmp_path)
    assert (job.state, job.bills, job.refused) == (JobState.PUBLISHED, 6, 0)
    assert [bill.display_number for bill in in_force(acme, job)] == [f"A1/{n}" for n in range(1, 7)]
    assert sorted(sentences(acme, job, "ZIP-011")) == [
        "File non riconosciuto, ignorato: «IT01_1_RC_001.xml».",
        "File non riconosciuto, ignorato: «IT01_2_MT_001.xml».",
        "File non riconosciuto, ignorato: «__MACOSX/._IT01_1.xml».",
        "File non riconosciuto, ignorato: «leggimi.txt».",
    ]
    with company(acme.id):
        assert Bill.objects.filter(job=job).count() == 6


def test_a_bad_file_among_good_ones(acme: CompanyFixture, tmp_path: Path) -> None:
    files = {f"IT01_{n}.xml": invoice(body(number=f"A1/{n}")) for n in range(1, 20)}
    files["IT01_20.xml.p7m"] = signed(invoice(body()))[:-1]
    job = life(acme, archive(files), tmp_path)
    assert (job.state, job.bills, job.refused) == (JobState.HELD, 19, 1)
    assert sentences(acme, job, "XML-605") == ["La busta firmata «IT01_20.xml.p7m» non è leggibile."]


def test_an_archive_of_receipts_alone(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, archive({"a.xml": b"<FileMetadati/>", "b.xml": b"<NotificaScarto/>"}), tmp_path)
    assert (job.state, job.bills) == (JobState.REFUSED, 0)
    assert sentences(acme, job, "FLS-001") == ["Nell'archivio non c'è nessuna fattura elettronica."]


def supplied(number: str, *, document: str = "B051/539") -> bytes:
    supplier = f"<DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{number}</IdCodice></IdFiscaleIVA>"
    return invoice(body(number=document), header=HEADER.replace("<DatiAnagrafici/>", f"{supplier}</DatiAnagrafici>", 1))


def test_the_supplier_is_the_company(acme: CompanyFixture, tmp_path: Path) -> None:
    """Its VAT number is that of the company's row; without one nothing is compared."""
    job = life(acme, archive({"a.xml": supplied("99000000017")}), tmp_path)
    assert (job.state, counted(acme, job)) == (JobState.PUBLISHED, {"WRN-407": 1})


def test_another_supplier_is_a_warning(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, archive({"a.xml": supplied("99000000025")}), tmp_path)
    assert job.state == JobState.PUBLISHED
    assert sentences(acme, job, "WRN-410") == [
        "Il file «a.xml» ha un cedente con partita IVA 99000000025, che non è quella dell'azienda: controllare."
    ]


def test_a_company_that_lists_its_numbers_takes_no_other(acme: CompanyFixture, tmp_path: Path) -> None:
    with company(acme.id):
        publish_settings(Intake(suppliers=("99000000033",)), by="test", now=NOW)
    for number, state in (
        ("99000000017", JobState.PUBLISHED),
        ("99000000033", JobState.PUBLISHED),
        ("99000000025", JobState.REFUSED),
    ):
        job = life(acme, archive({"a.xml": supplied(number, document=number)}), tmp_path)
        assert job.state == state, number
    assert sentences(acme, job, "FLS-007") == [
        "Il flusso è intestato all'azienda 99000000025, diversa da quella dell'area SFTP."
    ]


def test_a_company_without_a_number_compares_nothing(acme: CompanyFixture, tmp_path: Path) -> None:
    with company(acme.id):
        Company.objects.update(vat_number="")
    job = life(acme, archive({"a.xml": supplied("99000000025")}), tmp_path)
    assert (job.state, counted(acme, job)) == (JobState.PUBLISHED, {"WRN-407": 1})


def test_archives_inside_attachments_are_never_opened(acme: CompanyFixture, tmp_path: Path) -> None:
    packed = archive({"a.pdf": b"%PDF-1.7"})
    text = base64.b64encode(packed).decode()
    attached = f"<Allegati><NomeAttachment>a.zip</NomeAttachment><Attachment>{text}</Attachment></Allegati>"
    life(acme, archive({"a.xml": invoice(body(attachments=attached))}), tmp_path)
    assert files_of(acme, BillFile.Kind.ATTACHMENT) == {"a.zip": packed}
