"""A described flow as a whole: what its trailer tells against what its parts held, and the checks of its descriptor."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from msgspec.structs import replace

from smartbill.core.flows.descriptor.blocks import OpenedFlow
from smartbill.core.flows.descriptor.checks import Check, told_values
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.stabo.scan import FlowScan
from smartbill.core.flows.stabo.totals import check_company, check_totals, ordinals_across
from smartbill.core.flows.value import BlockTotals, Finding, Level

_NO_SCAN = FlowScan(
    header=b"", trailer=b"", trailer_line=0, lines=0, sha256="", looks_like_utf8=False, ranges=(), findings=()
)


def check_described_totals(
    blocks: Sequence[BlockTotals], layout: Layout, opened: OpenedFlow, scan: FlowScan | None, *, file: str = ""
) -> list[Finding]:
    """Totals of the file. A check of the descriptor takes the place of the common one with its code."""
    found: list[Finding] = []
    declared = {check.code for check in layout.checks if check.of_file}
    trailer = opened.trailer
    if trailer is not None:
        documents = sum(block.bills + block.credit_notes for block in blocks)
        if trailer.credit_notes is None and trailer.bills == documents:
            trailer = replace(trailer, bills=None)  # all documents are counted as bills
        common = check_totals(blocks, opened.header, trailer, scan or _NO_SCAN, file=file)
        found += [_renamed(layout, finding) for finding in common if finding.code not in declared]
    else:
        found += [finding for finding in _ordinals_only(blocks, layout, opened, file) if finding.code not in declared]
    for check in layout.checks:
        if check.of_file:
            found += _of_file(check, blocks, layout, opened, file)
    return found


def check_described_company(layout: Layout, opened: OpenedFlow, company_code: str, *, file: str = "") -> list[Finding]:
    """A flow that names its company is of the one whose area it came to (FLS-007)."""
    if not opened.header.company_code:
        return []
    kind, told, _ = layout.told("00", "company_code")
    found = check_company(opened.header, company_code, file=file)
    return [replace(finding, record=kind[:10], field=told[:60]) for finding in found]


def _ordinals_only(blocks: Sequence[BlockTotals], layout: Layout, opened: OpenedFlow, file: str) -> list[Finding]:
    if "doc_seq" not in layout.bill.by_name:
        return []
    return [_renamed(layout, finding) for finding in ordinals_across(blocks, file)]


def _renamed(layout: Layout, finding: Finding) -> Finding:
    """A finding of the common totals in the sender's names."""
    record = finding.record
    field = finding.field if record in {"99", "10"} else ""
    kind, told, place = layout.told(record if record in {"10", "99"} else "99", field or finding.field)
    tipo = kind
    if record not in {"99", "10", "PDF", ""}:  # the sentence speaks of the records that are counted
        tipo = next((program.type for program in layout.records if program.record == record), record)
    values = {"tipo": tipo, "campo": place, **finding.values} if finding.code != "WRN-410" else finding.values
    return replace(
        finding, record=kind[:10], field=told[:60] if finding.code != "WRN-410" else finding.field, values=values
    )


def _of_file(
    check: Check, blocks: Sequence[BlockTotals], layout: Layout, opened: OpenedFlow, file: str
) -> list[Finding]:
    if check.kind == "unique":
        return _repeated(check, blocks, layout, file)
    if check.equals is None:
        return []
    key = str(check.number)
    if any(f"{key}!" in block.sums for block in blocks):
        values = {"n": str(sum(int(block.sums.get(f"{key}!", 0)) for block in blocks))}
        return [Finding(code="WRN-410", level=Level.WARNING, file=file, field="totals", values=values)]
    total = sum((block.sums.get(key, Decimal(0)) for block in blocks), Decimal(0))
    told = _number(opened.trailer_values.get(check.equals.field))
    if told is None or abs(total - told) <= check.tolerance:
        return []
    program = next(each for each in layout.records if each.type == check.equals.type)
    field = program.by_name[check.equals.field]
    line = opened.trailer.line if opened.trailer else 1
    values = {"campo": field.place, "tipo": program.type, **told_values(total, told)}
    return [
        Finding(
            code=check.code,
            level=check.level,
            file=file,
            line=line,
            record=program.type,
            field=field.told,
            values=values,
        )
    ]


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _repeated(check: Check, blocks: Sequence[BlockTotals], layout: Layout, file: str) -> list[Finding]:
    first: dict[int, int] = {}
    found = []
    program = layout.bill
    field = program.by_name[check.refs[0].field]
    pairs = sorted((line, key) for block in blocks for key, line in block.keys.get(str(check.number), ()))
    for line, key in pairs:
        if key in first:
            values = {"campo": field.place, "tipo": program.type, "trovato": "ripetuto", "atteso": f"riga {first[key]}"}
            found.append(
                Finding(
                    code=check.code, level=check.level, file=file, line=line, record=program.type, field=field.told,
                    values=values,
                )
            )  # fmt: skip
        first.setdefault(key, line)
    return found[:1_000]
