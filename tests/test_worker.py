"""The tests' own worker: tasks run for real, with Django's connections, and failures are not overlooked."""

import time
from collections.abc import Iterator

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from smartbill.apps.events.models import Change
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.worker import TaskFailed, run_tasks, waiting_tasks


def mark_and_go_on(*, company_id: int, left: int) -> None:
    with company(company_id):
        Change.objects.create(company_id=company_id, job_id=left)
        if left:
            app.configure_task("tests.mark", queue="count").defer(company_id=company_id, left=left - 1)


def fail(*, company_id: int) -> None:
    raise RuntimeError(company_id)


@pytest.fixture(autouse=True)
def tasks_of_this_file() -> Iterator[None]:
    app.task(mark_and_go_on, name="tests.mark", queue="count")
    app.task(fail, name="tests.fail", queue="count")
    yield
    del app.tasks["tests.mark"], app.tasks["tests.fail"]


def test_tasks_and_those_they_defer_are_run(acme: CompanyFixture) -> None:
    app.configure_task("tests.mark", queue="count").defer(company_id=acme.id, left=2)
    assert waiting_tasks() == [("tests.mark", {"company_id": acme.id, "left": 2})]
    run_tasks()
    with company(acme.id):
        assert list(Change.objects.order_by("id").values_list("job_id", flat=True)) == [2, 1, 0]
    assert waiting_tasks() == []


def test_only_the_named_queues_are_run(acme: CompanyFixture) -> None:
    app.configure_task("tests.mark", queue="count").defer(company_id=acme.id, left=0)
    run_tasks(queues=["mail"])
    assert len(waiting_tasks()) == 1


def test_a_failed_task_fails_the_test(acme: CompanyFixture) -> None:
    app.configure_task("tests.fail", queue="count").defer(company_id=acme.id)
    with pytest.raises(TaskFailed, match=r"tests\.fail"):
        run_tasks()
    run_tasks(may_fail=True)


def test_a_worker_leaves_no_connection_behind(acme: CompanyFixture) -> None:
    before = _connections()  # servers of other tests may hold some
    app.configure_task("tests.mark", queue="count").defer(company_id=acme.id, left=0)
    run_tasks()
    deadline = time.monotonic() + 10  # the server ends a connection some time after we close it
    while _connections() - before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _connections() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor}
