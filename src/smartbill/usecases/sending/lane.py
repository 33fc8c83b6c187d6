"""One lane of a batch: a kept-open connection that hands over message after message.

The loop is one transaction that records the last answers and claims the next messages, then the talk, outside any
transaction. So at most `ROUND` messages are ever in doubt when a lane dies; the sweep settles them.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from smartbill.adapters.channels.registry import open_email_session
from smartbill.apps.audit.operations import record
from smartbill.apps.events.operations import mark_job, mark_tickets
from smartbill.apps.messaging.operations import Answer, Claimed, claim_next, record_answers
from smartbill.apps.messaging.queries import Unsent, queued_up_to, unsent
from smartbill.apps.tickets.models import Batch
from smartbill.apps.tickets.operations import locked_batch, move_batch, start_validity
from smartbill.core.ports.channels import EmailSession, HandOver, HandOverFact
from smartbill.core.states.batch import COUNTED_KINDS, BatchKind, BatchState
from smartbill.core.states.hand_over import ALIKE_REFUSALS, blames_sender, judge, pause_after
from smartbill.core.states.message import MessageState
from smartbill.database.context import company, current_company
from smartbill.usecases.retries import SENDING_RETRY
from smartbill.usecases.sending.envelope import EmailWriter, sender_identity

#: At most so many messages of a lane are `submitting`.
ROUND: Final = 20

#: A lane runs so long, then hands over to a task of its own kind: a worker can be stopped between.
_LANE_SECONDS: Final = 30.0

_log = logging.getLogger(__name__)


def defer_lanes(batch_id: int) -> None:
    """Let lanes work on a batch, no more than there are rounds to do; in the open transaction."""
    lanes = settings.SMARTBILL.smtp_lanes
    rounds = -(-queued_up_to(batch_id, lanes * ROUND) // ROUND)
    for _ in range(min(lanes, max(rounds, 1))):
        hand_over.defer(company_id=current_company(), batch_id=batch_id)


@app.task(name="sending.hand_over", queue="send", pass_context=True, retry=SENDING_RETRY)
def hand_over(context: JobContext, *, company_id: int, batch_id: int, failures: int = 0) -> None:
    """Hand over what the batch has queued. `failures`: how often in a row the sender was down before."""
    with company(company_id):
        batch = Batch.objects.filter(pk=batch_id, state=BatchState.SENDING).first()
        if batch is None:
            return
        writer = EmailWriter(sender_identity(), test=batch.kind == BatchKind.TEST)
    session = open_email_session(settings.SMARTBILL.smtp_url, timeout=settings.SMARTBILL.submit_timeout_seconds / 2)
    try:
        _Lane(batch, company_id, writer, session, failures).run(context)
    finally:
        session.close()


class _Lane:
    def __init__(
        self, batch: Batch, company_id: int, writer: EmailWriter, session: EmailSession, failures: int
    ) -> None:
        self.batch = batch
        self.company_id = company_id
        self.writer = writer
        self.session = session
        self.failures = failures
        self.claim: UUID = uuid4()
        self.first_pause = timedelta(seconds=settings.SMARTBILL.retry_seconds)
        self.sender_down = False
        self.alike = 0  # refusals in a row that blame the sender
        self.alike_code = ""

    def run(self, context: JobContext) -> None:
        until = time.monotonic() + _LANE_SECONDS
        answers: list[Answer] = []
        while True:
            with company(self.company_id):
                self._record(answers)
                claimed = self._next(may_go_on=time.monotonic() < until and not context.should_abort())
            if not claimed:
                return
            answers = self._talk(claimed)

    def _record(self, answers: list[Answer]) -> None:
        recorded = record_answers(answers, claim=self.claim)
        sent = [message.ticket_id for message in recorded if message.own is MessageState.SUBMITTED]
        if sent:
            start_validity(sent, at=timezone.now())
        if recorded and self.batch.kind in COUNTED_KINDS:
            mark_tickets(self.batch.job_id, [message.ticket_id for message in recorded])

    def _next(self, *, may_go_on: bool) -> list[Claimed]:
        """Claim the next round; when there is none, leave the batch as it should be left."""
        if self.alike >= ALIKE_REFUSALS:
            self._pause()
            return []
        if self.sender_down:
            self._defer(at=timezone.now() + pause_after(self.failures, self.first_pause), failures=self.failures + 1)
            return []
        if not may_go_on:
            self._defer(at=None, failures=0)
            return []
        claimed = claim_next(self.batch.pk, claim=self.claim, most=ROUND, now=timezone.now())
        if claimed:
            self.writer.load(claimed)
            return claimed
        self._leave()
        return []

    def _leave(self) -> None:
        left = finish_batch(self.batch.pk, now=timezone.now())
        if left.next_at is not None:
            self._defer(at=left.next_at, failures=0)
        # Else others hold the rest, or it waits for the sweep: a doubt to settle, a batch paused or withdrawn.

    def _talk(self, claimed: list[Claimed]) -> list[Answer]:
        """Hand over one by one. What is not begun in time is released: the sweep must never meet a claim in use."""
        begin_until = time.monotonic() + settings.SMARTBILL.submit_timeout_seconds / 2
        answers = []
        for message in claimed:
            started_at = timezone.now()
            if self.sender_down or self.alike >= ALIKE_REFUSALS or time.monotonic() > begin_until:
                answers.append(_released(message, started_at))
                continue
            fact = self._handed_over(message)
            self._watch(fact)
            judgement = judge(fact, earlier_tries=message.tries, now=timezone.now(), first_pause=self.first_pause)
            answers.append(
                Answer(
                    message_id=message.message_id,
                    started_at=started_at,
                    outcome=fact.outcome,
                    judgement=judgement,
                    code=fact.code,
                    detail=fact.detail,
                )
            )
        return answers

    def _handed_over(self, message: Claimed) -> HandOverFact:
        try:
            email = self.writer.write(message)
        except Exception:  # one message that can't be written must not hold up the others
            _log.exception("message %s of batch %s can't be written", message.message_id, self.batch.pk)
            return HandOverFact(outcome=HandOver.REFUSED, code="render")
        return self.session.hand_over(email)

    def _watch(self, fact: HandOverFact) -> None:
        self.sender_down = fact.outcome is HandOver.SENDER_DOWN
        if fact.outcome is HandOver.ACCEPTED:
            self.failures = 0
            self.alike = 0
        elif blames_sender(fact):
            self.alike = self.alike + 1 if fact.code == self.alike_code else 1
            self.alike_code = fact.code

    def _pause(self) -> None:
        """The server refuses one message after the other for the same reason: rather pause than burn the list."""
        batch = locked_batch(self.batch.pk)
        if batch is not None and batch.state == BatchState.SENDING:
            now = timezone.now()
            move_batch(batch, BatchState.PAUSED, now=now)
            note = f"Troppi rifiuti uguali di seguito ({self.alike_code}): controllare mittente e server di posta."
            record(at=now, actor="system", act="pause_sending", subject=f"job {batch.job.code}", note=note)

    def _defer(self, *, at: datetime | None, failures: int) -> None:
        later = hand_over.configure(schedule_at=at) if at is not None else hand_over
        later.defer(company_id=self.company_id, batch_id=self.batch.pk, failures=failures)


def _released(message: Claimed, at: datetime) -> Answer:
    fact = HandOverFact(outcome=HandOver.SENDER_DOWN)
    judgement = judge(fact, earlier_tries=message.tries, now=at, first_pause=timedelta())
    return Answer(
        message_id=message.message_id, started_at=at, outcome=fact.outcome, judgement=judgement, released=True
    )


def finish_batch(batch_id: int, *, now: datetime) -> Unsent:
    """The batch is done when nothing of it is queued or being handed over; in the open transaction.

    What is left is looked at under the lock of the batch: of two lanes that end at once the second sees all.
    """
    batch = locked_batch(batch_id)
    left = unsent(batch_id)
    if batch is not None and batch.state == BatchState.SENDING and not left.queued and not left.submitting:
        move_batch(batch, BatchState.DONE, now=now)
        if batch.kind in COUNTED_KINDS:
            mark_job(batch.job_id)
    return left
