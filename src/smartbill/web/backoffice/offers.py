"""Which acts the page of a job offers to whom. The use cases decide again; here it is only what to show."""

from collections.abc import Iterator

from smartbill.apps.companies.models import Role
from smartbill.core.states.batch import BatchState
from smartbill.core.states.job import JobState
from smartbill.usecases.actor import Actor
from smartbill.usecases.staff.jobs import JobPage


def offers(job: JobPage, actor: Actor) -> frozenset[str]:
    """The names of the acts that fit the state of the job and the role of the person."""
    return frozenset(_offers(job, actor))


def _offers(job: JobPage, actor: Actor) -> Iterator[str]:
    if job.state is JobState.HELD and actor.operates:
        yield "take"
        yield "refuse_flow"
    if job.waiting is not None and actor.operates:
        yield "refuse_flow"
    if job.state is not JobState.PUBLISHED:
        return
    mass = job.mass
    if not (mass and mass.started):
        yield from _before_sending(job, actor)
        if actor.approves:
            yield "accept_check"
    elif actor.at_least(Role.MANAGER):
        yield from {BatchState.SENDING: ("pause", "stop"), BatchState.PAUSED: ("resume", "stop")}.get(mass.state, ())
    if actor.at_least(Role.MANAGER):
        yield "withdraw"
    if actor.operates:
        yield "close_substitution" if job.replacements else "open_substitution"


def _before_sending(job: JobPage, actor: Actor) -> Iterator[str]:
    waiting = job.mass is not None and job.mass.state is BatchState.WAITING
    if actor.at_least(Role.EDITOR):
        yield "test"
    if actor.approves and not job.test_flow and any(test.state is BatchState.DONE for test in job.tests):
        yield "disapprove"
        if not waiting:
            yield "approve"
    if actor.operates and waiting:
        yield "start"
