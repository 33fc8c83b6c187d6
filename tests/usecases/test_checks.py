"""The checks before the go-ahead: what each of them finds, who accepts it, when they are made again."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from smartbill.apps.archive.models import Bill, BillFile, BillSupply, Contact, Customer
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.intake.models import Finding, Job
from smartbill.apps.tickets.models import Batch, CheckRun
from smartbill.core.bill.value import BillKind
from smartbill.core.checks.value import Check
from smartbill.core.company.documents import Checks
from smartbill.core.ports.channels import Channel
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.checks import (
    accept_check,
    ask_checks,
    ask_checks_of_open_jobs,
    checked_exported,
    checks_found,
    look_at_checked,
    refuse_unchecked,
    sweep_checks,
)
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, ContactPlan, JobMade, mailed_bills, make_job
from tests.usecases.intake.flows import life, sample
from tests.worker import run_tasks

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
FAR = date.today() + timedelta(days=40)


def bills(count: int, *, first: int = 1, **wishes: object) -> list[BillPlan]:
    """Ordinary bills, due in a while."""
    return [
        BillPlan(
            number=str(n),
            contacts=[ContactPlan(address=f"c{n}@clienti.example")],
            **({"due_date": FAR} | wishes),  # type: ignore[arg-type]
        )
        for n in range(first, first + count)
    ]


def checked(owner: CompanyFixture, job: JobMade) -> dict[str, list[str]]:
    """What the checks find now: code -> documents (none for a check of the whole job)."""
    with company(owner.id):
        ask_checks(job.id, now=timezone.now())
    run_tasks()
    with company(owner.id):
        found = checks_found(job.id)
    assert not found.pending
    documents: dict[str, list[str]] = {}
    for line in found.lines:
        rows = checked_exported(owner.viewer, job.code, line.check, now=NOW)
        documents[line.check] = [row.document for row in rows or ()]
        assert len(documents[line.check]) == (line.count if line.has_list else 0)
    return documents


def of_customer(owner: CompanyFixture, bill_ids: Sequence[int], code: str, issued: date) -> None:
    with company(owner.id):
        Bill.objects.filter(pk__in=bill_ids).update(customer_code=code, issue_date=issued)


def test_a_job_in_order_has_nothing_to_show(acme: CompanyFixture) -> None:
    assert checked(acme, make_job(acme.id, bills(3))) == {}


def test_amounts_due_dates_and_ways_to_pay(acme: CompanyFixture) -> None:
    today = timezone.localdate()
    job = make_job(
        acme.id,
        [
            *bills(1, total=Decimal("0.00")),
            *bills(1, first=2, total=Decimal("-12.00")),
            *bills(1, first=3, total=Decimal("-12.00"), kind=BillKind.CREDIT_NOTE),
            *bills(1, first=4, due_date=today - timedelta(days=1)),
            *bills(1, first=5, due_date=today + timedelta(days=9)),
            *bills(1, first=6, due_date=today + timedelta(days=10)),
            *bills(1, first=7, due_date=today - timedelta(days=1), direct_debit=True),
            *bills(1, first=8, extra={"slip_present": False, "payable_online": False}),
        ],
    )
    assert checked(acme, job) == {
        "amount_zero": ["A/1"],
        "amount_negative": ["A/2"],
        "due_past": ["A/4"],
        "due_near": ["A/5"],
        "no_way_to_pay": ["A/8"],
    }
    with company(acme.id):
        page = look_at_checked(acme.viewer, job.id, job.code, Check.DUE_NEAR, now=NOW)
    assert [(row.document, row.figure, row.total_due) for row in page.rows] == [("A/5", 9, 8450)]


def test_an_amount_is_unusual_against_the_customers_own_average(acme: CompanyFixture) -> None:
    earlier = make_job(acme.id, bills(6, total=Decimal("100.00")), number=1)
    job = make_job(acme.id, bills(3, first=11, total=Decimal("150.01")), number=2)
    one, two, three = job.bill_ids
    of_customer(acme, earlier.bill_ids[:2], "ALTO", date(2026, 1, 10))
    of_customer(acme, [one], "ALTO", date(2026, 3, 1))
    of_customer(acme, earlier.bill_ids[2:3], "UNA", date(2026, 1, 10))  # one bill makes no average
    of_customer(acme, [two], "UNA", date(2026, 3, 1))
    of_customer(acme, earlier.bill_ids[3:5], "VECCHIE", date(2025, 2, 1))  # more than twelve months ago
    of_customer(acme, [three], "VECCHIE", date(2026, 3, 1))
    found = checked(acme, job)
    assert found["unusual"] == ["A/11"]
    with company(acme.id):
        (row,) = look_at_checked(acme.viewer, job.id, job.code, Check.UNUSUAL, now=NOW).rows
        assert row.figure == 10_000
        publish_settings(Checks(unusual_percent=151), by="x", now=NOW)
    assert "unusual" not in checked(acme, job)


def test_doubles_are_the_same_supply_period_and_amount(acme: CompanyFixture) -> None:
    earlier = make_job(acme.id, bills(2), number=1)
    job = make_job(acme.id, bills(4, first=11), number=2)
    with company(acme.id):
        BillSupply.objects.filter(bill_id__in=[earlier.bill_ids[0], job.bill_ids[0]]).update(point_code="PRIMA")
        BillSupply.objects.filter(bill_id__in=job.bill_ids[1:3]).update(point_code="STESSA")
        BillSupply.objects.filter(bill_id__in=[earlier.bill_ids[1], job.bill_ids[3]]).update(point_code="ALTRA")
        Bill.objects.filter(pk=job.bill_ids[3]).update(total_bill=9_999)
    found = checked(acme, job)
    assert found["double"] == ["A/11", "A/12", "A/13"]
    assert found["supply_new"] == ["A/12", "A/13"]
    rows = list(checked_exported(acme.viewer, job.code, Check.DOUBLE, now=NOW) or ())
    assert [row.other_document for row in rows] == ["A/1", "A/13", "A/12"]


def test_whom_the_bills_do_not_reach_and_why(acme: CompanyFixture) -> None:
    job = make_job(
        acme.id,
        [
            BillPlan(number="1", due_date=FAR),
            BillPlan(number="2", due_date=FAR, contacts=[ContactPlan(address="a@clienti.example", consent=False)]),
            BillPlan(
                number="3", due_date=FAR, contacts=[ContactPlan(address="+393331234567", channel=Channel.WHATSAPP)]
            ),
            BillPlan(
                number="4", due_date=FAR, preferred_channel="paper", contacts=[ContactPlan(address="b@clienti.example")]
            ),
            *[
                BillPlan(number=str(n), due_date=FAR, contacts=[ContactPlan(address="Comune@clienti.example")])
                for n in (5, 6, 7)
            ],
        ],
    )
    assert checked(acme, job) == {
        "no_contact": ["A/1"],
        "no_consent": ["A/2"],
        "other_channel": ["A/3"],
        "wants_paper": ["A/4"],
        "shared_address": ["A/5", "A/6", "A/7"],
    }


def test_pdfs_totals_and_the_job_before(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    make_job(acme.id, bills(10), number=1)
    job = make_job(acme.id, bills(2, first=21), number=2)
    with company(acme.id):
        BillFile.objects.create(
            company_id=acme.id, bill_id=job.bill_ids[0], kind="pdf", n=0, name="a.pdf", digest="d" * 64, size=1
        )
        Finding.objects.create(
            company_id=acme.id, job_id=job.id, n=1, code="XML-611", level="warning", document="A/22", values={}
        )
    found = checked(acme, job)
    assert found == {
        "pdf_missing": ["A/22"], "totals": ["A/22"], "total_change": [], "supply_new": ["A/21", "A/22"]
    }  # fmt: skip
    with company(acme.id):
        (line,) = [line for line in checks_found(job.id).lines if line.check is Check.TOTAL_CHANGE]
        assert dict(line.facts) == {
            "job": "ACME_2026_1", "last_bills": 10, "last_total": 84_500, "bills": 2, "total": 16_900
        }  # fmt: skip
        publish_settings(Checks(off=("totals", "total_change", "supply_new")), by="x", now=NOW)
    assert checked(acme, job) == {"pdf_missing": ["A/22"]}
    with company(hydra.id):
        assert checks_found(job.id).lines == []
    assert checked_exported(hydra.viewer, job.code, Check.TOTALS, now=NOW) is None


def test_a_blocking_check_waits_for_the_manager(acme: CompanyFixture) -> None:
    job = make_job(acme.id, bills(2, due_date=date(2026, 1, 1)))
    with company(acme.id):
        publish_settings(Checks(blocking=("due_past",)), by="x", now=NOW)
    checked(acme, job)
    with company(acme.id), pytest.raises(NotPossible, match=r"Scadenze già passate \(2\)"):
        refuse_unchecked(job.id)
    with pytest.raises(NotAllowed):
        accept_check(acme.operator, job.code, "due_past", note="va bene", now=NOW)
    for code, note in (("due_past", " "), ("unusual", "va bene"), ("che", "va bene")):
        with pytest.raises(NotPossible):
            accept_check(acme.manager, job.code, code, note=note, now=NOW)
    accept_check(acme.manager, job.code, "due_past", note="scadenza già concordata", now=NOW)
    with company(acme.id):
        refuse_unchecked(job.id)
        (line,) = [line for line in checks_found(job.id).lines if line.check is Check.DUE_PAST]
        assert line.decision is not None
        assert (line.decision.by, line.decision.note) == ("manager@acme.example", "scadenza già concordata")
        Bill.objects.filter(pk=job.bill_ids[1]).update(due_date=FAR)
    assert checked(acme, job) == {"due_past": ["A/1"]}
    with company(acme.id), pytest.raises(NotPossible):  # other bills than those that were accepted
        refuse_unchecked(job.id)


def test_they_are_made_again_when_contacts_change(acme: CompanyFixture) -> None:
    job = make_job(acme.id, [BillPlan(number="1", due_date=FAR)])
    assert checked(acme, job) == {"no_contact": ["A/1"]}
    with company(acme.id):
        Contact.objects.create(
            company_id=acme.id, customer=Customer.objects.get(), channel="email", address="x@clienti.example",
            address_hash=b"x" * 32, source="periodic", source_rank=8, told_by=8, updated_at=NOW,
        )  # fmt: skip
        assert ask_checks_of_open_jobs(now=NOW) == 1
        assert checks_found(job.id).pending
        with pytest.raises(NotPossible, match="in corso"):
            refuse_unchecked(job.id)
    run_tasks()
    with company(acme.id):
        assert checks_found(job.id).lines == []
        Batch.objects.create(
            company_id=acme.id, job_id=job.id, kind="mass", state="sending", created_by="x", created_at=NOW,
            started_at=NOW,
        )  # fmt: skip
        assert ask_checks_of_open_jobs(now=NOW) == 0
        ask_checks(job.id, now=NOW)  # as the withdrawal of a bill does, later too
    run_tasks()
    with company(acme.id):
        assert not checks_found(job.id).pending


def test_the_sweep_makes_them_each_day(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(1))
    now = timezone.now()
    assert sweep_checks(now=now) == 1
    run_tasks()
    assert sweep_checks(now=now + timedelta(minutes=6)) == 0
    assert sweep_checks(now=now + timedelta(days=1)) == 1
    with company(acme.id):
        CheckRun.objects.filter(job_id=job.id).update(asked=9, asked_at=now)
    assert sweep_checks(now=now + timedelta(minutes=4)) == 0
    assert sweep_checks(now=now + timedelta(minutes=6)) == 1


def test_a_flow_is_checked_when_it_is_published(acme: CompanyFixture, tmp_path: Path) -> None:
    job: Job = life(acme, sample(acme), tmp_path)
    with company(acme.id):
        found = checks_found(job.pk)
        assert (found.pending, found.open) == (False, [])
        assert found.computed_at is not None
