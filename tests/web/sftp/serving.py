"""A running SFTP server for tests, and clients of it that are not its own library."""

import asyncio
import io
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from django.contrib.auth.hashers import make_password
from django.db import connections

from smartbill.apps.intake.models import Job, SftpAccount, SftpKey
from smartbill.database.context import company
from smartbill.usecases.onboarding.ssh_keys import fingerprint, normalised_key
from smartbill.web.sftp.service import Rules, SftpService
from tests.conftest import CompanyFixture

PASSWORD = "parola di prova"
#: Always there, read only.
FOLDERS = ["esiti", "esportazioni"]


def flow_zip(text: str = "contenuto") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("STABO_ACME_1.txt", text)
    return buffer.getvalue()


_USUAL = Rules()


class RunningServer:
    def __init__(self, home: Path, rules: Rules) -> None:
        self.home = home
        self.service = SftpService(home, host="127.0.0.1", port=0, rules=rules)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def settle(self) -> None:
        """Wait until everything offered has been taken in."""
        asyncio.run_coroutine_threadsafe(self.service.idle(), self._loop).result(20)

    def look(self) -> None:
        """Have the look-out look once more."""
        asyncio.run_coroutine_threadsafe(self.service.look(), self._loop).result(20)

    def look_at_guests(self) -> None:
        """Have sessions looked at whose access may be gone."""
        asyncio.run_coroutine_threadsafe(self.service.look_at_guests(), self._loop).result(20)

    def most_unread(self) -> int:
        """Bytes that wait for the slowest client."""

        async def ask() -> int:
            connections = [guest._connection for guest in self.service._house.guests]
            channels = [each for connection in connections if connection for each in connection._channels.values()]
            return max((channel.get_write_buffer_size() for channel in channels), default=0)

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        async def serve() -> None:
            self._task = asyncio.current_task()
            waiting = asyncio.create_task(self.service.started.wait())
            waiting.add_done_callback(lambda _: self._ready.set())
            await self.service.run()

        try:
            self._loop.run_until_complete(serve())
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            connections.close_all()


@contextmanager
def running(home: Path, rules: Rules = _USUAL) -> Iterator[RunningServer]:
    server = RunningServer(home, rules)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def client(server: RunningServer, username: str = "acme", **how: object) -> Iterator[paramiko.SFTPClient]:
    transport = paramiko.Transport(("127.0.0.1", server.service.port))
    try:
        transport.connect(username=username, **(how or {"password": PASSWORD}))  # type: ignore[arg-type]
        opened = paramiko.SFTPClient.from_transport(transport)
        assert opened is not None
        with opened:
            yield opened
    finally:
        transport.close()


def jobs(fixture: CompanyFixture) -> list[str]:
    with company(fixture.id):
        return list(Job.objects.order_by("id").values_list("code", flat=True))


def add_accounts(*fixtures: CompanyFixture, **facts: object) -> None:
    """A login each, called as the company."""
    for fixture in fixtures:
        with company(fixture.id):
            SftpAccount.objects.create(
                company_id=fixture.id, username=fixture.code.lower(), password=make_password(PASSWORD), **facts
            )


def openssh(
    server: RunningServer, fixture: CompanyFixture, home: Path, *lines: str
) -> subprocess.CompletedProcess[str]:
    """What OpenSSH's client says to these commands, with a key of the account that is made when it is missing."""
    key = home / "id"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=30)
        public = normalised_key(key.with_suffix(".pub").read_text())
        with company(fixture.id):
            account = SftpAccount.objects.get(username=fixture.code.lower())
            SftpKey.objects.create(
                company_id=fixture.id, account=account, fingerprint=fingerprint(public), public_key=public
            )
    options = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={home}/known", "-o", "BatchMode=yes"]
    return subprocess.run(
        ["sftp", *options, "-q", "-i", key, "-P", str(server.service.port), "-b", "-",
         f"{fixture.code.lower()}@127.0.0.1"],
        input="".join(f"{line}\n" for line in lines), text=True, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
