"""The report of a job (flow format 8.2): one row per finding, as CSV and as JSON; on pages and in `/esiti`."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from django.utils import timezone
from msgspec import Struct
from procrastinate.contrib.django import app

from smartbill.apps.intake.models import Job
from smartbill.apps.intake.queries import job_by_code
from smartbill.core.states.job import JobState
from smartbill.core.wording.csv_lines import csv_text
from smartbill.database.context import company
from smartbill.usecases.jobs import NoSuchJob
from smartbill.usecases.outcomes import publish_outcome
from smartbill.usecases.pieces import pieces
from smartbill.usecases.retries import INTAKE_RETRY
from smartbill.usecases.staff.findings import FindingFilters, FindingLine, findings_by_level, findings_found

#: Names of the columns, agreed with those who send flows: programs read them, so they are not translated.
HEAD = (
    "job", "file", "riga", "record", "progressivo", "documento", "campo", "valore", "codice", "livello", "messaggio",
    "cosa_fare",
)  # fmt: skip
LEVELS = {"file": "file", "document": "documento", "row": "riga", "warning": "avviso"}

_PIECE = 1000


class ReportHead(Struct, frozen=True, kw_only=True):
    """What a report says before its rows."""

    job: str
    stato: str
    bollette: int
    scartate: int
    gia_presenti: int
    conteggi: dict[str, int]  # code -> how many, exact also where the rows are cut off


def report_row(job_code: str, line: FindingLine) -> tuple[object, ...]:
    """The cells under `HEAD`."""
    return (
        job_code, line.file, line.line, line.record, line.doc_seq, line.document, line.field, line.value, line.code,
        LEVELS[line.level], line.sentence, line.advice,
    )  # fmt: skip


def report_csv(job_code: str, lines: Iterable[FindingLine]) -> Iterator[str]:
    return csv_text(HEAD, (report_row(job_code, line) for line in lines))


def report_json(head: ReportHead, lines: Iterable[FindingLine]) -> Iterator[str]:
    """One object: the head, and `segnalazioni` with an object for each row, one a line."""
    plain = msgspec.json.encode(head).decode()
    yield plain[:-1] + ',"segnalazioni":[\n'
    mark = ""
    for line in lines:
        row = dict(zip(HEAD, report_row(head.job, line), strict=True))
        yield mark + msgspec.json.encode(row).decode()
        mark = ",\n"
    yield "\n]}\n"


def report_head(job: Job) -> ReportHead:
    """In the open transaction."""
    counts: dict[str, int] = {}
    for codes in findings_by_level(job.pk).values():
        for code, n in codes.items():
            counts[code] = counts.get(code, 0) + n
    return ReportHead(
        job=job.code,
        stato=job.state,
        bollette=job.bills,
        scartate=job.refused,
        gia_presenti=job.skipped,
        conteggi=dict(sorted(counts.items())),
    )


def report_lines(company_id: int, job_id: int, filters: FindingFilters) -> Iterator[FindingLine]:
    """The findings in order, a piece at a time, each piece in its own transaction."""
    return pieces(company_id, lambda after: findings_found(job_id, filters, after=after, size=_PIECE))


def report_of(company_id: int, job_code: str, *, as_json: bool) -> Iterator[str]:
    """The whole report of a job, as the command line writes it. Raises NoSuchJob."""
    with company(company_id):
        job = job_by_code(job_code)
        if job is None:
            raise NoSuchJob(f"La lavorazione «{job_code}» non esiste.")
        head = report_head(job)
    lines = report_lines(company_id, job.pk, FindingFilters())
    return report_json(head, lines) if as_json else report_csv(job_code, lines)


@app.task(name="intake.report", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def put_report(*, company_id: int, job_id: int) -> None:
    """Put the report of a job that is decided on into the company's `/esiti`; an earlier one is replaced."""
    with company(company_id):
        job = Job.objects.get(pk=job_id)
        if job.state in {JobState.RECEIVED, JobState.READING, JobState.READY}:
            return
        head = report_head(job)
    now: datetime = timezone.now()
    texts = {
        "csv": report_csv(job.code, report_lines(company_id, job_id, FindingFilters())),
        "json": report_json(head, report_lines(company_id, job_id, FindingFilters())),
    }
    for ending, text in texts.items():
        name = f"{job.code}_esito.{ending}"
        publish_outcome(company_id, name, (piece.encode() for piece in text), now, job_id=job_id)
