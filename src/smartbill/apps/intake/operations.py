"""Writes of the intake: drops, jobs and their states, blocks, findings, staged contacts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from msgspec import Struct

from smartbill.apps.companies.operations import next_number
from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import ContactFile, Drop, Finding, FindingCount, FurtherZip, Job, ReadBlock
from smartbill.core.flows.archive import Entry
from smartbill.core.flows.ledger import MAX_ROWS, MAX_ROWS_PER_CODE, FindingLedger
from smartbill.core.flows.value import FlowContact, RefusedDocument
from smartbill.core.states.contact_file import MOVES as CONTACT_FILE_MOVES
from smartbill.core.states.contact_file import ContactFileState
from smartbill.core.states.job import LIVE_STATES, MOVES, JobState
from smartbill.core.states.moves import check_move
from smartbill.database.context import current_company
from smartbill.database.copying import copy_rows

#: The part of a job's reading that its opening is; blocks are numbered from 1.
OPENING = 0

_CONTACT_COLUMNS = {
    "source": "text", "key_kind": "text", "key": "text", "mobile": "text", "email": "text", "channel": "text",
    "language": "text", "consent": "bool", "consent_date": "date", "preferred": "bool", "name": "text", "line": "int8",
}  # fmt: skip
_ENTRY_COLUMNS = {
    "number": "int4", "name": "text", "base_name": "text", "kind": "text", "size": "int8", "start": "int8",
    "compressed": "int8", "crc": "int8", "deflated": "bool", "sizes_follow": "bool",
}  # fmt: skip
_REFUSED_COLUMNS = {"doc_seq": "int8", "line": "int8", "series": "text", "number": "text", "issue_year": "int2",
                    "pdf_name": "text"}  # fmt: skip


class PlannedBlock(Struct, frozen=True, kw_only=True):
    """A part of the reading that one task does; the meaning of `start` and `end` is that of `ReadBlock.Kind`."""

    kind: str
    start: int
    end: int
    first_line: int = 0


def open_job(drop: Drop, *, year: int, now: datetime) -> Job | None:
    """The job of a drop, with the next number of the year; None when a live job has the same file.

    Two equal files at once: the unique index lets one through, and waits for it.
    """
    code = company_of_transaction().code
    try:
        with transaction.atomic():
            number = next_number("job", year)
            return Job.objects.create(
                company_id=current_company(),
                year=year,
                number=number,
                code=f"{code}_{year}_{number}",
                drop=drop,
                digest=drop.digest,
                received_at=now,
            )
    except IntegrityError:
        return None


def locked_job(job_id: int) -> Job:
    """The job, locked against others that change it; rows that point at it can still be added."""
    return Job.objects.select_for_update(no_key=True).get(pk=job_id)


def move_job(job: Job, state: JobState) -> None:
    """Raises MoveNotAllowed."""
    check_move(MOVES, JobState(job.state), state)
    job.state = state
    job.save(update_fields=["state"])


def claim_flow_id(job: Job, flow_id: str) -> Job | None:
    """Give the job the flow's id; the live job that has it already, if any, and then it is not given."""
    try:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).update(flow_id=flow_id)
    except IntegrityError:
        return Job.objects.filter(flow_id=flow_id, state__in=LIVE_STATES).exclude(pk=job.pk).first()
    job.flow_id = flow_id
    return None


def add_entries(job: Job, entries: Iterable[Entry]) -> None:
    """The files of an archive's directory."""
    copy_rows(
        "incoming_entry",
        _ENTRY_COLUMNS,
        (
            (each.index, each.name, each.base_name, each.kind.value, each.declared_size, each.start, each.compressed,
             each.crc, each.deflated, each.sizes_follow)
            for each in entries
        ),
    )  # fmt: skip
    columns = ", ".join(_ENTRY_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO intake_zipentry (company_id, job_id, digest, problem, {columns})"  # noqa: S608
            f" SELECT %s, %s, '', '', {columns} FROM incoming_entry",
            [current_company(), job.pk],
        )


def plan_blocks(job: Job, blocks: Sequence[PlannedBlock], *, first: int = 1, further: FurtherZip | None = None) -> int:
    """Write down parts of the reading, numbered from `first` on; returns how many. `further`: the ZIP they are of."""
    company_id = current_company()
    ReadBlock.objects.bulk_create(
        (
            ReadBlock(
                company_id=company_id,
                job=job,
                block=number,
                kind=block.kind,
                start=block.start,
                end=block.end,
                first_line=block.first_line,
                further=further,
            )
            for number, block in enumerate(blocks, first)
        ),
        batch_size=1000,
    )
    return len(blocks)


def finish_block(job_id: int, block: int, totals: bytes | None, *, now: datetime) -> bool:
    """Mark the block as read; True when it was the last one of its job.

    Takes the job's lock: of two blocks that finish together, the second sees the first.
    """
    locked_job(job_id)
    ReadBlock.objects.filter(job_id=job_id, block=block).update(read_at=now, totals=totals)
    return not ReadBlock.objects.filter(job_id=job_id, read_at__isnull=True).exists()


def add_findings(job_id: int, block: int, ledger: FindingLedger) -> None:
    """The findings of one part of the reading. A part has room for 10,000 numbers."""
    company_id = current_company()
    Finding.objects.bulk_create(
        (
            Finding(
                company_id=company_id,
                job_id=job_id,
                n=block * MAX_ROWS + place,
                block=block,
                code=finding.code,
                level=finding.level,
                file=clean(finding.file, 255),
                line=finding.line,
                record=clean(finding.record, 10),
                field=clean(finding.field, 60),
                document=clean(finding.document, 40),
                values={name: clean(value, 255) for name, value in finding.values.items()},
            )
            for place, finding in enumerate(ledger.kept)
        ),
        batch_size=1000,
    )
    FindingCount.objects.bulk_create(
        FindingCount(company_id=company_id, job_id=job_id, block=block, code=code, level=level, count=count)
        for (code, level), count in ledger.counts.items()
    )


def clean(text: str, limit: int) -> str:
    """Text from outside that a label may hold: PostgreSQL knows no NUL, and a label has an end."""
    return text.replace("\x00", "�")[:limit]


def trim_findings(job_id: int) -> None:
    """Keep the first 1,000 rows of each code and 10,000 in all; the counts are kept apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM intake_finding f USING (
                   SELECT id, row_number() OVER (PARTITION BY code ORDER BY n) AS of_code,
                          row_number() OVER (ORDER BY level = 'warning', n) AS of_job
                   FROM intake_finding WHERE job_id = %s) r
               WHERE f.id = r.id AND (r.of_code > %s OR r.of_job > %s)""",
            [job_id, MAX_ROWS_PER_CODE, MAX_ROWS],
        )


def add_refused(job_id: int, block: int, documents: Sequence[RefusedDocument], *, pdf_pattern: str) -> None:
    if not documents:
        return
    copy_rows(
        "incoming_refused",
        _REFUSED_COLUMNS,
        (
            (each.doc_seq, each.line, each.series[:20], each.number[:20], each.issue_year,
             each.pdf_file or pdf_name(pdf_pattern, each.series, each.number))
            for each in documents
        ),
    )  # fmt: skip
    columns = ", ".join(_REFUSED_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO intake_refuseddocument (company_id, job_id, block, {columns})"  # noqa: S608
            f" SELECT %s, %s, %s, {columns} FROM incoming_refused",
            [current_company(), job_id, block],
        )


def stage_contacts(job_id: int, block: int, source: str, contacts: Iterable[FlowContact]) -> int:
    """Contacts wait here until their job is published; returns how many."""
    copy_rows(
        "incoming_contact",
        _CONTACT_COLUMNS,
        (
            (source, each.key_kind, each.key[:40], each.mobile, each.email, each.channel, each.language, each.consent,
             each.consent_date, each.preferred, each.name, each.line)
            for each in contacts
        ),
    )  # fmt: skip
    columns = ", ".join(_CONTACT_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO intake_stagedcontact (company_id, job_id, block, {columns})"  # noqa: S608
            f" SELECT %s, %s, %s, {columns} FROM incoming_contact",
            [current_company(), job_id, block],
        )
        return int(cursor.rowcount)


class ContactFileResult(Struct, frozen=True, kw_only=True):
    """What reading a contacts file came to."""

    rows: int
    refused: int
    refuses: bool  # the whole file
    report: bytes  # core.contacts.report, packed
    rejects_digest: str


def record_contact_file(
    job_id: int, *, name: str, digest: str, now: datetime, result: ContactFileResult
) -> ContactFile:
    """The contacts file of a job, once it is read."""
    return ContactFile.objects.get_or_create(
        company_id=current_company(),
        job_id=job_id,
        digest=digest,
        defaults={
            "name": clean(name, 255),
            "state": ContactFileState.REFUSED if result.refuses else ContactFileState.WITH_JOB,
            "received_at": now,
            "read_at": now,
            "rows": result.rows,
            "refused": result.refused,
            "report": result.report,
            "rejects_digest": result.rejects_digest,
        },
    )[0]


def open_contact_file(drop: Drop, *, sent_by: str, now: datetime) -> ContactFile | None:
    """The contacts file of a drop; None when a live one has the same content."""
    try:
        with transaction.atomic():
            return ContactFile.objects.create(
                company_id=current_company(),
                drop=drop,
                name=drop.name,
                digest=drop.digest,
                received_at=now,
                sent_by=sent_by,
            )
    except IntegrityError:
        return None


def locked_contact_file(file_id: int) -> ContactFile:
    return ContactFile.objects.select_for_update(no_key=True).get(pk=file_id)


def move_contact_file(file: ContactFile, state: ContactFileState) -> None:
    """Raises MoveNotAllowed."""
    check_move(CONTACT_FILE_MOVES, ContactFileState(file.state), state)
    file.state = state
    file.save(update_fields=["state"])


def settle_contact_file(
    file: ContactFile, state: ContactFileState, result: ContactFileResult, *, now: datetime
) -> None:
    """Write down how the reading of a file that came alone went. Raises MoveNotAllowed."""
    move_contact_file(file, state)
    file.rows, file.refused, file.read_at = result.rows, result.refused, now
    file.report, file.rejects_digest = result.report, result.rejects_digest
    file.save(update_fields=["rows", "refused", "read_at", "report", "rejects_digest"])


def record_entry_contents(job_id: int, contents: Mapping[int, tuple[str, str]]) -> None:
    """Digest and problem of stored files, by their number in the archive."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE intake_zipentry e SET digest = c.digest, problem = c.problem
               FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS c (number, digest, problem)
               WHERE e.job_id = %s AND e.number = c.number""",
            [list(contents), [digest for digest, _ in contents.values()], [p for _, p in contents.values()], job_id],
        )


def pdf_name(pattern: str, series: str, number: str) -> str:
    """The name of a document's PDF by the company's pattern."""
    return clean(pattern.replace("{series}", series).replace("{number}", number).replace("/", "_"), 255)


def discard_part(job_id: int, block: int) -> None:
    """Take back what an earlier closing of the job wrote: it is judged again."""
    with connection.cursor() as cursor:
        for table in ("intake_finding", "intake_findingcount", "intake_refuseddocument"):
            cursor.execute(f"DELETE FROM {table} WHERE job_id = %s AND block = %s", [job_id, block])  # noqa: S608
