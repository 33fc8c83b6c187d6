"""The SMTP stand-in: keeps every mail, and misbehaves for magic recipients.

`rifiuta@…` is refused (550); `piena@…` is answered 452 behind the content once for each Message-ID, then taken;
`lenta@…` takes its time; `cade@…` takes the mail, then closes without an answer, once for each Message-ID;
`421@…` is answered 421 and hung up on, every other time.
"""

import asyncio
import email
import email.policy
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from smartbill.standins.mailbox import Mailbox


class Handler:
    """What aiosmtpd calls. `magic` off: every recipient is ordinary."""

    def __init__(self, mailbox: Mailbox, *, magic: bool = True, slow_seconds: float = 2.0) -> None:
        self.mailbox = mailbox
        self.magic = magic
        self.slow_seconds = slow_seconds
        self._hung_up_on: set[str] = set()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._is(address, "rifiuta"):
            return f"550 5.1.1 <{address}>: user unknown"
        if self._is(address, "421") and not self._hung_up_before(address):
            await server.push("421 4.3.2 Service shutting down")
            await _hang_up(server)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        message_id = str(email.message_from_bytes(raw, policy=email.policy.compat32).get("Message-ID", ""))
        if self._any(envelope, "lenta"):
            await asyncio.sleep(self.slow_seconds)
        if self._any(envelope, "piena") and self.mailbox.first_time("full", message_id):
            return "452 4.2.2 Mailbox full"
        self.mailbox.store(envelope_sender=envelope.mail_from or "", recipients=envelope.rcpt_tos, raw=raw)
        if self._any(envelope, "cade") and self.mailbox.first_time("dropped", message_id):
            await _hang_up(server)
        return "250 2.0.0 OK"

    def _is(self, address: str, name: str) -> bool:
        return self.magic and address.split("@", 1)[0].split("+", 1)[0].lower() == name

    def _any(self, envelope: Envelope, name: str) -> bool:
        return any(self._is(address, name) for address in envelope.rcpt_tos)

    def _hung_up_before(self, address: str) -> bool:
        if address in self._hung_up_on:
            self._hung_up_on.remove(address)
            return True
        self._hung_up_on.add(address)
        return False


async def _hang_up(server: SMTP) -> None:
    """Close the connection; the coroutine that serves it is cancelled by that."""
    assert server.transport is not None
    server.transport.close()
    await asyncio.Event().wait()


async def start(handler: Handler, *, host: str, port: int) -> asyncio.Server:
    """Listen for SMTP in the running loop. Port 0 takes any that is free."""
    loop = asyncio.get_running_loop()

    def connection() -> Any:
        return SMTP(handler, hostname="standin.example", ident="Bolletta Smart stand-in", loop=loop)

    return await loop.create_server(connection, host, port)
