"""Every outcome of a hand-over, pausing, stopping, two lanes at once, and the net under them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from smartbill.apps.audit.models import Entry
from smartbill.apps.intake.models import Job
from smartbill.apps.messaging.models import Message, Try
from smartbill.apps.messaging.operations import claim_next, record_answers
from smartbill.apps.messaging.queries import state_counts
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.apps.tickets.operations import create_mass_batch, move_batch
from smartbill.core.ports.channels import HandOver, HandOverFact
from smartbill.core.states.batch import BatchState
from smartbill.core.states.hand_over import MAX_TRIES, judge
from smartbill.core.states.job import JobState
from smartbill.core.states.message import MessageState
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.sending.control import pause, resume, stop
from smartbill.usecases.sending.lane import ROUND, _released, hand_over
from smartbill.usecases.sending.prepare import prepare_batch
from smartbill.usecases.sweeps.sending import sweep_sending
from tests.conftest import CompanyFixture
from tests.factories import BillPlan, ContactPlan, JobMade, mailed_bills, make_job
from tests.smtp_standin import SmtpStandIn
from tests.usecases.sending.conftest import RunTasks

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def started(acme: CompanyFixture, plans: list[BillPlan]) -> tuple[JobMade, int]:
    """A job whose mass batch is ready to be sent."""
    job = make_job(acme.id, plans)
    with company(acme.id):
        batch = create_mass_batch(job_id=job.id, by="x@acme.example", now=NOW)
        move_batch(batch, BatchState.PREPARING, now=NOW)
    prepare_batch(company_id=acme.id, batch_id=batch.pk)
    return job, batch.pk


def to(*addresses: str) -> list[BillPlan]:
    return [BillPlan(number=str(n), contacts=[ContactPlan(address=address)]) for n, address in enumerate(addresses, 1)]


def batch_state(acme: CompanyFixture) -> str:
    with company(acme.id):
        return Batch.objects.get().state


def tries(acme: CompanyFixture, address: str) -> list[tuple[str, str]]:
    with company(acme.id):
        found = Try.objects.filter(message__ticket__address=address).order_by("n")
        return list(found.values_list("outcome", "code"))


def test_every_outcome(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    _, batch_id = started(acme, to("a@x.example", "rifiuta@x.example", "piena@x.example", "421@x.example"))
    run_tasks()
    assert batch_state(acme) == BatchState.DONE
    with company(acme.id):
        assert state_counts(batch_id) == {"s2s_error": 1, "submitted": 3}
        refused = Message.objects.get(state="s2s_error")
        assert (refused.reason, refused.submitted_at, refused.ticket.valid_until) == ("550 5.1.1", None, None)
        assert Ticket.objects.filter(valid_until__isnull=False).count() == 3
    assert tries(acme, "a@x.example") == [("accepted", "250")]
    assert tries(acme, "rifiuta@x.example") == [("refused", "550 5.1.1")]
    assert tries(acme, "piena@x.example") == [("not_now", "452 4.2.2"), ("accepted", "250")]
    assert tries(acme, "421@x.example") == [("not_now", "421 4.3.2"), ("accepted", "250")]
    assert sorted(mail.recipient for mail in fast.received()) == ["421@x.example", "a@x.example", "piena@x.example"]


def test_a_lost_answer_is_a_counted_doubt_and_goes_again_with_the_same_id(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks
) -> None:
    started(acme, to("a@x.example", "cade@x.example"))
    run_tasks()
    with company(acme.id):
        doubtful = Message.objects.get(own="submitting")
        assert (doubtful.doubts, doubtful.claim, doubtful.state) == (1, None, "submitting")
        assert doubtful.doubt_since is not None
    assert batch_state(acme) == BatchState.SENDING
    sweep_sending(now=timezone.now())  # too early: another answer could still be on its way
    run_tasks()
    assert len(fast.received("cade@")) == 1
    sweep_sending(now=timezone.now() + timedelta(seconds=10))
    run_tasks()
    assert batch_state(acme) == BatchState.DONE
    first, second = fast.received("cade@")
    assert first.message_id == second.message_id
    with company(acme.id):
        settled = Message.objects.get(pk=doubtful.pk)
        assert (settled.own, settled.doubts, settled.doubt_since) == ("submitted", 1, None)
    assert tries(acme, "cade@x.example") == [("in_doubt", "connection"), ("accepted", "250")]


def test_a_dead_claim_is_settled_and_its_late_answer_changes_nothing(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks
) -> None:
    _, batch_id = started(acme, mailed_bills(3))
    claim, claimed_at = uuid4(), timezone.now() - timedelta(seconds=10)
    with company(acme.id):
        claimed = claim_next(batch_id, claim=claim, most=2, now=claimed_at)
        assert [message.tries for message in claimed] == [0, 0]
    sweep_sending(now=timezone.now())
    with company(acme.id):
        late = [_released(message, timezone.now()) for message in claimed]
        assert record_answers(late, claim=claim) == []
        assert list(Message.objects.order_by("id").values_list("own", "doubts", "tries")) == [
            ("queued", 1, 1),
            ("queued", 1, 1),
            ("queued", 0, 0),
        ]
    run_tasks()
    assert batch_state(acme) == BatchState.DONE
    assert len(fast.received()) == 3
    with company(acme.id):
        assert list(Try.objects.order_by("message", "n").values_list("outcome", "code")) == [
            ("in_doubt", "claim"),
            ("accepted", "250"),
            ("in_doubt", "claim"),
            ("accepted", "250"),
            ("accepted", "250"),
        ]


def test_two_lanes_never_take_the_same(acme: CompanyFixture) -> None:
    _, batch_id = started(acme, mailed_bills(50))
    taken: list[int] = []
    with company(acme.id):
        for _ in range(4):
            taken += [m.message_id for m in claim_next(batch_id, claim=uuid4(), most=20, now=NOW)]
    assert len(taken) == len(set(taken)) == 50


def test_a_server_that_is_down_loses_nothing(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    _, batch_id = started(acme, mailed_bills(30))
    fast.down()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'sending.hand_over'")
        assert cursor.fetchone()[0] == 2
    run_tasks_once(acme)
    with company(acme.id):
        assert state_counts(batch_id) == {"queued": 30}
        assert set(Try.objects.values_list("outcome", "code")) == {("sender_down", "connect")}
    fast.up()
    run_tasks()
    assert batch_state(acme) == BatchState.DONE
    assert len(fast.received()) == 30


def run_tasks_once(acme: CompanyFixture) -> None:
    """The lanes that wait, each once, in this thread."""

    class Context:
        def should_abort(self) -> bool:
            return False

    with connection.cursor() as cursor:
        cursor.execute("SELECT id, args FROM procrastinate_jobs WHERE task_name = 'sending.hand_over' ORDER BY id")
        waiting = cursor.fetchall()
    for task_id, _ in waiting:
        app.job_manager.cancel_job_by_id(task_id, delete_job=True)
    with company(acme.id):
        batch = Batch.objects.get()
    for _ in waiting:
        hand_over(Context(), company_id=acme.id, batch_id=batch.pk)  # type: ignore[arg-type]


def test_equal_refusals_that_blame_the_sender_pause_the_batch(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> str:
        return "554 5.7.1 relay access denied"

    monkeypatch.setattr(type(fast.handler), "handle_RCPT", refused)
    job, batch_id = started(acme, mailed_bills(100))
    run_tasks()
    assert batch_state(acme) == BatchState.PAUSED
    with company(acme.id):
        counts = state_counts(batch_id)
        assert counts["queued"] >= 100 - 2 * 2 * ROUND
        entry = Entry.objects.get(act="pause_sending")
        assert (entry.actor, entry.subject) == ("system", f"job {job.code}")


def test_pause_resume_stop(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    job, batch_id = started(acme, mailed_bills(5))
    with pytest.raises(NotPossible, match="non è sospeso"):
        resume(acme.manager, job.code, note="", now=NOW)
    pause(acme.manager, job.code, note="controllo", now=NOW)
    with pytest.raises(NotPossible, match="già sospeso"):
        pause(acme.manager, job.code, note="", now=NOW)
    run_tasks()
    sweep_sending(now=timezone.now())
    run_tasks()
    assert fast.received() == []
    resume(acme.operator, job.code, note="", now=NOW)
    pause(acme.operator, job.code, note="", now=NOW)
    stop(acme.manager, job.code, note="sbagliato", now=NOW)
    run_tasks()
    assert fast.received() == []
    with company(acme.id):
        assert state_counts(batch_id) == {"cancelled": 5}
        assert Message.objects.filter(own="cancelled", reason="stopped").count() == 5
        assert list(Entry.objects.order_by("id").values_list("act", "note")) == [
            ("pause_sending", "controllo"),
            ("resume_sending", ""),
            ("pause_sending", ""),
            ("stop_sending", "sbagliato"),
        ]
    for act in (pause, resume, stop):
        with pytest.raises(NotPossible):
            act(acme.manager, job.code, note="", now=NOW)
        with pytest.raises(NotAllowed):
            act(acme.editor, job.code, note="", now=NOW)


def test_there_is_nothing_to_control_before_the_start(acme: CompanyFixture) -> None:
    job = make_job(acme.id, mailed_bills(1))
    for act in (pause, resume, stop):
        with pytest.raises(NotPossible, match="non è ancora stato avviato"):
            act(acme.manager, job.code, note="", now=NOW)
        with pytest.raises(NotPossible, match="non esiste"):
            act(acme.manager, "ACME_2026_77", note="", now=NOW)


def test_a_withdrawn_job_is_sent_no_further(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    job, batch_id = started(acme, mailed_bills(5))
    with company(acme.id):
        Job.objects.filter(pk=job.id).update(state=JobState.WITHDRAWN)
    run_tasks()
    assert fast.received() == []
    sweep_sending(now=timezone.now())
    run_tasks()
    assert batch_state(acme) == BatchState.STOPPED
    with company(acme.id):
        assert state_counts(batch_id) == {"cancelled": 5}


@pytest.mark.parametrize("left_at", [BatchState.PREPARING, BatchState.SENDING])
def test_the_sweep_takes_up_a_batch_that_lost_its_tasks(
    acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks, left_at: BatchState
) -> None:
    if left_at is BatchState.SENDING:
        started(acme, mailed_bills(3))
    else:
        job = make_job(acme.id, mailed_bills(3))
        with company(acme.id):
            batch = create_mass_batch(job_id=job.id, by="x@acme.example", now=NOW)
            move_batch(batch, BatchState.PREPARING, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    sweep_sending(now=timezone.now())
    sweep_sending(now=timezone.now())  # those that wait are enough
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone()[0] == 1
    run_tasks()
    assert batch_state(acme) == BatchState.DONE
    assert len(fast.received()) == 3


def test_the_sweep_ends_a_batch_that_has_nothing_left(acme: CompanyFixture, run_tasks: RunTasks) -> None:
    started(acme, mailed_bills(2))
    with company(acme.id):
        Message.objects.update(own="submitted", state="submitted")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    sweep_sending(now=timezone.now())
    assert batch_state(acme) == BatchState.DONE


def test_a_receipt_that_overtakes_us_is_not_lost(acme: CompanyFixture, fast: SmtpStandIn, run_tasks: RunTasks) -> None:
    started(acme, mailed_bills(1))
    with company(acme.id):
        Message.objects.update(state="failed", rank=9, permanent=True)
    run_tasks()
    with company(acme.id):
        message = Message.objects.get()
        assert (message.own, message.state, message.rank) == ("submitted", "failed", 9)


def test_temporary_refusals_end_after_some_hours() -> None:
    fact = HandOverFact(outcome=HandOver.NOT_NOW, code="451")
    waited = timedelta()
    for earlier in range(MAX_TRIES - 1):
        judgement = judge(fact, earlier_tries=earlier, now=NOW, first_pause=timedelta(seconds=5))
        assert judgement.own is MessageState.QUEUED
        assert judgement.not_before is not None
        waited += judgement.not_before - NOW
    assert timedelta(hours=3) < waited < timedelta(hours=5)
    last = judge(fact, earlier_tries=MAX_TRIES - 1, now=NOW, first_pause=timedelta(seconds=5))
    assert (last.own, last.reason) == (MessageState.S2S_ERROR, "451")
