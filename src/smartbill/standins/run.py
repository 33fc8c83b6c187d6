"""Both stand-ins in one process, until told to stop."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from smartbill.standins.mailbox import Mailbox
from smartbill.standins.outbox.server import Outbox
from smartbill.standins.smtp.server import Handler, start

_HOST = "127.0.0.1"


def serve(
    *,
    smtp_port: int,
    outbox_port: int,
    data: Path,
    magic: bool = True,
    secrets: Path | None = None,
    ready: Callable[[int, int], None],
) -> None:
    """Serve until SIGTERM or SIGINT. `secrets` is a file of one-time codes to show.

    `ready` gets the ports that were opened. Raises OSError when one is taken.
    """
    mailbox = Mailbox(data)
    try:
        outbox = Outbox(mailbox, host=_HOST, port=outbox_port, secrets=secrets)
        thread = outbox.start()
        try:
            asyncio.run(
                _serve_smtp(Handler(mailbox, magic=magic), smtp_port, lambda port: ready(port, outbox.server_port))
            )
        finally:
            outbox.shutdown()
            thread.join()
            outbox.server_close()
    finally:
        mailbox.close()


async def _serve_smtp(handler: Handler, port: int, ready: Callable[[int], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await start(handler, host=_HOST, port=port)
    ready(int(server.sockets[0].getsockname()[1]))
    await stop.wait()
    server.close()
