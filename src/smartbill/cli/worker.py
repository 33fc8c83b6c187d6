"""`smartbill worker`: the tasks in the background."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import typer

from smartbill.cli.environment import enter, fail
from smartbill.core.settings import Settings

app = typer.Typer()

#: A task that notices the end of its worker has this long to come to a good place before it is told so.
_GRACE_SECONDS = 5

#: Heartbeats per time after which a worker counts as dead.
_HEARTBEATS = 3


@app.command()
def worker(
    queues: Annotated[str, typer.Option(help="Code da servire, separate da virgole; senza, tutte.")] = "",
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Attività contemporanee.")] = 8,
) -> None:
    """Esegue le attività in secondo piano fino all'arresto. Esempio: smartbill worker --queues send,maint"""
    settings = enter()
    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    if not asyncio.run(_run(settings, wanted, concurrency)):
        raise fail("Il worker si è fermato per un errore: va riavviato.")


async def _run(settings: Settings, queues: list[str], concurrency: int) -> bool:
    """Work until SIGTERM or SIGINT. Returns False when the worker ended by itself: the database was gone."""
    from procrastinate.contrib.django import app as tasks_app  # after Django's set-up
    from procrastinate.contrib.django.django_connector import DjangoConnector

    loop = asyncio.get_running_loop()
    # As many threads as tasks; asyncio's usual number depends on the machine and would hold tasks back.
    loop.set_default_executor(ThreadPoolExecutor(concurrency + 1, thread_name_prefix="task"))
    assert isinstance(tasks_app.connector, DjangoConnector)
    # A second app for the worker's own queries. `replace_connector` would also take the Django connection from tasks
    # that defer others, and so put these outside of their transaction.
    working = tasks_app.with_connector(tasks_app.connector.get_worker_connector())
    async with working.open_async():
        run = asyncio.ensure_future(
            working.run_worker_async(
                queues=queues or None,  # type: ignore[arg-type]  # all: its default is None too
                concurrency=concurrency,
                delete_jobs="successful",
                fetch_job_polling_interval=min(5.0, settings.sweep_seconds),
                update_heartbeat_interval=settings.stalled_seconds / _HEARTBEATS,
                stalled_worker_timeout=settings.stalled_seconds,
                shutdown_graceful_timeout=_GRACE_SECONDS,
                install_signal_handlers=False,
                task_middleware=[_without_connection],
            )
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, run.cancel)
        typer.echo("Worker avviato.")
        try:
            await run
        except asyncio.CancelledError:
            return True
        return False


def _without_connection(call_next: Callable[[], Any], *_: object) -> Any:
    """Close the thread's database connection when a task ends: threads end without a word, connections should not."""
    from django.db import connections  # after set-up

    try:
        return call_next()
    finally:
        connections.close_all()
