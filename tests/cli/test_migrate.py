"""`smartbill migrate`: from nothing to the schema with its policies, by the owner alone, harmless to repeat."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from smartbill.adapters.postgres.roles import DatabaseUrls
from tests import cluster
from tests.cli.program import Called, call

_POLICIES = "SELECT count(*) FROM pg_policies WHERE schemaname = 'public'"


@pytest.fixture
def empty() -> Iterator[DatabaseUrls]:
    name = f"migrate_{os.getpid()}"
    yield cluster.create_database(name)
    cluster.drop_database(name)


def _migrate(urls: DatabaseUrls, **changes: str) -> Called:
    environ = os.environ | {"DATABASE_URL": urls.app, "SMARTBILL_OWNER_URL": urls.owner} | changes
    return call("migrate", environ=environ)


def test_an_empty_database_gets_everything_and_a_second_run_changes_nothing(empty: DatabaseUrls) -> None:
    first = _migrate(empty)
    assert (first.code, first.out.splitlines()[-1]) == (0, "Lo schema è aggiornato.")
    with psycopg.connect(empty.owner) as owner:
        owner.execute("DROP POLICY company_rows ON companies_staff")
        owner.execute("GRANT DELETE ON audit_entry TO smartbill_app")
    second = _migrate(empty)
    assert (second.code, second.out.splitlines()[-1]) == (0, "Lo schema è aggiornato.")
    with psycopg.connect(empty.owner) as owner:  # what had been taken away or given is as it should be
        assert owner.execute(f"{_POLICIES} AND tablename = 'companies_staff'").fetchone() == (2,)
        assert owner.execute("SELECT has_table_privilege('smartbill_app', 'audit_entry', 'DELETE')").fetchone() == (
            False,
        )


def test_without_the_owners_address_it_says_so(empty: DatabaseUrls) -> None:
    called = _migrate(empty, SMARTBILL_OWNER_URL="")
    assert (called.code, called.out) == (2, "")
    assert called.err == "SMARTBILL_OWNER_URL: serve l'indirizzo della base dati per il ruolo smartbill_owner\n"


def test_a_database_that_does_not_answer_is_told_in_a_line(empty: DatabaseUrls, tmp_path: Path) -> None:
    called = _migrate(empty, SMARTBILL_OWNER_URL=f"postgresql://smartbill_owner@/none?host={tmp_path}")
    assert (called.code, called.out) == (2, "")
    assert called.err == "La base dati non risponde: controllare SMARTBILL_OWNER_URL e che il server sia acceso.\n"
