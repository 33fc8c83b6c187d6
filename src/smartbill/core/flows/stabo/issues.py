"""One document of a STABO v1 flow while it is read: its converted rows, and what is wrong with them."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from smartbill.core.bill.value import ArrearsState, BillingKind, BillKind, Service
from smartbill.core.flows.value import Finding, Level

Row = tuple[int, list[Any]]  # line number, values in the order of the record


class Head(NamedTuple):
    """Values of record 10."""

    record_type: str
    doc_seq: int
    doc_type: BillKind
    series: str
    number: str
    issue_date: date
    due_date: date | None
    period_from: date
    period_to: date
    billing_kind: BillingKind
    service: Service | None
    customer_code: str
    total_bill: Decimal
    taxable: Decimal
    vat: Decimal
    total_due: Decimal
    split_payment: bool
    reverse_charge: bool
    arrears_state: ArrearsState
    arrears_amount: Decimal | None
    arrears_date: date | None
    ref_series: str
    ref_number: str
    ref_date: date | None
    einvoice_number: str
    einvoice_file: str
    pdf_file: str
    pdf_sha256: str
    layout_code: str


class Document:
    """Rows of one document, and its findings so far. `refused` is set by the first that refuses it."""

    source = "stabo-v1"  # the layout that it came in
    __slots__ = ("display", "file", "findings", "head", "line", "refused", "rows", "seq")

    def __init__(self, *, file: str, line: int, seq: int | None, display: str, head: Head) -> None:
        self.file = file
        self.line = line  # of record 10
        self.seq = seq
        self.display = display
        self.head = head
        self.refused = False
        self.findings: list[Finding] = []
        self.rows: dict[str, list[Row]] = {
            "11": [], "12": [], "20": [], "30": [], "31": [], "40": [], "50": [], "60": [],
        }  # fmt: skip

    def refuse(self, code: str, field: str = "", *, line: int = 0, record: str = "10", **values: str) -> None:
        """A finding that refuses the document; `line` 0 is that of record 10."""
        self.refused = True
        self._note(code, Level.DOCUMENT, field=field, line=line, record=record, values=values)

    def warn(self, code: str, field: str = "", *, line: int = 0, record: str = "10", **values: str) -> None:
        self._note(code, Level.WARNING, field=field, line=line, record=record, values=values)

    def _note(self, code: str, level: Level, *, field: str, line: int, record: str, values: dict[str, str]) -> None:
        self.findings.append(
            Finding(
                code=code,
                level=level,
                file=self.file,
                line=line or self.line,
                record=record,
                field=field,
                document=self.display,
                values=values,
            )
        )

    def know_supply(self, seqs: set[int], seq: int, line: int, record: str) -> None:
        if seq not in seqs:
            self.refuse("REC-109", "supply_seq", line=line, record=record, valore=str(seq))

    def in_order(self, first: date | None, last: date | None, line: int, record: str, field: str = "date_to") -> None:
        """The second date of a pair may not come before the first."""
        if first and last and last < first:
            self.refuse("REC-104", field, line=line, record=record, valore=f"{last:%d%m%Y}")

    def demand(self, value: object, field: str, line: int, record: str) -> None:
        """A field that a rule makes mandatory."""
        if value is None or value == "":
            self.refuse("REC-102", field, line=line, record=record)


def italian(number: Decimal) -> str:
    """A number as the flow writes it: decimal comma, no thousands."""
    return f"{number:f}".replace(".", ",")
