"""Files being written: one writer per file, the room that is left, and the digest made on the way."""

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from smartbill.core.area.limits import DISK_RESERVE_BYTES
from smartbill.core.company.limits import HARD_CAPS
from smartbill.core.flows.archive import MIB, shown_size

#: Bytes; a larger archive would be refused in any case.
LARGEST = HARD_CAPS["zip_mib"] * MIB

#: What lies in a folder is counted anew at most this often, in seconds.
_COUNT_EVERY = 2.0
#: Seconds that a client waits for the end of what is done with its file.
_WAIT_SECONDS = 10.0


class Refused(Exception):
    """The client may not do this; the message is Italian, for whoever sits at the client."""


class _Hash:
    """The digest of a file while it is being written from its start in order; else none."""

    def __init__(self) -> None:
        self._hashed = sha256()
        self._size = 0
        self._whole = True

    def add(self, offset: int, data: bytes) -> None:
        if self._whole and offset == self._size:
            self._hashed.update(data)
            self._size += len(data)
        else:
            self._whole = False

    def digest(self, size: int) -> str:
        return self._hashed.hexdigest() if self._whole and self._size == size else ""


class OpenFile:
    """A file of the folder for deliveries that a client has open. Only regular files, and no link is followed."""

    def __init__(self, path: Path, flags: int, *, writes: bool, appends: bool) -> None:
        """Raises OSError."""
        self.path = path
        self.writes = writes
        self.superseded = False  # another connection has gone on with the file
        self.failed = ""  # why a write was not done
        self._appends = appends
        self._hash = _Hash()
        self.fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        if not is_plain(os.fstat(self.fd)):
            os.close(self.fd)
            raise not_there()

    def stat(self) -> os.stat_result:
        return os.fstat(self.fd)

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self.fd, size, offset)

    def end_after(self, offset: int, data: bytes) -> tuple[int, int]:
        """Where the file ends now, and where it would after the write."""
        size = self.stat().st_size
        return size, max(size, (size if self._appends else offset) + len(data))

    def write(self, offset: int, data: bytes) -> int:
        if self._appends:
            offset = self.stat().st_size
        self._hash.add(offset, data)
        left = memoryview(data)
        while left:
            done = os.pwrite(self.fd, left, offset)
            left, offset = left[done:], offset + done
        return len(data)

    def digest(self) -> str:
        return self._hash.digest(self.stat().st_size)

    def close(self) -> None:
        os.close(self.fd)


def not_there() -> FileNotFoundError:
    """Without the path: it is ours, and the client reads what is said."""
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def is_plain(stat: os.stat_result) -> bool:
    """A regular file that has no other name: nothing of another folder can be reached by it."""
    return (stat.st_mode & 0o170000) == 0o100000 and stat.st_nlink <= 1


def plain_files(folder: Path | int) -> Iterator[tuple[bytes, os.stat_result]]:
    """Names and facts of the files of a folder (a path, or one opened), in no order; links, folders and what has just
    gone are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                stat = entry.stat(follow_symlinks=False)
                if is_plain(stat):
                    yield os.fsencode(entry.name), stat


class Writers:
    """Who writes which file, over all connections of the server."""

    def __init__(self) -> None:
        self._writing: dict[Path, OpenFile] = {}
        self._being_taken: dict[Path, asyncio.Event] = {}  # set when it is over

    def begin(self, file: OpenFile) -> None:
        """The last one to open a file goes on with it: the connection before it is most likely dead, and we don't know
        yet."""
        if before := self._writing.get(file.path):
            before.superseded = True
        self._writing[file.path] = file

    async def wait_free(self, path: Path) -> None:
        """Wait while it is looked at whether the file is complete. Raises Refused when it is, and large."""
        if over := self._being_taken.get(path):
            try:
                await asyncio.wait_for(over.wait(), _WAIT_SECONDS)
            except TimeoutError:
                raise Refused(
                    "Il file è completo ed è in consegna: usare un altro nome o riprovare fra poco."
                ) from None

    def gone(self, path: Path) -> None:
        """The file has no name any more: what its writer still sent would lie on the disk where no quota counts it."""
        if file := self._writing.pop(path, None):
            file.superseded = True

    def renamed(self, old: Path, new: Path) -> bool:
        """Whether somebody still writes what has a new name now."""
        self.gone(new)
        file = self._writing.pop(old, None)
        if file is None:
            return False
        file.path = new
        self._writing[new] = file
        return True

    def end(self, file: OpenFile) -> None:
        if self._writing.get(file.path) is file:
            del self._writing[file.path]

    def busy(self, path: Path) -> bool:
        """Whether somebody writes it, or it is on its way in."""
        return path in self._writing or path in self._being_taken

    def take(self, path: Path) -> bool:
        """Nobody may write it from now on; False when somebody does: their close will offer it again."""
        if self.busy(path):
            return False
        self._being_taken[path] = asyncio.Event()
        return True

    def taken(self, path: Path) -> None:
        self._being_taken.pop(path).set()


class _Use(Struct):
    counted_at: float
    bytes: int
    files: int


class Rooms:
    """How much lies in each folder. What grows is added as it grows; all is counted anew every few seconds."""

    def __init__(self) -> None:
        self._uses: dict[Path, _Use] = {}

    def free(self, folder: Path, quota_bytes: int) -> int:
        """Bytes that may still be written there; the disk itself keeps a reserve."""
        disk = os.statvfs(folder)
        return max(0, min(quota_bytes - self._use(folder).bytes, disk.f_bavail * disk.f_frsize - DISK_RESERVE_BYTES))

    def files(self, folder: Path) -> int:
        return self._use(folder).files

    def check_new(self, folder: Path, quota_files: int) -> None:
        """Raises Refused."""
        self._uses.pop(folder, None)  # rare enough to count anew
        use = self._use(folder)
        if use.files >= quota_files:
            raise Refused(
                f"Nella cartella ci sono già {use.files} file, il massimo è {quota_files}: "
                "eliminare quelli che non servono."
            )
        use.files += 1

    def grow(self, folder: Path, end: tuple[int, int], quota_bytes: int) -> None:
        """Raises Refused."""
        before, after = end
        if after > LARGEST:
            raise Refused(f"Il file supera il limite di {shown_size(LARGEST)}.")
        grown = after - before
        if grown > 0 and grown > self.free(folder, quota_bytes):
            raise Refused(
                f"Lo spazio è esaurito: nella cartella possono stare {shown_size(quota_bytes)}. "
                "Eliminare i file che non servono e riprendere l'invio."
            )
        self._use(folder).bytes += grown

    def _use(self, folder: Path) -> _Use:
        use = self._uses.get(folder)
        now = time.monotonic()
        if use is None or now - use.counted_at >= _COUNT_EVERY:
            sizes = [stat.st_size for _, stat in plain_files(folder)]
            use = self._uses[folder] = _Use(now, sum(sizes), len(sizes))
        return use
