"""The first and the last line of a STABO v1 flow: what they say, and what is wrong with them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from smartbill.core.flows.identifiers import vat_number_checks
from smartbill.core.flows.stabo.codes import ENCODINGS
from smartbill.core.flows.stabo.fields import CONVERTERS, FIXED_CONVERTERS, RecordConverter, shown
from smartbill.core.flows.value import Finding, Level

BOM = b"\xef\xbb\xbf"
TOO_OLD = timedelta(days=90)
CLOCK_TOLERANCE = timedelta(hours=1)

#: records whose number the trailer declares
COUNTED_RECORDS = ("11", "12", "20", "30", "31", "40", "50", "60")


class FlowHeader(Struct, frozen=True, kw_only=True):
    """Record 00."""

    company_code: str
    company_vat: str  # 11 digits
    flow_id: str
    batch: str  # label of the emission
    created_at: datetime  # Europe/Rome
    encoding: str  # as declared, one of `codes.ENCODINGS`
    services: str  # letters E, G, I
    variant: str = "D"
    is_test: bool  # a test flow never reaches real recipients
    pdf_included: bool
    note: str = ""

    @property
    def codec(self) -> str:
        return ENCODINGS[self.encoding]


class FlowTrailer(Struct, frozen=True, kw_only=True):
    """Record 99. A value that could not be read is None, and is not checked."""

    line: int
    lines: int | None
    bills: int | None
    credit_notes: int | None
    sum_total_bill: Decimal | None
    sum_total_due: Decimal | None
    records: dict[str, int]  # record type -> how many, those that could be read
    pdf_files: int | None
    sha256: str = ""  # lower case, empty when not given


def read_header(line: bytes, *, now: datetime, file: str = "") -> tuple[FlowHeader | None, list[Finding]]:
    """Read record 00. The header is None when a finding of level file stands in the way of reading the rest."""

    def refuse(code: str, field: str = "", **values: str) -> Finding:
        return Finding(code=code, level=Level.FILE, file=file, line=1, record="00", field=field, values=values)

    has_bom = line.startswith(BOM)
    content = line.removeprefix(BOM).rstrip(b"\r\n")
    if content[:2] != b"00":
        return None, [refuse("FLS-004")]
    variant = "D" if content[2:3] == b"|" else "F"
    converter = (CONVERTERS if variant == "D" else FIXED_CONVERTERS)["00"]
    fields = _fields(converter, content.decode("latin-1"), variant)
    declared = fields[9].strip() if len(fields) > 9 else ""
    try:
        text = content.decode("utf-8" if has_bom else ENCODINGS.get(declared, "latin-1"))
    except UnicodeDecodeError:
        return None, [refuse("FLS-003", "encoding", codifica=declared, riga="1")]
    fields = _fields(converter, text, variant)
    values, problems = converter.examined(fields)
    found: dict[str, Any] = dict(zip(converter.names, values, strict=True))
    findings = [refuse(problem.code, name, **problem.values) for name, problem in problems]
    findings += _agreements(found, fields, variant=variant, has_bom=has_bom, now=now, file=file, refuse=refuse)
    if any(finding.level is Level.FILE for finding in findings):
        return None, findings
    header = _header(found)
    if not vat_number_checks(header.company_vat):
        findings.append(_warning("WRN-403", "company_vat", file, {"valore": header.company_vat}))
    return header, findings


def _fields(converter: RecordConverter, line: str, variant: str) -> list[str]:
    return line.split("|") if variant == "D" else converter.cut(line)


def _agreements(
    found: dict[str, Any],
    fields: list[str],
    *,
    variant: str,
    has_bom: bool,
    now: datetime,
    file: str,
    refuse: Callable[..., Finding],
) -> list[Finding]:
    """Values that are well formed, but not what this reader or this moment takes."""
    findings: list[Finding] = []
    if found["version"] not in {None, 1}:
        findings.append(refuse("FLS-006", "version", valore=shown(fields[2])))
    if found["variant"] not in {None, variant}:
        written = "delimitato" if variant == "D" else "a larghezza fissa"
        findings.append(refuse("FLS-006", "variant", valore=f"variante {found['variant']}, ma il file è {written}"))
    if has_bom and found["encoding"] != "utf-8":
        findings.append(refuse("FLS-003", "encoding", codifica=shown(fields[9]), riga="1"))
    if (created_at := found["created_at"]) is not None:
        if created_at > now + CLOCK_TOLERANCE:
            findings.append(refuse("REC-104", "created_at", valore=shown(fields[8])))
        elif created_at < now - TOO_OLD:
            findings.append(_warning("WRN-410", "created_at", file, {"valore": f"{created_at:%d/%m/%Y}"}))
    return findings


def _warning(code: str, field: str, file: str, values: dict[str, str]) -> Finding:
    return Finding(code=code, level=Level.WARNING, file=file, line=1, record="00", field=field, values=values)


def _header(found: dict[str, Any]) -> FlowHeader:
    declared = next(name for name, codec in ENCODINGS.items() if codec == found["encoding"])
    return FlowHeader(
        company_code=found["company_code"],
        company_vat=found["company_vat"].removeprefix("IT"),
        flow_id=found["flow_id"],
        batch=found["batch"],
        created_at=found["created_at"],
        encoding=declared,
        services=found["services"],
        variant=found["variant"],
        is_test=found["environment"] == "T",
        pdf_included=found["pdf_included"],
        note=found["note"],
    )


def read_trailer(
    line: bytes, *, number: int, header: FlowHeader, file: str = ""
) -> tuple[FlowTrailer | None, list[Finding]]:
    """Read record 99, which stands on line `number` (FLS-005 when it is something else)."""
    content = line.rstrip(b"\r\n")
    converter = (CONVERTERS if header.variant == "D" else FIXED_CONVERTERS)["99"]
    if content[:2] != b"99" or (content[2:3] == b"|") != (header.variant == "D"):
        return None, [Finding(code="FLS-005", level=Level.FILE, file=file, line=number, record="99")]
    fields = _fields(converter, content.decode(header.codec, errors="replace"), header.variant)
    values, problems = converter.examined(fields)
    found: dict[str, Any] = dict(zip(converter.names, values, strict=True))
    findings = [
        Finding(
            code=problem.code,
            level=Level.FILE,
            file=file,
            line=number,
            record="99",
            field=name,
            values=problem.values,
        )
        for name, problem in problems
    ]
    trailer = FlowTrailer(
        line=number,
        lines=found["lines"],
        bills=found["bills"],
        credit_notes=found["credit_notes"],
        sum_total_bill=found["sum_total_bill"],
        sum_total_due=found["sum_total_due"],
        records={kind: found[f"n{kind}"] for kind in COUNTED_RECORDS if found[f"n{kind}"] is not None},
        pdf_files=found["pdf_files"],
        sha256=(found["sha256"] or "").lower(),
    )
    return trailer, findings
