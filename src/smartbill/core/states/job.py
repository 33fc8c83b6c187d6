"""The life of a job, and the stage that staff see: a pure function of the job's state and its batches."""

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from smartbill.core.states.batch import BatchKind, BatchState


class JobState(StrEnum):
    RECEIVED = "received"
    READING = "reading"
    REFUSED = "refused"
    HELD = "held"  # some bills refused, under the share that refuses the flow: a person decides
    READY = "ready"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.RECEIVED: frozenset({JobState.READING, JobState.REFUSED}),
    JobState.READING: frozenset({JobState.REFUSED, JobState.HELD, JobState.READY}),
    JobState.HELD: frozenset({JobState.READY, JobState.REFUSED}),
    JobState.READY: frozenset({JobState.PUBLISHED, JobState.REFUSED}),
    JobState.PUBLISHED: frozenset({JobState.WITHDRAWN}),
}

#: States in which a job's flow counts as taken: its digest and flow_id can't come again.
LIVE_STATES = frozenset(JobState) - {JobState.REFUSED, JobState.WITHDRAWN}


class Stage(StrEnum):
    """One word for where a job is, for staff; `smartbill job show --json` gives the same."""

    RECEIVED = "received"
    READING = "reading"
    REFUSED = "refused"
    HELD = "held"
    READY = "ready"
    PUBLISHED = "published"
    TESTING = "testing"
    TESTED = "tested"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"


class BatchFact(Struct, frozen=True):
    kind: BatchKind
    state: BatchState
    started: bool  # its tickets were to be made at some time


_MASS_STAGE = {
    BatchState.WAITING: Stage.APPROVED,
    BatchState.PREPARING: Stage.SENDING,
    BatchState.SENDING: Stage.SENDING,
    BatchState.PAUSED: Stage.PAUSED,
    BatchState.DONE: Stage.DONE,
    BatchState.STOPPED: Stage.STOPPED,
}


def stage(state: JobState, batches: Collection[BatchFact]) -> Stage:
    """The stage of a job. Before publishing it is the state; then the mass batch speaks, else the test batches.

    A mass batch stopped before it started is a go-ahead taken back: the job is where its tests left it.
    """
    if state is not JobState.PUBLISHED:
        return Stage(state.value)
    for batch in batches:
        if batch.kind is BatchKind.MASS and (batch.started or batch.state is not BatchState.STOPPED):
            return _MASS_STAGE[batch.state]
    tests = [batch.state for batch in batches if batch.kind is BatchKind.TEST]
    if not tests:
        return Stage.PUBLISHED
    return Stage.TESTED if BatchState.DONE in tests else Stage.TESTING
