"""A stand-in mail server, and running the waiting tasks in the test's own process."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from msgspec.structs import replace
from procrastinate.contrib.django import app

from smartbill.usecases import tasks  # noqa: F401 (registers all)
from tests.smtp_standin import SmtpStandIn
from tests.worker import QUEUES

RunTasks = Callable[[], None]


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[SmtpStandIn]:
    with SmtpStandIn(tmp_path / "mail.sqlite").running() as running:
        yield running


@pytest.fixture
def fast(standin: SmtpStandIn, monkeypatch: pytest.MonkeyPatch) -> SmtpStandIn:
    """Settings that send to the stand-in, with pauses and timeouts that a test can wait for."""
    changed = replace(
        settings.SMARTBILL,
        smtp_url=standin.url,
        smtp_lanes=2,
        retry_seconds=0.05,
        submit_timeout_seconds=4.0,
        doubt_margin_seconds=0.01,
        sweep_seconds=1.0,
    )
    monkeypatch.setattr(settings, "SMARTBILL", changed)
    return standin


@pytest.fixture
def run_tasks(db: object) -> RunTasks:
    """Run the tasks that are due until none is; a worker of its own, without the timetable."""

    def run() -> None:
        while _waiting():
            asyncio.run(_run_due())

    return run


def _waiting() -> bool:
    """Whether a task waits, also for a moment that comes soon. A task that failed fails the test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, task_name, attempts FROM procrastinate_jobs WHERE queue_name <> 'mail'")
        tasks_left = cursor.fetchall()
    assert [name for status, name, attempts in tasks_left if status not in ("todo", "doing") or attempts] == []
    return tasks_left != []


async def _run_due() -> None:
    working = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    working.periodic_registry = type(working.periodic_registry)()
    async with working.open_async():
        await working.run_worker_async(
            queues=list(QUEUES),
            wait=False,
            concurrency=4,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="successful",
            task_middleware=[_without_connection],
        )


def _without_connection(call_next: Callable[[], object], context: object, worker: object) -> object:
    try:
        return call_next()
    finally:
        connections.close_all()
