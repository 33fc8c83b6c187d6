"""The checks before the go-ahead (R35): made when a job is published, again when contacts change; shown, accepted."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone
from msgspec import Struct
from procrastinate.contrib.django import app

from smartbill.adapters.channels.registry import CHANNELS
from smartbill.apps.archive.models import Bill
from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.models import Job
from smartbill.apps.intake.operations import locked_job
from smartbill.apps.intake.queries import job_by_code
from smartbill.apps.tickets.checking import ask_run, finish_run, lock_checks, make_checks
from smartbill.apps.tickets.models import Batch, CheckAccepted, CheckCount, CheckedBill, CheckRun
from smartbill.core.checks.value import Check, CheckDecision, CheckLine, in_order
from smartbill.core.company.documents import Access, Checks
from smartbill.core.states.batch import BatchKind
from smartbill.core.states.job import JobState
from smartbill.core.wording.checks import NAMES
from smartbill.core.zone import ROME
from smartbill.database.context import company, current_company, sweep
from smartbill.database.keyset import Page, page_of
from smartbill.database.statistics import analyse_archive
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.each import for_each
from smartbill.usecases.pieces import pieces
from smartbill.usecases.retries import INTAKE_RETRY
from smartbill.usecases.staff.looks import record_look

_PAGE = 25
_AT_ONCE = 100
#: From so many bills on, a plan made in ignorance costs more than looking at the tables.
_MANY_BILLS = 1_000
#: Checks are asked for again when nothing came of it for so long.
_STAY = timedelta(minutes=5)


class ChecksFound(Struct, frozen=True, kw_only=True):
    """The checks of a job as they stand. `computed_at` is None until they were made for the first time."""

    computed_at: datetime | None
    pending: bool  # asked for, and not made yet
    lines: list[CheckLine]

    @property
    def open(self) -> list[CheckLine]:
        """Those that hold up the go-ahead."""
        return [line for line in self.lines if line.open]


class CheckedLine(Struct, frozen=True, kw_only=True):
    """A bill that a check found."""

    bill_id: int
    document: str
    issue_date: date
    due_date: date | None
    total_due: int  # cents
    customer_code: str
    customer_name: str
    figure: int | None  # days, cents of the average, or customers, as the check has it
    other_document: str  # the bill that it doubles


def ask_checks(job_id: int, *, now: datetime) -> None:
    """Let the checks of a published job be made (again), in the open transaction."""
    ask_run(job_id, now=now)
    compute_checks.defer(company_id=current_company(), job_id=job_id)


def ask_checks_of_open_jobs(*, now: datetime) -> int:
    """For whoever changes contacts or what the checks depend on, in the same transaction; returns of how many jobs."""
    jobs = list(_open_jobs().order_by("id").values_list("id", flat=True))
    for job_id in jobs:
        ask_checks(job_id, now=now)
    return len(jobs)


@app.task(name="checks.compute", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def compute_checks(*, company_id: int, job_id: int) -> None:
    """Make the checks that were asked for. Once the sending has begun they stay as they were when it did."""
    with company(company_id):
        bills = Job.objects.values_list("bills", flat=True).get(pk=job_id)
        if bills >= _MANY_BILLS and not CheckRun.objects.filter(job_id=job_id, computed_at__isnull=False).exists():
            analyse_archive(bills)  # the first time: the job has just come
    with company(company_id):
        lock_checks(job_id)
        run = CheckRun.objects.filter(job_id=job_id, done__lt=F("asked")).first()
        if run is None:
            return
        if not _open_jobs().filter(pk=job_id).exists():
            CheckRun.objects.filter(pk=run.pk).update(done=run.asked)
            return
        now = timezone.now()
        usable = [channel for channel in settled(Access).channels if channel in CHANNELS]
        make_checks(job_id, settled(Checks), channels=usable, today=now.astimezone(ROME).date())
        finish_run(job_id, run.asked, now=now)


def checks_found(job_id: int) -> ChecksFound:
    """The checks of a job, in the open transaction."""
    run = CheckRun.objects.filter(job_id=job_id).first()
    blocking = settled(Checks).blocking
    decisions: dict[str, CheckDecision] = {}
    for row in CheckAccepted.objects.filter(job_id=job_id).order_by("n"):
        decisions[row.code] = CheckDecision(fingerprint=row.fingerprint, by=row.by, at=row.at, note=row.note)
    lines = [
        CheckLine(
            check=Check(row.code),
            count=row.count,
            amount=row.amount,
            fingerprint=row.fingerprint,
            blocks=row.code in blocking,
            decision=decisions.get(row.code),
            facts=row.facts,
        )
        for row in CheckCount.objects.filter(job_id=job_id)
    ]
    return ChecksFound(
        computed_at=run.computed_at if run else None,
        pending=run is None or run.done < run.asked,
        lines=in_order(lines),
    )


def refuse_unchecked(job_id: int) -> None:
    """Raises NotPossible while the checks of the job are being made, or one of them waits for a decision."""
    found = checks_found(job_id)
    if found.pending:
        raise NotPossible("I controlli prima del benestare sono in corso: attenda qualche istante.")
    if found.open:
        names = ", ".join(f"{NAMES[line.check]} ({line.count})" for line in found.open)
        raise NotPossible(f"Prima del benestare va deciso su questi controlli: {names}.")


def accept_check(actor: Actor, job_code: str, code: str, *, note: str, now: datetime) -> None:
    """Accept what a check found, with the reason: it holds up the go-ahead no longer, unless it finds something else.

    Raises NotAllowed, NotPossible.
    """
    require(actor.approves, "accettare l'esito di un controllo")
    if not note.strip():
        raise NotPossible("Scriva perché l'esito del controllo si accetta: resta nel registro.")
    with company(actor.company_id):
        found = job_by_code(job_code)
        if found is None:
            raise NotPossible(f"La lavorazione «{job_code}» non esiste.")
        job = locked_job(found.pk)
        row = CheckCount.objects.filter(job=job, code=code).first()
        if job.state != JobState.PUBLISHED or row is None:
            raise NotPossible("Il controllo non ha trovato nulla in questa lavorazione.")
        last = CheckAccepted.objects.filter(job=job).aggregate(last=Max("n"))["last"] or 0
        CheckAccepted.objects.create(
            company_id=actor.company_id,
            job=job,
            n=last + 1,
            code=code,
            fingerprint=row.fingerprint,
            by=actor.email,
            at=now,
            note=note.strip(),
        )
        record_act(
            actor, "accept_check", f"job {job.code}", note=f"{NAMES[code]} ({row.count}): {note.strip()}", now=now
        )


def look_at_checked(
    actor: Actor, job_id: int, job_code: str, check: Check, *, now: datetime, after: str = "", before: str = ""
) -> Page[CheckedLine]:
    """A page of the bills that a check found, in the open transaction. That somebody looked is on record."""
    record_look(actor, "list_checked", f"checks {job_code}", now=now)
    return _checked(job_id, check, after=after, before=before, size=_PAGE)


def checked_exported(actor: Actor, job_code: str, check: Check, *, now: datetime) -> Iterator[CheckedLine] | None:
    """All of them, a piece at a time; None when the company has no such job."""
    with company(actor.company_id):
        job = job_by_code(job_code)
        if job is None:
            return None
        job_id = job.pk
        record_act(actor, "export_checked", f"job {job_code}", note=NAMES[check], now=now)
    return pieces(actor.company_id, lambda after: _checked(job_id, check, after=after, size=1000))


def sweep_checks(*, now: datetime) -> int:
    """Checks that wait longer than a task does, and those of an earlier day (due dates come nearer by themselves) are
    asked for again; returns of how many jobs. Raises ExceptionGroup at the end."""
    today = now.astimezone(ROME).replace(hour=0, minute=0, second=0, microsecond=0)
    old = Q(computed_at__isnull=True) | Q(computed_at__lt=today) | Q(done__lt=F("asked"))
    with sweep():
        runs = CheckRun.objects.filter(old, job__in=_open_jobs(), asked_at__lt=now - _STAY)
        found = list(runs.order_by("asked_at", "id").values_list("company_id", "job_id")[:_AT_ONCE])

    def again(item: tuple[int, int]) -> None:
        with company(item[0]):
            ask_checks(item[1], now=now)

    for_each(found, again)
    return len(found)


def _open_jobs() -> QuerySet[Job]:
    """Published jobs whose sending has not begun."""
    begun = Batch.objects.filter(kind=BatchKind.MASS, started_at__isnull=False).values("job_id")
    return Job.objects.filter(state=JobState.PUBLISHED).exclude(pk__in=begun)


def _checked(job_id: int, check: Check, *, after: str = "", before: str = "", size: int) -> Page[CheckedLine]:
    found = CheckedBill.objects.filter(job_id=job_id, code=check).select_related("bill", "other_bill")
    found = found.defer("bill__document", "other_bill__document")
    page = page_of(found, keys=("bill_id",), after=after, before=before, size=size)
    return Page([_line(row, row.bill) for row in page.rows], page.next, page.previous)


def _line(row: CheckedBill, bill: Bill) -> CheckedLine:
    return CheckedLine(
        bill_id=bill.pk,
        document=bill.display_number,
        issue_date=bill.issue_date,
        due_date=bill.due_date,
        total_due=bill.total_due,
        customer_code=bill.customer_code,
        customer_name=bill.customer_name,
        figure=row.figure,
        other_document=row.other_bill.display_number if row.other_bill else "",
    )
