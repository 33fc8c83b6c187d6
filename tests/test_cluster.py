"""The shared test cluster: one server, roles as in production, clones of a template, gone with the run."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import cluster

ROOT = Path(__file__).parent.parent

USER_OF_THE_CLUSTER = """
import sys
from tests import cluster
print(cluster.admin_url(), flush=True)
sys.stdin.readline()
"""


def test_a_clone_has_the_templates_rows_and_its_own_rights():
    name = f"clone_{os.getpid()}"
    template = cluster.create_database(f"{name}_template")
    with psycopg.connect(template.owner) as owner:
        owner.execute("CREATE TABLE reading (value int)")
        owner.execute("INSERT INTO reading VALUES (42)")
        owner.execute("GRANT SELECT ON reading TO smartbill_app")
    try:
        clone = cluster.create_database(name, f"{name}_template")
        with psycopg.connect(clone.app) as app:
            assert app.execute("SELECT current_user, value FROM reading").fetchone() == ("smartbill_app", 42)
            app.execute("CREATE TEMPORARY TABLE block (line text)")
    finally:
        cluster.drop_database(name)
        cluster.drop_database(f"{name}_template")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(clone.app)


@pytest.mark.skipif("SMARTBILL_TEST_DATABASE_ADMIN_URL" in os.environ, reason="the server is not ours to stop")
def test_processes_share_the_server_and_the_last_takes_it_along():
    environment = os.environ | {"SMARTBILL_TEST_RUN": f"other-{os.getpid()}"}
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER_OF_THE_CLUSTER],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    first, second = (user.stdout.readline().strip() for user in users)
    assert first == second
    users[0].kill()
    users[0].communicate()
    with psycopg.connect(second, autocommit=True) as connection:
        users[1].communicate("\n")
        # The keeper stops the server, which ends this connection: that is what we wait for.
        with pytest.raises(psycopg.OperationalError):
            list(connection.notifies(timeout=20))
