"""An e-mail as bytes (RFC 5322, MIME). Written by hand: the standard library's builder takes longer than the SMTP
dialogue itself. Every header value is one line, whatever it was made from.
"""

import binascii
import re
from email.header import Header
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache
from hashlib import sha256

from smartbill.core.ports.channels import OutgoingEmail

_LINE_ENDS = re.compile(r"[\r\n\x00\x85\u2028\u2029]+")
_CRLF = re.compile(rb"\r\n|\r|\n")
#: What may stand in `<…>` of an envelope or a header without quoting: no space, bracket, control or non-ASCII sign.
_ADDRESS = re.compile(r"[!-;=?-~]+@[A-Za-z0-9.-]+|[!-;=?-~]+@\[[0-9A-Fa-f.:]+\]")


class NotAnAddress(ValueError):
    """An address that can't be put on an envelope."""


def envelope_address(address: str) -> str:
    """The address, unless it could be read as more than one (command or header injection). Raises NotAnAddress."""
    if not _ADDRESS.fullmatch(address):
        raise NotAnAddress
    return address


def origin_headers(email: OutgoingEmail) -> str:
    """The headers that say who sends. Raises NotAnAddress when the sender is none."""
    sender = f"From: {_mailbox(email.sender)}"
    return f"{sender}\r\nReply-To: {_mailbox(email.reply_to)}" if email.reply_to else sender


def content_of(email: OutgoingEmail, *, origin: str, timestamp: float) -> bytes:
    """The whole message with CRLF line ends, dots not yet doubled. `origin`: see `origin_headers`."""
    boundary = f"=_{sha256(email.message_id.encode()).hexdigest()[:32]}"
    headers = [
        origin,
        f"To: <{email.recipient}>",
        f"Subject: {_encoded(email.subject, 'Subject')}",
        f"Message-ID: {_one_line(email.message_id)}",
        f"Date: {formatdate(timestamp, localtime=False)}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    edge = f"\r\n--{boundary}".encode()
    return b"".join(
        (
            "\r\n".join(headers).encode("ascii", "replace"),
            b"\r\n",
            edge,
            _part("plain", email.text),
            edge,
            _part("html", email.html),
            edge,
            b"--\r\n",
        )
    )


def _part(subtype: str, text: str) -> bytes:
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True)
    head = f'\r\nContent-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode("ascii") + _CRLF.sub(b"\r\n", encoded)


@lru_cache(maxsize=256)
def _mailbox(mailbox: str) -> str:
    """A mailbox with or without display name, encoded (RFC 2047)."""
    name, address = parseaddr(_one_line(mailbox))
    return formataddr((name, envelope_address(address)), "utf-8")


def _encoded(value: str, header: str) -> str:
    value = _one_line(value).encode("utf-8", "replace").decode()
    if value.isascii() and len(value) < 60:
        return value
    return Header(value, "utf-8" if not value.isascii() else "ascii", header_name=header).encode(linesep="\r\n")


def _one_line(value: str) -> str:
    return _LINE_ENDS.sub(" ", value)
