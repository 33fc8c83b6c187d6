"""Ricerca fatture and the page of a bill: what is shown, what is handed out, what is put on record."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from smartbill.adapters.files.local import LocalStore
from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.models import BillFile, BillSupply, PdfOrder
from smartbill.apps.audit.models import Entry
from smartbill.core.ports.files import kept_key
from smartbill.database.context import company
from smartbill.usecases.sweeps.archive import check_kept_files
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, JobMade, make_job
from tests.web.backoffice.conftest import SignIn

_PDF = b"%PDF-1.7 la bolletta"
_DIGEST = sha256(_PDF).hexdigest()


@pytest.fixture
def job(acme: CompanyFixture) -> JobMade:
    """Two bills of one supply; the first has a PDF and an e-invoice."""
    plans = [BillPlan(number=n, customer_code="C1", customer_name="Rosa Prova") for n in ("539", "540")]
    made = make_job(acme.id, plans)
    open_store(settings.SMARTBILL).write(kept_key(acme.id, _DIGEST), [_PDF])
    with company(acme.id):
        for kind, name in (("pdf", "B051_539.pdf"), ("einvoice", "IT01_539.xml")):
            BillFile.objects.create(
                company_id=acme.id, bill_id=made.bill_ids[0], kind=kind, n=0, name=name, digest=_DIGEST, size=len(_PDF)
            )
    return made


@pytest.fixture
def client(acme: CompanyFixture, signed_in: SignIn) -> Client:
    return signed_in(acme.viewer.email)


def _alter(acme: CompanyFixture) -> None:
    open_store(settings.SMARTBILL).write(kept_key(acme.id, _DIGEST), [b"%PDF-1.7 altro"])


def _faults(acme: CompanyFixture) -> list[str]:
    with company(acme.id):
        return list(BillFile.objects.order_by("kind").values_list("fault", flat=True))


def _acts(acme: CompanyFixture) -> list[tuple[str, str]]:
    with company(acme.id):
        return list(Entry.objects.order_by("id").values_list("act", "subject"))


def test_amounts_are_asked_for_as_italians_write_them(client: Client, job: JobMade) -> None:
    for asked, found in (("84,50", True), ("84.5", True), ("1.084,50", False), ("84,51", False)):
        page = client.get("/backoffice/ACME/fatture/", {"amount_from": asked}).content.decode()
        assert ("A/539" in page) is found
    page = client.get("/backoffice/ACME/fatture/", {"amount_from": "tanto"}).content.decode()
    assert "Scriva l&#x27;importo in euro, come 84,50." in page


def test_the_page_of_a_bill_shows_it_with_its_files_and_those_of_its_supply(
    client: Client, acme: CompanyFixture, job: JobMade
) -> None:
    with company(acme.id):
        BillSupply.objects.update(point_code="IT001E00000001")
    page = client.get(f"/backoffice/ACME/fatture/{job.bill_ids[0]}/").content.decode()
    for shown in ("Bolletta A/539", "Rosa Prova", "84,50", _DIGEST, "B051_539.pdf", "integro", "A/540"):
        assert shown in page
    assert f'href="/backoffice/ACME/fatture/{job.bill_ids[1]}/"' in page
    assert _acts(acme) == [("open_bill", "document A/539")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pdf/", ("application/pdf", "open_pdf")),
        ("einvoice/0/", ("application/octet-stream", "open_einvoice")),
    ],
)
def test_a_file_is_handed_out_as_it_came(
    client: Client, acme: CompanyFixture, job: JobMade, path: str, expected: tuple[str, str]
) -> None:
    answer = client.get(f"/backoffice/ACME/fatture/{job.bill_ids[0]}/{path}")
    assert (answer.getvalue(), answer["Content-Type"]) == (_PDF, expected[0])
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert _acts(acme) == [(expected[1], "document A/539")]


@pytest.mark.parametrize("path", ["", "pdf/", "einvoice/0/", "einvoice/7/", "altro/0/"])
def test_what_is_not_there_and_what_is_another_companys_is_not_found(
    hydra: CompanyFixture, signed_in: SignIn, job: JobMade, path: str
) -> None:
    address = f"/backoffice/HYDRA/fatture/{job.bill_ids[0]}/{path}"
    assert signed_in(hydra.viewer.email).get(address).status_code == 404


def test_an_altered_file_is_not_handed_out_and_is_told_from_then_on(
    client: Client, acme: CompanyFixture, job: JobMade
) -> None:
    _alter(acme)
    page = client.get(f"/backoffice/ACME/fatture/{job.bill_ids[0]}/pdf/").content.decode()
    assert "la sua impronta è cambiata" in page
    assert _faults(acme) == ["", "altered"]
    page = client.get(f"/backoffice/ACME/fatture/{job.bill_ids[0]}/").content.decode()
    assert '<span class="tag tag-bad">alterato</span>' in page
    found = client.get("/backoffice/ACME/fatture/", {"faulty": "on"}).content.decode()
    assert ("A/539" in found, "A/540" in found) == (True, False)


def test_within_a_month_every_file_is_checked_once(acme: CompanyFixture, job: JobMade) -> None:
    _alter(acme)
    start = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    found = [check_kept_files(now=datetime.fromtimestamp(start + hour * 3600, UTC)) for hour in range(720)]
    assert (sum(found), max(found)) == (2, 1)
    assert _faults(acme) == ["altered", "altered"]


def test_a_file_that_is_put_back_is_whole_again(client: Client, acme: CompanyFixture, job: JobMade) -> None:
    store = open_store(settings.SMARTBILL)
    assert isinstance(store, LocalStore)
    store.delete(kept_key(acme.id, _DIGEST))
    page = client.get(f"/backoffice/ACME/fatture/{job.bill_ids[0]}/pdf/").content.decode()
    assert "Il file non è più nell'archivio" in page
    assert _faults(acme) == ["", "missing"]
    store.write(kept_key(acme.id, _DIGEST), [_PDF])
    hour = timezone.now().timestamp()
    for offset in range(720):
        check_kept_files(now=datetime.fromtimestamp(hour + offset * 3600, UTC))
    assert _faults(acme) == ["", ""]


def test_opening_a_file_that_was_put_back_tells_that_it_is_whole(
    client: Client, acme: CompanyFixture, job: JobMade
) -> None:
    _alter(acme)
    address = f"/backoffice/ACME/fatture/{job.bill_ids[0]}/pdf/"
    client.get(address)
    assert _faults(acme) == ["", "altered"]
    open_store(settings.SMARTBILL).write(kept_key(acme.id, _DIGEST), [_PDF])
    assert client.get(address).getvalue() == _PDF
    assert _faults(acme) == ["", ""]


def test_a_pdf_that_is_being_made_is_told_as_not_there_yet(client: Client, acme: CompanyFixture, job: JobMade) -> None:
    address = f"/backoffice/ACME/fatture/{job.bill_ids[1]}/pdf/"  # no worker is there
    assert "Il PDF è in preparazione: ci vuole qualche secondo." in client.get(address).content.decode()
    with company(acme.id):
        PdfOrder.objects.update(problem="nessuno")
    assert "Non è stato possibile preparare il PDF di questa bolletta." in client.get(address).content.decode()
