"""`smartbill sftp`: the SFTP server alone."""

import asyncio
import contextlib
import signal

import typer

from smartbill.cli.environment import enter

app = typer.Typer()


@app.command()
def sftp() -> None:
    """Avvia il server SFTP (SMARTBILL_SFTP_HOST, SMARTBILL_SFTP_PORT). Esempio: smartbill sftp"""
    settings = enter()
    from smartbill.web.sftp.service import SftpService  # after Django's set-up

    async def serve() -> None:
        task = asyncio.create_task(SftpService(settings.home, host=settings.sftp_host, port=settings.sftp_port).run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(serve())
