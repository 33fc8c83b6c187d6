"""Invented bills as plain data, and what a trial read must say of them.

The generators of the example flows stand on this alone. Nothing here imports the product: what is expected of the
reader is worked out twice, by two programs that know nothing of each other.
"""

import json
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def comma(number: Decimal) -> str:
    return f"{number:f}".replace(".", ",")


def shortest(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


@dataclass
class Person:
    code: str
    name: str
    first_name: str = ""
    kind: str = "person"  # person company condominium public_body
    fiscal_code: str = ""
    vat_number: str = ""
    street: str = "Via delle Prove"
    street_no: str = "1"
    postcode: str = "00000"
    city: str = "Borgo Esempio"
    province: str = "RM"
    recipient_code: str = "0000000"
    pec: str = ""
    language: str = "it"
    mobile: str = ""
    email: str = ""


@dataclass
class Line:
    """A counted cost line. Its amount is quantity x price unless it is given; `supply` 0 is the whole document."""

    section: str
    destination: str
    component: str
    description: str
    qty: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    amount: Decimal | None = None
    rate: Decimal = Decimal(10)
    nature: str = ""
    scope: str = "bill"
    supply: int = 1
    band: str = ""

    @property
    def worth(self) -> Decimal:
        if self.amount is not None:
            return self.amount
        assert self.qty is not None
        assert self.price is not None
        return cents(self.qty * self.price)


@dataclass
class Use:
    """A consumption: dates are ISO text."""

    kind: str
    measure: str
    band: str
    first: str
    last: str
    qty: Decimal
    unit: str
    quality: str


@dataclass
class Reading:
    meter: str
    measure: str
    band: str
    first: str
    before: Decimal
    before_kind: str
    last: str
    after: Decimal
    after_kind: str
    qty: Decimal
    rollover: bool = False


@dataclass
class Supply:
    service: str
    point: str
    street: str = "Via delle Prove"
    street_no: str = "1"
    postcode: str = "00000"
    city: str = "Borgo Esempio"
    province: str = "RM"
    meter: str = ""
    use: str = "DR"
    residents: int = 0
    power: Decimal = Decimal(3)
    annual: Decimal = Decimal(0)
    uses: list[Use] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)


@dataclass
class Term:
    amount: Decimal
    due: str
    way: str = "slip"  # slip, debit, transfer
    kind: str = "single"
    notice_code: str = ""


@dataclass
class Document:
    """One document. Amounts are signed as the customer sees them: a credit note has negative ones."""

    kind: str  # invoice credit_note debit_note notice
    series: str
    number: str
    issued: str
    first: str
    last: str
    billing: str
    customer: Person
    supplies: list[Supply]
    lines: list[Line]
    due: str = ""
    terms: list[Term] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)  # kind, text
    unpaid: Decimal = Decimal(0)
    corrects: tuple[str, str, str] = ("", "", "")  # series, number, date
    split_payment: bool = False
    display: str = ""

    @property
    def shown(self) -> str:
        return self.display or f"{self.series}/{self.number}"

    @property
    def vat(self) -> Decimal:
        return self._sum("bill", vat=True)

    @property
    def taxable(self) -> Decimal:
        return self._sum("bill", vat=False)

    @property
    def total(self) -> Decimal:
        return self.taxable + self.vat

    @property
    def other(self) -> Decimal:
        return self._sum("due", vat=False)

    @property
    def owed(self) -> Decimal:
        return self.total + self.other

    def _sum(self, scope: str, *, vat: bool) -> Decimal:
        chosen = (line.worth for line in self.lines if line.scope == scope and (line.section == "IVA") is vat)
        return sum(chosen, Decimal("0.00"))


def close(document: Document, *, way: str = "slip", instalments: tuple[str, ...] = ()) -> Document:
    """The document with its VAT lines (one per rate, on the sum of the rate) and its terms."""
    rates = sorted({line.rate for line in document.lines if line.rate and line.scope == "bill"})
    for rate in rates:
        base = sum((line.worth for line in document.lines if line.rate == rate and line.scope == "bill"), Decimal(0))
        document.lines.append(
            Line(
                section="IVA",
                destination="tax",
                component=f"IVA{rate}",
                description=f"IVA {rate}% su {comma(base)}",
                amount=cents(base * rate / 100),
                rate=rate,
                supply=0,
            )
        )
    if document.split_payment:
        document.lines.append(
            Line(
                section="SPL",
                destination="tax",
                component="SPLIT",
                description="IVA da versare a cura del committente",
                amount=-document.vat,
                rate=Decimal(0),
                nature="N2.2",
                scope="due",
                supply=0,
            )
        )
    owed = document.owed
    if owed > 0:
        dates = instalments or (document.due,)
        share = cents(owed / len(dates))
        amounts = [share] * (len(dates) - 1) + [owed - share * (len(dates) - 1)]
        kind = "instalment" if instalments else "single"
        document.terms = [Term(amount, due, way, kind) for amount, due in zip(amounts, dates, strict=True)]
        document.due = dates[0]
    else:
        document.due = ""
    return document


def credit_of(document: Document, *, number: str, issued: str) -> Document:
    """A credit note that takes a whole document back: every amount turned."""
    taken = [
        replace(line, amount=-line.worth, qty=None if line.qty is None else -line.qty)
        for line in document.lines
        if line.scope == "bill"
    ]
    return replace(
        document,
        kind="credit_note",
        number=number,
        issued=issued,
        due="",
        terms=[],
        notices=[("general", f"Annulla e sostituisce il documento {document.shown}.")],
        unpaid=Decimal(0),
        corrects=(document.series, document.number, document.issued),
        lines=taken,
        supplies=[replace(supply, uses=[], readings=[]) for supply in document.supplies],
        display="",
    )


def expected(file: str, documents: list[Document], findings: list[dict[str, object]]) -> dict[str, object]:
    """What `flow check --json` says: the documents that are taken, in the order of the file."""
    return {"file": file, "accepted": [_accepted(document) for document in documents], "findings": findings}


def _accepted(document: Document) -> dict[str, object]:
    return {
        "document": document.shown,
        "kind": document.kind,
        "issue_date": document.issued,
        "total_bill": f"{document.total:f}",
        "total_due": f"{document.owed:f}",
        "terms": [{"due_date": term.due, "amount": f"{term.amount:f}"} for term in document.terms],
        "supplies": [_supply(supply) for supply in document.supplies],
    }


def _supply(supply: Supply) -> dict[str, object]:
    billed = [use for use in supply.uses if use.kind == "billed" and use.measure in {"active", "gas", "water"}]
    return {
        "service": supply.service,
        "point_code": supply.point,
        "consumption": shortest(sum((use.qty for use in billed), Decimal(0))) if billed else None,
        "unit": billed[0].unit if billed else None,
    }


#: code, level, line, record, field, message
FindingRow = tuple[str, str, int, str, str, str]


def findings(*rows: FindingRow) -> list[dict[str, object]]:
    """In the order of the file."""
    names = ("code", "level", "line", "record", "field", "message")
    return [dict(zip(names, row, strict=True)) for row in sorted(rows, key=lambda row: row[2])]


def write(folder: Path, name: str, flow: bytes) -> None:
    (folder / name).write_bytes(flow)


def write_expected(folder: Path, trials: list[dict[str, object]]) -> None:
    text = json.dumps(trials, ensure_ascii=False, indent=2)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")
