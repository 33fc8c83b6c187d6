"""The app lets the owner's function look at tables that have grown, and at no others."""

import psycopg

from smartbill.adapters.postgres.roles import DatabaseUrls
from smartbill.database.context import company
from smartbill.database.statistics import analyse_archive
from tests.conftest import CompanyFixture
from tests.factories import mailed_bills, make_job


def _known(database: DatabaseUrls) -> list[float]:
    """How many rows the planner takes three of the tables for; -1: it knows nothing."""
    with psycopg.connect(database.owner) as owner:
        rows = owner.execute(
            "SELECT reltuples FROM pg_class WHERE relname IN ('archive_bill', 'archive_contact', 'archive_customer')"
        ).fetchall()
    return [row[0] for row in rows]


def test_tables_that_a_job_changes_are_analysed(acme: CompanyFixture, database: DatabaseUrls) -> None:
    make_job(acme.id, mailed_bills(30))
    with company(acme.id):
        analyse_archive(30)
    assert _known(database) == [30, 30, 30]
    make_job(acme.id, mailed_bills(0), number=2)
    make_job(acme.id, [*mailed_bills(31)[30:]], number=3)
    with company(acme.id):
        analyse_archive(3)  # a tenth or less: what is known still holds
    assert _known(database) == [30, 30, 30]
