"""What a contacts file held and what it changes, as staff see it before and after it is taken."""

import zlib

import msgspec
from msgspec import Struct

from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding


class Outcome(Struct, frozen=True, kw_only=True):
    """Customers and addresses that what was told changes, or changed."""

    new: int = 0  # customers who had no contact
    changed: int = 0
    unchanged: int = 0
    unknown: int = 0  # rows whose customer is not known yet
    added: int = 0  # addresses
    removed: int = 0
    withdrawn: int = 0  # customers with a channel that closes
    given: int = 0


class Change(Struct, frozen=True):
    """One change of one customer; `kind` and values as in the history."""

    customer_id: int
    code: str
    name: str
    kind: str
    channel: str
    before: str
    after: str


class ContactsReport(Struct, frozen=True, kw_only=True):
    headings: list[str] = msgspec.field(default_factory=list)
    first_rows: list[list[str]] = msgspec.field(default_factory=list)
    merged: int = 0  # rows that say again what an earlier one said
    counts: list[CodeCount] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)  # the first ones
    outcome: Outcome = Outcome()
    changes: list[Change] = msgspec.field(default_factory=list)  # the first ones


def packed(report: ContactsReport) -> bytes:
    return zlib.compress(msgspec.json.encode(report))


def unpacked(data: bytes) -> ContactsReport:
    return msgspec.json.decode(zlib.decompress(data), type=ContactsReport)
