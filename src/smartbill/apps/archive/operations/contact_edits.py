"""What staff change about one customer's contacts: each change is in the history, with its reason."""

from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction
from msgspec import Struct

from smartbill.apps.archive.models import Consent, Contact, ContactEvent, Customer
from smartbill.core.contacts.sources import BITS, Source
from smartbill.database.context import current_company

_BIT = BITS[Source.STAFF]


class Edit(Struct, frozen=True, kw_only=True):
    """Who changes it, why and when."""

    actor: str  # e-mail
    reason: str
    now: datetime


def locked_customer(customer_id: int) -> Customer | None:
    """The customer, locked against others of the staff who change the same one."""
    return Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()


def add_contact(customer: Customer, channel: str, address: str, edit: Edit, *, before: str = "") -> bool:
    """Make the address the first one of its channel; False when it is that already.

    A disabled one is used again. `before`: the address that it takes the place of.
    """
    digest = sha256(address.lower().encode()).digest()
    contact = Contact.objects.filter(customer=customer, channel=channel, address_hash=digest).first()
    if contact is not None and not contact.disabled and contact.told_by & _BIT and contact.preferred:
        return False
    Contact.objects.filter(customer=customer, channel=channel, source=Source.STAFF).update(preferred=False)
    if contact is None and _created(customer, channel, address, digest, edit.now):
        _record(customer, edit, ContactEvent.Kind.ADDRESS, channel, before=before, after=address)
        return True
    contact = contact or Contact.objects.get(customer=customer, channel=channel, address_hash=digest)
    was_disabled = contact.disabled
    contact.disabled = False
    contact.preferred = True
    contact.told_by |= _BIT
    contact.source, contact.source_rank, contact.updated_at = Source.STAFF, _BIT, edit.now
    contact.save(update_fields=["disabled", "preferred", "told_by", "source", "source_rank", "updated_at"])
    kind = ContactEvent.Kind.ENABLED if was_disabled and not before else ContactEvent.Kind.ADDRESS
    _record(customer, edit, kind, channel, before=before, after=contact.address)
    return True


def disable_contact(contact: Contact, edit: Edit, *, recorded: bool = True) -> None:
    """Never use the address again, whoever tells it. `recorded` False: what takes its place says so in the history."""
    contact.disabled, contact.preferred, contact.updated_at = True, False, edit.now
    contact.told_by &= ~_BIT
    contact.save(update_fields=["disabled", "preferred", "told_by", "updated_at"])
    if recorded:
        _record(contact.customer, edit, ContactEvent.Kind.DISABLED, contact.channel, before=contact.address, after="")


def say_consent(customer: Customer, channel: str, *, given: bool, edit: Edit) -> bool:
    """Write down what the customer told the company about a channel; returns whether the channel is open now.

    A no of any other source keeps it closed.
    """
    said = Consent.objects.filter(customer=customer, channel=channel)
    before = _effective(list(said.values_list("given", flat=True)))
    Consent.objects.update_or_create(
        company_id=current_company(),
        customer=customer,
        channel=channel,
        source=Source.STAFF,
        defaults={"given": given, "updated_at": edit.now},
    )
    after = all(said.values_list("given", flat=True))
    Contact.objects.filter(customer=customer, channel=channel).update(consent=after)
    if before is not after:
        words = {True: "yes", False: "no", None: ""}
        _record(customer, edit, ContactEvent.Kind.CONSENT, channel, before=words[before], after=words[after])
    return after


def _created(customer: Customer, channel: str, address: str, digest: bytes, now: datetime) -> bool:
    """False when a flow or a file has brought the same address in this very moment."""
    said = list(Consent.objects.filter(customer=customer, channel=channel).values_list("given", flat=True))
    try:
        with transaction.atomic():
            Contact.objects.create(
                company_id=current_company(),
                customer=customer,
                channel=channel,
                address=address,
                address_hash=digest,
                source=Source.STAFF,
                source_rank=_BIT,
                told_by=_BIT,
                preferred=True,
                consent=_effective(said),
                updated_at=now,
            )
    except IntegrityError:
        return False
    return True


def _effective(said: list[bool]) -> bool | None:
    """A no from anyone closes the channel."""
    return all(said) if said else None


def _record(customer: Customer, edit: Edit, kind: ContactEvent.Kind, channel: str, *, before: str, after: str) -> None:
    ContactEvent.objects.create(
        company_id=current_company(),
        customer=customer,
        at=edit.now,
        kind=kind,
        channel=channel,
        before=before,
        after=after,
        source=Source.STAFF,
        actor=edit.actor,
        reason=edit.reason,
    )
