"""Published jobs with bills in force, made through the models: for tests of the stages behind the reading of a flow."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from smartbill.apps.archive.models import Bill, BillSupply, Contact, Customer, DocumentKey
from smartbill.apps.intake.models import Drop, Job
from smartbill.apps.tickets.models import CheckRun
from smartbill.core.bill import value
from smartbill.core.bill.document import document_json, encode_document
from smartbill.core.contacts.sources import BITS, Source
from smartbill.core.ports.channels import Channel
from smartbill.core.states.job import JobState
from smartbill.database.context import company

PUBLISHED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ContactPlan:
    address: str
    channel: Channel = Channel.EMAIL
    consent: bool | None = None
    preferred: bool = False
    source_rank: int = 10


@dataclass(frozen=True, kw_only=True)
class BillPlan:
    """What a test wants a bill to be; the rest is ordinary."""

    number: str
    total: Decimal = Decimal("84.50")
    kind: value.BillKind = value.BillKind.INVOICE
    services: tuple[value.Service, ...] = (value.Service.ELECTRICITY,)
    due_date: date | None = date(2026, 3, 31)
    direct_debit: bool = False
    customer_code: str = ""  # one per bill when empty
    customer_name: str = ""
    language: str = ""
    preferred_channel: str = ""
    contacts: Sequence[ContactPlan] = ()
    extra: dict[str, object] = field(default_factory=dict)  # fields of the bill value that replace ours


@dataclass(frozen=True)
class JobMade:
    id: int
    code: str
    bill_ids: tuple[int, ...]  # in the order of the plans


def mailed_bills(count: int, *, domain: str = "clienti.example") -> list[BillPlan]:
    """Ordinary bills, each with one e-mail address."""
    return [
        BillPlan(number=str(n), contacts=[ContactPlan(address=f"cliente{n}@{domain}")]) for n in range(1, count + 1)
    ]


def make_job(
    company_id: int, plans: Sequence[BillPlan], *, number: int = 1, test_flow: bool = False, code: str = "ACME"
) -> JobMade:
    """A published job of 2026 with these bills in force; its own transaction."""
    with company(company_id):
        job_code = f"{code}_2026_{number}"
        digest = hashlib.sha256(job_code.encode()).hexdigest()
        drop = Drop.objects.create(
            company_id=company_id,
            name=f"{job_code}.zip",
            size=1,
            digest=digest,
            source="sftp",
            received_at=PUBLISHED_AT,
        )
        job = Job.objects.create(
            company_id=company_id,
            year=2026,
            number=number,
            code=job_code,
            drop=drop,
            state=JobState.PUBLISHED,
            digest=digest,
            layout="stabo-v1",
            flow_id=f"F{number}",
            test_flow=test_flow,
            received_at=PUBLISHED_AT,
            published_at=PUBLISHED_AT,
            bills=len(plans),
        )
        bills = Bill.objects.bulk_create(_bill(job, n, plan) for n, plan in enumerate(plans, 1))
        DocumentKey.objects.bulk_create(
            DocumentKey(
                company_id=company_id,
                series=bill.series,
                number=bill.number,
                issue_year=bill.issue_year,
                bill=bill,
                job=job,
            )
            for bill in bills
        )
        BillSupply.objects.bulk_create(
            BillSupply(company_id=company_id, bill=bill, seq=seq, service=service, point_code=f"IT001E{bill.id:08d}")
            for bill, plan in zip(bills, plans, strict=True)
            for seq, service in enumerate(plan.services, 1)
        )
        _make_customers(company_id, job, plans)
        CheckRun.objects.create(
            company_id=company_id, job=job, asked=1, done=1, asked_at=PUBLISHED_AT, computed_at=PUBLISHED_AT
        )
        return JobMade(job.id, job.code, tuple(bill.id for bill in bills))


def bill_value(plan: BillPlan) -> value.Bill:
    """The bill that a plan stands for; enough of it for every page."""
    fields: dict[str, object] = {
        "source": "stabo-v1",
        "kind": plan.kind,
        "series": "A",
        "number": plan.number,
        "display_number": f"A/{plan.number}",
        "issue_date": date(2026, 2, 27),
        "due_date": plan.due_date,
        "period_from": date(2026, 1, 1),
        "period_to": date(2026, 1, 31),
        "customer": value.Customer(code=_customer_code(plan), name=_customer_name(plan)),
        "supplies": tuple(
            value.Supply(seq=seq, service=service, point_code=f"IT001E{seq:08d}")
            for seq, service in enumerate(plan.services, 1)
        ),
        "terms": (value.Term(seq=1, amount=plan.total, due_date=plan.due_date, direct_debit=plan.direct_debit),),
        "total_bill": plan.total,
        "taxable": plan.total,
        "vat": Decimal("0.00"),
        "total_due": plan.total,
        "direct_debit": plan.direct_debit,
        "slip_present": not plan.direct_debit,
        "payable_online": not plan.direct_debit,
    }
    return value.Bill(**(fields | plan.extra))  # type: ignore[arg-type]


def _customer_code(plan: BillPlan) -> str:
    return plan.customer_code or f"C{plan.number}"


def _customer_name(plan: BillPlan) -> str:
    return plan.customer_name or f"Cliente {plan.number}"


def _bill(job: Job, doc_seq: int, plan: BillPlan) -> Bill:
    bill = bill_value(plan)
    return Bill(
        company_id=job.company_id,
        job=job,
        doc_seq=doc_seq,
        block=1,
        kind=bill.kind,
        series=bill.series,
        number=bill.number,
        display_number=bill.display_number,
        issue_date=bill.issue_date,
        issue_year=bill.issue_date.year,
        due_date=bill.due_date,
        period_from=bill.period_from,
        period_to=bill.period_to,
        customer_code=bill.customer.code,
        customer_name=bill.customer.full_name,
        services=",".join(bill.services),
        total_bill=int(bill.total_bill * 100),
        total_due=int(bill.total_due * 100),
        slip_present=bill.slip_present,
        direct_debit=bill.direct_debit,
        payable_online=bill.payable_online,
        language=plan.language,
        line=doc_seq,
        digest=hashlib.sha256(document_json(bill)).digest(),
        document=encode_document(bill),
    )


def _make_customers(company_id: int, job: Job, plans: Sequence[BillPlan]) -> None:
    known = {plan.customer_code: plan for plan in plans if plan.customer_code}
    each = [*known.values(), *(plan for plan in plans if not plan.customer_code)]
    customers = Customer.objects.bulk_create(
        Customer(
            company_id=company_id,
            code=_customer_code(plan),
            name=_customer_name(plan),
            language=plan.language,
            preferred_channel=plan.preferred_channel,
            updated_at=PUBLISHED_AT,
        )
        for plan in each
    )
    Contact.objects.bulk_create(
        Contact(
            company_id=company_id,
            customer=customer,
            channel=contact.channel,
            address=contact.address,
            address_hash=hashlib.sha256(contact.address.lower().encode()).digest(),
            source="flow",
            source_rank=contact.source_rank,
            told_by=BITS[Source.FLOW],
            preferred=contact.preferred,
            consent=contact.consent,
            job=job,
            updated_at=PUBLISHED_AT,
        )
        for customer, plan in zip(customers, each, strict=True)
        for contact in plan.contacts
    )
