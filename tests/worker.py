"""Running the tasks that a test has deferred, with a real worker on the test's database."""

import json
from collections.abc import Sequence

from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry

#: All but `mail`, which needs a mail server: tests that have one name it.
QUEUES = ("intake", "send", "count", "maint", "paper")


class TaskFailed(AssertionError):
    """A task raised: its traceback is in the log."""


def run_tasks(*, queues: Sequence[str] = QUEUES, may_fail: bool = False) -> None:
    """Run all deferred tasks, and those that they defer, until none is left that is due now.

    Raises TaskFailed when one has failed or waits to be tried again, unless the test expects it (`may_fail`).
    """
    settings = connections.settings["default"]
    kept_age = settings["CONN_MAX_AGE"]
    settings["CONN_MAX_AGE"] = 0  # the worker's threads end with it, and so must their connections
    try:
        worker = app.with_connector(app.connector.get_worker_connector())
        worker.periodic_registry = PeriodicRegistry()  # tests start sweeps themselves: no clock here
        worker.run_worker(
            queues=list(queues), wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="never"
        )
    finally:
        settings["CONN_MAX_AGE"] = kept_age
    if may_fail:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, status, attempts FROM procrastinate_jobs"
            " WHERE status = 'failed' OR (status = 'todo' AND attempts > 0)"
        )
        if unfinished := cursor.fetchall():
            raise TaskFailed(unfinished)


def waiting_tasks() -> list[tuple[str, dict[str, object]]]:
    """Name and arguments of the tasks that are deferred and not yet begun, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]
