"""Keeping findings: all are counted, a bounded number is kept."""

from msgspec import Struct

from smartbill.core.flows.value import Finding, Level

MAX_ROWS_PER_CODE = 1_000
MAX_ROWS = 10_000


class FindingLedger:
    """Findings in the order they came: at most 1,000 of a code and 10,000 in all are kept, the counts stay exact."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: dict[tuple[str, Level], int] = {}
        self._kept_of: dict[str, int] = {}

    def add(self, finding: Finding, *, times: int = 1) -> None:
        """Count a finding `times`, and keep it once if there is room."""
        key = (finding.code, finding.level)
        self.counts[key] = self.counts.get(key, 0) + times
        kept = self._kept_of.get(finding.code, 0)
        if kept < MAX_ROWS_PER_CODE and len(self.kept) < MAX_ROWS:
            self._kept_of[finding.code] = kept + 1
            self.kept.append(finding)

    @property
    def refuses_flow(self) -> bool:
        return any(refuses_flow(code, level) for code, level in self.counts)


def refuses_flow(code: str, level: str) -> bool:
    """A finding of level file refuses the flow; one of a contacts file refuses that file only."""
    return level == Level.FILE and not code.startswith("CSV-")


class CodeCount(Struct, frozen=True):
    """How often a code was found in a job."""

    code: str
    level: Level
    count: int
