"""What was wrong in a job's flow, as staff see it: by filters, in pages, with what to do. Inside `with company()`."""

from django.db.models import Sum
from msgspec import Struct

from smartbill.apps.intake.models import Finding, FindingCount, RefusedDocument
from smartbill.core.flows.value import Level
from smartbill.core.wording.advice import advice
from smartbill.core.wording.findings import message
from smartbill.database.keyset import Page, page_of

_PAGE = 25


class FindingFilters(Struct, frozen=True, kw_only=True):
    code: str = ""
    level: Level | None = None
    record: str = ""
    document: str = ""  # the whole number, as `B051/539`


class FindingLine(Struct, frozen=True, kw_only=True):
    n: int
    code: str
    level: Level
    file: str
    line: int | None
    record: str
    field: str
    document: str
    doc_seq: int | None  # its place in the flow, where it was refused and could be read
    value: str  # what was found there, masked where it tells of a person
    sentence: str
    advice: str  # what to do


def findings_found(
    job_id: int, filters: FindingFilters, *, after: str = "", before: str = "", size: int = _PAGE
) -> Page[FindingLine]:
    found = Finding.objects.filter(job=job_id)
    for name in ("code", "level", "record", "document"):
        if value := getattr(filters, name):
            found = found.filter(**{name: value})
    page = page_of(found, keys=("n",), after=after, before=before, size=size)
    places = _places(job_id, {row.document for row in page.rows if row.document})
    return Page([_line(row, places.get(row.document)) for row in page.rows], page.next, page.previous)


def findings_by_level(job_id: int) -> dict[Level, dict[str, int]]:
    """Level -> code -> how many; exact, also where the list of findings is cut off."""
    found: dict[Level, dict[str, int]] = {}
    counted = FindingCount.objects.filter(job=job_id).values_list("level", "code").annotate(n=Sum("count"))
    for level, code, n in counted.order_by("level", "code"):
        found.setdefault(Level(level), {})[code] = n
    return {level: found[level] for level in Level if level in found}


def _places(job_id: int, documents: set[str]) -> dict[str, int]:
    """The places in the flow of those documents that were refused."""
    numbers = {each for document in documents for each in (document, document.rpartition("/")[2])}
    rows = RefusedDocument.objects.filter(job=job_id, number__in=numbers).values_list("series", "number", "doc_seq")
    return {document_number(series, number): seq for series, number, seq in rows if seq is not None}


def document_number(series: str, number: str) -> str:
    """The number as findings name a refused document."""
    return f"{series}/{number}" if series else number


def _line(row: Finding, doc_seq: int | None) -> FindingLine:
    value = row.value
    return FindingLine(
        n=row.n,
        code=row.code,
        level=value.level,
        file=row.file,
        line=row.line,
        record=row.record,
        field=row.field,
        document=row.document,
        doc_seq=doc_seq,
        value=row.values.get("valore", "")[:60],
        sentence=message(value),
        advice=advice(row.code),
    )
