"""A customer's link in a test: a published bill, a batch, a ticket, the address of its pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.conf import settings
from django.test import Client

from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.models import BillFile
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.core.bill.value import Bill
from smartbill.core.company.documents import Look
from smartbill.core.states.batch import BatchKind
from smartbill.core.tickets.token import make_token, new_nonce, ticket_keys
from smartbill.database.context import company
from smartbill.usecases.portal.companies import forget_companies
from smartbill.web.portal.guesses import wrong_tickets
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, make_job

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
    "Safari/537.36"
)
PDF = b"%PDF-1.7 a bill for the tests\n%%EOF\n"
LOOK = Look(
    brand_color="#00509d",
    phone="800 123 456",
    phone_hours="lun–ven 8–20",
    support_email="aiuto@acme.example",
    website="https://acme.example",
    privacy_url="https://acme.example/privacy",
)


@dataclass(frozen=True)
class Link:
    company_id: int
    job_id: int
    bill_id: int
    ticket_id: int
    token: str
    root: str  # `/c/ACME/t/<token>`


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """What web processes keep in memory."""
    forget_companies()
    wrong_tickets.forget()
    yield
    forget_companies()


@pytest.fixture
def phone() -> Client:
    return Client(headers={"user-agent": PHONE})


MakeLink = Callable[..., Link]


@pytest.fixture
def make_link(acme: CompanyFixture) -> MakeLink:
    numbers = iter(range(1, 1000))

    def make(bill: Bill, *, owner: CompanyFixture = acme, kind: BatchKind = BatchKind.MASS, pdf: bool = True) -> Link:
        number = next(numbers)
        extra = {name: getattr(bill, name) for name in bill.__struct_fields__} | {"number": f"{bill.number}{number}"}
        job = make_job(owner.id, [BillPlan(number=str(number), extra=extra)], number=number, code=owner.code)
        now = datetime.now(UTC)
        address = "mario.rossi@example.org"
        with company(owner.id):
            batch = Batch.objects.create(
                company_id=owner.id, job_id=job.id, kind=kind, created_by="manager@acme.example", created_at=now
            )
            ticket = Ticket.objects.create(
                company_id=owner.id,
                batch=batch,
                bill_id=job.bill_ids[0],
                channel="email",
                address=address,
                address_hash=sha256(address.encode()).digest(),
                language="it",
                nonce=new_nonce(),
                created_at=now,
                validity_days=15,
                valid_until=now + timedelta(days=15),
            )
            if pdf:
                digest = sha256(PDF).hexdigest()
                open_store(settings.SMARTBILL).write(f"{owner.id}/{digest}", [PDF])
                BillFile.objects.create(
                    company_id=owner.id, bill_id=job.bill_ids[0], kind="pdf", n=1, name="b.pdf", digest=digest,
                    size=len(PDF),
                )  # fmt: skip
            publish_settings(LOOK, by="manager@acme.example", now=now)
        forget_companies()
        token = make_token(ticket.id, ticket.nonce, ticket_keys(settings.SMARTBILL.secret_keys))
        return Link(owner.id, job.id, job.bill_ids[0], ticket.id, token, f"/c/{owner.code}/t/{token}")

    return make
