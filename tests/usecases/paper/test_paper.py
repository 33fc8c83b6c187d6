"""From asking for a PDF to having it: ordered once, made by a worker, kept; a delivered one wins."""

import io
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pikepdf
from django.conf import settings

from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.models import BillFile, DocumentKey, PdfOrder
from smartbill.apps.archive.queries import StoredFile, pdf_of
from smartbill.apps.companies.models import Role
from smartbill.apps.companies.operations import publish_settings
from smartbill.core.company.documents import Look, Paper
from smartbill.core.ports.files import kept_key
from smartbill.database.context import company
from smartbill.usecases.actor import Actor
from smartbill.usecases.paper.make import make_pdf
from smartbill.usecases.paper.order import Ordered, order
from smartbill.usecases.staff.bills import open_pdf
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, make_job
from tests.web.portal import bills
from tests.worker import run_tasks, waiting_tasks

NOW = datetime(2026, 7, 10, 9, 0, tzinfo=UTC)


def ordinary_bill(acme: CompanyFixture) -> int:
    bill = bills.ordinary()
    extra = {name: getattr(bill, name) for name in bill.__struct_fields__}
    return make_job(acme.id, [BillPlan(number=bill.number, extra=extra)]).bill_ids[0]


def kept_pdf(acme: CompanyFixture, bill_id: int, *, made: bool = True) -> StoredFile | None:
    with company(acme.id):
        return pdf_of(bill_id, made=made)


def content(acme: CompanyFixture, file: StoredFile) -> bytes:
    with open_store(settings.SMARTBILL).open(kept_key(acme.id, file.digest)) as stream:
        return stream.read()


def add_file(acme: CompanyFixture, bill_id: int, kind: BillFile.Kind, data: bytes, name: str) -> str:
    digest = sha256(data).hexdigest()
    open_store(settings.SMARTBILL).write(kept_key(acme.id, digest), [data])
    with company(acme.id):
        BillFile.objects.create(
            company_id=acme.id, bill_id=bill_id, kind=kind, n=0, name=name, digest=digest, size=len(data)
        )
    return digest


def take_out_of_force(acme: CompanyFixture, bill_id: int) -> None:
    with company(acme.id):
        DocumentKey.objects.filter(bill_id=bill_id).delete()


def test_a_pdf_is_ordered_once_and_kept(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    assert order(acme.id, bill_id, now=NOW) is Ordered.COMING
    assert order(acme.id, bill_id, now=NOW + timedelta(seconds=2)) is Ordered.COMING
    assert waiting_tasks() == [("paper.make_pdf", {"company_id": acme.id, "bill_id": bill_id})]
    run_tasks()
    assert order(acme.id, bill_id, now=NOW + timedelta(hours=2)) is Ordered.READY
    assert waiting_tasks() == []
    file = kept_pdf(acme, bill_id)
    assert file is not None
    pdf = content(acme, file)
    assert (sha256(pdf).hexdigest(), len(pdf), file.kind) == (file.digest, file.size, BillFile.Kind.MADE)
    assert file.name == "bolletta_B051_601.pdf"
    with company(acme.id):
        assert PdfOrder.objects.get().made_from == "look 0, paper 0, slips 0, program 0.1.0"
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert list(document.attachments) == ["bolletta.json"]


def test_making_again_changes_nothing(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    order(acme.id, bill_id, now=NOW)
    run_tasks()
    first = kept_pdf(acme, bill_id)
    with company(acme.id):
        publish_settings(Look(brand_color="#b3261e"), by="x@acme.example", now=NOW)
    make_pdf(company_id=acme.id, bill_id=bill_id)
    assert kept_pdf(acme, bill_id) == first
    with company(acme.id):
        BillFile.objects.all().delete()
        publish_settings(Look(), by="x@acme.example", now=NOW)
    make_pdf(company_id=acme.id, bill_id=bill_id)
    assert kept_pdf(acme, bill_id) == first  # the same settings, the same bytes


def test_the_electronic_invoice_travels_inside(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    add_file(acme, bill_id, BillFile.Kind.EINVOICE, b"<?xml version='1.0'?><x/>", "IT01.xml")
    make_pdf(company_id=acme.id, bill_id=bill_id)
    file = kept_pdf(acme, bill_id)
    assert file is not None
    with pikepdf.open(io.BytesIO(content(acme, file))) as document:
        assert document.attachments["fattura-elettronica.xml"].get_file().read_bytes() == b"<?xml version='1.0'?><x/>"
        assert str(document.Root.AF[0].AFRelationship) == "/Source"


def test_a_delivered_pdf_wins(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    make_pdf(company_id=acme.id, bill_id=bill_id)
    digest = add_file(acme, bill_id, BillFile.Kind.PDF, b"%PDF-1.7 theirs", "loro.pdf")
    file = kept_pdf(acme, bill_id)
    assert file is not None
    assert (file.digest, file.name) == (digest, "loro.pdf")
    assert order(acme.id, bill_id, now=NOW) is Ordered.READY


def test_none_is_made_beside_a_delivered_one(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    add_file(acme, bill_id, BillFile.Kind.PDF, b"%PDF-1.7 theirs", "loro.pdf")
    make_pdf(company_id=acme.id, bill_id=bill_id)
    with company(acme.id):
        assert [file.kind for file in BillFile.objects.all()] == [BillFile.Kind.PDF]


def test_a_company_may_switch_it_off(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    actor = Actor(company_id=acme.id, email=acme.viewer, role=Role.VIEWER)
    make_pdf(company_id=acme.id, bill_id=bill_id)
    with company(acme.id):
        publish_settings(Paper(make_pdf=False), by="x@acme.example", now=NOW)
    assert open_pdf(actor, bill_id, now=NOW) is None
    with company(acme.id):
        BillFile.objects.all().delete()
    make_pdf(company_id=acme.id, bill_id=bill_id)
    assert kept_pdf(acme, bill_id) is None


def test_a_bill_out_of_force_has_no_pdf(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    order(acme.id, bill_id, now=NOW)
    take_out_of_force(acme, bill_id)
    run_tasks()
    assert kept_pdf(acme, bill_id) is None
    with company(acme.id):
        assert not BillFile.objects.exists()


def test_staff_ask_in_the_same_way(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    actor = Actor(company_id=acme.id, email=acme.viewer, role=Role.VIEWER)
    assert open_pdf(actor, bill_id, now=NOW) is Ordered.COMING
    run_tasks()
    opened = open_pdf(actor, bill_id, now=NOW)
    assert isinstance(opened, tuple)
    assert b"".join(opened[1].pieces).startswith(b"%PDF-1.7")


def test_what_cannot_be_made_is_told_and_may_be_tried_again(acme: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    with company(acme.id):
        publish_settings(Look(brand_color="rosso"), by="x@acme.example", now=NOW)
    order(acme.id, bill_id, now=NOW)
    run_tasks()
    assert order(acme.id, bill_id, now=NOW + timedelta(minutes=1)) is Ordered.FAILED
    with company(acme.id):
        assert "rosso" in PdfOrder.objects.get().problem
        publish_settings(Look(), by="x@acme.example", now=NOW)
    assert order(acme.id, bill_id, now=NOW + timedelta(minutes=11)) is Ordered.COMING
    run_tasks()
    assert order(acme.id, bill_id, now=NOW + timedelta(minutes=12)) is Ordered.READY


def test_no_company_makes_that_of_another(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    bill_id = ordinary_bill(acme)
    make_pdf(company_id=hydra.id, bill_id=bill_id)
    assert kept_pdf(acme, bill_id) is None
