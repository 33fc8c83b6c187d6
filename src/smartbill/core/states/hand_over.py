"""What the answer of a channel means for a message: a pure function, the only place that judges."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from smartbill.core.ports.channels import HandOver, HandOverFact
from smartbill.core.states.message import MessageState

#: A temporary refusal is answered by trying again so often: some four hours with the usual pauses.
MAX_TRIES: Final = 48
_LONGEST_PAUSE: Final = timedelta(minutes=5)

#: So many equal refusals in a row, none accepted between, are a fault of the sender: the batch is paused.
ALIKE_REFUSALS: Final = 20


class Judgement(Struct, frozen=True, kw_only=True):
    """The message's next own state. `in_doubt`: it stays `submitting` until the doubt is settled."""

    own: MessageState
    reason: str = ""
    not_before: datetime | None = None
    in_doubt: bool = False


def pause_after(failures: int, first_pause: timedelta) -> timedelta:
    """The pause after so many failures in a row: the first, then twice as long each, at most five minutes."""
    factor: int = 2 ** min(failures, 16)
    return min(first_pause * factor, max(_LONGEST_PAUSE, first_pause))


def judge(fact: HandOverFact, *, earlier_tries: int, now: datetime, first_pause: timedelta) -> Judgement:
    match fact.outcome:
        case HandOver.ACCEPTED:
            return Judgement(own=MessageState.SUBMITTED)
        case HandOver.REFUSED:
            return Judgement(own=MessageState.S2S_ERROR, reason=fact.code)
        case HandOver.NOT_NOW if earlier_tries + 1 >= MAX_TRIES:
            return Judgement(own=MessageState.S2S_ERROR, reason=fact.code)
        case HandOver.NOT_NOW:
            not_before = now + pause_after(earlier_tries, first_pause)
            return Judgement(own=MessageState.QUEUED, reason=fact.code, not_before=not_before)
        case HandOver.SENDER_DOWN:
            return Judgement(own=MessageState.QUEUED, reason=fact.code)
        case HandOver.IN_DOUBT:
            return Judgement(own=MessageState.SUBMITTING, reason=fact.code, in_doubt=True)


def blames_sender(fact: HandOverFact) -> bool:
    """A refusal that does not speak of the recipient: `5.1.x` does, and an address that is none."""
    return fact.outcome is HandOver.REFUSED and " 5.1." not in fact.code and fact.code != "address"
