"""A contacts file that came alone: read, shown to a person or taken at once, and merged (R5).

The file itself stays as it was handed in, and is read each time: once to see what it would change, once more to take
it. What it says lies in temporary tables only, and is compared with what is known in the very transaction that writes.
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from msgspec import Struct
from procrastinate.contrib.django import app

from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.operations.contact_merge import Origin, apply, changes, outcome
from smartbill.apps.archive.operations.contacts import copy_file, keep_waiting, tell_file
from smartbill.apps.archive.operations.publishing import lock_publishing
from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.models import ContactFile
from smartbill.apps.intake.operations import locked_contact_file, move_contact_file, settle_contact_file
from smartbill.core.company.documents import Contacts
from smartbill.core.contacts.report import ContactsReport
from smartbill.core.flows.contacts_csv.reader import ContactsRules
from smartbill.core.flows.ledger import FindingLedger
from smartbill.core.ports.files import kept_key
from smartbill.core.states.contact_file import ContactFileState
from smartbill.core.wording.contact_notices import ContactFileEvent
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.checks import ask_checks_of_open_jobs
from smartbill.usecases.intake.contact_notices import tell_staff_of_contacts
from smartbill.usecases.intake.contact_reading import ContactsReading, contacts_rules
from smartbill.usecases.intake.contact_rejects import publish_rejects
from smartbill.usecases.retries import INTAKE_RETRY

#: Changes of single customers that are kept to be shown.
_SHOWN_CHANGES = 100


class _Plan(Struct, frozen=True, kw_only=True):
    """What is to be done with a file, as the rows tell it."""

    name: str
    digest: str
    rules: ContactsRules
    state: ContactFileState
    take: bool  # else a person looks first
    by_person: bool


@app.task(name="intake.read_contact_file", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def read_contact_file(*, company_id: int, file_id: int) -> None:
    """Read a file that was received, or take one that somebody said yes to. A second run changes nothing."""
    with company(company_id):
        plan = _plan(file_id)
    if plan is None:
        return
    store = open_store(settings.SMARTBILL)
    ledger = FindingLedger()
    with (
        store.open(kept_key(company_id, plan.digest)) as stream,
        ContactsReading(plan.rules, file=plan.name, ledger=ledger) as reading,
        company(company_id),
    ):
        file = locked_contact_file(file_id)
        if file.state != plan.state:
            return
        copy_file(reading.contacts(stream))
        if plan.take:
            lock_publishing()  # nobody else changes contacts between the comparison and the writing
        now = timezone.now()
        report = _compared(ledger, now=now)
        result = reading.result(store, company_id, report)
        if result.refuses:
            state = ContactFileState.REFUSED
        elif plan.take:
            apply(Origin(file_id=file_id, actor=file.decided_by), now=now)
            keep_waiting(now=now)
            ask_checks_of_open_jobs(now=now)
            state = ContactFileState.TAKEN
        else:
            state = ContactFileState.WAITING
        settle_contact_file(file, state, result, now=now)
        if result.rejects_digest and plan.state is ContactFileState.RECEIVED:
            publish_rejects.defer(company_id=company_id, file_id=file_id)
        if state is not ContactFileState.WAITING or not plan.by_person:
            tell_staff_of_contacts(file, ContactFileEvent(state.value))


def _plan(file_id: int) -> _Plan | None:
    file = ContactFile.objects.select_related("drop").get(pk=file_id)
    if file.state not in {ContactFileState.RECEIVED, ContactFileState.TAKING}:
        return None
    assert file.drop is not None
    by_person = file.drop.source == "page"
    return _Plan(
        name=file.name,
        digest=file.digest,
        rules=contacts_rules(),
        state=ContactFileState(file.state),
        take=file.state == ContactFileState.TAKING or not (by_person or settled(Contacts).confirm),
        by_person=by_person,
    )


def _compared(ledger: FindingLedger, *, now: datetime) -> ContactsReport:
    """What the contacts just copied would change. Odd rows go to the ledger."""
    unknown = tell_file(now=now, ledger=ledger)
    return ContactsReport(outcome=outcome(unknown=unknown), changes=changes(_SHOWN_CHANGES))


def take_contact_file(actor: Actor, file_id: int, *, now: datetime) -> None:
    """Take a file that waits: its contacts become those of the customers, by a task. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), "applicare un file di recapiti")
    with company(actor.company_id):
        file = _waiting(file_id)
        move_contact_file(file, ContactFileState.TAKING)
        _decided(file, actor, now)
        record_act(actor, "take_contacts", f"contacts {file_id}", now=now, note=file.name)
        read_contact_file.defer(company_id=actor.company_id, file_id=file_id)


def drop_contact_file(actor: Actor, file_id: int, *, note: str, now: datetime) -> None:
    """Decide against a file that waits: nothing of it counts, and it may come again. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), "scartare un file di recapiti")
    with company(actor.company_id):
        file = _waiting(file_id)
        move_contact_file(file, ContactFileState.DROPPED)
        _decided(file, actor, now)
        record_act(actor, "drop_contacts", f"contacts {file_id}", now=now, note=note.strip() or file.name)


def _waiting(file_id: int) -> ContactFile:
    """The file, locked. Raises NotPossible when it does not wait: looked at before locking, which a task may hold."""
    if not ContactFile.objects.filter(pk=file_id, state=ContactFileState.WAITING).exists():
        raise NotPossible("Il file di recapiti non è in attesa di conferma.")
    return locked_contact_file(file_id)


def _decided(file: ContactFile, actor: Actor, now: datetime) -> None:
    file.decided_by, file.decided_at = actor.email, now
    file.save(update_fields=["decided_by", "decided_at"])
