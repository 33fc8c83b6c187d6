"""No company sees another's row: the roles, the policies and the grants that hold it."""

import pytest
from django.apps import apps
from django.db import DatabaseError, InternalError, ProgrammingError, connection
from django.utils import timezone

from smartbill.apps.audit.models import Entry
from smartbill.apps.audit.operations import record
from smartbill.apps.companies.models import Company, Staff
from smartbill.apps.companies.operations import next_number, publish_settings, read_secret, store_secret
from smartbill.apps.companies.queries import published, settled
from smartbill.core.company.documents import Access
from smartbill.database.context import NoCompany, company, current_company, sweep
from smartbill.database.security import company_column, our_models
from tests.conftest import CompanyFixture

STREET = [
    "accounts",
    "companies",
    "audit",
    "events",
    "intake",
    "archive",
    "tickets",
    "desk",
    "messaging payments",
    "reporting",
]
PLACE = {app: place for place, names in enumerate(STREET) for app in names.split()}


def test_every_table_carries_its_company() -> None:
    without = {model._meta.label for model in our_models() if company_column(model) is None}
    assert without == {"accounts.User", "intake.SftpHostKey"}  # the server's own keys are of no company


def test_tables_point_upstream_only() -> None:
    wrong = [
        f"{model._meta.label} -> {field.related_model._meta.label}"
        for model in our_models()
        for field in model._meta.concrete_fields
        if field.is_relation
        and field.related_model._meta.app_label != model._meta.app_label
        and PLACE[field.related_model._meta.app_label] >= PLACE[model._meta.app_label]
    ]
    assert wrong == []


def test_every_app_of_the_street_is_installed() -> None:
    assert {config.label for config in apps.get_app_configs() if config.name.startswith("smartbill.")} == set(PLACE)


def test_policies_are_forced_on_every_company_table(db: object) -> None:
    tables = {model._meta.db_table for model in our_models() if company_column(model) is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname FROM pg_class c
               WHERE c.relrowsecurity AND c.relforcerowsecurity AND c.relname = ANY(%s)
                 AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) = 2""",
            [sorted(tables)],
        )
        assert {row[0] for row in cursor} == tables


def test_the_app_role_owns_nothing_and_cannot_pass_policies(db: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_user, rolsuper, rolbypassrls, rolinherit,
                      (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)
               FROM pg_roles WHERE rolname = current_user"""
        )
        assert cursor.fetchone() == ("smartbill_app", False, False, False, 0)


def test_parts_of_a_table_cannot_be_read_past_its_policy(db: object) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tickets_visit_default")


def test_a_company_sees_its_own_rows_only(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    assert Staff.objects.count() == 0
    with company(acme.id):
        assert {company_id for (company_id,) in Staff.objects.values_list("company_id")} == {acme.id}
        assert [row.code for row in Company.objects.all()] == ["ACME"]
    with company(hydra.id):
        assert [row.code for row in Company.objects.all()] == ["HYDRA"]
        assert Staff.objects.filter(company_id=acme.id).update(role="viewer") == 0
    with sweep():
        assert [row.code for row in Company.objects.order_by("code")] == ["ACME", "HYDRA"]
    assert Company.objects.count() == 0


def test_a_row_for_another_company_is_refused(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), company(acme.id):
        Entry.objects.create(company_id=hydra.id, at=timezone.now(), actor="x", act="y")


def test_there_is_no_company_outside_its_transaction(acme: CompanyFixture) -> None:
    with company(acme.id):
        assert current_company() == acme.id
    with pytest.raises(NoCompany):
        current_company()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry"])
def test_the_record_of_acts_cannot_be_changed(acme: CompanyFixture, statement: str) -> None:
    with company(acme.id):
        record(at=timezone.now(), actor="manager@acme.example", act="approve_job")
    with (
        pytest.raises((ProgrammingError, InternalError, DatabaseError), match="permission denied"),
        company(acme.id),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_numbers_settings_and_secrets_are_per_company(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    with company(acme.id):
        assert [next_number("job", 2026), next_number("job", 2026), next_number("job", 2027)] == [1, 2, 1]
        assert publish_settings(Access(validity_days=10), by="x", now=timezone.now()) == 1
        assert publish_settings(Access(validity_days=20), by="x", now=timezone.now()) == 2
        assert published(Access) == (2, Access(validity_days=20))
        store_secret("smtp", "password", "segreta")
        assert read_secret("smtp", "password") == "segreta"
    with company(hydra.id):
        assert next_number("job", 2026) == 1
        assert settled(Access) == Access()
        assert read_secret("smtp", "password") is None
