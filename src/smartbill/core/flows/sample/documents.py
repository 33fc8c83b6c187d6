"""Whole documents, one after the other, from one seed."""

from collections.abc import Iterator
from random import Random

from smartbill.core.flows.sample.calendar import Calendar
from smartbill.core.flows.sample.customers import Customer, make_customer
from smartbill.core.flows.sample.document import PREVIOUS_BILL, Document
from smartbill.core.flows.sample.electricity import electricity
from smartbill.core.flows.sample.extras import add_due_only, add_extras, add_notices, charge_apart
from smartbill.core.flows.sample.gas import gas
from smartbill.core.flows.sample.lines import LineTree
from smartbill.core.flows.sample.payment import payment_terms
from smartbill.core.flows.sample.spec import Layout, SampleSpec
from smartbill.core.flows.sample.supplies import Setting
from smartbill.core.flows.sample.water import water

_MAKERS = {"E": electricity, "G": gas, "I": water}
_MUNICIPALITY_BILLS = frozenset({5, 6, 7, 11, 12, 15, 19})  # of each thousand: one municipality with seven bills


def documents(spec: SampleSpec) -> Iterator[Document]:
    """All documents of the sample; every call gives the same ones, one in memory at a time."""
    return iter(_Maker(spec))


class _Maker:
    def __init__(self, spec: SampleSpec) -> None:
        self.spec = spec
        self.plain = spec.layout is Layout.FATTURAPA
        self.rng = Random(spec.seed)  # noqa: S311
        self.calendar = Calendar(spec.issue_date)
        self.letters = spec.letters
        self.customers = 0
        self.points = 0
        self.customer: Customer | None = None
        self.municipality: Customer | None = None

    def __iter__(self) -> Iterator[Document]:
        for seq in range(1, self.spec.bills + 1):
            yield self.document(seq)

    def next_point(self) -> int:
        """Eight digits that no other supply of the sample has."""
        self.points += 1
        return (self.points * 7_654_321 + self.spec.seed) % 100_000_000

    def next_customer(self, seq: int) -> tuple[Customer, bool]:
        place = seq % 1000
        if place in _MUNICIPALITY_BILLS:
            first = self.municipality is None or place == 5
            if first:
                self.customers += 1
                self.municipality = make_customer(self.customers, self.spec.seed, self.rng.random, "P")
            assert self.municipality is not None
            return self.municipality, first
        if self.customer is not None and self.rng.random() < 0.03:
            return self.customer, False
        self.customers += 1
        self.customer = make_customer(self.customers, self.spec.seed, self.rng.random)
        return self.customer, True

    def document(self, seq: int) -> Document:
        random = self.rng.random
        customer, first = self.next_customer(seq)
        draw = random()
        kind = "N" if draw < 0.02 else "D" if draw < 0.023 else "A" if draw < 0.025 and not self.plain else "F"
        reverse = customer.kind == "G" and random() < 0.01 and kind in "FN"  # the others bill nothing of it
        tree = LineTree(sign=-1 if kind == "N" else 1, reverse_charge=reverse)
        services = self.services(seq, customer, kind)
        document = Document(
            seq=seq,
            kind=kind,
            series=self.spec.series,
            number=str(self.spec.first_number + seq - 1),
            issue_day=self.calendar.issue_text,
            period=self.calendar.periods[self.length(services)][0],
            billing_kind="V" if kind in "DA" else "P",
            service=services[0] if len(set(services)) == 1 else "M",
            customer=customer,
            first_of_customer=first,
            tree=tree,
            supplies=[],
            split_payment=customer.kind == "P" and kind != "A",
            arrears=self.arrears(),
            reference="||",
            state_day=self.calendar.state_text,
        )
        self.fill(document, services)
        return document

    def services(self, seq: int, customer: Customer, kind: str) -> list[str]:
        """The service of each supply: mostly one supply; two services now and then; 1 % of the bills 2 to 200."""
        random = self.rng.random
        if seq <= len(self.letters):
            return [self.letters[seq - 1]]
        letter = self.letters[int(random() * len(self.letters))]
        draw = random()
        if kind == "F" and customer.kind != "F" and draw < 0.05:
            return [letter] * (2 + int(199 * random() ** 16))
        if kind == "F" and draw < 0.02 and {"E", "G"} <= set(self.letters):
            return ["E", "G"]
        return [letter]

    def length(self, services: list[str]) -> int:
        random = self.rng.random
        if set(services) == {"I"}:
            return 3 if random() < 0.7 else 4
        if services == ["E"]:
            return 1 if random() < 0.2 else 2
        return 2

    def arrears(self) -> int | None:
        draw = self.rng.random()
        if draw < 0.12:
            return 2000 + int(draw * 300_000)
        return None if draw < 0.15 else 0

    def fill(self, document: Document, services: list[str]) -> None:
        random = self.rng.random
        shares = {"E": 0.05, "G": 0.30, "I": 0.40}
        setting = Setting(
            rng=self.rng,
            calendar=self.calendar,
            customer=document.customer,
            tree=document.tree,
            length=len(document.period.months),
            summary=len(services) > 1 or random() < 0.4,
            monthly_lines=random() < 0.06,
            estimated=random() < shares[services[0]],
            with_history=self.spec.history,
            plain=self.plain,
            next_point=self.next_point,
        )
        if setting.estimated and document.kind == "F":
            document.billing_kind = "A"
        charged = document.kind in "FN"
        if not charged:  # a supply is named, but nothing of it is billed
            setting.tree = LineTree()
        for seq, letter in enumerate(services, 1):
            document.supplies.append(_MAKERS[letter](setting, seq))
        if charged:
            add_extras(document, self.rng, plain=self.plain)
        else:
            charge_apart(document)
        document.tree.add_vat()
        document.vat = document.tree.vat
        document.taxable = document.tree.taxable
        if document.kind == "N":
            issue = self.spec.issue_date
            document.reference = (
                f"{self.spec.series}|{PREVIOUS_BILL}|1501{issue.year if issue.month > 1 else issue.year - 1}"
            )
        add_due_only(document, self.rng, plain=self.plain)
        document.terms = payment_terms(document.total_due, document.customer, document.number, self.calendar, self.rng)
        add_notices(document, self.calendar, self.rng)
