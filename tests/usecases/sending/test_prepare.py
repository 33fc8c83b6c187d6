"""Which bill gets a ticket, where it goes, and why some get none."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.messaging.models import Message
from smartbill.apps.tickets.models import Batch, Ticket, UnreachedBill
from smartbill.apps.tickets.operations import create_mass_batch, move_batch
from smartbill.apps.tickets.queries import unreached_counts, varied_bills
from smartbill.core.bill.value import BillKind, Service
from smartbill.core.company.documents import Access
from smartbill.core.ports.channels import Channel
from smartbill.core.states.batch import BatchState
from smartbill.database.context import company
from smartbill.usecases.sending import prepare
from smartbill.usecases.sending.prepare import prepare_batch
from smartbill.usecases.sending.test_batch import send_test_batch
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, ContactPlan, JobMade, mailed_bills, make_job

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def mass_batch_preparing(company_id: int, job: JobMade) -> int:
    with company(company_id):
        batch = create_mass_batch(job_id=job.id, by="x@acme.example", now=NOW)
        move_batch(batch, BatchState.PREPARING, now=NOW)
        return batch.pk


def mail(address: str, **more: object) -> ContactPlan:
    return ContactPlan(address=address, **more)  # type: ignore[arg-type]


def reached(acme: CompanyFixture, plan: BillPlan) -> list[str]:
    """Addresses, or the reason why there is none."""
    job = make_job(acme.id, [plan])
    batch_id = mass_batch_preparing(acme.id, job)
    prepare_batch(company_id=acme.id, batch_id=batch_id)
    with company(acme.id):
        tickets = list(Ticket.objects.values_list("address", flat=True))
        return tickets + list(UnreachedBill.objects.values_list("reason", flat=True))


@pytest.mark.parametrize(
    ("contacts", "wish", "found"),
    [
        ([mail("a@x.example")], "", "a@x.example"),
        ([mail("b@x.example", source_rank=20), mail("a@x.example", source_rank=10)], "", "a@x.example"),
        ([mail("a@x.example", source_rank=10), mail("b@x.example", source_rank=20, preferred=True)], "", "b@x.example"),
        ([mail("a@x.example", consent=False), mail("b@x.example", source_rank=90)], "", "b@x.example"),
        ([mail("+393331234567", channel=Channel.SMS), mail("a@x.example")], "sms", "a@x.example"),
        ([], "", "no_contact"),
        ([mail("a@x.example", consent=False)], "", "no_consent"),
        ([mail("+393331234567", channel=Channel.SMS)], "", "other_channel"),
        ([mail("a@x.example")], "paper", "wants_paper"),
        ([], "paper", "wants_paper"),
    ],
)
def test_the_first_usable_contact(acme: CompanyFixture, contacts: list[ContactPlan], wish: str, found: str) -> None:
    assert reached(acme, BillPlan(number="1", contacts=contacts, preferred_channel=wish)) == [found]


def test_a_company_without_active_channels_reaches_nobody(acme: CompanyFixture) -> None:
    with company(acme.id):
        publish_settings(Access(channels=()), by="x", now=NOW)
    assert reached(acme, BillPlan(number="1", contacts=[mail("a@x.example")])) == ["other_channel"]


def test_slices_and_repeats_give_each_bill_one_ticket_and_one_message(
    acme: CompanyFixture, hydra: CompanyFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job(hydra.id, mailed_bills(5), code="HYDRA")
    plans = [*mailed_bills(7), BillPlan(number="8"), *mailed_bills(20)[8:12]]
    job = make_job(acme.id, plans)
    batch_id = mass_batch_preparing(acme.id, job)
    monkeypatch.setattr(prepare, "_BILLS_AT_ONCE", 3)

    with company(acme.id):  # the first slice alone, as if a worker had died behind it
        prepare._prepare_slice(Batch.objects.get())
        assert Ticket.objects.count() == 3
    for _ in range(2):
        prepare_batch(company_id=acme.id, batch_id=batch_id)

    with company(acme.id):
        assert Batch.objects.get().state == BatchState.SENDING
        tickets = list(Ticket.objects.order_by("bill").values_list("bill", "message__channel", "message__own"))
        assert tickets == [(bill, "email", "queued") for n, bill in enumerate(job.bill_ids) if n != 7]
        assert list(UnreachedBill.objects.values_list("bill", "reason")) == [(job.bill_ids[7], "no_contact")]
        assert unreached_counts(batch_id) == {"no_contact": 1}
        assert len(set(Message.objects.values_list("reference", flat=True))) == 11
    with company(hydra.id):
        assert Ticket.objects.count() == 0


def test_a_contact_that_changes_between_two_slices_makes_no_second_ticket(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(2))
    batch_id = mass_batch_preparing(acme.id, job)
    with company(acme.id):
        prepare._prepare_slice(Batch.objects.get())
        Ticket.objects.filter(bill=job.bill_ids[0]).update(address_hash=b"x" * 32)
    prepare_batch(company_id=acme.id, batch_id=batch_id)
    with company(acme.id):
        assert Ticket.objects.count() == 2


def test_a_stopped_batch_is_not_prepared(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(2))
    batch_id = mass_batch_preparing(acme.id, job)
    with company(acme.id):
        move_batch(Batch.objects.get(), BatchState.STOPPED, now=NOW)
    prepare_batch(company_id=acme.id, batch_id=batch_id)
    with company(acme.id):
        assert Ticket.objects.count() == 0


def test_nonces_are_64_random_bits(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(1_000))
    prepare_batch(company_id=acme.id, batch_id=mass_batch_preparing(acme.id, job))
    with company(acme.id):
        nonces = [nonce % (1 << 64) for nonce in Ticket.objects.values_list("nonce", flat=True)]
    assert len(set(nonces)) == 1_000
    for bit in range(64):  # each is a fair coin: 1,000 throws lie within 500 ± 120 but for one in 10^13
        assert abs(sum(nonce >> bit & 1 for nonce in nonces) - 500) < 120


def test_a_test_batch_makes_one_ticket_per_bill_and_address_once(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(3))
    addresses = ["a@acme.example", "b@acme.example"]
    batch_id = send_test_batch(acme.editor, job.code, now=NOW, addresses=addresses, bill_ids=job.bill_ids[:2])
    prepare_batch(company_id=acme.id, batch_id=batch_id)
    with company(acme.id):
        Batch.objects.update(state=BatchState.PREPARING)
    prepare_batch(company_id=acme.id, batch_id=batch_id)
    with company(acme.id):
        tickets = list(Ticket.objects.order_by("bill", "address").values_list("bill", "address"))
        assert tickets == [(bill, address) for bill in job.bill_ids[:2] for address in addresses]
        assert Message.objects.count() == 4


def test_the_pick_for_a_test_batch_is_varied(acme: CompanyFixture) -> None:
    ordinary = [BillPlan(number=str(n), total=Decimal("50.00")) for n in range(1, 11)]
    odd = [
        BillPlan(number="11", kind=BillKind.CREDIT_NOTE, total=Decimal("-12.00")),
        BillPlan(number="12", services=(Service.GAS,)),
        BillPlan(number="13", services=(Service.ELECTRICITY, Service.GAS)),
        BillPlan(number="14", direct_debit=True),
        BillPlan(number="15", total=Decimal("0.00")),
    ]
    job = make_job(acme.id, [*ordinary, *odd])
    with company(acme.id):
        assert varied_bills(job.id, 5) == [job.bill_ids[n] for n in (0, 10, 11, 12, 13)]
        assert varied_bills(job.id, 8) == [job.bill_ids[n] for n in (0, 1, 2, 10, 11, 12, 13, 14)]
        assert varied_bills(job.id, 100) == list(job.bill_ids)
