"""The documents of a flow that were not taken, each with what is wrong with it. Inside `with company()`."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from smartbill.apps.intake.models import Finding, RefusedDocument
from smartbill.core.flows.value import Level
from smartbill.core.wording.advice import advice
from smartbill.core.wording.findings import message
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.actor import Actor
from smartbill.usecases.staff.findings import document_number
from smartbill.usecases.staff.looks import record_look

_PAGE = 25


class RefusedLine(Struct, frozen=True, kw_only=True):
    """The first finding that refused it; empty where the rows of findings were cut off."""

    document: str
    line: int
    code: str = ""
    sentence: str = ""
    advice: str = ""


def look_at_refused(
    actor: Actor, job_id: int, job_code: str, *, now: datetime, after: str = "", before: str = ""
) -> Page[RefusedLine]:
    """A page of them, in order of their lines. That somebody looked is on record."""
    record_look(actor, "list_refused", f"refused {job_code}", now=now)
    found = RefusedDocument.objects.filter(job=job_id)
    page = page_of(found, keys=("line", "id"), after=after, before=before, size=_PAGE)
    documents = {document_number(row.series, row.number) for row in page.rows} - {""}
    reasons: dict[str, Finding] = {}
    findings = Finding.objects.filter(job=job_id, level=Level.DOCUMENT, document__in=documents)
    for finding in findings.order_by("-n"):
        reasons[finding.document] = finding
    return Page([_line(row, reasons) for row in page.rows], page.next, page.previous)


def _line(row: RefusedDocument, reasons: Mapping[str, Finding]) -> RefusedLine:
    document = document_number(row.series, row.number)
    reason = reasons.get(document)
    if reason is None:
        return RefusedLine(document=document, line=row.line)
    return RefusedLine(
        document=document,
        line=row.line,
        code=reason.code,
        sentence=message(reason.value),
        advice=advice(reason.code),
    )
