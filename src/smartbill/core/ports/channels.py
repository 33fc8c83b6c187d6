"""Handing messages to the outside. A channel tells facts; the product judges them."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class Channel(StrEnum):
    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    PEC = "pec"


class OutgoingEmail(Struct, frozen=True, kw_only=True):
    """One e-mail, ready to leave. `message_id` is our reference: the same on every try."""

    message_id: str  # with angle brackets
    sender: str  # header From, with display name
    envelope_sender: str
    recipient: str
    reply_to: str
    subject: str
    text: str
    html: str


class HandOver(StrEnum):
    """What is known after a try to hand a message over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good: this message will not be taken
    NOT_NOW = "not_now"  # surely not taken, may be tried again
    IN_DOUBT = "in_doubt"  # the answer was lost: taken or not, nobody knows
    SENDER_DOWN = "sender_down"  # surely not taken, and no other message would be now


class HandOverFact(Struct, frozen=True, kw_only=True):
    outcome: HandOver
    code: str = ""  # the provider's own, as `550 5.1.1`
    detail: str = ""  # never shown to customers, no personal data


class EmailSession(Protocol):
    """A kept-open connection that hands over one message at a time."""

    def hand_over(self, email: OutgoingEmail) -> HandOverFact: ...

    def close(self) -> None: ...
