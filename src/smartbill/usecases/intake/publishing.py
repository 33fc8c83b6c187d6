"""The whole of a job is judged, and published, held or refused: one short transaction, one at a time per company."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from msgspec.structs import replace
from procrastinate.contrib.django import app

from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.operations.bills import delete_unpublished, due_of_not_refused
from smartbill.apps.archive.operations.contacts import merge_contacts
from smartbill.apps.archive.operations.judging import Judgement, judge
from smartbill.apps.archive.operations.publishing import Replaced, lock_publishing, publish_bills
from smartbill.apps.companies.queries import settled
from smartbill.apps.events.operations import mark_job
from smartbill.apps.intake.models import FindingCount, Job, ReadBlock, ZipEntry
from smartbill.apps.intake.operations import add_findings, discard_part, locked_job, move_job, trim_findings
from smartbill.apps.intake.queries import finding_counts, refused_documents, unread_blocks
from smartbill.apps.messaging.operations import cancel_of_bills
from smartbill.apps.tickets.operations import locked_live_batches
from smartbill.core.company.documents import Intake
from smartbill.core.flows.archive import EntryKind
from smartbill.core.flows.fatturapa.reader import no_invoices
from smartbill.core.flows.layouts import FATTURAPA, STABO
from smartbill.core.flows.ledger import FindingLedger, refuses_flow
from smartbill.core.flows.stabo.header import FlowHeader, FlowTrailer
from smartbill.core.flows.stabo.scan import FlowScan
from smartbill.core.flows.stabo.totals import check_totals, refused_share
from smartbill.core.flows.value import BlockTotals, Finding, Level
from smartbill.core.money import cents
from smartbill.core.states.job import JobState
from smartbill.core.wording.job_notices import JobEvent
from smartbill.database.context import company
from smartbill.usecases.checks import ask_checks
from smartbill.usecases.intake.described import described_totals, layout_of_job
from smartbill.usecases.intake.notices import tell_staff
from smartbill.usecases.intake.pdfs import awaited_pdfs
from smartbill.usecases.progress import totals_read
from smartbill.usecases.report import put_report
from smartbill.usecases.retries import INTAKE_RETRY

#: Findings about the PDF of a document.
_OF_PDFS = frozenset({"DOC-302", "DOC-303", "DOC-304", "DOC-305", "WRN-409"})
#: Bills deleted in one transaction.
_TIDY_ROWS = 5_000


@app.task(name="intake.publish_job", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def publish_job(*, company_id: int, job_id: int) -> None:
    """Decide on a job that is read, or that a person took while it was held. A second run changes nothing."""
    with company(company_id):
        lock_publishing()
        job = locked_job(job_id)
        if job.state not in {JobState.READING, JobState.READY} or unread_blocks(job_id):
            return
        decide(job, now=timezone.now())


def decide(job: Job, *, now: datetime) -> None:
    """Judge the job and publish, hold or refuse it, in the open transaction that holds the locks."""
    taken = job.state == JobState.READY
    ledger = FindingLedger()
    closing = job.blocks.count() + 1
    discard_part(job.pk, closing)
    header = msgspec.json.decode(bytes(job.header), type=FlowHeader) if job.header else None
    rules = settled(Intake)
    layout = layout_of_job(job)
    if job.layout == STABO:
        _check_totals(job, ledger)
    elif layout is not None and job.described:
        for finding in described_totals(job, layout, file=_flow_name(job)):
            ledger.add(finding)
    if not ledger.refuses_flow and not _refused_by_parts(job) and _waits_for_pdfs(job, rules, now=now):
        return
    _check_pdfs(job, ledger)
    judgement = judge(
        job.pk,
        block=closing,
        pdf_included=header is not None and header.pdf_included,
        ledger=ledger,
    )
    job.refused = refused_documents(job.pk)
    job.refused_due = _refused_due(job) if job.refused else 0
    documents = job.refused or judgement.good or judgement.equal
    if job.layout == FATTURAPA and not documents and not _refused_by_parts(job):
        ledger.add(no_invoices(job.drop.name))
    for finding in _too_many_refused(job.refused, judgement, rules):
        ledger.add(finding)
    if ledger.refuses_flow or _refused_by_parts(job):
        _note(job, closing, ledger)
        refuse(job)
        return
    job.bills, job.skipped = judgement.good, judgement.equal
    if job.refused and not taken:
        _note(job, closing, ledger)
        move_job(job, JobState.HELD)
        _close(job, JobEvent.HELD)
        return
    if not taken:
        move_job(job, JobState.READY)
    _publish(job, closing, ledger, now=now)


def _note(job: Job, closing: int, ledger: FindingLedger) -> None:
    """What was found over the whole job is placed in the flow's file, as what was found while reading it."""
    if job.work_key:
        file, record = _flow_name(job), "10" if job.layout == STABO else ""
        ledger.kept = [_placed(each, file, record) for each in ledger.kept]
    add_findings(job.pk, closing, ledger)


def _placed(finding: Finding, file: str, record: str) -> Finding:
    if finding.line is None or finding.file:
        return finding
    return replace(finding, file=file, record=record, field="pdf_file" if finding.code in _OF_PDFS else finding.field)


def refuse(job: Job) -> None:
    """Nothing of the flow is taken: its findings and its file stay. Joins the open transaction."""
    job.bills = job.skipped = 0
    move_job(job, JobState.REFUSED)
    _close(job, JobEvent.REFUSED)


def _publish(job: Job, closing: int, ledger: FindingLedger, *, now: datetime) -> None:
    _look_after_replaced(publish_bills(job.pk, now=now), now=now)
    merge_contacts(job.pk, now=now, ledger=ledger)
    _note(job, closing, ledger)
    job.published_at = now
    move_job(job, JobState.PUBLISHED)
    mark_job(job.pk)
    ask_checks(job.pk, now=now)
    _close(job, JobEvent.PUBLISHED)


def _look_after_replaced(replaced: list[Replaced], *, now: datetime) -> None:
    """What is not yet sent of a replaced bill is cancelled: its customer is told of the new one, once."""
    jobs = sorted({each.job_id for each in replaced})
    for job_id in jobs:
        locked_live_batches(job_id)
    if replaced:
        cancel_of_bills([each.bill_id for each in replaced], reason="replaced")
    for job_id in jobs:
        mark_job(job_id)
        ask_checks(job_id, now=now)


def _close(job: Job, event: JobEvent) -> None:
    """The figures that staff see; what is no longer needed is cleared away by a task."""
    trim_findings(job.pk)
    job.findings_total = FindingCount.objects.filter(job=job).aggregate(total=Sum("count"))["total"] or 0
    job.save(update_fields=["bills", "refused", "refused_due", "skipped", "findings_total", "published_at"])
    tidy_job.defer(company_id=job.company_id, job_id=job.pk)
    put_report.defer(company_id=job.company_id, job_id=job.pk)
    tell_staff(job, event)


def _check_totals(job: Job, ledger: FindingLedger) -> None:
    """What the trailer declares against what the parts held."""
    assert job.header
    assert job.trailer
    assert job.scan
    header = msgspec.json.decode(bytes(job.header), type=FlowHeader)
    trailer = msgspec.json.decode(bytes(job.trailer), type=FlowTrailer)
    scan = msgspec.json.decode(bytes(job.scan), type=FlowScan)
    rows = job.blocks.filter(kind=ReadBlock.Kind.FLOW).values_list("totals", flat=True)
    blocks = [msgspec.json.decode(bytes(totals), type=BlockTotals) for totals in rows if totals]
    for finding in check_totals(blocks, header, trailer, scan, file=_flow_name(job)):
        ledger.add(finding)


def _waits_for_pdfs(job: Job, rules: Intake, *, now: datetime) -> bool:
    """Whether the flow announces PDFs that have not come yet, and may still: in further ZIPs, for some time."""
    pdfs = awaited_pdfs(job)
    if pdfs is None or pdfs.found >= pdfs.announced or job.pdfs_closed:
        return False
    if job.pdfs_until is None:
        job.pdfs_until = now + timedelta(hours=rules.pdf_wait_hours)
        job.save(update_fields=["pdfs_until"])
        if now < job.pdfs_until:
            tell_staff(job, JobEvent.WAITING)
    return bool(now < job.pdfs_until)


def _check_pdfs(job: Job, ledger: FindingLedger) -> None:
    """No more PDFs come: those announced against those that came, paired or not."""
    pdfs = awaited_pdfs(job)
    if pdfs is None or pdfs.found == pdfs.announced:
        return
    values = {"tipo": "PDF", "trovato": str(pdfs.found), "atteso": str(pdfs.announced)}
    ledger.add(
        Finding(
            code="FLS-023", level=Level.FILE, file=_flow_name(job), line=pdfs.line, record="PDF", field="pdf_files",
            values=values,
        )
    )  # fmt: skip


def _flow_name(job: Job) -> str:
    return ZipEntry.objects.values_list("base_name", flat=True).get(job=job, kind=EntryKind.FLOW)


def _too_many_refused(refused: int, judgement: Judgement, rules: Intake) -> list[Finding]:
    total = refused + judgement.good + judgement.equal
    share = Decimal(rules.refused_percent) / 100
    return refused_share(refused, total, least=rules.refused_at_most, share=share)


def _refused_due(job: Job) -> int:
    """What the flow adds up to, less what is not refused of it."""
    return cents(sum((part.sum_total_due for part in totals_read(job.pk)), Decimal("0.00"))) - due_of_not_refused(
        job.pk
    )


def _refused_by_parts(job: Job) -> bool:
    return any(refuses_flow(each.code, each.level) for each in finding_counts(job.pk))


@app.task(name="intake.tidy_job", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def tidy_job(*, company_id: int, job_id: int) -> None:
    """Clear away what a decided job needs no longer: its work file, and bills that did not come into force."""
    with company(company_id):
        job = Job.objects.get(pk=job_id)
        if job.state in {JobState.RECEIVED, JobState.READING}:
            return
        work_key = job.work_key
    if work_key:
        open_store(settings.SMARTBILL).delete(work_key)
    deleted = _TIDY_ROWS
    while deleted == _TIDY_ROWS:
        with company(company_id):
            job = locked_job(job_id)
            # Held bills wait for the decision; those of a withdrawn job stay as they were.
            if job.state not in {JobState.REFUSED, JobState.PUBLISHED}:
                return
            deleted = delete_unpublished(job_id, limit=_TIDY_ROWS)
