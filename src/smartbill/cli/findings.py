"""Findings as the command prints them: as JSON objects with stable keys, or as lines for people."""

from rich.console import Console
from rich.markup import escape

from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.findings import message

_STYLES = {Level.FILE: "bold red", Level.DOCUMENT: "red", Level.ROW: "red", Level.WARNING: "yellow"}


def finding_object(finding: Finding) -> dict[str, str | int | None]:
    """`{"code", "level", "line", "record", "field", "message"}`, the keys that scripts rely on."""
    return {
        "code": finding.code,
        "level": finding.level.value,
        "line": finding.line,
        "record": finding.record,
        "field": finding.field,
        "message": message(finding),
    }


def show_finding(console: Console, finding: Finding) -> None:
    style = _STYLES[finding.level]
    console.print(f"  [{style}]{finding.code}[/] {escape(message(finding))}", highlight=False, soft_wrap=True)
