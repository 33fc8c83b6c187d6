"""Invented customers with their identifiers, contacts and consents."""

from collections.abc import Callable
from dataclasses import dataclass

from smartbill.core.flows.sample import people
from smartbill.core.flows.sample.identifiers import fiscal_code, vat_number

_FIRST_CODE = 100_000
_YEARS, _MONTHS, _DAYS, _PLACES = 60, 12, 28, 40
_IDENTITIES = len(people.SURNAMES) * len(people.GIVEN) * _YEARS * _MONTHS * _DAYS * _PLACES
_STRIDE = 179_424_673  # a prime that does not divide _IDENTITIES: neighbours in number differ in everything
_OFFICES = ("999", "120", "121")  # VAT numbers without a province


@dataclass(slots=True)
class Customer:
    number: int
    code: str
    kind: str  # F person, G company, C condominium, P public body
    name: str
    first_name: str
    fiscal_code: str
    vat_number: str
    street: str
    street_no: str
    town: tuple[str, str, str]  # postcode, city, province
    recipient_code: str
    pec: str
    language: str
    mobile: str
    email: str
    consent: str  # S N X
    consent_day: str
    wants_whatsapp: bool
    record: str = ""  # record 11 from the customer code on
    contacts: tuple[str, ...] = ()  # records 50 from the customer code on

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.name}".strip()


def make_customer(number: int, seed: int, random: Callable[[], float], kind: str = "") -> Customer:
    """Customer number `number`; no two numbers of one seed share an identifier."""
    if not kind:
        draw = random()
        kind = "F" if draw < 0.80 else "G" if draw < 0.92 else "C" if draw < 0.97 else "P"
    town = people.TOWNS[int(random() * len(people.TOWNS))]
    name, first_name, code, vat = _identity(number, seed, kind, town[1])
    mobile, email = _addresses(number, seed, random(), name, first_name)
    foreign = kind == "F" and random() < 0.12
    draw = random()
    customer = Customer(
        number=number,
        code=str(_FIRST_CODE + number),
        kind=kind,
        name=name,
        first_name=first_name,
        fiscal_code=code,
        vat_number=vat,
        street=people.STREETS[int(random() * len(people.STREETS))],
        street_no=str(1 + int(random() * 180)),
        town=town,
        recipient_code={"F": "0000000", "G": "PROVA01", "C": "0000000", "P": "UFPROV"}[kind],
        pec=f"prova.{number}@pec.example.org" if kind in "GP" else "",
        language=people.FOREIGN_LANGUAGES[int(random() * len(people.FOREIGN_LANGUAGES))] if foreign else "it",
        mobile=mobile,
        email=email,
        consent="S" if draw < 0.85 else "X" if draw < 0.97 else "N",
        consent_day=f"{1 + int(draw * 28):02d}{1 + int(draw * 12):02d}2025",
        wants_whatsapp=random() < 0.08,
    )
    customer.record = _record(customer, random)
    customer.contacts = _contacts(customer, national=random() < 0.1)
    return customer


def _identity(number: int, seed: int, kind: str, city: str) -> tuple[str, str, str, str]:
    """Name, first name, codice fiscale, VAT number."""
    if kind == "F":
        rest = (number * _STRIDE + seed) % _IDENTITIES
        rest, surname = divmod(rest, len(people.SURNAMES))
        rest, given = divmod(rest, len(people.GIVEN))
        rest, year = divmod(rest, _YEARS)
        rest, month = divmod(rest, _MONTHS)
        place, day = divmod(rest, _DAYS)
        first_name, woman = people.GIVEN[given]
        code = fiscal_code(
            people.NAME_CODES[surname] + people.GIVEN_CODES[given],
            year=1940 + year, month=month + 1, day=day + 1, woman=woman, place=place,
        )  # fmt: skip
        return people.SURNAMES[surname], first_name, code, ""
    turn, serial = divmod(number, 100_000)
    code = vat_number((serial * 7919 + seed) % 100_000, _OFFICES[turn % len(_OFFICES)])
    if kind == "P":
        return f"Comune di {city}", "", code, code
    if kind == "C":
        return f"Condominio Campione {number}", "", code, ""
    firm = people.FIRMS[number % len(people.FIRMS)]
    return f"{firm} {people.FIRM_NAMES[number % len(people.FIRM_NAMES)]} {number} S.r.l.", "", code, code


def _addresses(number: int, seed: int, draw: float, name: str, first_name: str) -> tuple[str, str]:
    """Mobile 62 %, e-mail 30 %, both 20 %, none 28 %."""
    mobile = email = ""
    if draw < 0.62:
        prefix = people.MOBILE_PREFIXES[number // 100_000 % len(people.MOBILE_PREFIXES)]
        mobile = f"+39{prefix}{(number * 7919 + seed) % 100_000:05d}"
    if 0.42 <= draw < 0.72:
        local = f"{first_name}.{name}" if first_name else "amministrazione"
        email = f"{local.lower().replace('’', '')}.{number}@example.org"
    return mobile, email


def _record(customer: Customer, random: Callable[[], float]) -> str:
    postcode, city, province = customer.town
    mail = f"{customer.full_name}|Via del Recapito 8|95999|Borgo Recapito|CT" if random() < 0.08 else "||||"
    paper = "N" if customer.mobile or customer.email else "S"
    email = "S" if customer.email else "N"
    draw = random()
    privacy = "|||" if draw < 0.6 else f"{'SN'[draw < 0.8]}|N|N|{customer.consent_day}"
    return (
        f"{customer.code}|{customer.kind}|{customer.name}|{customer.first_name}|{customer.fiscal_code}|"
        f"{customer.vat_number}|{customer.street}|{customer.street_no}|{postcode}|{city}|{province}|IT|{mail}|"
        f"{customer.recipient_code}|{customer.pec}|{customer.language}|{paper}|{email}|N|{privacy}"
    )


def _contacts(customer: Customer, *, national: bool) -> tuple[str, ...]:
    tail = f"{customer.language}|{customer.consent}|{customer.consent_day if customer.consent != 'X' else ''}"
    records = []
    if customer.mobile:
        mobile = customer.mobile[3:] if national else customer.mobile
        records.append(f"{customer.code}|{'W' if customer.wants_whatsapp else 'S'}|{mobile}|S|{tail}")
    if customer.email:
        records.append(f"{customer.code}|E|{customer.email}|{'N' if customer.mobile else 'S'}|{tail}")
    return tuple(records)
