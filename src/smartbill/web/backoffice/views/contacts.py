"""Contatti: customers and how they are reached, with the history; what staff change about it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.core.ports.channels import Channel
from smartbill.database.keyset import Page
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.staff import contact_acts
from smartbill.usecases.staff.contacts import CustomerLine, look_at_customer, look_at_customers
from smartbill.web.backoffice.forms import ContactForm, ContactSearch, NoteForm
from smartbill.web.backoffice.pages import Crumb, cursors, desk_of, show, staff_act, staff_page
from smartbill.web.backoffice.words import CHANNELS


@staff_page(by_use_case=True)
def contacts(request: HttpRequest) -> HttpResponse:
    form = ContactSearch(request.GET)
    page: Page[CustomerLine] = Page([])
    if form.is_valid():
        page = look_at_customers(desk_of(request).actor, form.filters(), now=timezone.now(), **cursors(request))
    context = {"form": form, "page": page}
    return show(request, "staff/contacts.html", context, title=gettext("Contatti"), section="contacts")


@staff_page(by_use_case=True)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    actor = desk_of(request).actor
    found = look_at_customer(actor, customer_id, now=timezone.now(), **cursors(request))
    if found is None:
        raise Http404
    context = {
        "customer": found.line,
        "language": found.language,
        "consents": found.consents,
        "page": found.history,
        "may_edit": actor.at_least(Role.EDITOR),
        "channels": [(channel.value, CHANNELS[channel]) for channel in Channel],
    }
    crumbs = [Crumb(found.line.code)]
    return show(request, "staff/customer.html", context, title=found.line.name, section="contacts", crumbs=crumbs)


@staff_act(role=Role.EDITOR, back_to="customer")
def add(request: HttpRequest, customer_id: int) -> str:
    asked = _asked(request)
    contact_acts.add(
        desk_of(request).actor,
        customer_id,
        asked["channel"],
        asked["address"],
        reason=asked["note"],
        now=timezone.now(),
    )
    return gettext("Il recapito è aggiunto ed è il primo del suo canale.")


@staff_act(role=Role.EDITOR, back_to="customer")
def change(request: HttpRequest, customer_id: int) -> str:
    asked = _asked(request)
    contact_acts.change(
        desk_of(request).actor,
        customer_id,
        _contact(request),
        asked["address"],
        reason=asked["note"],
        now=timezone.now(),
    )
    return gettext("Il recapito è cambiato: quello di prima non si usa più.")


@staff_act(role=Role.EDITOR, back_to="customer")
def disable(request: HttpRequest, customer_id: int) -> str:
    asked = _asked(request)
    contact_acts.disable(
        desk_of(request).actor, customer_id, _contact(request), reason=asked["note"], now=timezone.now()
    )
    return gettext("Il recapito è disattivato: non si usa più, anche se un flusso lo ripete.")


@staff_act(role=Role.EDITOR, back_to="customer")
def enable(request: HttpRequest, customer_id: int) -> str:
    asked = _asked(request)
    contact_acts.enable(
        desk_of(request).actor, customer_id, _contact(request), reason=asked["note"], now=timezone.now()
    )
    return gettext("Il recapito è di nuovo in uso, ed è il primo del suo canale.")


@staff_act(role=Role.EDITOR, back_to="customer")
def consent(request: HttpRequest, customer_id: int) -> str:
    asked = _asked(request)
    given = {"yes": True, "no": False}.get(asked["consent"])
    if given is None:
        raise NotPossible(gettext("Scelga se il cliente dà o toglie il consenso."))
    is_open = contact_acts.consent(
        desk_of(request).actor,
        customer_id,
        asked["channel"],
        given=given,
        reason=asked["note"],
        now=timezone.now(),
    )
    if given and not is_open:
        return gettext("Il consenso è registrato, ma il canale resta chiuso: un'altra fonte dice di no.")
    return gettext("Il consenso è registrato.")


def _contact(request: HttpRequest) -> int:
    text = request.POST.get("contact", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotPossible(gettext("Manca il recapito da cambiare."))
    return int(text)


def _asked(request: HttpRequest) -> dict[str, str]:
    """Raises NotPossible for what can't be read."""
    form, note = ContactForm(request.POST), NoteForm(request.POST)
    if not form.is_valid() or not note.is_valid():
        raise NotPossible(
            " ".join(str(error) for each in (form, note) for errors in each.errors.values() for error in errors)
        )
    return form.cleaned_data | note.cleaned_data
