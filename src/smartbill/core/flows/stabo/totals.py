"""Checks of a STABO v1 flow as a whole, on the totals of its blocks (FLS-020…026) and on its documents (DOC-262)."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from smartbill.core.flows.stabo.costs import ZERO
from smartbill.core.flows.stabo.header import COUNTED_RECORDS, FlowHeader, FlowTrailer
from smartbill.core.flows.stabo.issues import italian
from smartbill.core.flows.stabo.scan import FlowScan
from smartbill.core.flows.value import BlockTotals, Finding, Level


def check_totals(
    blocks: Sequence[BlockTotals], header: FlowHeader, trailer: FlowTrailer, scan: FlowScan, *, file: str = ""
) -> list[Finding]:
    """What the trailer declares against what the blocks held, in any order; plus the ordinals across blocks."""
    blocks = sorted(blocks, key=lambda block: block.first_line)
    found: list[Finding] = []

    def refuse(code: str, field: str, record: str = "99", **values: str) -> None:
        found.append(
            Finding(
                code=code, level=Level.FILE, file=file, line=trailer.line, record=record, field=field, values=values
            )
        )

    def warn(field: str, **values: str) -> None:
        found.append(
            Finding(code="WRN-410", level=Level.WARNING, file=file, line=trailer.line, field=field, values=values)
        )

    if trailer.lines is not None and trailer.lines != scan.lines:
        refuse("FLS-020", "lines", atteso=str(trailer.lines), trovato=str(scan.lines))
    for field, declared, counted in (
        ("bills", trailer.bills, sum(block.bills for block in blocks)),
        ("credit_notes", trailer.credit_notes, sum(block.credit_notes for block in blocks)),
    ):
        if declared is not None and declared != counted:
            refuse("FLS-021", field, atteso=str(declared), trovato=str(counted))
    unreadable = sum(block.unreadable_totals for block in blocks)
    if unreadable:
        warn("totals", n=str(unreadable))
    else:
        _sums(blocks, trailer, refuse)
    for kind in COUNTED_RECORDS:
        counted = sum(block.records.get(kind, 0) for block in blocks)
        if kind in trailer.records and trailer.records[kind] != counted:
            # The sentence speaks of the counted type, so that is the record of the finding.
            refuse("FLS-023", f"n{kind}", kind, trovato=str(counted), atteso=str(trailer.records[kind]))
    if trailer.sha256 and trailer.sha256 != scan.sha256:
        refuse("FLS-024", "sha256")
    if not header.pdf_included and trailer.pdf_files:
        refuse("FLS-023", "pdf_files", "PDF", trovato="0", atteso=str(trailer.pdf_files))
    services = "".join(sorted({letter for block in blocks for letter in block.services}))
    if header.services and services != "".join(sorted(set(header.services))):
        warn("services", atteso=header.services, trovato=services or "nessuno")
    found += ordinals_across(blocks, file)
    return found


def _sums(blocks: Sequence[BlockTotals], trailer: FlowTrailer, refuse: Callable[..., None]) -> None:
    for field, declared, counted in (
        ("sum_total_bill", trailer.sum_total_bill, sum((block.sum_total_bill for block in blocks), ZERO)),
        ("sum_total_due", trailer.sum_total_due, sum((block.sum_total_due for block in blocks), ZERO)),
    ):
        if declared is not None and declared != counted:
            refuse("FLS-022", field, atteso=italian(declared), trovato=italian(counted))


def ordinals_across(blocks: Sequence[BlockTotals], file: str) -> list[Finding]:
    """The first ordinal of each block follows the last of the block before; the first of all is 1 (FLS-026)."""
    found = []
    expected = 1
    for block in blocks:
        if block.first_seq is not None and block.last_seq is not None:
            if block.first_seq != expected:
                found.append(
                    Finding(
                        code="FLS-026",
                        level=Level.FILE,
                        file=file,
                        line=block.first_line,
                        record="10",
                        field="doc_seq",
                        values={"trovato": str(block.first_seq), "atteso": str(expected)},
                    )
                )
            expected = block.last_seq + 1
        else:  # none of its ordinals could be read: each has its own finding
            expected += block.bills + block.credit_notes
    return found


def check_pdf_count(trailer: FlowTrailer, pdfs: int, *, file: str = "") -> list[Finding]:
    """The PDFs that came, paired or not, against those announced (FLS-023); when all archives of the job are there."""
    if trailer.pdf_files is None or trailer.pdf_files == pdfs:
        return []
    return [
        Finding(
            code="FLS-023",
            level=Level.FILE,
            file=file,
            line=trailer.line,
            record="PDF",
            field="pdf_files",
            values={"trovato": str(pdfs), "atteso": str(trailer.pdf_files)},
        )
    ]


def check_encoding(scan: FlowScan, header: FlowHeader, *, file: str = "") -> list[Finding]:
    """Valid UTF-8 that is declared as something else is read as declared, with a warning."""
    if not scan.looks_like_utf8 or header.encoding == "UTF-8":
        return []
    return [
        Finding(
            code="WRN-410",
            level=Level.WARNING,
            file=file,
            line=1,
            record="00",
            field="encoding",
            values={"valore": header.encoding},
        )
    ]


def check_company(header: FlowHeader, company_code: str, *, file: str = "") -> list[Finding]:
    """The company of the header owns the area that the file came to (FLS-007)."""
    if header.company_code.upper() == company_code.upper():
        return []
    return [
        Finding(
            code="FLS-007",
            level=Level.FILE,
            file=file,
            line=1,
            record="00",
            field="company_code",
            values={"valore": header.company_code},
        )
    ]


DocumentKey = tuple[str, str, int]  # series, number, year of issue


def repeated_documents(keys: Iterable[DocumentKey]) -> set[DocumentKey]:
    """Keys that occur more than once in one flow: all of their documents are refused (DOC-262)."""
    seen: set[DocumentKey] = set()
    repeated: set[DocumentKey] = set()
    for key in keys:
        (repeated if key in seen else seen).add(key)
    return repeated


def repeated_document(
    key: DocumentKey, *, line: int, file: str = "", number: tuple[str, str] = ("10", "number"), display: str = ""
) -> Finding:
    """`number`: the record and field that hold it, as the sender calls them."""
    record, field = number
    display = display or f"{key[0]}/{key[1]}"
    return Finding(
        code="DOC-262", level=Level.DOCUMENT, file=file, line=line, record=record, field=field, document=display
    )


def refused_share(
    refused: int, total: int, *, file: str = "", least: int = 10, share: Decimal = Decimal("0.01")
) -> list[Finding]:
    """FLS-025 when more than `least` and more than `share` of the bills are refused: a systematic error is likely."""
    if refused <= max(Decimal(least), total * share):
        return []
    return [Finding(code="FLS-025", level=Level.FILE, file=file, values={"n": str(refused), "tot": str(total)})]
