"""What load balancers are told."""

import psycopg
from django.db import connection
from django.test import Client

from smartbill.adapters.postgres.roles import DatabaseUrls


def test_a_process_that_answers_is_alive_whatever_the_database_does() -> None:
    answer = Client().get("/health/alive")  # no database was asked for: a query would fail
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


def test_ready_with_a_current_schema(db: DatabaseUrls) -> None:
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_not_ready_when_the_schema_is_behind(db: DatabaseUrls) -> None:
    last = "SELECT max(id) FROM django_migrations WHERE app = 'tickets'"
    with psycopg.connect(db.owner) as owner:  # never committed by us: the row is put back below
        kept = owner.execute(f"DELETE FROM django_migrations WHERE id = ({last}) RETURNING *").fetchone()
    try:
        answer = Client().get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "schema"})
    finally:
        with psycopg.connect(db.owner) as owner:
            owner.execute("INSERT INTO django_migrations VALUES (%s, %s, %s, %s)", kept)


def test_a_newer_schema_is_ready(db: DatabaseUrls) -> None:
    with psycopg.connect(db.owner) as owner:
        owner.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('tickets', '9999_later', now())")
    try:
        assert Client().get("/health/ready").status_code == 200
    finally:
        with psycopg.connect(db.owner) as owner:
            owner.execute("DELETE FROM django_migrations WHERE name = '9999_later'")


def test_not_ready_without_a_database(db: DatabaseUrls) -> None:
    connection.close()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "there_is_none"
    try:
        answer = Client().get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "database"})
    finally:
        connection.settings_dict["NAME"] = name
        connection.close()


def test_only_reading_is_answered() -> None:
    assert Client().post("/health/alive").status_code == 405
