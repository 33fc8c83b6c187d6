"""One document of a sample and its lines in the flow."""

from dataclasses import dataclass, field

from smartbill.core.flows.sample.calendar import Period
from smartbill.core.flows.sample.customers import Customer
from smartbill.core.flows.sample.lines import LineTree
from smartbill.core.flows.sample.numbers import euro
from smartbill.core.flows.sample.payment import Terms
from smartbill.core.flows.sample.supplies import Supply

PREVIOUS_BILL = "999999"  # number of the earlier document that credit notes and reminders name


@dataclass(slots=True)
class Document:
    """One bill; amounts in cents, dates as `ddmmyyyy`."""

    seq: int
    kind: str  # F invoice, N credit note, D debit note, A notice
    series: str
    number: str
    issue_day: str
    period: Period
    billing_kind: str
    service: str
    customer: Customer
    first_of_customer: bool
    tree: LineTree
    supplies: list[Supply]
    split_payment: bool
    arrears: int | None  # None: not known; 0: all paid
    reference: str  # three fields: the document that a credit note corrects
    state_day: str
    terms: Terms = field(default_factory=Terms)
    notices: list[str] = field(default_factory=list)
    taxable: int = 0
    vat: int = 0

    @property
    def total_bill(self) -> int:
        return self.taxable + self.vat

    @property
    def total_due(self) -> int:
        return self.taxable + self.vat + self.tree.due_only

    @property
    def pdf_name(self) -> str:
        return f"{self.series}_{self.number}.pdf"

    def records(self, *, pdf: bool, pdf_sha256: str, contacts: bool) -> list[str]:
        """The lines of the flow, in the order that the format asks for."""
        seq, customer = self.seq, self.customer
        state = "N" if self.arrears is None else "I" if self.arrears else "R"
        lines = [
            f"10|{seq}|{self.kind}|{self.series}|{self.number}|{self.issue_day}|{self.terms.due_day}|{self.period.text}|"
            f"{self.billing_kind}|{self.service}|{customer.code}|{euro(self.total_bill)}|{euro(self.taxable)}|"
            f"{euro(self.vat)}|{euro(self.total_due)}|{'S' if self.split_payment else 'N'}|"
            f"{'S' if self.tree.reverse_charge else 'N'}|{state}|{euro(self.arrears) if self.arrears else ''}|"
            f"{self.state_day if state != 'N' else ''}|{self.reference}|{self.series}/{self.number}||"
            f"{self.pdf_name if pdf else ''}|{pdf_sha256}|",
            f"11|{seq}|{customer.record}",
        ]
        lines += [f"12|{seq}|{supply.seq}|{supply.head}" for supply in self.supplies]
        lines += [line.record(seq) for line in self.tree.lines]
        for supply in self.supplies:
            lines += [f"30|{seq}|{supply.seq}|{tail}" for tail in supply.consumptions]
        for supply in self.supplies:
            lines += [f"31|{seq}|{supply.seq}|{tail}" for tail in supply.readings]
        lines += [f"40|{seq}|{place}|{term.tail}" for place, term in enumerate(self.terms.terms, 1)]
        if contacts:
            lines += [f"50|{seq}|{tail}" for tail in customer.contacts]
        lines += [f"60|{seq}|{place}|{tail}" for place, tail in enumerate(self.notices, 1)]
        return lines
