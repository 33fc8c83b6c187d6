"""The SFTP service: the listener, the queue of offered uploads, and the look-out for files that came to rest."""

import asyncio
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import asyncssh
import structlog

from smartbill.apps.companies.queries import directory
from smartbill.web.sftp.session import CompanyFolder, SignIn
from smartbill.web.sftp.threads import Result, beside
from smartbill.web.sftp.uploads import (
    RECEIVED_FOLDER,
    Upload,
    hand_in_again,
    left_over,
    rested,
    take_in,
)

log = structlog.get_logger(__name__)

#: Seconds that a file without a clean close must have rested.
REST_SECONDS = 60.0
#: Seconds between two looks at the folders.
LOOK_SECONDS = 5.0


def host_key(keys: Path) -> asyncssh.SSHKey:
    """The server's key, made once: clients remember it."""
    path = keys / "sftp_host_ed25519"
    if not path.exists():
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(draft)
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return asyncssh.read_private_key(path)


class SftpService:
    """Runs until cancelled. `port` is known once `started` is set (0 takes a free one)."""

    def __init__(self, home: Path, *, host: str, port: int, rest_seconds: float = REST_SECONDS) -> None:
        self._root = home / "sftp"
        self._keys = home / "keys"
        self._host = host
        self._rest_seconds = rest_seconds
        self._offered: asyncio.Queue[Upload] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()
        self._looked = asyncio.Event()
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self.port = port
        self.started = asyncio.Event()

    async def run(self) -> None:
        (self._root / RECEIVED_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        listener = await asyncssh.listen(
            self._host,
            self.port,
            server_factory=partial(SignIn, self._connections),
            server_host_keys=[host_key(self._keys)],
            sftp_factory=partial(CompanyFolder, root=self._root, offer=self._offered.put_nowait),
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            login_timeout=30,
            keepalive_interval=30,
        )
        self.port = listener.get_port()
        self.started.set()
        log.info("sftp server ready", host=self._host, port=self.port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take_offered())
                group.create_task(self._look_out())
        finally:
            listener.close()
            for connection in list(self._connections):
                connection.abort()
                await connection.wait_closed()
            await listener.wait_closed()

    async def idle(self) -> None:
        """Return when everything offered until now has been looked at, and the look-out had its first look."""
        await self._looked.wait()
        await self._offered.join()

    async def _take_offered(self) -> None:
        while True:
            upload = await self._offered.get()
            await self._attempt(partial(take_in, self._root, upload))
            self._offered.task_done()

    async def _look_out(self) -> None:
        """Take in what rested, what an earlier process left, and what failed before (the database was down)."""
        while True:
            for work in await self._attempt(self._waiting) or ():
                await self._attempt(work)
            self._looked.set()
            await asyncio.sleep(LOOK_SECONDS)

    def _waiting(self) -> list[Callable[[], object]]:
        """What is to be handed in, each by itself: one that can't be does not hold up the others."""
        found: list[Callable[[], object]] = [partial(hand_in_again, upload) for upload in left_over(self._root)]
        at_rest = list(rested(self._root, seconds=self._rest_seconds, now=time.time()))
        if at_rest:
            ids = {entry.code: entry.id for entry in directory()}
            for path in at_rest:
                if company_id := ids.get(path.parent.name):
                    found.append(partial(take_in, self._root, Upload(company_id, None, path)))
        return found

    async def _attempt(self, work: Callable[[], Result]) -> Result | None:
        """Run in a thread, one at a time; a failure is logged and tried again by the look-out, nothing is lost."""
        async with self._one_at_a_time:
            try:
                return await beside(work)
            except Exception:
                log.exception("upload could not be taken in")
                return None
