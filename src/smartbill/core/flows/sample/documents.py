"""Whole documents, one after the other, from one seed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from smartbill.core.flows.sample.calendar import Calendar, Period
from smartbill.core.flows.sample.customers import Customer, make_customer
from smartbill.core.flows.sample.electricity import electricity
from smartbill.core.flows.sample.gas import gas
from smartbill.core.flows.sample.lines import Line, LineTree
from smartbill.core.flows.sample.numbers import MICRO, Price, euro
from smartbill.core.flows.sample.payment import Terms, payment_terms
from smartbill.core.flows.sample.spec import Layout, SampleSpec
from smartbill.core.flows.sample.supplies import Setting, Supply
from smartbill.core.flows.sample.water import water

_MAKERS = {"E": electricity, "G": gas, "I": water}
_MUNICIPALITY_BILLS = frozenset({5, 6, 7, 11, 12, 15, 19})  # of each thousand: one municipality with seven bills
_PREVIOUS_BILL = "999999"


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
        reverse = customer.kind == "G" and random() < 0.01
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
            return 1 if random() < 0.3 else 2
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
            summary=len(services) > 1 or random() < 0.3,
            monthly_lines=random() < 0.06,
            estimated=random() < shares[services[0]],
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
            _add_extras(document, self.rng, plain=self.plain)
        else:
            _charge_apart(document)
        document.tree.add_vat()
        document.vat = document.tree.vat
        document.taxable = document.tree.taxable
        if document.kind == "N":
            issue = self.spec.issue_date
            document.reference = f"{self.spec.series}|{_PREVIOUS_BILL}|1501{issue.year if issue.month > 1 else issue.year - 1}"
        _add_due_only(document, self.rng, plain=self.plain)
        document.terms = payment_terms(document.total_due, document.customer, document.number, self.calendar, self.rng)
        _add_notices(document, self.calendar, self.rng)


def _charge_apart(document: Document) -> None:
    """A debit note or a notice: no consumption, one charge."""
    for supply in document.supplies:
        supply.consumptions = [tail for tail in supply.consumptions if tail[0] == "S"]
        supply.readings = []
    if document.kind == "A":
        text = f"Bolletta {document.series}/{_PREVIOUS_BILL} non pagata"
        document.tree.single(1, "ALT", "X", "INSOLUTO", text, document.arrears or 4250, 0, "N2.2", scope="P")
    else:
        document.tree.single(1, "SER", "S", "VOLTURA", "Contributo per voltura", 2750, 2200)


def _add_extras(document: Document, rng: Random, *, plain: bool) -> None:
    """Lines beside the tariff: discount, services, late interest, recalculations of negative and zero bills."""
    tree, random = document.tree, rng.random
    main = max(tree.by_rate, key=lambda rate: abs(tree.by_rate[rate]))
    nature = "N6.8" if tree.reverse_charge else ""
    if document.kind == "N":
        return
    draw = random()
    if draw < 0.015:
        document.billing_kind = "C"
        back = tree.by_rate[main] + 500 + int(random() * 9_000)
        again = int(back * random() * 0.4)
        tree.single(1, "RIC", "V", "RICALCOLO", "Ricalcolo: importi già fatturati in acconto", -back - again, main, nature)
        tree.single(1, "RIC", "V", "RICALCOLO", "Ricalcolo: importi sulle letture effettive", again, main, nature)
        supply = document.supplies[0]
        measure = {"E": "A", "G": "G", "I": "W"}[supply.service]
        supply.consumptions.append(f"R|{measure}|TOT|{document.period.text}|-{1 + back // 25}|{supply.unit}|R")
    elif draw < 0.02:
        document.billing_kind = "C"
        for rate, amount in list(tree.by_rate.items()):
            tree.single(1, "RIC", "V", "RICALCOLO", "Ricalcolo: già fatturato in acconto", -amount, rate, nature)
    elif draw < 0.09:
        tree.single(1, "RIC", "V", "RICALCOLO", "Ricalcolo del periodo precedente", int(random() * 2_000) - 1_000, main, nature)
        document.billing_kind = "M"
    if random() < 0.08:
        tree.single(1, "SCO", "V", "SCONTO", "Sconto bolletta digitale", -150, main, nature)
    if random() < 0.03:
        tree.single(0, "SER", "S", "ASSICURA", "Assicurazione guasti, offerta da Terzi di Prova S.p.A.", 490, 2200)
    if document.arrears and random() < 0.3:
        tree.single(0, "MOR", "X", "MORA", "Interessi di mora", 12 + int(random() * 400), 0, "N1")
    if not plain and document.service == "I" and document.customer.kind == "F" and random() < 0.04:
        tree.single(1, "BON", "X", "BONUS", "Bonus sociale idrico", -1_840, 0, "N2.2")
        document.notices.append("B|it|||In questa bolletta è applicato il bonus sociale idrico.")


def _add_due_only(document: Document, rng: Random, *, plain: bool) -> None:
    """Lines that count in the amount to pay only."""
    tree, random, household = document.tree, rng.random, document.customer.kind == "F"
    if document.split_payment and document.vat:
        text = "IVA da versare a cura del cliente (scissione dei pagamenti)"
        tree.single(0, "SPL", "T", "SPLIT", text, -document.vat, 0, "N2.2", scope="P")
    if plain or document.kind != "F":
        return
    main = document.supplies[0]
    months = sum(1 for month in document.period.months if month <= 10)
    if main.service == "E" and "|DR|" in main.head and months and random() < 0.9:
        tree.lines.append(_tv_licence(tree, months))
        tree.due_only += months * 900
    if main.service != "I" and household and random() < 0.04:
        tree.single(1, "BON", "X", "BONUS", "Bonus sociale per disagio economico", -2_196, 0, "N2.2", scope="P")
        document.notices.append("B|it|||In questa bolletta è applicato il bonus sociale.")
    if random() < 0.005:
        tree.single(1, "CAU", "X", "CAUZIONE", "Deposito cauzionale", 4_650, 0, "N1", scope="P")
    if random() < 0.01:
        tree.single(0, "RAT", "X", "RATA", "Rata di un piano precedente", 3_300, 0, "N2.2", scope="P")
    due = document.total_due
    draw = random()
    if due > 0 and draw < 0.01:
        tree.single(0, "CRE", "X", "CREDITO", "Credito precedente utilizzato", -due, 0, "N2.2", scope="P")
    elif due < 0 and draw < 0.5:
        tree.single(0, "CRE", "X", "CREDITO", "Credito che sarà usato nelle prossime bollette", -due, 0, "N2.2", scope="P")
    elif due > 100 and draw < 0.2 and due % 100:
        tree.single(0, "ARR", "X", "ARR", "Arrotondamento attuale", (due + 50) // 100 * 100 - due, 0, "N2.2", scope="P")


def _add_notices(document: Document, calendar: Calendar, rng: Random) -> None:
    random = rng.random
    if document.arrears:
        day = f"{document.state_day[:2]}/{document.state_day[2:4]}/{document.state_day[4:]}"
        document.notices.append(
            f"M|it|||Alla data del {day} risultano non pagate bollette per {euro(document.arrears)} euro."
        )
    draw = random()
    if draw < 0.3:
        document.notices.append(f"L|it|{calendar.selfread_text}|Può comunicare l’autolettura nei giorni indicati.")
    elif draw < 0.4 and document.service == "G":
        document.notices.append("S|it|||In caso di odore di gas apra le finestre, esca e chiami il pronto intervento.")
    elif draw < 0.42:
        document.notices.append("P|it|||La bolletta contiene consumi di oltre due anni fa: può eccepire la prescrizione.")
    elif draw < 0.6:
        document.notices.append("A|it|||Con la bolletta digitale risparmia carta e la trova sempre sul telefono.")
    if document.billing_kind == "C":
        document.notices.append("R|it|||Questa bolletta ricalcola importi già fatturati in acconto.")


def _tv_licence(tree: LineTree, months: int) -> Line:
    return Line(
        1, len(tree.lines) + 1, 0, "L", "P", "CAN", "T", "CANONETV", "Canone TV, rate del periodo", "|", "",
        months * MICRO, "n", Price("9", 900_000_000), months * 900, 0, "N1",
    )  # fmt: skip
