"""Tables cut by month: parts are made ahead by the app role, and for such tables only."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import psycopg
import pytest
from django.db import DatabaseError, connection

from smartbill.adapters.postgres.roles import DatabaseUrls
from smartbill.apps.tickets.models import Visit
from smartbill.apps.tickets.operations import record_visit
from smartbill.database.context import company
from smartbill.database.partitions import add_partitions, tables_by_month
from tests.conftest import CompanyFixture


@pytest.fixture
def parts(db: DatabaseUrls) -> Iterator[list[str]]:
    """The parts of the visits before the test; those that it makes are dropped again."""
    before = _parts(db)
    yield before
    with psycopg.connect(db.owner) as owner:
        for name in set(_parts(db)) - set(before):
            owner.execute(f"DROP TABLE {name}".encode())


def _parts(db: DatabaseUrls) -> list[str]:
    with psycopg.connect(db.owner) as owner:
        rows = owner.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'tickets_visit'::regclass"
        )
        return sorted(name for (name,) in rows)


def test_parts_are_made_over_the_turn_of_the_year_and_harmless_to_repeat(db: DatabaseUrls, parts: list[str]) -> None:
    for _ in range(2):
        add_partitions("tickets_visit", date(2031, 11, 30), months=3)
    assert sorted(set(_parts(db)) - set(parts)) == [
        "tickets_visit_2031_11",
        "tickets_visit_2031_12",
        "tickets_visit_2032_01",
    ]


def test_rows_go_to_their_month_and_stray_ones_to_the_default(
    db: DatabaseUrls, parts: list[str], acme: CompanyFixture
) -> None:
    add_partitions("tickets_visit", date(2031, 11, 1), months=1)
    with company(acme.id):
        for at in (datetime(2031, 11, 30, 22, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)):
            record_visit(ticket_id=1, step="summary", visitor=1, machine=False, agent="", now=at, counted_in=None)
    with psycopg.connect(db.admin) as admin:
        found = admin.execute("SELECT tableoid::regclass::text, id FROM tickets_visit ORDER BY at").fetchall()
    assert found == [("tickets_visit_2031_11", 1), ("tickets_visit_default", 2)]


def test_a_part_made_late_takes_its_rows_from_the_default(
    db: DatabaseUrls, parts: list[str], acme: CompanyFixture
) -> None:
    months = (
        datetime(2031, 10, 31, 22, tzinfo=UTC),
        datetime(2031, 11, 1, tzinfo=UTC),
        datetime(2031, 12, 1, tzinfo=UTC),
    )
    with company(acme.id):
        for at in months:
            record_visit(ticket_id=1, step="summary", visitor=1, machine=False, agent="", now=at, counted_in=None)
    add_partitions("tickets_visit", date(2031, 11, 1), months=1)
    with psycopg.connect(db.admin) as admin:
        found = admin.execute("SELECT tableoid::regclass::text, at FROM tickets_visit ORDER BY at").fetchall()
    rest, part = "tickets_visit_default", "tickets_visit_2031_11"
    assert found == list(zip((rest, part, rest), months, strict=True))
    with company(acme.id):
        assert Visit.objects.count() == 3


def test_a_new_installation_has_the_months_ahead(db: DatabaseUrls) -> None:
    with psycopg.connect(db.owner) as owner:
        assert owner.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'tickets_visit'::regclass"
        ).fetchone() == (4,)
    assert tables_by_month() == ["tickets_visit"]


def test_a_new_part_is_closed_to_the_app_except_through_its_parent(db: DatabaseUrls, parts: list[str]) -> None:
    add_partitions("tickets_visit", date(2031, 11, 1), months=1)
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tickets_visit_2031_11")


@pytest.mark.parametrize("name", ["companies_company", "no_such_table", "pg_class; DROP TABLE tickets_visit", "x y"])
def test_only_tables_cut_by_month_get_parts(db: DatabaseUrls, name: str) -> None:
    with pytest.raises(DatabaseError, match="is not a table cut by month"):
        add_partitions(name, date(2031, 11, 1), months=1)
