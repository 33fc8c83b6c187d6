"""Connections kept between requests: one that the server ended is replaced, a living one costs no round trip."""

import psycopg
from django.db import close_old_connections, connection

from smartbill.adapters.postgres.roles import DatabaseUrls


def server_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_that_the_server_ended_is_replaced(db: DatabaseUrls) -> None:
    first = server_process()
    close_old_connections()  # a request begins
    assert server_process() == first
    with psycopg.connect(db.admin, autocommit=True) as admin:
        ended = admin.execute("SELECT pg_terminate_backend(%s, 10000)", [first]).fetchone()
    assert ended == (True,)
    close_old_connections()
    assert server_process() != first


def test_a_living_connection_is_not_asked(db: DatabaseUrls) -> None:
    process = server_process()
    assert connection.is_usable()
    with psycopg.connect(db.admin, autocommit=True) as admin:
        last = admin.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [process]).fetchone()
    assert last == ("SELECT pg_backend_pid()",)
