"""Processes and the database killed with SIGKILL at seeded points of reading and sending: nothing lost, or doubled.

Workers, SFTP server, pages and PostgreSQL are real ones, on a cluster of their own. The mail stand-in is the world
outside: it lives on and remembers what it was handed. An answer lost with its process is a doubt; each one is counted,
and is the only reason for which a mail may arrive twice, under the same Message-ID.
"""

import contextlib
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
import psycopg
import pytest

from smartbill.adapters.postgres.embedded import EmbeddedPostgres
from smartbill.adapters.postgres.roles import DatabaseUrls
from tests.cluster import fast_folder
from tests.journeys.companies import LUCE, PASSWORD
from tests.journeys.services import City, Service, wait_for

#: At most so many messages of a connection are being handed over (SMTP).
WINDOW = 20
LANES = 2
WORKERS = 2

#: Short periods, so that what was killed is soon found.
PERIODS = {
    "SMARTBILL_SWEEP_SECONDS": "0.5",
    "SMARTBILL_STALLED_SECONDS": "2",
    "SMARTBILL_SUBMIT_TIMEOUT_SECONDS": "2",
    "SMARTBILL_DOUBT_MARGIN_SECONDS": "1",
    "SMARTBILL_RETRY_SECONDS": "0.5",
    "SMARTBILL_SMTP_LANES": str(LANES),
}

#: How long a step may take that follows a kill; generous, for machines with much else to do.
PATIENCE_SECONDS = 180.0


_LINK = re.compile(r"http://\S+/t/[0-9A-Za-z]{22}")
_BROWSER = "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"


pytestmark = pytest.mark.xdist_group("journeys")  # each is a whole installation: one at a time


@dataclass(frozen=True)
class Kill:
    victim: str
    point: float  # 0…1 of the work of its phase


@dataclass(frozen=True)
class Plan:
    """One flow of so many bills, and whom to kill when."""

    bills: int
    reading: list[Kill]
    sending: list[Kill]


def planned(chance: random.Random, *, bills: int, reading: int, sending: int) -> Plan:
    """Every victim has its turn before any has a second one."""

    def kills(count: int, victims: list[str]) -> list[Kill]:
        chosen: list[str] = []
        while len(chosen) < count:
            chosen += chance.sample(victims, len(victims))
        points = sorted(chance.uniform(0, 0.9) for _ in range(count))
        return [Kill(victim, point) for victim, point in zip(chosen[:count], points, strict=True)]

    return Plan(
        bills,
        kills(reading, ["worker-1", "database", "worker-2", "sftp"]),
        kills(sending, ["worker-1", "database", "worker-2", "web"]),
    )


@dataclass
class Storm:
    """An installation that is being killed, piece by piece, and put up again."""

    city: City
    server: EmbeddedPostgres
    urls: DatabaseUrls
    struck: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def strike(self, victim: str) -> None:
        self.struck[victim] += 1
        self.note(f"{victim} is killed")
        if victim == "database":
            self._kill_database()
        else:
            service = self._service(victim)
            service.end(signal.SIGKILL)
            service.start()
        self.keep_alive()

    def keep_alive(self) -> None:
        """Do what the supervisor of an installation does: start again what has ended by itself."""
        for service in self.city.services:
            if not service.is_running:
                service.end(signal.SIGKILL)
                service.start()

    def _kill_database(self) -> None:
        (line,) = self.ask("SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)")
        os.kill(int(line[0]), signal.SIGKILL)
        os.waitid(os.P_PID, int(line[0]), os.WEXITED | os.WNOWAIT)
        self.server.revive()

    def note(self, what: str) -> None:
        """Write down what happens, for a test that fails."""
        self.story.append(f"{time.monotonic() - self.began:6.1f} s {what}: {self._where()}")

    def _where(self) -> str:
        ((code, state, blocks, submitted),) = self.ask(
            "SELECT max(code), max(state), (SELECT count(read_at) FROM intake_readblock),"
            " (SELECT count(*) FROM messaging_message WHERE own = 'submitted')"
            " FROM intake_job WHERE id = (SELECT max(id) FROM intake_job)"
        )
        mails = self.mails_handed_over()
        return f"job {code} {state}, {blocks} blocks read, {submitted} messages submitted, {mails} mails"

    def _service(self, name: str) -> Service:
        return next(service for service in self.city.services if service.name == name)

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The database as it really is: its administrator sees the rows of all."""
        with psycopg.connect(self.urls.admin, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def one(self, query: str, *values: object) -> object:
        ((value,),) = self.ask(query, *values)
        return value

    def wait(self, query: str, *values: object, wanted: object, what: str) -> None:
        """Until the database gives this one value, keeping the city alive."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        found: object = None
        while (found := self.one(query, *values)) != wanted:
            self.keep_alive()
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: {found!r}, not {wanted!r}, after {self.story}")
            time.sleep(0.05)

    def mails_of(self, job: str) -> Counter[str]:
        """Message-ID → how often the world was handed it, for the mails of a job's mass batch."""
        references = {
            str(row[0])
            for row in self.ask(
                "SELECT m.reference FROM messaging_message m JOIN tickets_batch b ON b.id = m.batch_id"
                " JOIN intake_job j ON j.id = b.job_id WHERE j.code = %s AND b.kind = 'mass'",
                job,
            )
        }
        found: Counter[str] = Counter()
        for (message_id,) in self._outside("SELECT message_id FROM mail"):
            reference = str(message_id).strip("<>").split("@")[0]
            if reference in references:
                found[reference] += 1
        return found

    def mails_handed_over(self) -> int:
        ((count,),) = self._outside("SELECT count(*) FROM mail")
        return int(str(count))

    def tenth_mail_after(self, mail_id: int) -> int | None:
        """The id of a mail to a customer."""
        query = (
            f"SELECT id FROM mail WHERE id > {mail_id} AND recipient LIKE '%@example.org' ORDER BY id LIMIT 1 OFFSET 9"
        )
        found = self._outside(query)
        return int(str(found[0][0])) if found else None

    def _outside(self, query: str) -> list[tuple[object, ...]]:
        path = self.city.home / "standins.sqlite"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as mailbox:
            return mailbox.execute(query).fetchall()


class Readers(threading.Thread):
    """Customers who open every tenth link as the mails come in, and try again until they see the page."""

    def __init__(self, storm: Storm) -> None:
        super().__init__()
        self.opened: set[str] = set()
        self._storm = storm
        self._last = storm.mails_handed_over()
        self._over = threading.Event()

    def run(self) -> None:
        while True:
            is_over = self._over.is_set()
            mail_id = self._storm.tenth_mail_after(self._last)
            if mail_id is not None:
                self._last = mail_id
                self._open(mail_id)
            elif is_over:
                return
            else:
                self._over.wait(0.05)

    def finish(self) -> None:
        self._over.set()
        self.join()

    def _open(self, mail_id: int) -> None:
        found = _LINK.search(self._storm.city.mail_text(mail_id))
        assert found
        link = found.group()
        for address in (link, f"{link}/b.gif"):
            wait_for(lambda: self._fetched(address), seconds=PATIENCE_SECONDS, what="a customer's page")  # noqa: B023
        self.opened.add(link)

    def _fetched(self, address: str) -> bool | None:
        request = urllib.request.Request(address, headers={"User-Agent": _BROWSER})
        with contextlib.suppress(OSError, http.client.HTTPException):
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()
            return True
        return None


@pytest.fixture
def storm() -> Iterator[Storm]:
    with contextlib.ExitStack() as stack:
        # Not pytest's own folder: it is closed to the account that runs the server when we are root.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smartbill-chaos-", dir=fast_folder())))
        folder.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(folder / "database"))
        urls = server.start()
        environment = {
            **os.environ,
            **PERIODS,
            "DATABASE_URL": urls.app,
            "SMARTBILL_OWNER_URL": urls.owner,
            "SMARTBILL_SECRET_KEYS": "una chiave di prova lunga abbastanza per le prove",
        }
        city = City(folder / "home", environment, workers=WORKERS)
        city.run("migrate")
        described = folder / "luce.toml"
        described.write_text(LUCE.as_toml())
        city.run("company", "add", str(described))
        stack.enter_context(city)
        storm = Storm(city, server, urls)
        yield storm
        sys.stdout.write("\n".join(storm.story))  # shown where the test failed


def test_five_kills_lose_nothing_and_double_nothing(storm: Storm) -> None:
    chance = random.Random(1)
    live_through(storm, planned(chance, bills=2_000, reading=2, sending=3), round_number=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_fifty_kills_lose_nothing_and_double_nothing(storm: Storm, seed: int) -> None:
    chance = random.Random(seed)
    for round_number in range(1, 6):
        live_through(storm, planned(chance, bills=3_000, reading=4, sending=6), round_number=round_number)
    assert storm.struck.total() == 50


def live_through(storm: Storm, plan: Plan, *, round_number: int) -> None:
    """A flow goes the whole way while its installation is killed around it; then everything is counted."""
    flow = storm.city.home / f"flusso-{round_number}.zip"
    storm.city.run(
        "flow", "sample", "--company", LUCE.code, "--vat", LUCE.vat_number, "--service", "electricity",
        "--bills", str(plan.bills), "--seed", str(round_number), "--series", f"C{round_number}", "--out", str(flow),
    )  # fmt: skip
    storm.note("a flow is made")
    job = read_through(storm, flow, plan.reading)
    viewed = send_through(storm, job, plan.sending)
    check_bills(storm, job, plan.bills)
    check_messages(storm, job)
    check_statistics(storm, job, viewed=viewed)


def read_through(storm: Storm, flow: Path, kills: list[Kill]) -> str:
    """Put the flow on the SFTP server, strike, and wait until its job is published. Returns the job's code."""
    before = storm.one("SELECT count(*) FROM intake_job")
    upload(storm, flow, [kill for kill in kills if kill.victim == "sftp"])
    for kill in kills:
        if kill.victim != "sftp":
            time.sleep(kill.point)  # reading tells of no steps that one could wait for
            storm.strike(kill.victim)
    storm.wait("SELECT count(*) - %s FROM intake_job", before, wanted=1, what="one job of the flow")
    job = str(storm.one("SELECT code FROM intake_job ORDER BY id DESC LIMIT 1"))
    storm.wait("SELECT state FROM intake_job WHERE code = %s", job, wanted="published", what="the job's state")
    storm.note("the flow is published")
    return job


def upload(storm: Storm, flow: Path, kills: list[Kill]) -> None:
    """Upload as a careful client does: again from the start until the server has said that all is there."""
    left = list(kills)
    size = flow.stat().st_size

    def strike(sent: int, _total: int) -> None:
        if left and sent >= left[0].point * size:
            left.pop(0)
            storm.strike("sftp")

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            storm.city.sftp.wait_until_ready()
            with storm.city.sftp_session(LUCE.sftp_user, PASSWORD) as session:
                session.put(str(flow), f"{flow.name}.part", callback=strike, confirm=False)
                session.rename(f"{flow.name}.part", flow.name)
                return
        except (OSError, EOFError, paramiko.SSHException):
            if time.monotonic() > deadline:
                raise
            storm.keep_alive()


def send_through(storm: Storm, job: str, kills: list[Kill]) -> int:
    """Test batch, go-ahead, start; strike when so many of the mails have left. Returns how many links were opened."""
    by = {role: ("--as", LUCE.staff(role)) for role in ("editor", "manager", "operator")}
    storm.city.run("job", "test", job, *by["editor"])
    batch = "SELECT b.state FROM tickets_batch b JOIN intake_job j ON j.id = b.job_id WHERE j.code = %s AND b.kind = %s"
    storm.wait(batch, job, "test", wanted="done", what="the test batch")
    storm.city.run("job", "approve", job, *by["manager"], "--note", "Va bene")
    before = storm.mails_handed_over()
    storm.note("the sending is approved")
    readers = Readers(storm)
    readers.start()
    storm.city.run("job", "send", job, *by["operator"])
    storm.wait(f"SELECT ({batch}) NOT IN ('waiting', 'preparing')", job, "mass", wanted=True, what="tickets are made")
    messages = int(
        str(
            storm.one(
                "SELECT count(*) FROM messaging_message m JOIN tickets_batch b ON b.id = m.batch_id"
                " JOIN intake_job j ON j.id = b.job_id WHERE j.code = %s AND b.kind = 'mass'",
                job,
            )
        )
    )
    for kill in kills:
        wait_for_mails(storm, job, before + int(kill.point * messages))
        storm.strike(kill.victim)
    storm.wait(batch, job, "mass", wanted="done", what="the mass batch")
    storm.note("all is sent")
    readers.finish()
    return len(readers.opened)


def wait_for_mails(storm: Storm, job: str, count: int) -> None:
    """Until so many mails have left, or the batch has ended before."""
    over = (
        "SELECT count(*) FROM tickets_batch b JOIN intake_job j ON j.id = b.job_id"
        " WHERE j.code = %s AND b.kind = 'mass' AND b.state = 'done'"
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while storm.mails_handed_over() < count and not storm.one(over, job):
        assert time.monotonic() < deadline, f"only {storm.mails_handed_over()} mails of {count} after {storm.struck}"
        storm.keep_alive()
        time.sleep(0.01)


def check_bills(storm: Storm, job: str, bills: int) -> None:
    """Every bill of the flow is there once, and is the one in force."""
    assert storm.ask(
        "SELECT j.bills, j.refused, count(*), count(DISTINCT (b.series, b.number)), count(k.id)"
        " FROM intake_job j JOIN archive_bill b ON b.job_id = j.id LEFT JOIN archive_documentkey k ON k.bill_id = b.id"
        " WHERE j.code = %s GROUP BY j.id",
        job,
    ) == [(bills, 0, bills, bills, bills)]


def check_messages(storm: Storm, job: str) -> None:
    """Every ticket has one message, every message was handed over once, or once more for each counted doubt."""
    of_job = "FROM tickets_batch b JOIN intake_job j ON j.id = b.job_id WHERE j.code = %s AND b.kind = 'mass'"
    tickets = storm.one(f"SELECT count(*) FROM tickets_ticket t WHERE t.batch_id = (SELECT b.id {of_job})", job)
    unreached = storm.one(
        f"SELECT count(*) FROM tickets_unreachedbill u WHERE u.batch_id = (SELECT b.id {of_job})", job
    )
    bills = storm.one("SELECT bills FROM intake_job WHERE code = %s", job)
    assert int(str(tickets)) + int(str(unreached)) == bills
    messages = storm.ask(
        "SELECT m.reference, t.bill_id, m.own, m.doubts, m.doubt_since FROM tickets_ticket t"
        f" LEFT JOIN messaging_message m ON m.ticket_id = t.id WHERE t.batch_id = (SELECT b.id {of_job})",
        job,
    )
    assert len(messages) == tickets == len({bill_id for _, bill_id, *_ in messages})
    assert {(own, doubt_since) for _, _, own, _, doubt_since in messages} == {("submitted", None)}
    doubts = {str(reference): int(str(doubts)) for reference, _, _, doubts, _ in messages}
    handed_over = storm.mails_of(job)
    assert set(handed_over) == set(doubts)
    assert {ref: times for ref, times in handed_over.items() if times > 1 + doubts[ref]} == {}
    struck = sum(storm.struck[victim] for victim in ("worker-1", "worker-2", "database"))
    assert sum(doubts.values()) <= WINDOW * LANES * struck


def check_statistics(storm: Storm, job: str, *, viewed: int) -> None:
    """The figures are those of the tickets."""
    storm.wait("SELECT count(*) FROM events_change", wanted=0, what="marks that are not counted yet")
    tickets = storm.one(
        "SELECT count(*) FROM tickets_ticket t JOIN tickets_batch b ON b.id = t.batch_id"
        " JOIN intake_job j ON j.id = b.job_id WHERE j.code = %s AND b.kind = 'mass'",
        job,
    )
    figures = json.loads(storm.city.run("stats", "--company", LUCE.code, "--job", job, "--json"))
    email = figures["channels"]["email"]
    assert (figures["total"], email["tickets"], email["states"]["PENDING"]) == (tickets, tickets, tickets)
    assert (figures["viewed"], figures["errors"]) == (viewed, 0)
