"""States of a message: what our worker did (own), what the world told (heard), and the higher of the two.

Own is moved only by our worker. Heard is the highest of all receipts by rank, so neither their order nor their
repetition matters. The client's labels of the statistics are a function of the state.
"""

from enum import StrEnum

from smartbill.core.ports.channels import Channel


class MessageState(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"  # claimed; the call may have happened (in doubt: `doubt_since` is set)
    SUBMITTED = "submitted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    S2S_ERROR = "s2s_error"
    CANCELLED = "cancelled"


class Label(StrEnum):
    """The words of the statistics screen."""

    DLVRD = "DLVRD"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    S2S = "S2S"
    PENDING = "PENDING"


#: What our worker may do by itself. QUEUED again only when it is certain that nothing left, or by the table of lost
#: answers (SMTP: again with the same Message-ID).
OWN_MOVES: dict[MessageState, frozenset[MessageState]] = {
    MessageState.QUEUED: frozenset({MessageState.SUBMITTING, MessageState.CANCELLED, MessageState.S2S_ERROR}),
    MessageState.SUBMITTING: frozenset({MessageState.SUBMITTED, MessageState.QUEUED, MessageState.S2S_ERROR}),
}

#: Own states after which our worker does nothing more.
FINAL_OWN = frozenset({MessageState.SUBMITTED, MessageState.CANCELLED, MessageState.S2S_ERROR})

_LABELS = {
    MessageState.DELIVERED: Label.DLVRD,
    MessageState.READ: Label.DLVRD,
    MessageState.FAILED: Label.ERROR,
    MessageState.TIMED_OUT: Label.TIMEOUT,
    MessageState.S2S_ERROR: Label.S2S,
}

_PHONE_RANKS = (
    (MessageState.QUEUED, None),
    (MessageState.SUBMITTING, None),
    (MessageState.SUBMITTED, None),
    (MessageState.SENT, None),
    (MessageState.TIMED_OUT, None),
    (MessageState.CANCELLED, None),
    (MessageState.S2S_ERROR, None),
    (MessageState.FAILED, False),
    (MessageState.FAILED, True),
    (MessageState.DELIVERED, None),
    (MessageState.READ, None),
)
_MAIL_RANKS = (
    (MessageState.QUEUED, None),
    (MessageState.SUBMITTING, None),
    (MessageState.SUBMITTED, None),
    (MessageState.SENT, None),
    (MessageState.DELIVERED, None),
    (MessageState.TIMED_OUT, None),
    (MessageState.CANCELLED, None),
    (MessageState.S2S_ERROR, None),
    (MessageState.FAILED, False),
    (MessageState.FAILED, True),
    (MessageState.READ, None),
)


def rank(channel: Channel, state: MessageState, *, permanent: bool = False) -> int:
    """The rank of a state on its channel (0–10). A late delivery beats a failure on a phone, not for mail."""
    ranks = _MAIL_RANKS if channel in (Channel.EMAIL, Channel.PEC) else _PHONE_RANKS
    return ranks.index((state, permanent if state is MessageState.FAILED else None))


def label(state: MessageState) -> Label:
    return _LABELS.get(state, Label.PENDING)
