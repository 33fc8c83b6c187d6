"""A real worker process, killed in the middle of a batch: nobody is left out, and a second copy is a counted doubt."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from smartbill.apps.messaging.models import Message, Try
from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.apps.tickets.operations import create_mass_batch, move_batch
from smartbill.core.states.batch import BatchState
from smartbill.database.context import company
from smartbill.usecases.sending.lane import ROUND
from smartbill.usecases.sending.prepare import prepare_batch
from tests.conftest import CompanyFixture
from tests.factories import mailed_bills, make_job
from tests.smtp_standin import SmtpStandIn

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BILLS = 300
KILLS = 3
LANES = 2


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "smartbill", "worker", "--concurrency", "4"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            assert process.stdout.readline() == "Worker avviato.\n"
            yield process
        finally:
            process.kill()
            process.wait(10)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)  # the truth lies in another process's files


@pytest.fixture
def environment(process_environment: dict[str, str], standin: SmtpStandIn) -> dict[str, str]:
    return process_environment | {
        "SMARTBILL_SMTP_URL": standin.url,
        "SMARTBILL_SMTP_LANES": str(LANES),
        "SMARTBILL_SWEEP_SECONDS": "1",
        "SMARTBILL_STALLED_SECONDS": "1.5",
        "SMARTBILL_SUBMIT_TIMEOUT_SECONDS": "2",
        "SMARTBILL_DOUBT_MARGIN_SECONDS": "0.5",
        "SMARTBILL_RETRY_SECONDS": "0.2",
    }


def test_a_worker_killed_three_times(acme: CompanyFixture, standin: SmtpStandIn, environment: dict[str, str]) -> None:
    job = make_job(acme.id, mailed_bills(BILLS))
    with company(acme.id):
        batch = create_mass_batch(job_id=job.id, by="x@acme.example", now=NOW)
        move_batch(batch, BatchState.PREPARING, now=NOW)
        prepare_batch.defer(company_id=acme.id, batch_id=batch.pk)
    standin.handler.slow_seconds = 0.0

    for kill in range(1, KILLS + 1):
        with worker(environment) as process:
            wanted = kill * BILLS // (KILLS + 1)
            wait_until(lambda wanted=wanted: len(standin.received()) >= wanted)  # type: ignore[misc]
            os.kill(process.pid, signal.SIGKILL)
    with worker(environment) as process:
        wait_until(lambda: batch_state(acme) == BatchState.DONE)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    with company(acme.id):
        assert Ticket.objects.count() == BILLS
        messages = list(Message.objects.values_list("reference", "own", "doubts", "doubt_since"))
        tries = Counter(Try.objects.values_list("outcome", flat=True))
    assert {own for _, own, _, _ in messages} == {"submitted"}
    assert {since for *_, since in messages} == {None}
    doubts = {f"<{reference}@localhost>": count for reference, _, count, _ in messages}
    received = Counter(mail.message_id for mail in standin.received())
    assert set(received) == set(doubts)
    assert [message_id for message_id, copies in received.items() if copies > 1 + doubts[message_id]] == []
    assert sum(doubts.values()) <= KILLS * LANES * ROUND
    assert tries["accepted"] == BILLS
    assert tries["in_doubt"] == sum(doubts.values())


def test_a_worker_stops_when_told_and_leaves_no_doubt(
    acme: CompanyFixture, standin: SmtpStandIn, environment: dict[str, str]
) -> None:
    job = make_job(acme.id, mailed_bills(BILLS))
    with company(acme.id):
        batch = create_mass_batch(job_id=job.id, by="x@acme.example", now=NOW)
        move_batch(batch, BatchState.PREPARING, now=NOW)
        prepare_batch.defer(company_id=acme.id, batch_id=batch.pk)
    with worker(environment | {"SMARTBILL_SMTP_LANES": "1"}) as process:
        wait_until(lambda: len(standin.received()) >= 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with company(acme.id):
        assert Message.objects.filter(own="submitting").count() == 0
        assert Message.objects.filter(own="submitted").count() == len(standin.received())


def batch_state(acme: CompanyFixture) -> str:
    with company(acme.id):
        return Batch.objects.get().state
