"""`smartbill up`: every role on this machine."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from smartbill.adapters.postgres.embedded import EmbeddedPostgres
from smartbill.adapters.postgres.errors import EmbeddedPostgresError
from smartbill.cli.environment import errors, fail, read_settings
from smartbill.cli.supervisor import Command, NotReady, ReadyPort, Supervisor, free_port

app = typer.Typer()


def smartbill(*arguments: str) -> list[str]:
    """The command line of this very program."""
    return [sys.executable, "-m", "smartbill", *arguments]


def taken_port(wanted: int, what: str) -> int:
    """The wanted port, or another one that is free, said on screen."""
    port = free_port(wanted)
    if port != wanted:
        errors.print(f"La porta {wanted} ({what}) è occupata: uso la {port}.", markup=False)
    return port


def start_database() -> EmbeddedPostgres | None:
    """The embedded server, started or joined, its addresses in our environment; None with an outside database."""
    settings = read_settings()
    if settings.database_url:
        return None
    server = EmbeddedPostgres(settings.home, note=lambda text: errors.print(text, markup=False), must_own=True)
    try:
        urls = server.start()
    except EmbeddedPostgresError as error:
        raise fail(str(error)) from error
    os.environ["DATABASE_URL"] = urls.app
    os.environ["SMARTBILL_OWNER_URL"] = urls.owner
    return server


def migrate() -> None:
    if read_settings().owner_url:
        done = subprocess.run(smartbill("migrate"), check=False, capture_output=True, text=True, timeout=3600)
        if done.returncode:
            raise fail("Lo schema della base dati non si aggiorna:", done.stderr)


def service_commands(*, web_port: int, sftp_port: int, env: Mapping[str, str]) -> list[Command]:
    """Web, workers and SFTP server. The owner's login stays with migrations."""
    env = {**env, "SMARTBILL_SFTP_PORT": str(sftp_port), "SMARTBILL_OWNER_URL": ""}
    settings = read_settings()
    workers = [
        Command(name=f"worker-{number + 1}", argv=smartbill("worker"), env=env)
        for number in range(settings.worker_processes)
    ]
    return [
        Command(name="web", argv=smartbill("web", "--port", str(web_port)), env=env, ready=ReadyPort(web_port)),
        Command(name="sftp", argv=smartbill("sftp"), env=env, ready=ReadyPort(sftp_port, settings.sftp_host)),
        *workers,
    ]


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Porta delle pagine.")] = 8000,
    sftp_port: Annotated[int, typer.Option(help="Porta del server SFTP.")] = 2222,
) -> None:
    """Avvia tutto su questa macchina, senza dati di prova. Esempio: smartbill up --port 8000"""
    web_port, sftp_port = taken_port(port, "pagine"), taken_port(sftp_port, "SFTP")
    server = start_database()
    try:
        migrate()
        with Supervisor(watch=server.revive if server else lambda: None) as supervisor:
            for command in service_commands(web_port=web_port, sftp_port=sftp_port, env={}):
                supervisor.start(command)
            if supervisor.wait_until_ready():
                typer.echo(f"Pronto: http://localhost:{web_port}/  SFTP sulla porta {sftp_port}. Ctrl-C ferma tutto.")
                supervisor.run()
    except NotReady as error:
        raise fail(str(error)) from error
    finally:
        if server is not None:
            server.stop()
