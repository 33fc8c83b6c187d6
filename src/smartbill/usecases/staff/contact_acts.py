"""What staff do to a customer's contacts: with their role, with a reason, on record (R30)."""

from datetime import datetime

from smartbill.apps.archive.models import Contact, Customer
from smartbill.apps.archive.operations.contact_edits import (
    Edit,
    add_contact,
    disable_contact,
    locked_customer,
    say_consent,
)
from smartbill.apps.companies.models import Role
from smartbill.core.contacts.email import CERTIFIED, parse_email
from smartbill.core.contacts.mobile import NOT_A_MOBILE, parse_mobile
from smartbill.core.ports.channels import Channel
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.checks import ask_checks_of_open_jobs

_NOT_THERE = "Il recapito non è di questo cliente, o non c'è più."


def add(actor: Actor, customer_id: int, channel: str, text: str, *, reason: str, now: datetime) -> None:
    """Add an address, which comes first on its channel from now on. Raises NotAllowed, NotPossible."""
    edit = _edit(actor, reason, now)
    address = _address(channel, text)
    with company(actor.company_id):
        customer = _customer(customer_id)
        if not add_contact(customer, channel, address, edit):
            raise NotPossible("Questo recapito è già il primo del suo canale.")
        _done(actor, "add_contact", customer, edit)


def change(actor: Actor, customer_id: int, contact_id: int, text: str, *, reason: str, now: datetime) -> None:
    """Another address in the place of one, which is not used any more. Raises NotAllowed, NotPossible."""
    edit = _edit(actor, reason, now)
    with company(actor.company_id):
        customer = _customer(customer_id)
        contact = _contact(customer, contact_id)
        address = _address(contact.channel, text)
        if address.lower() == contact.address.lower():
            raise NotPossible("Il nuovo indirizzo è uguale a quello attuale.")
        disable_contact(contact, edit, recorded=False)
        add_contact(customer, contact.channel, address, edit, before=contact.address)
        _done(actor, "change_contact", customer, edit)


def disable(actor: Actor, customer_id: int, contact_id: int, *, reason: str, now: datetime) -> None:
    """Never use an address again, not even if a flow tells it anew. Raises NotAllowed, NotPossible."""
    edit = _edit(actor, reason, now)
    with company(actor.company_id):
        customer = _customer(customer_id)
        disable_contact(_contact(customer, contact_id), edit)
        _done(actor, "disable_contact", customer, edit)


def enable(actor: Actor, customer_id: int, contact_id: int, *, reason: str, now: datetime) -> None:
    """Use a disabled address again, as the first of its channel. Raises NotAllowed, NotPossible."""
    edit = _edit(actor, reason, now)
    with company(actor.company_id):
        customer = _customer(customer_id)
        contact = Contact.objects.filter(pk=contact_id, customer=customer, disabled=True).first()
        if contact is None:
            raise NotPossible(_NOT_THERE)
        add_contact(customer, contact.channel, contact.address, edit)
        _done(actor, "enable_contact", customer, edit)


def consent(actor: Actor, customer_id: int, channel: str, *, given: bool, reason: str, now: datetime) -> bool:
    """Write down a yes or no of the customer for a channel; returns whether it is open now: a no that a flow or a file
    has told stays. Raises NotAllowed, NotPossible."""
    edit = _edit(actor, reason, now)
    if channel not in set(Channel):
        raise NotPossible("Il canale non esiste.")
    with company(actor.company_id):
        customer = _customer(customer_id)
        is_open = say_consent(customer, channel, given=given, edit=edit)
        _done(actor, "say_consent", customer, edit)
        return is_open


def _edit(actor: Actor, reason: str, now: datetime) -> Edit:
    require(actor.at_least(Role.EDITOR), "cambiare i recapiti")
    if not reason.strip():
        raise NotPossible("Scriva il motivo: resta nella storia dei recapiti.")
    return Edit(actor=actor.email, reason=reason.strip(), now=now)


def _customer(customer_id: int) -> Customer:
    customer = locked_customer(customer_id)
    if customer is None:
        raise NotPossible("Il cliente non esiste.")
    return customer


def _contact(customer: Customer, contact_id: int) -> Contact:
    """One that is in use."""
    contact = Contact.objects.select_for_update(no_key=True).filter(pk=contact_id, customer=customer).first()
    if contact is None or contact.disabled:
        raise NotPossible(_NOT_THERE)
    return contact


def _address(channel: str, text: str) -> str:
    """The address as it is stored. Raises NotPossible with what is wrong."""
    if channel in {Channel.SMS, Channel.WHATSAPP}:
        mobile = parse_mobile(text)
        if not mobile.number:
            wrong = "Il numero non è di un cellulare." if mobile.problem == NOT_A_MOBILE else ""
            raise NotPossible(wrong or "Il numero di cellulare non è valido.")
        return mobile.number
    if channel not in {Channel.EMAIL, Channel.PEC}:
        raise NotPossible("Il canale non esiste.")
    email = parse_email(text)
    if not email.address:
        raise NotPossible("L'indirizzo e-mail non è valido.")
    if channel == Channel.EMAIL and email.warning == CERTIFIED:
        raise NotPossible("Una casella PEC va aggiunta sul canale PEC.")
    return email.address


def _done(actor: Actor, act: str, customer: Customer, edit: Edit) -> None:
    record_act(actor, act, f"customer {customer.code}", now=edit.now, note=edit.reason)
    ask_checks_of_open_jobs(now=edit.now)
