"""Customers and how they are reached, as staff search and read them. What was looked at is on record."""

from datetime import date, datetime

from django.db.models import Prefetch, Q, QuerySet
from msgspec import Struct, field

from smartbill.apps.archive.models import Consent, Contact, ContactEvent, Customer
from smartbill.core.ports.channels import Channel
from smartbill.database.context import company
from smartbill.database.keyset import Page, page_of
from smartbill.usecases.actor import Actor
from smartbill.usecases.staff.looks import record_look

PAGE = 25
#: Sorts behind every character of an address.
_LAST = "\uffff"
#: Fewer digits would find half of all numbers.
FEWEST_DIGITS = 4


class ContactFilters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    customer_code: str = ""
    tax_code: str = ""  # codice fiscale or partita IVA
    address: str = ""  # an e-mail, or how it begins; a number, or its last digits


class ContactRow(Struct, frozen=True, kw_only=True):
    id: int
    channel: str
    address: str
    source: str
    preferred: bool
    consent: bool | None
    disabled: bool
    updated_at: datetime

    @property
    def key(self) -> str:
        """What its fields on a page are told apart by."""
        return str(self.id)

    @property
    def usable(self) -> bool:
        return not self.disabled and self.consent is not False


class CustomerLine(Struct, frozen=True, kw_only=True):
    id: int
    code: str
    name: str
    tax_code: str
    wish: str  # the channel that the customer prefers
    contacts: list[ContactRow] = field(default_factory=list)


class ConsentRow(Struct, frozen=True, kw_only=True):
    channel: str
    source: str
    given: bool
    said_on: date | None
    updated_at: datetime


class CustomerPage(Struct, frozen=True, kw_only=True):
    line: CustomerLine
    language: str
    consents: list[ConsentRow]
    history: Page["EventLine"]


class EventLine(Struct, frozen=True, kw_only=True):
    at: datetime
    kind: str
    channel: str
    before: str
    after: str
    source: str
    actor: str
    reason: str
    job_code: str
    file_id: int | None
    file_name: str


def look_at_customers(
    actor: Actor, filters: ContactFilters, *, now: datetime, after: str = "", before: str = "", size: int = PAGE
) -> Page[CustomerLine]:
    with company(actor.company_id):
        record_look(actor, "search_contacts", "contacts", now=now, asked=filters)
        found = customers_matching(filters).prefetch_related(_in_use())
        page = page_of(found, keys=("code",), after=after, before=before, size=size)
        return Page([_line(customer) for customer in page.rows], page.next, page.previous)


def look_at_customer(
    actor: Actor, customer_id: int, *, now: datetime, after: str = "", before: str = ""
) -> CustomerPage | None:
    """One customer with the history of the contacts, the latest first; None when the company has no such customer."""
    with company(actor.company_id):
        everything = Prefetch("contacts", queryset=_ordered(Contact.objects.all()))
        customer = Customer.objects.prefetch_related(everything).filter(pk=customer_id).first()
        if customer is None:
            return None
        record_look(actor, "open_customer", f"customer {customer.code}", now=now)
        consents = Consent.objects.filter(customer=customer).order_by("channel", "source")
        return CustomerPage(
            line=_line(customer),
            language=customer.language,
            consents=[
                ConsentRow(
                    channel=row.channel,
                    source=row.source,
                    given=row.given,
                    said_on=row.said_on,
                    updated_at=row.updated_at,
                )
                for row in consents
            ],
            history=_history(customer_id, after=after, before=before),
        )


def customers_matching(filters: ContactFilters) -> QuerySet[Customer]:
    """The customers that all filters find; every one of them has its index."""
    found = Customer.objects.all()
    if filters.customer_code:
        found = found.filter(code=filters.customer_code.strip().upper())
    if filters.tax_code:
        code = "".join(filters.tax_code.split()).upper()
        vat = code.removeprefix("IT") if code[2:].isdigit() else code
        found = found.filter(Q(fiscal_code=code) | Q(vat_number=vat))
    if filters.address:
        key = address_key(filters.address)
        contacts = Contact.objects.filter(address_key__gte=key, address_key__lt=key + _LAST)
        found = found.filter(pk__in=contacts.values("customer_id"))
    return found


def address_key(text: str) -> str:
    """What an address is searched by: an e-mail by how it begins, a number by how it ends."""
    key = text.strip().lower()
    if any(sign.isalpha() or sign == "@" for sign in key):
        return key
    number = "".join(sign for sign in key if sign.isdigit() or sign == "+")
    return number.removeprefix("00")[::-1] if number.startswith("00") else number[::-1]


def _in_use() -> "Prefetch[str, QuerySet[Contact], str]":
    return Prefetch("contacts", queryset=_ordered(Contact.objects.filter(disabled=False)))


def _ordered(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """On a channel in the order in which they are used (decision 6)."""
    return contacts.order_by("disabled", "channel", "-preferred", "source_rank", "id")


def _line(customer: Customer) -> CustomerLine:
    order = list(Channel)
    contacts = [
        ContactRow(
            id=row.pk,
            channel=row.channel,
            address=row.address,
            source=row.source,
            preferred=row.preferred,
            consent=row.consent,
            disabled=row.disabled,
            updated_at=row.updated_at,
        )
        for row in customer.contacts.all()
    ]
    return CustomerLine(
        id=customer.pk,
        code=customer.code,
        name=customer.name,
        tax_code=customer.fiscal_code or customer.vat_number,
        wish=customer.preferred_channel,
        contacts=sorted(contacts, key=lambda row: (row.disabled, order.index(Channel(row.channel)))),
    )


def _history(customer_id: int, *, after: str, before: str) -> Page[EventLine]:
    events = ContactEvent.objects.select_related("job", "file").filter(customer_id=customer_id)
    events = events.defer("job__header", "job__trailer", "job__scan", "file__report")
    page = page_of(events, keys=("-id",), after=after, before=before, size=PAGE)
    return Page([_event(row) for row in page.rows], page.next, page.previous)


def _event(row: ContactEvent) -> EventLine:
    return EventLine(
        at=row.at,
        kind=row.kind,
        channel=row.channel,
        before=row.before,
        after=row.after,
        source=row.source,
        actor=row.actor,
        reason=row.reason,
        job_code=row.job.code if row.job is not None else "",
        file_id=row.file_id,
        file_name=row.file.name if row.file is not None else "",
    )
