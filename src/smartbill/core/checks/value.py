"""The checks by their codes, and the pure rule of which of them hold up the go-ahead."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Check(StrEnum):
    """In the order in which they are shown. Those of contacts are the reasons of `tickets.UnreachedBill`."""

    DOUBLE = "double"  # same supply, period and amount as another bill in force
    TOTALS = "totals"  # payments and total disagree (XML-611)
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_ZERO = "amount_zero"
    UNUSUAL = "unusual"  # more than so many per cent of the customer's average
    TOTAL_CHANGE = "total_change"  # of the whole job against the one before
    DUE_PAST = "due_past"
    DUE_NEAR = "due_near"
    NO_WAY_TO_PAY = "no_way_to_pay"
    PDF_MISSING = "pdf_missing"  # others of the job have one
    SUPPLY_NEW = "supply_new"  # never billed before
    NO_CONTACT = "no_contact"
    NO_CONSENT = "no_consent"
    OTHER_CHANNEL = "other_channel"
    WANTS_PAPER = "wants_paper"
    SHARED_ADDRESS = "shared_address"  # several customers would get their bills there


#: About the job as a whole: there is no list of bills behind it.
OF_THE_JOB = frozenset({Check.TOTAL_CHANGE})


class CheckDecision(Struct, frozen=True, kw_only=True):
    """Somebody has looked at what a check found and accepts it."""

    fingerprint: str  # of what was found then: another finding is not covered
    by: str
    at: datetime
    note: str


class CheckLine(Struct, frozen=True, kw_only=True):
    """What one check found in a job."""

    check: Check
    count: int  # bills; 1 for a check of the whole job
    amount: int  # cents to pay, of those bills
    fingerprint: str
    blocks: bool  # the go-ahead waits for a decision
    decision: CheckDecision | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)  # of a check of the whole job

    @property
    def accepted(self) -> bool:
        return self.decision is not None and self.decision.fingerprint == self.fingerprint

    @property
    def open(self) -> bool:
        """Holds up the go-ahead now."""
        return self.blocks and not self.accepted

    @property
    def has_list(self) -> bool:
        return self.check not in OF_THE_JOB


def in_order(lines: Collection[CheckLine]) -> list[CheckLine]:
    """Those that hold up the go-ahead first, then as `Check` has them."""
    order = list(Check)
    return sorted(lines, key=lambda line: (not line.blocks, order.index(line.check)))
