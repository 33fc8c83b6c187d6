"""All processes of an installation, as real ones: pages, workers, SFTP server, mail stand-in, the command."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

import paramiko

Found = TypeVar("Found")

READY_SECONDS = 60.0
_HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports that were free together a moment ago."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind((_HOST, 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


def wait_for(look: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
    """Ask until there is an answer; what goes on in other processes tells us nothing by itself."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return found


class Service:
    """One process of the product, in a group of its own so that all of it can be killed."""

    def __init__(self, name: str, arguments: Sequence[str], *, port: int | None, city: "City") -> None:
        self.name = name
        self.port = port
        self._arguments = arguments
        self._city = city
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self._city.home / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "smartbill", *self._arguments],
                env=self._city.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def wait_until_ready(self) -> None:
        if self.port is not None:
            wait_for(self._answers, seconds=READY_SECONDS, what=f"{self.name} takes connections: see {self.log}")

    def _answers(self) -> bool | None:
        assert self.is_running, f"{self.name} has ended: {self.log.read_text()[-2000:]}"
        with contextlib.suppress(OSError), socket.create_connection((_HOST, self.port or 0), timeout=1):
            return True
        return None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self, number: signal.Signals) -> None:
        """Send the signal to the whole group and wait for its end; with SIGTERM not for ever."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
        self._process = None


class City:
    """The services of a small installation and how the world reaches them. A context manager: leaving it ends all."""

    def __init__(self, home: Path, environment: Mapping[str, str], *, workers: int = 1) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.web_port, self.sftp_port, self.smtp_port, self.outbox_port = free_ports(4)
        self.base_url = f"http://{_HOST}:{self.web_port}"
        self.environment = {
            **environment,
            "SMARTBILL_HOME": str(home),
            "SMARTBILL_BASE_URL": self.base_url,
            "SMARTBILL_SMTP_URL": f"smtp://{_HOST}:{self.smtp_port}",
            "SMARTBILL_SFTP_HOST": _HOST,
            "SMARTBILL_SFTP_PORT": str(self.sftp_port),
        }
        standins = ("standins", "--smtp-port", str(self.smtp_port), "--outbox-port", str(self.outbox_port))
        self.standins = self._service(
            "standins", *standins, "--data", str(home / "standins.sqlite"), port=self.outbox_port
        )
        self.web = self._service("web", "web", "--port", str(self.web_port), "--processes", "1", port=self.web_port)
        self.sftp = self._service("sftp", "sftp", port=self.sftp_port)
        self.workers = [self._service(f"worker-{n}", "worker") for n in range(1, workers + 1)]

    def _service(self, name: str, *arguments: str, port: int | None = None) -> Service:
        return Service(name, arguments, port=port, city=self)

    @property
    def services(self) -> list[Service]:
        return [self.standins, self.web, self.sftp, *self.workers]

    def __enter__(self) -> Self:
        try:
            for service in self.services:
                service.start()
            for service in self.services:
                service.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for service in reversed(self.services):
            service.end(signal.SIGTERM)

    def run(self, *arguments: str) -> str:
        """What a command prints that must go well."""
        done = subprocess.run(
            [sys.executable, "-m", "smartbill", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def mails(self) -> list[dict[str, object]]:
        """What the mail stand-in was handed, the oldest first."""
        found: list[dict[str, object]] = json.loads(self._outbox("messages.json"))
        return found[::-1]

    def mail_text(self, mail_id: object) -> str:
        return self._outbox(f"m/{mail_id}/text")

    def _outbox(self, path: str) -> str:
        with urllib.request.urlopen(f"http://{_HOST}:{self.outbox_port}/{path}", timeout=30) as answer:
            return str(answer.read().decode())

    @contextlib.contextmanager
    def sftp_session(self, username: str, password: str) -> Iterator[paramiko.SFTPClient]:
        """A company's SFTP client, which is nothing of ours."""
        with paramiko.Transport((_HOST, self.sftp_port)) as transport:
            transport.connect(username=username, password=password)
            session = paramiko.SFTPClient.from_transport(transport)
            assert session is not None
            with session:
                yield session
