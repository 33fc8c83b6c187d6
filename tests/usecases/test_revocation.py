"""A revoked link stops working; who closed it and why is on record."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from smartbill.apps.audit.models import Entry
from smartbill.apps.events.models import Change
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.core.tickets.token import make_token, new_nonce, ticket_keys
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.revocation import revoke_link, revoke_ticket
from tests.conftest import CompanyFixture
from tests.factories import mailed_bills, make_job

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def ticket(acme: CompanyFixture) -> Ticket:
    job = make_job(acme.id, mailed_bills(1))
    with company(acme.id):
        batch = Batch.objects.create(
            company_id=acme.id, job_id=job.id, kind="mass", state="done", created_by="x", created_at=NOW
        )
        return Ticket.objects.create(
            company_id=acme.id, batch=batch, bill_id=job.bill_ids[0], channel="email", address="a@clienti.example",
            address_hash=b"x" * 32, language="it", nonce=new_nonce(), created_at=NOW, validity_days=15,
        )  # fmt: skip


def link_of(ticket: Ticket, *, nonce: int | None = None) -> str:
    keys = ticket_keys(settings.SMARTBILL.secret_keys)
    return f"http://localhost/c/ACME/t/{make_token(ticket.pk, ticket.nonce if nonce is None else nonce, keys)}/importi"


def test_a_link_is_closed_once_and_on_record(acme: CompanyFixture, ticket: Ticket) -> None:
    revoke_link(acme.editor, link_of(ticket), reason="Telefono perso", now=NOW)
    with company(acme.id):
        closed = Ticket.objects.get()
        assert (closed.revoked_at, closed.revocation_reason) == (NOW, "Telefono perso")
        (entry,) = Entry.objects.all()
        assert (entry.act, entry.subject, entry.note) == ("revoke_ticket", "job ACME_2026_1", "A/1: Telefono perso")
        assert list(Change.objects.values_list("ticket_id", flat=True)) == [ticket.pk]
    with pytest.raises(NotPossible):
        revoke_ticket(acme.editor, ticket.pk, reason="di nuovo", now=NOW)


def test_who_may_not_and_what_is_not_there(acme: CompanyFixture, hydra: CompanyFixture, ticket: Ticket) -> None:
    with pytest.raises(NotAllowed):
        revoke_ticket(acme.viewer, ticket.pk, reason="x", now=NOW)
    for actor, link, reason in (
        (acme.editor, link_of(ticket), "  "),
        (acme.editor, "http://localhost/t/abc", "x"),
        (acme.editor, link_of(ticket, nonce=ticket.nonce ^ 1), "x"),
        (hydra.editor, link_of(ticket), "x"),
    ):
        with pytest.raises(NotPossible):
            revoke_link(actor, link, reason=reason, now=NOW)
    with company(acme.id):
        assert Ticket.objects.get().revoked_at is None
