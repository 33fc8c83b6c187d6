"""One SMTP connection, kept open over many messages, that tells what became of each (`README.md`)."""

import contextlib
import functools
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from smartbill.adapters.channels.email_smtp.codes import Step, fact_of
from smartbill.adapters.channels.email_smtp.content import NotAnAddress, content_of, envelope_address, origin_headers
from smartbill.adapters.channels.email_smtp.settings import SmtpSettings, parse_url
from smartbill.core.ports.channels import HandOver, HandOverFact, OutgoingEmail

_MESSAGES_PER_CONNECTION: Final = 1_000
_IDLE_SECONDS: Final = 60.0
_LEADING_DOT: Final = b"\r\n."


class _Reply(Exception):
    """The server answered something else than success."""

    def __init__(self, step: Step, reply: int, text: bytes) -> None:
        super().__init__(step, reply)
        self.step, self.reply, self.text = step, reply, text


class _Lost(Exception):
    """The connection broke or the time was over; `behind` the final dot or not."""

    def __init__(self, *, behind: bool) -> None:
        super().__init__(behind)
        self.behind = behind


class SmtpSession:
    """A connection that opens itself when needed. Not for use by two threads at once."""

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        timeout: float,
        monotonic: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._timeout = timeout
        self._monotonic = monotonic
        self._wall_clock = wall_clock
        self._deadline = 0.0
        self._client: smtplib.SMTP | None = None
        self._sent = 0
        self._used_at = 0.0

    def hand_over(self, email: OutgoingEmail) -> HandOverFact:
        """Hand one message over; never raises for what a server or a network does. Ends within the timeout."""
        self._deadline = self._monotonic() + self._timeout
        try:
            sender = envelope_address(email.envelope_sender)
            origin = origin_headers(email)
        except NotAnAddress:
            return HandOverFact(outcome=HandOver.SENDER_DOWN, code="sender")
        try:
            recipient = envelope_address(email.recipient)
        except NotAnAddress:
            return HandOverFact(outcome=HandOver.REFUSED, code="address")
        content = content_of(email, origin=origin, timestamp=self._wall_clock())
        try:
            client = self._connected()
        except smtplib.SMTPResponseException as answer:
            text = answer.smtp_error
            return fact_of(Step.CONNECT, answer.smtp_code, text.encode() if isinstance(text, str) else text)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            return HandOverFact(outcome=HandOver.SENDER_DOWN, code="connect", detail=type(error).__name__)
        return self._talked(client, sender, recipient, content)

    def close(self) -> None:
        if self._client is not None:
            self._deadline = self._monotonic() + min(self._timeout, 5.0)
            with contextlib.suppress(OSError, smtplib.SMTPException, _Lost):
                self._command(self._client, b"QUIT\r\n")
            self._drop()

    def _talked(self, client: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> HandOverFact:
        try:
            self._expect(Step.MAIL, self._command(client, f"MAIL FROM:<{sender}>\r\n".encode("ascii")), 250)
            self._expect(Step.RCPT, self._command(client, f"RCPT TO:<{recipient}>\r\n".encode("ascii")), 250, 251)
            self._expect(Step.DATA, self._command(client, b"DATA\r\n"), 354)
            reply, text = self._content(client, content)
        except _Reply as answer:
            self._after(client, answer.reply)
            return fact_of(answer.step, answer.reply, answer.text)
        except _Lost as lost:
            self._drop()
            return HandOverFact(outcome=HandOver.IN_DOUBT if lost.behind else HandOver.NOT_NOW, code="connection")
        self._sent += 1
        self._used_at = self._monotonic()
        if reply != 250:
            self._after(client, reply)
            return fact_of(Step.DATA, reply, text)
        return HandOverFact(outcome=HandOver.ACCEPTED, code="250")

    def _content(self, client: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
        """Send the content, and apart from it the end mark: only behind that may the server have taken it."""
        doubled = content.replace(_LEADING_DOT, b"\r\n..")
        if doubled.startswith(b"."):
            doubled = b"." + doubled
        self._write(client, doubled, behind=False)
        self._write(client, b".\r\n", behind=True)
        return self._answer(client, behind=True)

    def _connected(self) -> smtplib.SMTP:
        """The open connection, or a new one after 421, after many messages, after an idle minute."""
        if self._client is not None:
            idle = self._monotonic() - self._used_at
            if self._sent < _MESSAGES_PER_CONNECTION and idle < _IDLE_SECONDS:
                return self._client
            self.close()
            self._deadline = self._monotonic() + self._timeout
        client = self._opened()
        self._client = client
        self._sent = 0
        self._used_at = self._monotonic()
        return client

    def _opened(self) -> smtplib.SMTP:
        """A new connection, ready for MAIL. Raises OSError, smtplib.SMTPException, UnicodeError."""
        settings = self._settings
        context = ssl.create_default_context() if settings.tls or settings.starttls else None
        ours, left = _own_name(), self._left()
        client = (
            smtplib.SMTP_SSL(settings.host, settings.port, ours, timeout=left, context=context)
            if settings.tls
            else smtplib.SMTP(settings.host, settings.port, ours, timeout=left)
        )
        try:
            assert client.sock is not None
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if settings.starttls:
                client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
            if settings.user:
                client.login(settings.user, settings.password)
        except BaseException:
            client.close()
            raise
        return client

    def _after(self, client: smtplib.SMTP, reply: int) -> None:
        """Make the connection ready for the next message after a reply (success needs no RSET: RFC 5321, 4.1.1.4)."""
        if reply == 421:
            self._drop()
            return
        try:
            reset, _ = self._command(client, b"RSET\r\n")
        except _Lost:
            self._drop()
        else:
            if reset != 250:
                self._drop()

    def _command(self, client: smtplib.SMTP, line: bytes) -> tuple[int, bytes]:
        self._write(client, line, behind=False)
        return self._answer(client, behind=False)

    def _write(self, client: smtplib.SMTP, data: bytes, *, behind: bool) -> None:
        try:
            assert client.sock is not None
            client.sock.settimeout(self._left())
            client.sock.sendall(data)
        except (OSError, AssertionError) as error:
            raise _Lost(behind=behind) from error

    def _answer(self, client: smtplib.SMTP, *, behind: bool) -> tuple[int, bytes]:
        try:
            assert client.sock is not None
            client.sock.settimeout(self._left())
            reply, text = client.getreply()
        except (OSError, smtplib.SMTPException, AssertionError) as error:
            raise _Lost(behind=behind) from error
        if reply < 0:
            raise _Lost(behind=behind)
        return reply, text

    def _left(self) -> float:
        """Seconds that this hand-over may still last; a little more than none, so that the socket raises the error."""
        return max(self._deadline - self._monotonic(), 0.001)

    def _expect(self, step: Step, answer: tuple[int, bytes], *wanted: int) -> None:
        reply, text = answer
        if reply not in wanted:
            raise _Reply(step, reply, text)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


@functools.cache
def _own_name() -> str:
    return socket.getfqdn()


def open_session(url: str, *, timeout: float) -> SmtpSession:
    """A session to `smtp[s]://…`. Raises ValueError."""
    return SmtpSession(parse_url(url), timeout=timeout)
