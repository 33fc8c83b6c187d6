"""Stat. ticket: from facts (counts of tickets by channel, state and marks) to the figures of the screen.

Shares are percentages with two decimals, rounded half up:
- a channel's share: its tickets over all tickets;
- viewed: over tickets net of errors (failed deliveries and S2S errors, which are both inside the total);
- errors: over tickets. TIMEOUT is no error;
- payments: tickets paid online over viewed tickets whose document has a payment slip.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from smartbill.core.ports.channels import Channel
from smartbill.core.states.message import Label

CHANNELS = (Channel.SMS, Channel.WHATSAPP, Channel.EMAIL, Channel.PEC)
ERRORS = frozenset({Label.ERROR, Label.S2S})


class Fact(Struct, frozen=True):
    """So many tickets of one channel and state with these marks."""

    channel: Channel
    state: Label
    viewed: bool
    slip: bool
    paid: bool
    tickets: int


class ChannelFigures(Struct, frozen=True):
    tickets: int
    share: str
    viewed: int
    viewed_share: str
    errors: int
    errors_share: str
    s2s: int
    states: dict[str, int]


class PaymentFigures(Struct, frozen=True):
    """`paid` tickets of the `of` viewed ones whose document has a payment slip."""

    paid: int
    of: int
    share: str


class Statistics(Struct, frozen=True):
    """What `smartbill stats --json` prints, field by field."""

    total: int
    channels: dict[str, ChannelFigures]
    viewed: int
    viewed_share: str
    errors: int
    errors_share: str
    payments: dict[str, PaymentFigures]


def share(part: int, whole: int) -> str:
    """`part` of `whole` in per cent, two decimals and a dot; "0.00" of nothing."""
    if whole <= 0:
        return "0.00"
    return str((Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))


def statistics(facts: Iterable[Fact]) -> Statistics:
    facts = list(facts)
    total = _count(facts)
    viewed = _count(fact for fact in facts if fact.viewed)
    errors = _count(fact for fact in facts if fact.state in ERRORS)
    by_channel = {channel: [fact for fact in facts if fact.channel is channel] for channel in CHANNELS}
    return Statistics(
        total=total,
        channels={channel.value: _channel(found, total) for channel, found in by_channel.items()},
        viewed=viewed,
        viewed_share=share(viewed, total - errors),
        errors=errors,
        errors_share=share(errors, total),
        payments={"all": _payments(facts)} | {channel.value: _payments(found) for channel, found in by_channel.items()},
    )


def _channel(facts: list[Fact], total: int) -> ChannelFigures:
    tickets = _count(facts)
    viewed = _count(fact for fact in facts if fact.viewed)
    errors = _count(fact for fact in facts if fact.state in ERRORS)
    states = {label.value: _count(fact for fact in facts if fact.state is label) for label in Label}
    return ChannelFigures(
        tickets=tickets,
        share=share(tickets, total),
        viewed=viewed,
        viewed_share=share(viewed, tickets - errors),
        errors=errors,
        errors_share=share(errors, tickets),
        s2s=states[Label.S2S.value],
        states=states,
    )


def _payments(facts: list[Fact]) -> PaymentFigures:
    paid = _count(fact for fact in facts if fact.paid)
    of = _count(fact for fact in facts if fact.viewed and fact.slip)
    return PaymentFigures(paid=paid, of=of, share=share(paid, of))


def _count(facts: Iterable[Fact]) -> int:
    return sum(fact.tickets for fact in facts)
