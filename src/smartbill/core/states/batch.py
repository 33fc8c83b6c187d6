"""The life of a batch of tickets."""

from enum import StrEnum


class BatchKind(StrEnum):
    TEST = "test"  # the micro-batch to company staff
    MASS = "mass"  # to all customers of a job, once
    RESEND = "resend"  # again, on another channel
    REMINDER = "reminder"  # before the due date
    SUPPORT = "support"  # a single link made for support: nothing is sent, nothing is counted


class BatchState(StrEnum):
    WAITING = "waiting"
    PREPARING = "preparing"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"


MOVES: dict[BatchState, frozenset[BatchState]] = {
    BatchState.WAITING: frozenset({BatchState.PREPARING, BatchState.STOPPED}),
    BatchState.PREPARING: frozenset({BatchState.SENDING, BatchState.STOPPED}),
    BatchState.SENDING: frozenset({BatchState.PAUSED, BatchState.DONE, BatchState.STOPPED}),
    BatchState.PAUSED: frozenset({BatchState.SENDING, BatchState.STOPPED}),
    BatchState.STOPPED: frozenset({BatchState.WAITING}),  # refused before it started, then approved after all
}

#: States in which somebody still works on a batch, or may.
LIVE_STATES = frozenset({BatchState.WAITING, BatchState.PREPARING, BatchState.SENDING, BatchState.PAUSED})

#: Kinds that reach customers: only their tickets are counted in searches and statistics.
COUNTED_KINDS = frozenset({BatchKind.MASS, BatchKind.RESEND, BatchKind.REMINDER})
