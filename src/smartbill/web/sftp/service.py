"""The SFTP service: the listener, the queue of offered uploads, and the look-out for files that came to rest."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncssh
import structlog
from msgspec import Struct

from smartbill.apps.companies.queries import directory
from smartbill.core.area.places import is_final
from smartbill.core.area.rest import Resting
from smartbill.usecases.area.host_keys import host_keys
from smartbill.web.sftp.folder import CompanyFolder, Shared
from smartbill.web.sftp.lying import LyingFiles, Patience
from smartbill.web.sftp.sign_in import Guest, House
from smartbill.web.sftp.threads import Result, beside
from smartbill.web.sftp.uploads import RECEIVED_FOLDER, Upload, hand_in_again, left_over, marker_of, take_in
from smartbill.web.sftp.watched import WatchedFolders
from smartbill.web.sftp.writing import Rooms, Writers, plain_files

log = structlog.get_logger(__name__)

#: Seconds between two looks at the folders.
_LOOK_SECONDS = 5.0
#: Seconds that sessions have to end when the service does.
_ENDING_SECONDS = 5.0


class Rules(Struct, frozen=True, kw_only=True):
    """How the service treats its guests and their files. Seconds, unless said."""

    rest: float = 60.0  # that a file without a clean close must have rested
    told_after: float = 1800.0  # that a file lies there before staff are told
    kept: float = 7 * 86400.0  # that it is kept then, from its last change
    idle: float = 900.0  # without a request
    connections: int = 100  # at once
    watched: str = ""  # template of the companies' watched folders; empty = none


class SftpService:
    """Runs until cancelled. `port` is known once `started` is set (0 takes a free one); None: no listener, the watched
    folders alone."""

    def __init__(self, home: Path, *, host: str, port: int | None, rules: Rules) -> None:
        self._root = home / "sftp"
        self._host = host
        self._rules = rules
        self._offered: asyncio.Queue[Upload] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()
        self._looked = asyncio.Event()
        self._house = House(rules.connections, rules.idle)
        self._sessions: set[CompanyFolder] = set()
        self._writers = Writers()
        self._resting = Resting()
        patience = Patience(rules.told_after, rules.kept)
        self._lying = LyingFiles("sftp", patience)
        self._watched = WatchedFolders(rules.watched, self._root, rest=rules.rest, patience=patience)
        self.port = port
        self.started = asyncio.Event()

    async def run(self) -> None:
        (self._root / RECEIVED_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        listener = None if self.port is None else await self._listen(self.port)
        self.started.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take_offered())
                group.create_task(self._look_out())
                group.create_task(self._watch_guests())
        finally:
            if listener is not None:
                listener.close()
                ending = [asyncio.create_task(session.ended.wait()) for session in self._sessions]
                for guest in list(self._house.guests):
                    await guest.gone()
                if ending:  # their files are closed
                    await asyncio.wait(ending, timeout=_ENDING_SECONDS)
                await listener.wait_closed()

    async def idle(self) -> None:
        """Return when everything offered until now has been looked at, and the look-out had its first look."""
        await self._looked.wait()
        await self._offered.join()

    async def _listen(self, port: int) -> asyncssh.SSHAcceptor:
        keys = await beside(partial(host_keys, datetime.now(UTC)))
        shared = Shared(self._root, self._writers, Rooms(), self._offered.put_nowait, self._sessions)
        listener = await asyncssh.listen(
            self._host,
            port,
            server_factory=partial(Guest, self._house),
            server_host_keys=[asyncssh.import_private_key(key) for key in keys],
            sftp_factory=partial(CompanyFolder, shared=shared),
            sftp_version=3,  # what clients speak, and all that our folder answers
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            login_timeout=30,
            keepalive_interval=30,
        )
        self.port = listener.get_port()
        log.info("sftp server ready", host=self._host, port=self.port)
        return listener

    async def _take_offered(self) -> None:
        while True:
            upload = await self._offered.get()
            await self._take(upload)
            self._offered.task_done()

    async def _take(self, upload: Upload) -> None:
        """While somebody writes the file it is not taken: their close offers it again."""
        if not self._writers.take(upload.path):
            return
        try:
            await self._attempt(partial(take_in, self._root, upload))
        finally:
            self._writers.taken(upload.path)

    async def _look_out(self) -> None:
        while True:
            await self.look()
            self._looked.set()
            await asyncio.sleep(min(_LOOK_SECONDS, self._rules.rest or _LOOK_SECONDS))

    async def _watch_guests(self) -> None:
        """Beside the look-out, which a large file may hold up."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.look_at_guests()

    async def look_at_guests(self) -> None:
        """Sessions end when what opened them opens no more."""
        for guest in list(self._house.guests):
            try:
                await guest.look_again()
            except Exception:
                log.exception("sftp session could not be looked at")  # the database is away: asked again

    async def look(self) -> None:
        """Take in what rested, what an earlier process left, and what failed before (the database was down)."""
        for upload in await self._attempt(lambda: list(left_over(self._root))) or ():
            await self._attempt(partial(hand_in_again, upload))
        companies = await self._attempt(lambda: {entry.code: entry.id for entry in directory()})
        if companies is None:
            return
        for upload in await self._attempt(partial(self._rested, companies)) or ():
            await self._take(upload)
        for finds in (self._lying_there, self._watched.look):
            for work in await self._attempt(partial(finds, companies)) or ():
                await self._attempt(work)

    def _folders(self, companies: dict[str, int]) -> Iterator[tuple[int, Path]]:
        for folder in sorted(self._root.iterdir()):
            if (company_id := companies.get(folder.name)) and folder.is_dir():
                yield company_id, folder

    def _rested(self, companies: dict[str, int]) -> list[Upload]:
        """Files with a final name that nobody has touched for so long, whatever happened to their connection."""
        found, paths = [], set()
        for company_id, folder in self._folders(companies):
            for name, stat in plain_files(folder):
                path = folder / os.fsdecode(name)
                paths.add(str(path))
                rested = self._resting.rested(str(path), stat, time.monotonic()) >= self._rules.rest
                said = marker_of(path).exists()
                if (rested or said) and is_final(name) and not self._writers.busy(path):
                    found.append(Upload(company_id, None, path, closed=said))
        self._resting.forget_others(paths)
        return found

    def _lying_there(self, companies: dict[str, int]) -> list[Callable[[], object]]:
        found: list[Callable[[], object]] = []
        for company_id, folder in self._folders(companies):
            files = [each for each in plain_files(folder) if not self._writers.busy(folder / os.fsdecode(each[0]))]
            work = self._lying.look(company_id, files, partial(_remove, folder), time.time())
            if work is not None:
                found.append(work)
        return found

    async def _attempt(self, work: Callable[[], Result]) -> Result | None:
        """Run in a thread, one at a time; a failure is logged and tried again by the look-out, nothing is lost."""
        async with self._one_at_a_time:
            try:
                return await beside(work)
            except Exception:
                log.exception("upload could not be taken in")
                return None


def _remove(folder: Path, name: bytes) -> None:
    (folder / os.fsdecode(name)).unlink(missing_ok=True)
