"""A company's area as its SFTP clients see it: a folder for deliveries, and folders that are read only.

Every request of the protocol is answered here; nothing is left to the library's own, which would go to the disk.
"""

import asyncio
import contextlib
import os
import stat
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, NoReturn

import asyncssh
from asyncssh.constants import (
    FX_FAILURE,
    FX_NO_SUCH_FILE,
    FX_PERMISSION_DENIED,
    FXF_APPEND,
    FXF_CREAT,
    FXF_EXCL,
    FXF_READ,
    FXF_TRUNC,
    FXF_WRITE,
)
from msgspec import Struct

from smartbill.core.area.places import NoSuchPlace, Place, Shelf, is_final, marked, name_mistake, place_of
from smartbill.usecases.area.sign_in import Knock
from smartbill.usecases.outcomes import OutcomeFile, open_outcome, outcome_named, outcomes_of
from smartbill.web.sftp.sign_in import Guest
from smartbill.web.sftp.threads import beside
from smartbill.web.sftp.uploads import Upload, version_of
from smartbill.web.sftp.writing import OpenFile, Refused, Rooms, Writers, is_plain, not_there, plain_files

#: Files whose size a session still knows when they have been taken in.
_REMEMBERED = 100
#: Files and lists of folders that a session has open at once.
_MOST_OPEN = 32
#: Bytes of one answer, and of answers that the client has not taken yet: a slow reader costs no more memory.
_LARGEST_READ = 256 * 1024
_MOST_UNREAD = 1024 * 1024
_UNREAD_LOOK_SECONDS = 0.05
#: Messages that a session writes to its client's terminal.
_MOST_TOLD = 20

_FOLDER = stat.S_IFDIR | 0o700
_READ_ONLY_FOLDER = stat.S_IFDIR | 0o500
_READ_ONLY_FILE = stat.S_IFREG | 0o400


class ShelfFile:
    """A file of a folder that is read only, opened by a client."""

    def __init__(self, facts: OutcomeFile, lent: AbstractContextManager[BinaryIO], file: BinaryIO) -> None:
        self.facts = facts
        self._lent = lent
        self._file = file

    def read(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)

    def close(self) -> None:
        self._lent.__exit__(None, None, None)


class Shared(Struct, frozen=True):
    """What the folders of all sessions of one server share."""

    root: Path
    writers: Writers
    rooms: Rooms
    offer: Callable[[Upload], None]
    sessions: "set[CompanyFolder]"  # open ones


class CompanyFolder(asyncssh.SFTPServer):
    """One session. A clean close of a ZIP, a rename to its final name or a marker beside it offers it."""

    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]", *, shared: Shared) -> None:
        super().__init__(channel)
        self._guest: Guest = channel.get_connection().get_extra_info("guest")
        self._shared = shared
        self._folder: Path = shared.root / self._knock.login.company_code
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open: set[OpenFile | ShelfFile] = set()
        self._lists: weakref.WeakSet[AsyncIterator[asyncssh.SFTPName]] = weakref.WeakSet()
        self._just_closed: list[asyncio.Handle] = []
        self._offered: dict[Path, os.stat_result] = {}
        self._told: set[str] = set()
        self.ended = asyncio.Event()
        shared.sessions.add(self)

    @property
    def _knock(self) -> Knock:
        """What the account may do now: quotas may change during a session."""
        return self._guest.knock

    # Opening, reading, writing, closing.

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        place = self._place(path)
        if len(self._open) >= _MOST_OPEN:
            self._refuse("Troppi file aperti insieme in questa sessione.")
        if place.shelf:
            if pflags & ~FXF_READ:
                self._deny(f"La cartella /{place.shelf} è in sola lettura.")
            file: OpenFile | ShelfFile = await self._open_shelf(place)
        else:
            with self._refusals():
                file = await self._open_delivery(place, pflags)
        self._open.add(file)
        return file

    async def _open_shelf(self, place: Place) -> ShelfFile:
        facts = await self._shelf_file(place)
        lent = await beside(partial(open_outcome, self._knock.login.company_id, facts.id))
        return ShelfFile(facts, lent, await beside(lent.__enter__))

    async def _open_delivery(self, place: Place, pflags: int) -> OpenFile:
        if not place.name:
            raise Refused("È una cartella, non un file.")
        path = self._local(place)
        writes = bool(pflags & (FXF_WRITE | FXF_APPEND))
        if not writes:
            self._plain(path)
            return OpenFile(path, os.O_RDONLY, writes=False, appends=False)
        if mistake := name_mistake(place.name):
            raise Refused(mistake)
        await self._shared.writers.wait_free(path)
        if pflags & FXF_CREAT and not path.exists():
            self._shared.rooms.check_new(self._folder, self._knock.quota_files)
        flags = os.O_RDWR if pflags & FXF_READ else os.O_WRONLY
        for asked, flag in ((FXF_CREAT, os.O_CREAT), (FXF_TRUNC, os.O_TRUNC), (FXF_EXCL, os.O_EXCL)):
            flags |= flag if pflags & asked else 0
        file = OpenFile(path, flags, writes=True, appends=bool(pflags & FXF_APPEND))
        self._shared.writers.begin(file)
        return file

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        self._guest.heard()
        await self._taken_up()
        size = min(size, _LARGEST_READ)
        if isinstance(file_obj, ShelfFile):
            return await beside(partial(file_obj.read, offset, size))
        return self._delivery(file_obj).read(offset, size)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        self._guest.heard()
        file = self._delivery(file_obj)
        if not file.writes:
            self._deny("Il file è aperto in sola lettura.")
        if file.superseded:
            self._refuse(
                "Il file è stato eliminato, o un'altra connessione ne ha ripreso l'invio: non si può continuare."
            )
        try:
            self._shared.rooms.grow(self._folder, file.end_after(offset, data), self._knock.quota_bytes)
            return file.write(offset, data)
        except Refused as refusal:
            file.failed = str(refusal)
            self._refuse(str(refusal))
        except OSError as error:
            file.failed = error.strerror or "scrittura non riuscita"
            raise

    def close(self, file_obj: object) -> None:
        """A clean close offers the file. When a connection is lost the library closes all its files and calls `exit`
        within one step of the event loop: what was to be offered then is taken back. After a write that failed the
        close fails too: clients that send ahead look at nothing else.
        """
        if not isinstance(file_obj, OpenFile | ShelfFile):
            return
        self._open.discard(file_obj)
        if isinstance(file_obj, OpenFile) and file_obj.writes:
            self._shared.writers.end(file_obj)
            if not file_obj.superseded and not file_obj.failed:
                digest = file_obj.digest()
                self._just_closed = [handle for handle in self._just_closed if not handle.cancelled()]
                self._just_closed.append(asyncio.get_running_loop().call_soon(self._settle, file_obj.path, digest))
        file_obj.close()
        if isinstance(file_obj, OpenFile) and file_obj.failed:
            raise asyncssh.SFTPError(FX_FAILURE, file_obj.failed)

    def exit(self) -> None:
        for handle in self._just_closed:
            handle.cancel()
        self._shared.sessions.discard(self)
        self.ended.set()

    def fsync(self, file_obj: object) -> None:
        """The file is brought to the disk when it is taken in; before that it is its sender's."""

    # Names.

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """As version 3 of the protocol has it: never over another file."""
        new = self._place(newpath)
        if not new.shelf and new.name and os.path.lexists(self._local(new)):
            self._refuse("Esiste già un file con questo nome.")
        await self.posix_rename(oldpath, newpath)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        old, new = self._place(oldpath), self._place(newpath)
        self._only_deliveries(old, new)
        if mistake := name_mistake(new.name):
            self._refuse(mistake)
        source, target = self._local(old), self._local(new)
        with self._refusals():
            await self._shared.writers.wait_free(source)
            await self._shared.writers.wait_free(target)
        self._plain(source)
        source.rename(target)
        if not self._shared.writers.renamed(source, target):
            self._settle(target, "")

    async def remove(self, path: bytes) -> None:
        place = self._place(path)
        self._only_deliveries(place)
        local = self._local(place)
        with self._refusals():
            await self._shared.writers.wait_free(local)
        self._plain(local)
        local.unlink()
        self._shared.writers.gone(local)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self._deny("Le cartelle non sono ammesse: depositare i file qui.")

    def rmdir(self, path: bytes) -> None:
        self._deny("Le cartelle non si possono eliminare.")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        self._deny("I collegamenti non sono ammessi.")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        self._deny("I collegamenti non sono ammessi.")

    def readlink(self, path: bytes) -> bytes:
        self._deny("I collegamenti non sono ammessi.")

    def realpath(self, path: bytes) -> bytes:
        return self._place(path).path

    # Facts.

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Clients set times and permissions after an upload; permissions stay ours, times tell when it rested."""
        self._place(path)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """As `setstat`."""

    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """As `setstat`."""
        self._place(path)

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        place = self._place(path)
        if not place.name:
            return _folder_facts(self._folder, place.shelf)
        if place.shelf:
            return _shelf_facts(await self._shelf_file(place))
        local = self._local(place)
        try:
            return _delivery_facts(self._plain(local))
        except FileNotFoundError:
            # Many clients look whether what they have just sent is there and whole: it is, though already taken away.
            if (offered := self._offered.get(local)) is None:
                raise
            return _delivery_facts(offered)

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return await self.stat(path)

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        if isinstance(file_obj, ShelfFile):
            return _shelf_facts(file_obj.facts)
        return _delivery_facts(self._delivery(file_obj).stat())

    def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        self._place(path)
        return self._room()

    def fstatvfs(self, file_obj: object) -> asyncssh.SFTPVFSAttrs:
        return self._room()

    def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        if len(self._lists) >= _MOST_OPEN:
            self._refuse("Troppi elenchi aperti insieme in questa sessione.")
        place = self._place(path)
        if place.name:
            raise asyncssh.SFTPError(FX_NO_SUCH_FILE, "Non è una cartella.")
        names = self._names(place.shelf)
        self._lists.add(names)
        return names

    async def _names(self, shelf: Shelf | None) -> AsyncIterator[asyncssh.SFTPName]:
        here = _folder_facts(self._folder, shelf)
        for name in (b".", b".."):
            yield asyncssh.SFTPName(name, attrs=here)
        if shelf:
            lying = partial(outcomes_of, self._knock.login.company_id, datetime.now(UTC), shelf=shelf)
            for facts in await beside(lying):
                await self._taken_up()
                yield asyncssh.SFTPName(facts.name.encode(), attrs=_shelf_facts(facts))
            return
        for each in Shelf:
            yield asyncssh.SFTPName(each.value.encode(), attrs=_folder_facts(self._folder, each))
        for name, facts_of_file in sorted(plain_files(self._folder)):
            await self._taken_up()
            yield asyncssh.SFTPName(name, attrs=_delivery_facts(facts_of_file))

    def _room(self) -> asyncssh.SFTPVFSAttrs:
        """What the account may still write, in place of what the disk has."""
        block, total = 4096, self._knock.quota_bytes
        free = self._shared.rooms.free(self._folder, total)
        left = max(0, self._knock.quota_files - self._shared.rooms.files(self._folder))
        return asyncssh.SFTPVFSAttrs(
            bsize=block, frsize=block, blocks=total // block, bfree=free // block, bavail=free // block,
            files=self._knock.quota_files, ffree=left, favail=left, fsid=0, flags=0, namemax=255,
        )  # fmt: skip

    # What the parts above share.

    def _place(self, path: bytes) -> Place:
        self._guest.heard()
        try:
            return place_of(path)
        except NoSuchPlace:
            raise asyncssh.SFTPError(FX_NO_SUCH_FILE, "Non esiste.") from None

    def _local(self, place: Place) -> Path:
        return self._folder / os.fsdecode(place.name)

    def _plain(self, path: Path) -> os.stat_result:
        """Facts of a file; links and folders that somebody made on the machine are not there. Raises OSError."""
        found = path.lstat()
        if not is_plain(found):
            raise not_there()
        return found

    def _delivery(self, file_obj: object) -> OpenFile:
        if not isinstance(file_obj, OpenFile):
            self._deny("Il file è in sola lettura.")
        return file_obj

    def _only_deliveries(self, *places: Place) -> None:
        for place in places:
            if place.shelf:
                self._deny(f"La cartella /{place.shelf} è in sola lettura.")
            if not place.name:
                self._deny("La cartella delle consegne non si può cambiare.")

    async def _shelf_file(self, place: Place) -> OutcomeFile:
        if place.shelf is not None:
            name = place.name.decode("ascii", "replace")
            company_id = self._knock.login.company_id
            found = await beside(partial(outcome_named, company_id, name, datetime.now(UTC), shelf=place.shelf))
            if found is not None:
                return found
        raise asyncssh.SFTPError(FX_NO_SUCH_FILE, "Il file non c'è, o non c'è più.")

    async def _taken_up(self) -> None:
        """Wait while the client does not read what it has asked for. Its channel tells nobody when it does: we look."""
        while self.channel.get_write_buffer_size() > _MOST_UNREAD and not self.channel.is_closing():
            await asyncio.sleep(_UNREAD_LOOK_SECONDS)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except Refused as refusal:
            self._refuse(str(refusal))

    def _refuse(self, text: str) -> NoReturn:
        self._say(text)
        raise asyncssh.SFTPError(FX_FAILURE, text)

    def _deny(self, text: str) -> NoReturn:
        self._say(text)
        raise asyncssh.SFTPError(FX_PERMISSION_DENIED, text)

    def _say(self, text: str) -> None:
        """OpenSSH's client keeps the words of a refusal to itself, but shows what comes on the error stream."""
        if text not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(text)
            with contextlib.suppress(OSError):  # it has just left
                self.channel.write_stderr(f"{text}\r\n".encode())

    def _settle(self, path: Path, digest: str) -> None:
        """A file is as its sender wants it: a complete archive is offered, and so is the one that a marker names."""
        if whole := marked(os.fsencode(path.name)):
            archive = self._local(Place(name=whole))
            if archive.exists():
                self._settle(archive, "")
        elif is_final(os.fsencode(path.name)):
            while len(self._offered) >= _REMEMBERED:
                self._offered.pop(next(iter(self._offered)))
            with contextlib.suppress(FileNotFoundError):  # its sender took it away again at once
                found = self._offered[path] = path.stat()
                login = self._knock.login
                upload = Upload(login.company_id, login.account_id, path, digest, version_of(found), closed=True)
                self._shared.offer(upload)


def _delivery_facts(found: os.stat_result) -> asyncssh.SFTPAttrs:
    return asyncssh.SFTPAttrs(
        size=found.st_size, permissions=stat.S_IFREG | 0o600, uid=0, gid=0, nlink=1,
        atime=int(found.st_atime), mtime=int(found.st_mtime),
    )  # fmt: skip


def _shelf_facts(facts: OutcomeFile) -> asyncssh.SFTPAttrs:
    at = int(facts.published_at.timestamp())
    return asyncssh.SFTPAttrs(size=facts.size, permissions=_READ_ONLY_FILE, uid=0, gid=0, nlink=1, atime=at, mtime=at)


def _folder_facts(folder: Path, shelf: Shelf | None) -> asyncssh.SFTPAttrs:
    at = int(folder.stat().st_mtime)
    return asyncssh.SFTPAttrs(
        size=0, permissions=_READ_ONLY_FOLDER if shelf else _FOLDER, uid=0, gid=0, nlink=2, atime=at, mtime=at
    )
