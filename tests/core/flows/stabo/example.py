"""The worked example of the flow format, and ways to spoil it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from smartbill.core.flows.stabo.flow import FlowReader
from smartbill.core.flows.stabo.reader import Outcome
from smartbill.core.flows.value import Finding, ReadBill
from smartbill.core.wording.findings import message

PATH = Path(__file__).parent / "STABO_ACQUALUCE_ACQUALUCE-2026-0027.txt"
NOW = datetime(2026, 7, 7, 8, 0, tzinfo=UTC)
LINES = PATH.read_text(encoding="utf-8").splitlines()

Edit = tuple[int, int, str]  # line from 1, field from 1, new text


def edited(*edits: Edit, lines: Sequence[str] = LINES) -> list[str]:
    """The example with some fields changed. A field beyond the end of a line is added to it."""
    changed = [line.split("|") for line in lines]
    for line, field, text in edits:
        fields = changed[line - 1]
        fields += [""] * (field - len(fields))
        fields[field - 1] = text
    return ["|".join(fields) for fields in changed]


def with_trailer(lines: Sequence[str]) -> list[str]:
    """The same documents with a trailer whose counts of lines and records are right again."""
    body = [line for line in lines if not line.startswith("99|")]
    trailer = LINES[-1].split("|")
    trailer[1] = str(len(body) + 1)
    bills = [line.split("|")[2] for line in body if line.startswith("10|")]
    trailer[2] = str(sum(kind != "N" for kind in bills))
    trailer[3] = str(sum(kind == "N" for kind in bills))
    for place, kind in enumerate(("11", "12", "20", "30", "31", "40", "50", "60"), 6):
        trailer[place] = str(sum(line.startswith(f"{kind}|") for line in body))
    return [*body, "|".join(trailer)]


def content(lines: Sequence[str], *, encoding: str = "utf-8", end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode(encoding)


def outcomes(data: bytes, *, now: datetime = NOW, company_code: str = "", range_bytes: int = 4096) -> list[Outcome]:
    return list(FlowReader(BytesIO(data), file="f.txt", now=now, company_code=company_code, range_bytes=range_bytes))


def findings(data: bytes | Sequence[str], **options: object) -> list[Finding]:
    raw = data if isinstance(data, bytes) else content(data)
    return [outcome for outcome in outcomes(raw, **options) if isinstance(outcome, Finding)]  # type: ignore[arg-type]


def told(data: bytes | Sequence[str], **options: object) -> list[tuple[str, str, str]]:
    """Code, level and sentence of every finding."""
    return [(found.code, found.level.value, message(found)) for found in findings(data, **options)]


def bills(data: bytes, **options: object) -> list[ReadBill]:
    return [outcome for outcome in outcomes(data, **options) if isinstance(outcome, ReadBill)]  # type: ignore[arg-type]
