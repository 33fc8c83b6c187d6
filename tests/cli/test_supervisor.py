"""The supervisor: start, readiness, restarts, a clean stop, and no orphan even when it is killed itself."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartbill.cli.supervisor import Command, NotReady, ReadyLine, ReadyPort, Supervisor, free_port

SAY_PID_AND_WAIT = "import os, signal; print('pid', os.getpid()); signal.pause()"
DEAF = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("pid", os.getpid())
while True: signal.pause()
"""
WITH_GRANDCHILD = """
import os, signal, subprocess, sys
inner = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\\nwhile True: signal.pause()"
grandchild = subprocess.Popen([sys.executable, "-c", inner])
print("pid", os.getpid(), grandchild.pid)
signal.pause()
"""


def python(name: str, program: str, ready: ReadyLine | ReadyPort | None = None) -> Command:
    return Command(name=name, argv=[sys.executable, "-c", program], ready=ready)


class Screen:
    """What was shown; asks the supervisor to stop once a line shows that holds a text."""

    def __init__(self, stop_at: str = "\0", times: int = 1) -> None:
        self.lines: list[str] = []
        self._stop_at = stop_at
        self._times = times

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if self._stop_at in line:
            self._times -= 1
            if self._times == 0:
                os.kill(os.getpid(), signal.SIGTERM)

    def pids(self) -> list[int]:
        return [int(word) for line in self.lines if "| pid " in line for word in line.split("| pid ")[1].split()]


def is_alive(pid: int) -> bool:
    """Zombies that nobody reaps count as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pids: list[int], seconds: float = 10.0) -> list[int]:
    """The processes still there after the time, without asking again and again: the kernel tells of each end."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            os.close(descriptor)
    return [pid for pid in pids if is_alive(pid)]


def test_output_comes_line_by_line_with_the_name_before_it():
    screen = Screen(stop_at="quiet")
    with Supervisor(say=screen) as supervisor:
        supervisor.start(python("web", "print('one'); print('two', flush=True); import signal; signal.pause()"))
        supervisor.wait_until_ready()
        while len(screen.lines) < 2:
            supervisor._turn(1.0)
        supervisor.start(python("worker", "print('quiet'); import signal; signal.pause()"))
        supervisor.run()
    assert screen.lines == ["web | one", "web | two", "worker | quiet"]


def test_a_child_that_dies_starts_again_later_each_time_and_it_is_said():
    screen = Screen(stop_at="riparte", times=2)
    with Supervisor(say=screen) as supervisor:
        supervisor.start(python("worker", "raise SystemExit(3)"))
        supervisor.run()
    assert screen.lines == [
        "worker si è fermato (codice 3): riparte fra 0,5 s.",
        "worker si è fermato (codice 3): riparte fra 1 s.",
    ]


def test_a_killed_child_is_replaced_and_takes_its_group_along():
    screen = Screen()
    with Supervisor(say=screen) as supervisor:
        supervisor.start(python("web", WITH_GRANDCHILD, ReadyLine("pid")))
        assert supervisor.wait_until_ready()
        first = screen.pids()
        os.kill(first[0], signal.SIGKILL)
        screen._stop_at = "pid"
        supervisor.run()
        assert wait_for_end(first) == []
        second = screen.pids()[2:]
        assert [is_alive(pid) for pid in second] == [True, True]
    assert screen.lines[1] == "web si è fermato (segnale SIGKILL): riparte fra 0,5 s."
    assert wait_for_end(second) == []


def test_an_interrupt_stops_it_also_where_a_shell_had_it_ignored():
    """What a script starts with `&` begins with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        screen = Screen()
        with Supervisor(say=screen) as supervisor:
            supervisor.start(python("web", SAY_PID_AND_WAIT, ReadyLine("pid")))
            assert supervisor.wait_until_ready()
            os.kill(os.getpid(), signal.SIGINT)
            supervisor.run()
        assert wait_for_end(screen.pids()) == []
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_deaf_child_is_killed_when_its_time_is_over():
    screen = Screen()
    with Supervisor(say=screen, grace=0.3) as supervisor:
        supervisor.start(python("worker", DEAF, ReadyLine("pid")))
        supervisor.wait_until_ready()
    assert screen.lines[1:] == ["worker non si ferma: lo termino."]
    assert wait_for_end(screen.pids()) == []


def test_a_second_request_to_stop_does_not_wait():
    screen = Screen(stop_at="pid")
    begin = time.monotonic()
    with Supervisor(say=screen, grace=60.0) as supervisor:
        supervisor.start(python("worker", DEAF, ReadyLine("pid")))
        assert supervisor.wait_until_ready() is False
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        before = signal.signal(signal.SIGALRM, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))
        supervisor.stop()
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - begin < 30
    assert wait_for_end(screen.pids()) == []


def test_a_port_that_answers_means_ready():
    port = free_port(20000)
    program = f"import http.server; http.server.HTTPServer(('127.0.0.1', {port}), None).serve_forever()"
    with Supervisor(say=Screen()) as supervisor:
        supervisor.start(python("web", program, ReadyPort(port)))
        assert supervisor.wait_until_ready() is True
        socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    ("program", "timeout", "message"),
    [
        ("raise SystemExit(1)", 60.0, "web si è fermato prima di essere pronto."),
        ("import signal; signal.pause()", 0.0, "web non è pronto dopo 0 secondi."),
    ],
)
def test_a_child_that_is_never_ready_is_named(program, timeout, message):
    with Supervisor(say=Screen()) as supervisor:
        supervisor.start(python("web", program, ReadyLine("ready")))
        with pytest.raises(NotReady) as raised:
            supervisor.wait_until_ready(timeout)
    assert str(raised.value) == message


def test_a_program_that_is_missing_is_named():
    with Supervisor(say=Screen()) as supervisor, pytest.raises(NotReady) as raised:
        supervisor.start(Command(name="web", argv=["/nowhere/web"]))
    assert str(raised.value) == "web non può partire: No such file or directory (/nowhere/web)."


def test_a_child_that_closes_its_output_and_a_reader_that_leaves_stop_nothing():
    def gone(line: str) -> None:
        raise BrokenPipeError

    with Supervisor(say=gone) as supervisor:
        supervisor.start(python("loud", "print('x' * 100000)\nprint('end')\nimport signal; signal.pause()"))
        closed = "import os, signal; os.close(1); os.close(2); signal.pause()"
        supervisor.start(python("closed", closed))
        silent = supervisor._children[1].process.stdout
        while not silent.closed:
            supervisor._turn(5.0)
        assert [child.process.poll() for child in supervisor._children] == [None, None]


def test_watch_hears_of_any_child_of_ours():
    ended = []
    with Supervisor(say=Screen(), watch=lambda: ended.append(other.poll())) as supervisor:
        other = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"])
        while 7 not in ended:
            supervisor._turn(5.0)
    assert ended[-1] == 7


SUPERVISED = """
import sys
from smartbill.cli.supervisor import Command, ReadyLine, Supervisor
programs = sys.argv[1:]
with Supervisor(grace=0.5) as supervisor:
    for number, program in enumerate(programs):
        supervisor.start(Command(name=f"child{number}", argv=[sys.executable, "-c", program], ready=ReadyLine("pid")))
    supervisor.wait_until_ready()
    print("all | pid", supervisor._guardian.pid, flush=True)
    supervisor.run()
print("end", flush=True)
"""


@contextlib.contextmanager
def supervised(*programs: str) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A supervisor in a process of its own, and the numbers of all its children, the guardian last."""
    process = subprocess.Popen([sys.executable, "-c", SUPERVISED, *programs], stdout=subprocess.PIPE, text=True)
    pids: list[int] = []
    with process:
        for line in process.stdout:
            pids += [int(word) for word in line.partition("pid ")[2].split()]
            if line.startswith("all"):
                break
        yield process, pids
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_cleanly(number):
    with supervised(SAY_PID_AND_WAIT, SAY_PID_AND_WAIT) as (process, pids):
        process.send_signal(number)
        assert process.communicate(timeout=20)[0] == "end\n"
        assert process.returncode == 0
        assert len(pids) == 3
        assert wait_for_end(pids) == []


def test_no_orphan_when_the_supervisor_is_killed():
    with supervised(SAY_PID_AND_WAIT, DEAF, WITH_GRANDCHILD) as (process, pids):
        process.kill()
        process.wait()
        assert len(pids) == 5
        assert wait_for_end(pids) == []


def test_a_killed_guardian_is_replaced():
    with supervised(DEAF) as (process, pids):
        os.kill(pids[-1], signal.SIGKILL)
        assert wait_for_end(pids[-1:]) == []
        assert process.stdout.readline() == "Il processo che sorveglia l'avvio si è fermato: sostituito.\n"
        process.kill()
        process.wait()
        assert wait_for_end(pids) == []


def test_a_busy_port_gives_way_to_the_next():
    wanted = free_port(21000)
    assert free_port(wanted) == wanted
    with socket.create_server(("127.0.0.1", wanted)):
        other = free_port(wanted)
        assert wanted < other <= wanted + 100
