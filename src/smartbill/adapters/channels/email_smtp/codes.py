"""What an SMTP reply means to us (RFC 5321, RFC 3463)."""

import re
from enum import StrEnum
from typing import Final

from smartbill.core.ports.channels import HandOver, HandOverFact


class Step(StrEnum):
    """Where in the dialogue a reply came."""

    CONNECT = "connect"  # greeting, EHLO, TLS, login
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before the content, and after the final dot


_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS = re.compile(r"\S*@\S*")
_DETAIL_LENGTH = 200

#: Our login or our right to send is at fault: no other message would pass.
_NOT_AUTHENTICATED: Final = frozenset({530, 534, 535, 538})


def fact_of(step: Step, reply: int, text: bytes) -> HandOverFact:
    """The fact behind a reply that is not a success."""
    said = text.decode("ascii", "replace")
    enhanced = _ENHANCED.match(said)
    return HandOverFact(
        outcome=_outcome(step, reply),
        code=f"{reply} {enhanced[0]}" if enhanced else str(reply),
        detail=_ADDRESS.sub("…", " ".join(said.split()))[:_DETAIL_LENGTH],  # replies quote the recipient
    )


def _outcome(step: Step, reply: int) -> HandOver:
    if step is Step.CONNECT or reply in _NOT_AUTHENTICATED:
        return HandOver.SENDER_DOWN
    if 500 <= reply < 600:
        # The sender is the same for all messages of a batch; only «too big» speaks of this one (552, RFC 1870).
        return HandOver.SENDER_DOWN if step is Step.MAIL and reply != 552 else HandOver.REFUSED
    return HandOver.NOT_NOW
