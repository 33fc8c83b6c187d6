"""What is done to a job from its page: each act is one use case; the page is shown again with what came of it."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.intake.bills import close_replacements, open_replacement
from smartbill.usecases.intake.decide import refuse_held, take_held, withdraw
from smartbill.usecases.sending import approval, control
from smartbill.usecases.sending.start import start_sending
from smartbill.usecases.sending.test_batch import send_test_batch
from smartbill.usecases.staff.jobs import bills_for_trial, trial_recipients
from smartbill.web.backoffice.accounts import require_fresh_second_factor
from smartbill.web.backoffice.forms import TrialForm, note_of
from smartbill.web.backoffice.pages import desk_of, staff_act


@staff_act(role=Role.MANAGER, back_to="job")
def take(request: HttpRequest, code: str) -> str:
    require_fresh_second_factor(request)
    take_held(desk_of(request).actor, code, note_of(request), timezone.now())
    return gettext("La lavorazione è presa in carico: le bollette accettate vengono pubblicate.")


@staff_act(role=Role.MANAGER, back_to="job")
def refuse_flow(request: HttpRequest, code: str) -> str:
    refuse_held(desk_of(request).actor, code, note_of(request), timezone.now())
    return gettext("La lavorazione è rifiutata: nessuna delle sue bollette è presa.")


@staff_act(role=Role.EDITOR, back_to="job")
def test(request: HttpRequest, code: str) -> str:
    actor = desk_of(request).actor
    form = TrialForm(request.POST, recipients=trial_recipients(actor.company_id))
    if not form.is_valid():
        raise NotPossible(" ".join(str(error) for errors in form.errors.values() for error in errors))
    bills = bills_for_trial(actor.company_id, code, form.cleaned_data["bills"])
    send_test_batch(actor, code, now=timezone.now(), bill_ids=bills, addresses=form.cleaned_data["addresses"])
    return gettext("Il lotto di prova è in partenza.")


@staff_act(role=Role.MANAGER, back_to="job")
def approve(request: HttpRequest, code: str) -> str:
    require_fresh_second_factor(request)
    approval.approve(desk_of(request).actor, code, note=note_of(request), now=timezone.now())
    return gettext("Il benestare è dato: l'invio massivo può essere avviato.")


@staff_act(role=Role.MANAGER, back_to="job")
def disapprove(request: HttpRequest, code: str) -> str:
    approval.refuse(desk_of(request).actor, code, note=note_of(request), now=timezone.now())
    return gettext("Il benestare è rifiutato: nessun cliente riceve nulla.")


@staff_act(role=Role.MANAGER, back_to="job")
def start(request: HttpRequest, code: str) -> str:
    start_sending(desk_of(request).actor, code, now=timezone.now())
    return gettext("L'invio massivo è avviato.")


@staff_act(role=Role.MANAGER, back_to="job")
def pause(request: HttpRequest, code: str) -> str:
    control.pause(desk_of(request).actor, code, note=note_of(request), now=timezone.now())
    return gettext("L'invio è in pausa.")


@staff_act(role=Role.MANAGER, back_to="job")
def resume(request: HttpRequest, code: str) -> str:
    control.resume(desk_of(request).actor, code, note=note_of(request), now=timezone.now())
    return gettext("L'invio riprende.")


@staff_act(role=Role.MANAGER, back_to="job")
def stop(request: HttpRequest, code: str) -> str:
    control.stop(desk_of(request).actor, code, note=note_of(request), now=timezone.now())
    return gettext("L'invio è fermato: i messaggi non ancora usciti sono annullati.")


@staff_act(role=Role.MANAGER, back_to="job")
def withdraw_job(request: HttpRequest, code: str) -> str:
    require_fresh_second_factor(request)
    withdraw(desk_of(request).actor, code, note_of(request), timezone.now())
    return gettext("La lavorazione è ritirata: le bollette e i collegamenti non sono più raggiungibili.")


@staff_act(role=Role.MANAGER, back_to="job")
def open_substitution(request: HttpRequest, code: str) -> str:
    document = request.POST.get("document", "")[:41]
    open_replacement(desk_of(request).actor, code, document=document, note=note_of(request), now=timezone.now())
    return gettext("La sostituzione è aperta: le bollette corrette possono arrivare in un flusso nuovo.")


@staff_act(role=Role.MANAGER, back_to="job")
def close_substitutions(request: HttpRequest, code: str) -> str:
    close_replacements(desk_of(request).actor, code, now=timezone.now())
    return gettext("La sostituzione è chiusa.")
