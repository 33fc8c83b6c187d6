"""Filters of Ricerca fatture: each finds what it should; those that pick few bills have an index behind the policy."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from django.db.models import Model

from smartbill.adapters.postgres.roles import DatabaseUrls
from smartbill.apps.archive.models import Bill, BillFile, BillSupply, Customer, DocumentKey
from smartbill.apps.archive.search import BillFilters, Standing, bills_found
from smartbill.apps.intake.models import Job
from smartbill.core.bill.value import BillKind, Service
from smartbill.core.search_form import search_form
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, make_job

_PLANS = [
    BillPlan(number="1", customer_code="A1", customer_name="Anna Maria D’Angelò", total=Decimal("10.00")),
    BillPlan(number="2", customer_code="B2", customer_name="Bruno De Luca", due_date=date(2026, 4, 15)),
    BillPlan(number="3", customer_code="C3", customer_name="Caffè Cento S.r.l.", services=(Service.GAS,)),
    BillPlan(
        number="4",
        customer_code="A1",
        customer_name="Anna Maria D’Angelò",
        kind=BillKind.CREDIT_NOTE,
        total=Decimal("-3.50"),
        due_date=None,
    ),
    BillPlan(number="5", customer_code="E5", services=(Service.ELECTRICITY, Service.GAS), total=Decimal("120.00")),
]


@pytest.fixture
def archived(acme: CompanyFixture, hydra: CompanyFixture) -> CompanyFixture:
    """Five bills, one of them out of force, one with an altered file; the same ones of another company."""
    job = make_job(acme.id, _PLANS)
    make_job(hydra.id, _PLANS, code="HYDRA")
    with company(acme.id):
        Bill.objects.filter(number="3").update(issue_date=date(2026, 3, 20))
        Bill.objects.filter(number="5").update(series="B")
        Bill.objects.filter(number="4").update(series="", number="4/2026", display_number="4/2026")
        DocumentKey.objects.filter(number="2").delete()
        Customer.objects.filter(code="C3").update(vat_number="01234567897")
        Customer.objects.filter(code="B2").update(fiscal_code="DLCBRN80A01H501A")
        BillSupply.objects.filter(bill__number="5", seq=2).update(point_code="00881234567890")
        BillFile.objects.create(
            company_id=acme.id, bill_id=job.bill_ids[0], kind="pdf", n=0, name="x", digest="0" * 64, size=1,
            fault="altered",
        )  # fmt: skip
    return acme


_ASKED: list[tuple[dict[str, object], str]] = [
    ({}, "5 4 3 1"),
    ({"document": "A/3"}, "3"),
    ({"document": "4/2026"}, "4"),
    ({"document": "1"}, "1"),
    ({"document": "B/1"}, ""),
    ({"series": "B"}, "5"),
    ({"issue_year": 2026}, "5 4 3 1"),
    ({"issue_year": 2025}, ""),
    ({"customer_code": "A1"}, "4 1"),
    ({"customer_name": "anna m"}, "4 1"),
    ({"customer_name": "d'angelo"}, "4 1"),
    ({"customer_name": "maria dangelò"}, "4 1"),
    ({"customer_name": "CAFFE"}, "3"),
    ({"customer_name": "ngelo"}, ""),
    ({"customer_name": "de luca", "standing": Standing.ALL}, "2"),
    ({"tax_code": "IT01234567897"}, "3"),
    ({"tax_code": "dlcbrn80a01h501a", "standing": Standing.DARK}, "2"),
    ({"point_code": "00881234567890"}, "5"),
    ({"job_code": "acme_2026_1"}, "5 4 3 1"),
    ({"issued_from": date(2026, 3, 1)}, "3"),
    ({"issued_to": date(2026, 2, 27)}, "5 4 1"),
    ({"due_from": date(2026, 4, 1), "standing": Standing.ALL}, "2"),
    ({"due_to": date(2026, 4, 1)}, "5 3 1"),
    ({"amount_from": 8451}, "5"),
    ({"amount_from": -350, "amount_to": 1000}, "4 1"),
    ({"amount_from": 0}, "5 3 1"),
    ({"amount_to": 0}, "4"),
    ({"kind": "credit_note"}, "4"),
    ({"service": "gas"}, "5 3"),
    ({"standing": Standing.DARK}, "2"),
    ({"standing": Standing.ALL}, "5 4 3 2 1"),
    ({"faulty": True}, "1"),
]


@pytest.mark.parametrize(("asked", "numbers"), _ASKED, ids=lambda value: str(value)[:60])
def test_a_filter_finds_its_bills(archived: CompanyFixture, asked: dict[str, object], numbers: str) -> None:
    with company(archived.id):
        page = bills_found(BillFilters(**asked), after="", before="", size=25)  # type: ignore[arg-type]
        assert " ".join(bill.number.removesuffix("/2026") for bill in page.rows) == numbers


def test_bills_of_a_job_that_is_not_published_are_not_in_the_archive(acme: CompanyFixture) -> None:
    job = make_job(acme.id, _PLANS[:1])
    with company(acme.id):
        Job.objects.filter(pk=job.id).update(state=JobState.HELD)
        assert bills_found(BillFilters(standing=Standing.ALL), after="", before="", size=25).rows == []


_INDEXES: list[tuple[dict[str, object], str]] = [
    ({"document": "A/4"}, "bill_by_number"),
    ({"customer_code": "A1"}, "bill_by_customer"),
    ({"customer_name": "rossi"}, "customer_by_name customer_by_second_word customer_by_last_word"),
    ({"tax_code": "01234567897"}, "customer_by_fiscal_code customer_by_vat_number"),
    ({"point_code": "00881234567890"}, "supply_by_point"),
    ({"issued_from": date(2026, 3, 1), "issued_to": date(2026, 3, 1)}, "bill_by_issue_date"),
    ({"due_from": date(2026, 3, 1), "due_to": date(2026, 3, 1)}, "bill_by_due_date"),
    ({"amount_from": 1000, "amount_to": 1000}, "bill_by_amount"),
    ({"faulty": True}, "faulty_bill_file"),
]


#: Copies of the first bills, a thousand times, spread over the jobs: as many as make an index worth taking.
_COPIES = """
    INSERT INTO archive_customer
           (company_id, code, name, fiscal_code, vat_number, language, preferred_channel, updated_at)
    SELECT company_id, code || '-' || n, name || n, n, n, language, preferred_channel, updated_at
    FROM archive_customer, generate_series(1, 1000) n WHERE length(code) = 2;
    INSERT INTO archive_bill ({bill}, job_id, doc_seq, number, customer_code, issue_date, due_date, total_due)
    SELECT {bill}, (SELECT id FROM intake_job WHERE intake_job.number = 1 + n % 40), doc_seq + n * 10, n,
           customer_code || '-' || n, issue_date + n, due_date + n, total_due + n
    FROM archive_bill, generate_series(1, 1000) n WHERE length(number) = 1;
    INSERT INTO archive_billsupply (company_id, bill_id, seq, service, point_code)
    SELECT company_id, id, 9, 'gas', id FROM archive_bill;
    INSERT INTO archive_billfile (company_id, bill_id, kind, n, name, digest, size)
    SELECT company_id, id, 'pdf', 9, '', '', 0 FROM archive_bill
"""


def test_a_filter_that_picks_few_bills_uses_its_index_as_the_app(
    archived: CompanyFixture, database: DatabaseUrls
) -> None:
    for number in range(2, 41):
        make_job(archived.id, [BillPlan(number=f"job-{number}")], number=number)
    copied = {"job_id", "doc_seq", "number", "customer_code", "issue_date", "due_date", "total_due"}
    with company(archived.id), connection.cursor() as cursor:
        cursor.execute(_COPIES.format(bill=_others(Bill, copied)))
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("ANALYZE")
    missed = []
    for asked, indexes in _INDEXES:
        with company(archived.id):
            plan = "\n".join(_plans(BillFilters(standing=Standing.ALL, **asked)))  # type: ignore[arg-type]
        unused = [name for name in indexes.split() if f" on {name} " not in plan and f" using {name} " not in plan]
        missed += [f"{asked}: {unused}\n{plan}"] if unused else []
    assert "\n".join(missed) == ""


def _others(model: type[Model], named: set[str]) -> str:
    """The columns of a table but its id and those named."""
    columns = [field.column for field in model._meta.concrete_fields if field.column not in named | {"id"}]
    return ", ".join(columns)


def _plans(filters: BillFilters) -> list[str]:
    explained: list[str] = []

    def explain(execute, sql, parameters, many, context):  # type: ignore[no-untyped-def]
        if sql.startswith("SELECT") and '"archive_bill"' in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", parameters)
                explained.extend(row[0] for row in cursor.fetchall())
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        bills_found(filters, after="", before="", size=25)
    return explained


@pytest.mark.parametrize(
    "name", ["D’Angelò  Élia", "Caffè & C. S.r.l.", "ŽIŽEK-ŠPELA", "Straße", "X", "Ünal_Öz 3°", ""]
)
def test_the_database_makes_the_same_search_form(acme: CompanyFixture, name: str) -> None:
    make_job(acme.id, [BillPlan(number="1")])
    with company(acme.id):
        Customer.objects.update(name=name)
        customer = Customer.objects.get()
    form = search_form(name)
    first, _, rest = form.partition(" ")
    before, _, last = form.rpartition(" ")
    assert customer.name_key == form
    assert customer.name_key_from_second == (f"{rest} {first}" if rest else form)
    assert customer.name_key_from_last == (f"{last} {before}" if before else form)
