"""The SMTP stand-in in a thread of the test's process, with a mailbox to look into."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartbill.standins.mailbox import Mail, Mailbox
from smartbill.standins.smtp.server import Handler, start


class SmtpStandIn:
    """`url` is for the settings; `server_down` closes it for new connections."""

    def __init__(self, path: Path, *, slow_seconds: float = 0.5) -> None:
        self.mailbox = Mailbox(path)
        self.handler = Handler(self.mailbox, slow_seconds=slow_seconds)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def up(self) -> None:
        server = asyncio.run_coroutine_threadsafe(start(self.handler, host="127.0.0.1", port=self.port), self._loop)
        self._server = server.result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(10)

    def received(self, recipient: str = "") -> list[Mail]:
        """Oldest first."""
        return self.mailbox.mails(recipient=recipient)[::-1]

    @contextmanager
    def running(self) -> Iterator["SmtpStandIn"]:
        self._thread.start()
        self.up()
        try:
            yield self
        finally:
            self.down()
            asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()
            self.mailbox.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
