"""Jobs as staff see them: the search, the life of one job, what was wrong in its flow. Read inside `with company()`.

A job's stage is never stored: it is made from the job and its batches (`core.states.job.stage`); `_at_stage` says the
same as a condition, for the search.
"""

from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, Max, OuterRef, Q
from msgspec import Struct

from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.queries import test_recipients
from smartbill.apps.intake.models import Job, ReadBlock, ZipEntry
from smartbill.apps.tickets.models import Approval, Batch
from smartbill.apps.tickets.queries import batch_facts, last_approval, varied_bills
from smartbill.core.flows.value import Level
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.job import JobState, Stage, stage
from smartbill.database.context import company
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.checks import ChecksFound, checks_found
from smartbill.usecases.progress import (
    BatchProgress,
    ReadingProgress,
    WaitingPdfs,
    batches_of,
    mass_of,
    reading_of,
    stage_of,
    totals_read,
    waiting_of,
)
from smartbill.usecases.staff.findings import findings_by_level
from smartbill.usecases.staff.further import FurtherLine, further_of
from smartbill.usecases.staff.out_of_force import OpenReplacement, open_replacements, out_of_force

PAGE = 25


class JobFilters(Struct, frozen=True, kw_only=True):
    code: str = ""  # the whole code, or its end: `27` finds ASEC_2023_27
    label: str = ""
    year: int | None = None
    stage: Stage | None = None


class JobLine(Struct, frozen=True, kw_only=True):
    code: str
    label: str
    file_name: str
    received_at: datetime
    stage: Stage
    test_flow: bool
    bills: int
    refused: int
    findings: int


class Step(Struct, frozen=True, kw_only=True):
    """One step in the life of a job. `state`: done, now, todo, or stopped."""

    key: str
    state: str
    at: datetime | None = None
    by: str = ""
    note: str = ""


class JobPage(Struct, frozen=True, kw_only=True):
    id: int
    code: str
    label: str
    layout: str
    file_name: str
    size: int
    source: str
    test_flow: bool
    state: JobState
    stage: Stage
    received_at: datetime
    withdrawal_reason: str
    bills: int
    refused: int
    refused_due: int  # cents to pay on the refused documents
    total_due: Decimal  # of the whole flow, refused documents included
    skipped: int  # already in force with equal content
    findings: dict[Level, dict[str, int]]  # level -> code -> how many
    findings_total: int
    steps: list[Step]
    batches: list[BatchProgress]
    reading: ReadingProgress | None
    waiting: WaitingPdfs | None
    further: list[FurtherLine]
    checks: ChecksFound | None  # of a published job
    approval: Approval | None
    replacements: list[OpenReplacement]
    out_of_force: int  # bills of it that were withdrawn or replaced one by one

    @property
    def mass(self) -> BatchProgress | None:
        return mass_of(self.batches)

    @property
    def tests(self) -> list[BatchProgress]:
        return [batch for batch in self.batches if batch.kind is BatchKind.TEST]


class AuditLine(Struct, frozen=True, kw_only=True):
    at: datetime
    actor: str
    role: str
    act: str
    note: str


def jobs_found(filters: JobFilters, *, after: str = "", before: str = "", size: int = PAGE) -> Page[JobLine]:
    found = Job.objects.select_related("drop").all()
    if filters.code:
        number = filters.code if filters.code.isdecimal() and len(filters.code) < 9 else None
        found = found.filter(Q(number=number) if number else Q(code=filters.code.upper()))
    if filters.label:
        found = found.filter(label=filters.label)
    if filters.year is not None:
        found = found.filter(year=filters.year)
    if filters.stage is not None:
        found = found.filter(_at_stage(filters.stage))
    page = page_of(found, keys=("-received_at", "-id"), after=after, before=before, size=size)
    return Page(_lines(page.rows), page.next, page.previous)


def jobs_waiting(limit: int = 10) -> list[JobLine]:
    """Jobs that wait for a person: a decision, a test, the go-ahead, the start of the sending."""
    waiting = Q()
    for wanted in (Stage.HELD, Stage.PUBLISHED, Stage.TESTED, Stage.APPROVED, Stage.PAUSED):
        waiting |= _at_stage(wanted)
    jobs = Job.objects.select_related("drop").filter(waiting, test_flow=False).order_by("-received_at", "-id")
    return _lines(list(jobs[:limit]))


def job_page(code: str, *, now: datetime) -> JobPage | None:
    """Everything the job's page shows at once, or None when the company has no such job."""
    job = Job.objects.select_related("drop").filter(code=code).first()
    if job is None:
        return None
    batches = batches_of(job, now=now)
    approval = last_approval(job.pk)
    return JobPage(
        id=job.pk,
        code=job.code,
        label=job.label,
        layout=job.layout,
        file_name=job.drop.name,
        size=job.drop.size,
        source=job.drop.source,
        test_flow=job.test_flow,
        state=JobState(job.state),
        stage=stage_of(job, batches),
        received_at=job.received_at,
        withdrawal_reason=job.withdrawal_reason,
        bills=job.bills,
        refused=job.refused,
        refused_due=job.refused_due,
        total_due=_total_due(job),
        skipped=job.skipped,
        findings=findings_by_level(job.pk),
        findings_total=job.findings_total,
        steps=_steps(job, batches, approval),
        batches=batches,
        reading=reading_of(job, now=now),
        waiting=waiting_of(job),
        further=further_of(job),
        checks=checks_found(job.pk) if job.state == JobState.PUBLISHED else None,
        approval=approval,
        replacements=open_replacements(job.pk),
        out_of_force=out_of_force(job.pk),
    )


def entries_found(job_id: int, *, after: str = "", before: str = "", size: int = PAGE) -> Page[ZipEntry]:
    """The files of the ZIP, in its order."""
    return page_of(ZipEntry.objects.filter(job=job_id), keys=("number",), after=after, before=before, size=size)


def audit_of(code: str, *, limit: int = 50) -> list[AuditLine]:
    """What was done to a job, the latest first."""
    entries = Entry.objects.filter(subject=f"job {code}").order_by("-at", "-id")[:limit]
    return [
        AuditLine(at=entry.at, actor=entry.actor, role=entry.role, act=entry.act, note=entry.note) for entry in entries
    ]


def _lines(jobs: list[Job]) -> list[JobLine]:
    facts = batch_facts(job.pk for job in jobs)
    return [
        JobLine(
            code=job.code,
            label=job.label,
            file_name=job.drop.name,
            received_at=job.received_at,
            stage=stage(JobState(job.state), facts[job.pk]),
            test_flow=job.test_flow,
            bills=job.bills,
            refused=job.refused,
            findings=job.findings_total,
        )
        for job in jobs
    ]


_MASS_STATES = {
    Stage.APPROVED: (BatchState.WAITING,),
    Stage.SENDING: (BatchState.PREPARING, BatchState.SENDING),
    Stage.PAUSED: (BatchState.PAUSED,),
    Stage.DONE: (BatchState.DONE,),
    Stage.STOPPED: (BatchState.STOPPED,),
}


def _at_stage(wanted: Stage) -> Q:
    if wanted.value in {state.value for state in JobState if state is not JobState.PUBLISHED}:
        return Q(state=wanted.value)
    taken_back = Q(state=BatchState.STOPPED, started_at=None)
    mass = Batch.objects.filter(~taken_back, job=OuterRef("pk"), kind=BatchKind.MASS)
    tests = Batch.objects.filter(job=OuterRef("pk"), kind=BatchKind.TEST)
    published = Q(state=JobState.PUBLISHED)
    if wanted in _MASS_STATES:
        return published & Q(Exists(mass.filter(state__in=_MASS_STATES[wanted])))
    before_mass = published & ~Q(Exists(mass))
    tested = Q(Exists(tests.filter(state=BatchState.DONE)))
    if wanted is Stage.PUBLISHED:
        return before_mass & ~Q(Exists(tests))
    return before_mass & (tested if wanted is Stage.TESTED else Q(Exists(tests)) & ~tested)


def _total_due(job: Job) -> Decimal:
    """What the parts of the flow add up to, refused documents included: the figure that the control totals check."""
    return sum((part.sum_total_due for part in totals_read(job.pk)), Decimal("0.00"))


def trial_recipients(company_id: int) -> tuple[str, ...]:
    """The staff who may be sent a test batch; its own transaction."""
    with company(company_id):
        return test_recipients()


def bills_for_trial(company_id: int, job_code: str, count: int) -> list[int]:
    """A varied pick of a job's bills for a test batch; its own transaction."""
    with company(company_id):
        job = Job.objects.filter(code=job_code).only("id").first()
        return varied_bills(job.pk, count) if job else []


def _steps(job: Job, batches: list[BatchProgress], approval: Approval | None) -> list[Step]:
    state = JobState(job.state)
    if state is JobState.WITHDRAWN:
        last = Step(key="withdrawn", state="stopped", at=job.withdrawn_at, note=job.withdrawal_reason)
    elif state is JobState.REFUSED:
        last = Step(key="refused", state="stopped")
    else:
        last = None
    read_at = ReadBlock.objects.filter(job=job).aggregate(at=Max("read_at"))["at"]
    read = state not in (JobState.RECEIVED, JobState.READING)
    held = state is JobState.HELD
    steps = [
        Step(key="received", state="done", at=job.received_at),
        Step(key="read", state="done" if read and not held else "now", at=read_at if read else None),
        Step(key="published", state="done" if job.published_at else "todo", at=job.published_at),
        *_sending_steps(batches, approval),
    ]
    if last is None:
        return _with_now(steps)
    return [step for step in steps if step.state == "done"] + [last]


def _sending_steps(batches: list[BatchProgress], approval: Approval | None) -> list[Step]:
    tests = [batch for batch in batches if batch.kind is BatchKind.TEST]
    mass = mass_of(batches)
    tested = next((batch for batch in tests if batch.state is BatchState.DONE), None)
    steps = [
        Step(
            key="tested",
            state="done" if tested else "todo",
            at=tests[0].created_at if tests else None,
            by=tests[0].created_by if tests else "",
        ),
        Step(key="approved", state="todo")
        if approval is None
        else Step(
            key="approved" if approval.approved else "not_approved",
            state="done" if approval.approved else "stopped",
            at=approval.at,
            by=approval.by,
            note=approval.note,
        ),
    ]
    if mass is None or not mass.started:
        return [*steps, Step(key="sent", state="todo"), Step(key="done", state="todo")]
    over = mass.state in (BatchState.DONE, BatchState.STOPPED)
    steps.append(Step(key="sent", state="done" if over else "todo", at=mass.started_at))
    if mass.state is BatchState.STOPPED:
        steps.append(Step(key="stopped", state="stopped", at=mass.finished_at))
    else:
        steps.append(Step(key="done", state="done" if over else "todo", at=mass.finished_at))
    return steps


def _with_now(steps: list[Step]) -> list[Step]:
    """The first step still to do is the one where the job is now."""
    for place, step in enumerate(steps):
        if step.state in ("now", "stopped"):
            break
        if step.state == "todo":
            steps[place] = Step(key=step.key, state="now", at=step.at, by=step.by, note=step.note)
            break
    return steps
