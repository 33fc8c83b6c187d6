"""How a bill is to be paid: direct debit, slip, transfer; single or in instalments."""

from dataclasses import dataclass, field
from random import Random

from smartbill.core.flows.sample.calendar import Calendar
from smartbill.core.flows.sample.customers import Customer
from smartbill.core.flows.sample.identifiers import code_93, iban
from smartbill.core.flows.sample.numbers import euro

_CREDITOR_IBAN = iban(999_001)
_SIA = "99999"
_POSTAL_ACCOUNT = "99990001"


@dataclass(slots=True)
class Term:
    amount: int
    due_day: str
    method: str
    tail: str  # record 40 from the kind on


@dataclass(slots=True)
class Terms:
    due_day: str = ""
    terms: list[Term] = field(default_factory=list)


def payment_terms(due: int, customer: Customer, number: str, calendar: Calendar, rng: Random) -> Terms:
    """Terms that sum up to `due` cents; none when there is nothing to pay."""
    if due <= 0:
        return Terms()
    random = rng.random
    days = (20, 21, 25, 30)[int(random() * 4)]
    method = _method(customer, random())
    first = calendar.due_texts[days]
    draw = random()
    if due > 15_000 and draw < 0.02:
        count = 2 + int(random() * 3)
        part = due // count
        plan = [("R", part, days + 30 * step) for step in range(count - 1)]
        plan.append(("R", due - part * (count - 1), days + 30 * (count - 1)))
    elif due > 15_000 and draw < 0.03 and method.startswith("MP18"):
        half = due // 2
        plan = [("U", due, days), ("A", half, days), ("A", due - half, days + 30)]
    else:
        plan = [("U", due, days)]
    terms = []
    for place, (kind, amount, after) in enumerate(plan):
        day = calendar.due_texts[after]
        tail = f"{kind}|{euro(amount)}|{day}|{method.replace('@', _code(number, place))}"
        terms.append(Term(amount, day, method[:4], tail))
    return Terms(first, terms)


def _code(number: str, place: int) -> str:
    """An 18-digit code of slip or notice, another one for every term."""
    return code_93(3_999_000_000_000_000 + int(number[-8:] if number.isdigit() else 0) * 100 + place)


def _method(customer: Customer, draw: float) -> str:
    """Record 40 from the method on; `@` stands for the term's code."""
    if customer.kind == "P":
        return f"MP05|N|{'S' if draw < 0.5 else 'N'}|N|||{_CREDITOR_IBAN}||||"
    if draw < 0.45 / 0.97:  # direct debit is 45 % of all, and the public bodies have none
        masked = f"IT99{'*' * 19}{customer.number % 10_000:04d}"
        return f"MP19|S|N|N|{masked}|PROVA{customer.number:010d}|||||"
    if draw < 0.80:
        return f"MP23|N|S|S||||@|||{_SIA}"
    if draw < 0.95:
        return f"MP18|N|S|S|||||@|{_POSTAL_ACCOUNT}|"
    return f"MP05|N|S|N|||{_CREDITOR_IBAN}||||"
