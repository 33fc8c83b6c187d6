"""Several roles on one machine: child processes that are started, watched, restarted and stopped together.

One thread and one loop, which waits for output, for a signal or for the next restart that is due. Children have a
process group each; what they leave behind in it is ended with them. Should the supervisor itself be killed with
SIGKILL, `guardian.py` ends them.
"""

import contextlib
import errno
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

GRACE_SECONDS = 20.0

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
#: A child that ran this long starts again with the first delay.
_STEADY_SECONDS = 30.0
_LONGEST_LINE = 8192
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GUARDIAN = Path(__file__).with_name("guardian.py")


class NotReady(Exception):
    """A child did not become ready; the message is Italian, for the operator."""


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """Ready once it writes a line that holds this text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReadyPort:
    """Ready once the port takes a connection."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One child process. `env` is added to our own environment; without `ready` it counts as ready at once."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: ReadyLine | ReadyPort | None = None


@dataclass(slots=True)
class _Child:
    command: Command
    process: subprocess.Popen[bytes] | None = None
    rest: bytes = b""
    is_ready: bool = False
    started_at: float = 0.0
    failures: int = 0
    restart_at: float | None = None


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The wanted port, else the first free one of the hundred after it, else any. The caller says when it differs."""
    for port in (*range(wanted, min(wanted + 101, 65536)), 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((host, port))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                continue
            return int(listener.getsockname()[1])
    raise OSError(errno.EADDRINUSE, f"no free port at {host}")


def _write_to_stdout(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Supervisor:
    """Used in the main thread as a context manager; leaving it stops all children.

    `say` gets every line that is to be shown: the children's with their name before it, and our own Italian ones.
    `watch` is called whenever some child process of ours has ended (the embedded database is one of them).
    """

    def __init__(
        self,
        *,
        say: Callable[[str], None] = _write_to_stdout,
        watch: Callable[[], None] = lambda: None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._say_line = say
        self._watch = watch
        self._grace = grace
        self._children: list[_Child] = []
        self._stop_requests = 0
        self._guardian: subprocess.Popen[bytes] | None = None
        self._leaving = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._selector = stack.enter_context(selectors.DefaultSelector())
            stack.enter_context(self._signals())
            stack.callback(self._end_guardian)
            self._keep_guardian()
            stack.callback(self.stop)
            self._leaving = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.close()

    def start(self, command: Command) -> None:
        """Start a child and keep it running. Raises NotReady when its program cannot be run at all."""
        child = _Child(command)
        try:
            self._launch(child)
        except OSError as error:
            raise NotReady(f"{command.name} non può partire: {error.strerror} ({command.argv[0]}).") from error
        self._children.append(child)

    def wait_until_ready(self, timeout: float = 60.0) -> bool:
        """Wait for all children started so far; False when we are asked to stop meanwhile.

        Raises NotReady when one ends before it is ready, or when `timeout` seconds have passed.
        """
        deadline = time.monotonic() + timeout
        while not self._stop_requests:
            for child in self._children:
                self._ask_port(child)
            waiting = [child for child in self._children if not child.is_ready]
            if not waiting:
                return True
            for child in waiting:
                if child.process is None:
                    raise NotReady(f"{child.command.name} si è fermato prima di essere pronto.")
            if time.monotonic() > deadline:
                raise NotReady(f"{waiting[0].command.name} non è pronto dopo {timeout:.0f} secondi.")
            # A port announces itself to nobody: it is asked.
            self._turn(0.05 if any(isinstance(child.command.ready, ReadyPort) for child in waiting) else 1.0)
        return False

    def run(self) -> None:
        """Watch and restart children until SIGINT, SIGTERM or SIGHUP comes."""
        while not self._stop_requests:
            due = [child.restart_at for child in self._children if child.restart_at is not None]
            self._turn(max(0.0, min(due) - time.monotonic()) if due else None)
            for child in self._children:
                if child.restart_at is not None and child.restart_at <= time.monotonic() and not self._stop_requests:
                    self._restart(child)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to those still there after `grace` seconds or at a second request to stop."""
        requests = self._stop_requests
        deadline = time.monotonic() + self._grace
        for child in self._running():
            child.restart_at = None
            self._signal(child, signal.SIGTERM)
        while (running := self._running()) and time.monotonic() < deadline and self._stop_requests <= max(requests, 1):
            self._turn(max(0.0, deadline - time.monotonic()), restarting=False)
        for child in running:
            self._say(f"{child.command.name} non si ferma: lo termino.")
            self._signal(child, signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
        self._reap(restarting=False)
        self._children.clear()

    # What happens in one turn of the loop.

    def _turn(self, timeout: float | None, *, restarting: bool = True) -> None:
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
                self._reap(restarting=restarting)
                if restarting and not self._stop_requests:
                    self._keep_guardian()
                    self._watch()
            else:
                self._read(key.data)

    def _reap(self, *, restarting: bool) -> None:
        for child in self._running():
            process = child.process
            if process is None or process.poll() is None:
                continue
            # What it leaves behind in its group (workers of a web server, say) would hold ports and locks.
            self._signal(child, signal.SIGKILL)
            self._tell_guardian(f"-{process.pid}")
            self._read(child)
            self._show(child, child.rest)
            child.rest = b""
            if process.stdout is not None and not process.stdout.closed:
                self._selector.unregister(process.stdout)
                process.stdout.close()
            child.process = None
            if restarting and not self._stop_requests:
                self._plan_restart(child, _ending(process.returncode))

    def _plan_restart(self, child: _Child, ending: str) -> None:
        now = time.monotonic()
        child.failures = 0 if now - child.started_at > _STEADY_SECONDS else child.failures + 1
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** max(0, child.failures - 1))
        child.restart_at = now + delay
        self._say(f"{child.command.name} si è fermato ({ending}): riparte fra {f'{delay:g}'.replace('.', ',')} s.")

    def _restart(self, child: _Child) -> None:
        try:
            self._launch(child)
        except OSError as error:
            self._plan_restart(child, error.strerror or str(error))

    def _launch(self, child: _Child) -> None:
        command = child.command
        child.started_at = time.monotonic()
        child.restart_at = None
        child.is_ready = child.is_ready or command.ready is None
        child.process = subprocess.Popen(
            list(command.argv),
            env={**os.environ, "PYTHONUNBUFFERED": "1", **command.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        self._tell_guardian(f"+{child.process.pid}")
        if child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _running(self) -> list[_Child]:
        return [child for child in self._children if child.process is not None]

    def _signal(self, child: _Child, number: signal.Signals) -> None:
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, number)

    # Output and readiness.

    def _read(self, child: _Child) -> None:
        """Show what the child has written, by whole lines. At the end of the output nothing more is asked of it."""
        stream = child.process.stdout if child.process is not None else None
        if stream is None or stream.closed:
            return
        for _ in range(64):  # a child that writes without end must not keep the others waiting
            try:
                written = os.read(stream.fileno(), 65536)
            except BlockingIOError:
                return
            if not written:
                self._selector.unregister(stream)
                stream.close()
                return
            *lines, child.rest = (child.rest + written).split(b"\n")
            for line in lines:
                self._show(child, line)
            if len(child.rest) > _LONGEST_LINE:
                self._show(child, child.rest)
                child.rest = b""

    def _show(self, child: _Child, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        if isinstance(child.command.ready, ReadyLine) and child.command.ready.text in text:
            child.is_ready = True
        if text:
            width = max(len(other.command.name) for other in self._children) if self._children else 0
            self._say(f"{child.command.name:<{width}} | {text}")

    def _ask_port(self, child: _Child) -> None:
        wanted = child.command.ready
        if not child.is_ready and isinstance(wanted, ReadyPort):
            with contextlib.suppress(OSError), socket.create_connection((wanted.host, wanted.port), timeout=0.5):
                child.is_ready = True

    def _say(self, line: str) -> None:
        try:
            self._say_line(line)
        except OSError:  # who read our output has gone; the children's must still be read
            self._say_line = lambda line: None

    # Signals and the guardian.

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        self._wake, waker = socket.socketpair()
        self._wake.setblocking(False)
        waker.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        handlers: dict[signal.Signals, Any] = {
            number: signal.signal(number, self._ask_to_stop)
            for number in _STOP_SIGNALS
            # nohup is respected; a shell script that starts us with `&` must still be able to interrupt us
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
        }
        # Without a handler of its own a signal wakes nobody.
        handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        before = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self._wake.close()
            waker.close()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1

    def _keep_guardian(self) -> None:
        if self._guardian is not None and self._guardian.poll() is None:
            return
        replaced = self._guardian is not None
        self._end_guardian()
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARDIAN), str(self._grace)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for child in self._running():
            if child.process is not None:
                self._tell_guardian(f"+{child.process.pid}")
        if replaced:
            self._say("Il processo che sorveglia l'avvio si è fermato: sostituito.")

    def _tell_guardian(self, line: str) -> None:
        if self._guardian is not None and self._guardian.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it died: the loop makes another, which is told everything
                self._guardian.stdin.write(f"{line}\n".encode())

    def _end_guardian(self) -> None:
        if self._guardian is not None:
            if self._guardian.stdin is not None:
                self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None


def _ending(code: int) -> str:
    if code >= 0:
        return f"codice {code}"
    try:
        return f"segnale {signal.Signals(-code).name}"
    except ValueError:
        return f"segnale {-code}"
