"""`smartbill sftp`: the SFTP server alone."""

import asyncio
import contextlib
import signal
from typing import Annotated

import typer

from smartbill.cli.environment import enter, fail

app = typer.Typer()


@app.command()
def sftp(
    server: Annotated[
        bool, typer.Option("--server/--no-server", help="Senza server: guarda solo SMARTBILL_WATCHED_FOLDER.")
    ] = True,
) -> None:
    """Avvia il server SFTP (SMARTBILL_SFTP_HOST, SMARTBILL_SFTP_PORT). Esempio: smartbill sftp"""
    settings = enter()
    if not server and not settings.watched_folder:
        raise fail("SMARTBILL_WATCHED_FOLDER manca: senza server non c'è nulla da guardare.")
    from smartbill.web.sftp.service import Rules, SftpService  # after Django's set-up

    service = SftpService(
        settings.home,
        host=settings.sftp_host,
        port=settings.sftp_port if server else None,
        rules=Rules(
            rest=settings.rest_seconds,
            told_after=settings.stranded_seconds,
            kept=settings.stranded_days * 86400,
            idle=settings.sftp_idle_seconds,
            connections=settings.sftp_connections,
            watched=settings.watched_folder,
        ),
    )

    async def serve() -> None:
        task = asyncio.create_task(service.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(serve())
