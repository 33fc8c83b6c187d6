"""The life of a contacts file."""

from enum import StrEnum


class ContactFileState(StrEnum):
    RECEIVED = "received"
    WAITING = "waiting"  # read; a person looks at what would change and takes it, or does not
    TAKING = "taking"  # somebody took it; its contacts are being merged
    TAKEN = "taken"
    REFUSED = "refused"  # cannot be read, or too many of its rows are refused
    DROPPED = "dropped"  # a person decided against it
    WITH_JOB = "with_job"  # read with its job; its contacts count when that is published


_S = ContactFileState
MOVES: dict[ContactFileState, frozenset[ContactFileState]] = {
    _S.RECEIVED: frozenset({_S.WAITING, _S.TAKEN, _S.REFUSED}),
    _S.WAITING: frozenset({_S.TAKING, _S.DROPPED}),
    _S.TAKING: frozenset({_S.TAKEN, _S.REFUSED}),
}

#: States in which the same file need not come again.
LIVE_STATES = frozenset(ContactFileState) - {_S.REFUSED, _S.DROPPED}
