"""Contacts files as staff see them: the list, one of them with what it changes, its refused rows."""

from datetime import datetime

from msgspec import Struct

from smartbill.apps.audit.models import Entry
from smartbill.apps.intake.models import ContactFile
from smartbill.core.contacts.report import ContactsReport, unpacked
from smartbill.core.states.contact_file import ContactFileState
from smartbill.core.wording.findings import message
from smartbill.database.context import company
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.actor import Actor, record_act
from smartbill.usecases.intake.contact_rejects import rejects_name
from smartbill.usecases.kept_files import KeptFile, kept_file
from smartbill.usecases.staff.jobs import AuditLine
from smartbill.usecases.staff.looks import record_look

PAGE = 25
_SHOWN_FINDINGS = 50


class ContactFileLine(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    state: ContactFileState
    source: str
    job_code: str
    received_at: datetime
    sent_by: str
    rows: int
    refused: int


class FindingLine(Struct, frozen=True):
    code: str
    level: str
    line: int | None
    sentence: str


class ContactFilePage(Struct, frozen=True, kw_only=True):
    line: ContactFileLine
    read_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    report: ContactsReport
    findings: list[FindingLine]  # the first ones
    has_rejects: bool
    audit: list[AuditLine]


def files_found(*, after: str = "", before: str = "") -> Page[ContactFileLine]:
    """Contacts files of the company at hand, the latest first."""
    files = ContactFile.objects.select_related("drop", "job").defer(
        "report", "job__header", "job__trailer", "job__scan"
    )
    page = page_of(files, keys=("-received_at", "-id"), after=after, before=before, size=PAGE)
    return Page([_line(file) for file in page.rows], page.next, page.previous)


def file_state(file_id: int) -> ContactFileState | None:
    """Where a file of the company at hand is; None when there is no such file."""
    state = ContactFile.objects.filter(pk=file_id).values_list("state", flat=True).first()
    return None if state is None else ContactFileState(state)


def look_at_file(actor: Actor, file_id: int, *, now: datetime) -> ContactFilePage | None:
    """One file; its report names customers, so that somebody looked is on record. None = no such file."""
    with company(actor.company_id):
        file = ContactFile.objects.select_related("drop", "job").filter(pk=file_id).first()
        if file is None:
            return None
        record_look(actor, "open_contact_file", f"look at contacts {file_id}", now=now)
        report = unpacked(bytes(file.report)) if file.report else ContactsReport()
        entries = Entry.objects.filter(subject=f"contacts {file_id}").order_by("-at", "-id")[:PAGE]
        return ContactFilePage(
            line=_line(file),
            read_at=file.read_at,
            decided_by=file.decided_by,
            decided_at=file.decided_at,
            report=report,
            findings=[
                FindingLine(each.code, each.level, each.line, message(each))
                for each in report.findings[:_SHOWN_FINDINGS]
            ],
            has_rejects=bool(file.rejects_digest),
            audit=[
                AuditLine(at=each.at, actor=each.actor, role=each.role, act=each.act, note=each.note)
                for each in entries
            ],
        )


def open_rejects(actor: Actor, file_id: int, *, now: datetime) -> tuple[str, KeptFile] | None:
    """Name and content of the file of refused rows; None where there is none. On record.

    Raises FileNotFoundError when the store has lost it.
    """
    with company(actor.company_id):
        file = ContactFile.objects.select_related("job").filter(pk=file_id).exclude(rejects_digest="").first()
        if file is None:
            return None
        record_act(actor, "export_rejects", f"contacts {file_id}", now=now)
        name, digest = rejects_name(file), file.rejects_digest
    return name, kept_file(actor.company_id, digest)


def _line(file: ContactFile) -> ContactFileLine:
    return ContactFileLine(
        id=file.pk,
        name=file.name,
        state=ContactFileState(file.state),
        source=file.drop.source if file.drop is not None else "",
        job_code=file.job.code if file.job is not None else "",
        received_at=file.received_at,
        sent_by=file.sent_by,
        rows=file.rows,
        refused=file.refused,
    )
