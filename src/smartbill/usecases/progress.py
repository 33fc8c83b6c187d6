"""How far a job is: its reading with the time left, its batches, its stage. Read inside `with company()`.

One place for the command line, the pages and the scripts of others.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db.models import Sum
from msgspec import Struct, field
from msgspec.structs import replace

from smartbill.apps.intake.models import Job, ReadBlock
from smartbill.apps.messaging.models import Message
from smartbill.apps.reporting.models import JobFact
from smartbill.apps.tickets.models import Batch
from smartbill.apps.tickets.queries import tickets_made, unreached_counts
from smartbill.core.flows.stabo.header import FlowTrailer
from smartbill.core.flows.value import BlockTotals
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.job import BatchFact, JobState, Stage, stage
from smartbill.core.states.message import Label, MessageState
from smartbill.usecases.intake.pdfs import awaited_pdfs


class ReadingProgress(Struct, frozen=True, kw_only=True):
    """How far the reading of a flow is. Unknown figures are None: there is no rate before the first part is read."""

    parts: int
    parts_read: int
    bills: int  # read so far, refused ones too
    bills_total: int | None  # as the flow announces them
    per_second: float | None
    seconds_left: int | None


class WaitingPdfs(Struct, frozen=True, kw_only=True):
    """A flow that is read, and announces PDFs that have not come."""

    found: int
    announced: int
    until: datetime
    flow_id: str


class BatchProgress(Struct, frozen=True, kw_only=True):
    id: int
    kind: BatchKind
    state: BatchState
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    tickets: int = 0
    waiting: int = 0  # messages that our worker is not through with
    labels: dict[str, int] = field(default_factory=dict)  # DLVRD, ERROR, … -> how many, at most seconds old
    unreached: dict[str, int] = field(default_factory=dict)  # reason -> how many bills without a ticket
    rate: int = 0  # messages a minute since the start

    @property
    def settled(self) -> int:
        return self.tickets - self.waiting

    @property
    def started(self) -> bool:
        return self.started_at is not None

    @property
    def seconds_left(self) -> int | None:
        """At the rate so far; None where nothing goes on, or nothing has left yet."""
        if self.state is not BatchState.SENDING or not self.rate:
            return None
        return round(self.waiting * 60 / self.rate)


class JobProgress(Struct, frozen=True, kw_only=True):
    """What changes by itself while a job is read or sent."""

    stage: Stage
    reading: ReadingProgress | None  # while it goes on
    waiting: WaitingPdfs | None
    mass: BatchProgress | None


def job_progress(code: str, *, now: datetime) -> JobProgress | None:
    """None when the company has no such job."""
    job = Job.objects.filter(code=code).first()
    if job is None:
        return None
    batches = batches_of(job, now=now)
    return JobProgress(
        stage=stage_of(job, batches),
        reading=reading_of(job, now=now),
        waiting=waiting_of(job),
        mass=mass_of(batches),
    )


def reading_of(job: Job, *, now: datetime) -> ReadingProgress | None:
    """Only while the job is being read."""
    if job.state != JobState.READING:
        return None
    read_at = ReadBlock.objects.filter(job=job).values_list("read_at", flat=True)
    parts, read = len(read_at), sum(at is not None for at in read_at)
    totals = totals_read(job.pk)
    bills = sum(each.bills + each.credit_notes for each in totals)
    announced = _announced(job)
    seconds = max((now - job.received_at).total_seconds(), 1.0)
    done = bills / announced if announced else read / parts if parts else 0.0
    return ReadingProgress(
        parts=parts,
        parts_read=read,
        bills=bills,
        bills_total=announced,
        per_second=round(bills / seconds, 1) if bills else None,
        seconds_left=round(seconds / min(done, 1.0) - seconds) if done else None,
    )


def waiting_of(job: Job) -> WaitingPdfs | None:
    """Only while PDFs are waited for."""
    if job.state != JobState.READING or job.pdfs_until is None or job.pdfs_closed:
        return None
    pdfs = awaited_pdfs(job)
    if pdfs is None:
        return None
    return WaitingPdfs(found=pdfs.found, announced=pdfs.announced, until=job.pdfs_until, flow_id=job.flow_id or "")


def totals_read(job_id: int) -> list[BlockTotals]:
    """What the parts read so far held."""
    totals = ReadBlock.objects.filter(job=job_id, totals__isnull=False).values_list("totals", flat=True)
    return [msgspec.json.decode(bytes(block), type=BlockTotals) for block in totals if block]


def _announced(job: Job) -> int | None:
    if not job.trailer:
        return None
    trailer = msgspec.json.decode(bytes(job.trailer), type=FlowTrailer)
    if trailer.bills is None:
        return None
    return trailer.bills + (trailer.credit_notes or 0)


def stage_of(job: Job, batches: Sequence[BatchProgress]) -> Stage:
    return stage(JobState(job.state), [BatchFact(batch.kind, batch.state, batch.started) for batch in batches])


def mass_of(batches: Sequence[BatchProgress]) -> BatchProgress | None:
    return next((batch for batch in batches if batch.kind is BatchKind.MASS), None)


def batches_of(job: Job, *, now: datetime) -> list[BatchProgress]:
    """The batches of a job, the newest first; of those that reach customers with their progress."""
    return [_batch(batch, now) for batch in Batch.objects.filter(job=job).order_by("-id")]


def _batch(batch: Batch, now: datetime) -> BatchProgress:
    plain = BatchProgress(
        id=batch.pk,
        kind=BatchKind(batch.kind),
        state=BatchState(batch.state),
        created_by=batch.created_by,
        created_at=batch.created_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
    )
    return plain if plain.kind is BatchKind.TEST or not plain.started else _with_counts(plain, batch.job_id, now)


def _with_counts(batch: BatchProgress, job_id: int, now: datetime) -> BatchProgress:
    """Counted from what an index holds (all tickets, messages still queued) and from the facts of the statistics:
    the messages themselves may be half a million, and the page asks every few seconds."""
    tickets = tickets_made(batch.id)
    messages = Message.objects.filter(batch=batch.id)
    waiting = messages.filter(own=MessageState.QUEUED).count() + messages.filter(own=MessageState.SUBMITTING).count()
    facts = JobFact.objects.filter(job_id=job_id).values_list("state").annotate(n=Sum("tickets"))
    counted = dict(facts.order_by())
    return replace(
        batch,
        tickets=tickets,
        waiting=waiting,
        labels={label: counted[label] for label in Label if label in counted},
        unreached=unreached_counts(batch.id),
        rate=_rate(batch, tickets - waiting, now),
    )


def _rate(batch: BatchProgress, settled: int, now: datetime) -> int:
    assert batch.started_at is not None
    minutes = ((batch.finished_at or now) - batch.started_at).total_seconds() / 60
    return round(settled / max(minutes, 1 / 60))
