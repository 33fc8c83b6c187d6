"""How the pieces of a bill are put into words here; sentences are Italian and translated by `Say`."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from smartbill.core.bill.value import Address, Bill, Customer, Quality, Service, Supply
from smartbill.core.wording import dates, numbers, terms
from smartbill.core.wording.marking import msgid

Code = TypeVar("Code")

#: From an Italian sentence to that of the customer's language.
Say = Callable[[str], str]

_POINTS = {Service.ELECTRICITY: msgid("POD"), Service.GAS: msgid("PDR")}


def name_of(say: Say, code: Code, names: Mapping[Code, str]) -> str:
    """The word of a code; a code without one is shown as it came."""
    word = names.get(code, str(code))
    return say(word) if word else ""


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def place(address: Address) -> str:
    street = " ".join(filter(None, (address.street, address.street_no)))
    return ", ".join(filter(None, (street, town(address))))


def town(address: Address) -> str:
    province = f"({address.province})" if address.province else ""
    return " ".join(filter(None, (address.postcode, address.city, province))) if address.city else ""


def mail_lines(customer: Customer) -> tuple[str, ...]:
    """Who gets the bill by post, as an envelope's window shows it."""
    address = customer.mail_address or customer.address
    street = " ".join(filter(None, (address.street, address.street_no)))
    country = address.country if address.country not in ("", "IT") else ""
    return tuple(filter(None, (customer.mail_name or customer.full_name, street, town(address), country)))


def service_names(say: Say, services: Iterable[Service]) -> str:
    """`luce e gas`; nothing for a document that names no service."""
    names = [lower_first(name_of(say, each, terms.SERVICES)) for each in services if each is not Service.OTHER]
    if len(names) < 2:
        return "".join(names)
    return say(msgid("%(names)s e %(last)s")) % {"names": ", ".join(names[:-1]), "last": names[-1]}


def kind_of(say: Say, bill: Bill) -> str:
    """`Bolletta luce`, `Nota di credito gas`."""
    return f"{name_of(say, bill.kind, terms.BILL_KINDS)} {service_names(say, bill.services)}".strip()


def bill_period(bill: Bill) -> str:
    return dates.period(bill.period_from, bill.period_to) if bill.period_from and bill.period_to else ""


def point_name(say: Say, supply: Supply) -> str:
    return say(_POINTS.get(supply.service, msgid("Codice utenza")))


def qualities(say: Say, found: Iterable[Quality]) -> str:
    return ", ".join(name_of(say, quality, terms.QUALITIES) for quality in found if quality is not Quality.UNKNOWN)


def how_priced(say: Say, quantity: Decimal | None, unit: str, price: Decimal | None, *, average: bool = False) -> str:
    """`412 kWh × 0,1521 €/kWh`; a price that we computed is said to be about so much."""
    if quantity is None:
        return ""
    told = numbers.quantity(quantity, unit)
    if price is None:
        return told
    if average:
        return say(msgid("%(quantity)s × circa %(price)s")) % {
            "quantity": told,
            "price": numbers.unit_price(price, unit, most=4),
        }
    return f"{told} × {numbers.unit_price(price, unit)}"
