"""Folders that another server fills (the site's own OpenSSH): looked at again and again, one for each company.

Whoever fills them may be anybody, so links are never followed: the folder is opened once, and everything goes through
that. A complete file is renamed to a name of ours, copied to where its sender can't reach it, and only then removed.
"""

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import structlog

from smartbill.core.area.places import MARKER_SUFFIX, Shelf, is_final, is_unfinished, shown_name
from smartbill.core.area.rest import Resting
from smartbill.usecases.intake.receive import is_taken
from smartbill.usecases.outcomes import open_outcome, outcomes_of
from smartbill.web.sftp.lying import LyingFiles, Patience
from smartbill.web.sftp.uploads import RECEIVED_FOLDER, Upload, hand_in_again, is_whole, received_folder, version_of
from smartbill.web.sftp.writing import is_plain, plain_files

log = structlog.get_logger(__name__)

SOURCE = "folder"
#: What is on its way in keeps its sender's name after this and 32 digits.
_CLAIMED = b".presa-"
_CLAIMED_LENGTH = len(_CLAIMED) + 32 + 1
_FILLING = ".folder-"
_PUT_OUT_FOLDER = ".put-out"  # how far each company has been given its files
_PIECE = 1 << 20
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class StillWritten(Exception):
    """Somebody wrote the file while it was being copied."""


def watched_folder(template: str, code: str) -> Path:
    return Path(template.replace("{company}", code))


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """The folder, not what a link of its name leads to. Raises OSError."""
    handle = os.open(folder, _FOLDER_FLAGS)
    try:
        yield handle
    finally:
        os.close(handle)


class WatchedFolders:
    """`template` holds `{company}` where the code goes; empty: no folder is watched."""

    def __init__(self, template: str, root: Path, *, rest: float, patience: Patience) -> None:
        self._template = template
        self._root = root
        self._rest = rest
        self._resting = Resting()
        self._lying = LyingFiles(SOURCE, patience)
        self._unfinished: set[tuple[int, int]] = set()  # device and inode of files whose names said so
        self._faults: dict[Path, str] = {}

    def look(self, companies: dict[str, int]) -> list[Callable[[], object]]:
        """What is to be done now, each by itself: one that fails does not hold up the others."""
        if not self._template:
            return []
        works: list[Callable[[], object]] = [partial(self._resume, companies)]
        paths: set[str] = set()
        unfinished: set[tuple[int, int]] = set()
        for code, company_id in companies.items():
            folder = watched_folder(self._template, code)
            with self._faults_of(folder), contextlib.suppress(FileNotFoundError):  # it may deliver by other ways
                with opened(folder) as handle:
                    found = list(self._look_at(company_id, folder, handle, paths, unfinished))
                works += (partial(self._guarded, folder, work) for work in found)
        self._resting.forget_others(paths)
        self._unfinished = unfinished
        return works

    def _look_at(
        self, company_id: int, folder: Path, handle: int, paths: set[str], unfinished: set[tuple[int, int]]
    ) -> Iterator[Callable[[], object]]:
        files = sorted(plain_files(handle))
        names = {name for name, _ in files}
        waiting = []
        for name, stat in files:
            inode = (stat.st_dev, stat.st_ino)
            path = os.fspath(folder / os.fsdecode(name))
            paths.add(path)
            rested = self._resting.rested(path, stat, time.monotonic()) >= self._rest
            if is_unfinished(name):
                unfinished.add(inode)
            said = name + MARKER_SUFFIX in names or inode in self._unfinished
            if name.startswith(_CLAIMED):
                yield partial(self._take, company_id, folder, name)
            elif is_final(name) and (rested or said) and _is_delivery(company_id, handle, name, said=said):
                yield partial(self._claim, company_id, folder, name)
            else:
                waiting.append((name, stat))
        work = self._lying.look(company_id, waiting, partial(_remove, folder), time.time())
        if work is not None:
            yield work
        for shelf in Shelf:
            yield partial(self._put_out, company_id, folder, shelf)

    def _claim(self, company_id: int, folder: Path, name: bytes) -> None:
        claimed = _CLAIMED + uuid.uuid4().hex.encode() + b"-" + name
        with opened(folder) as handle:
            try:
                os.rename(name, claimed[:255], src_dir_fd=handle, dst_dir_fd=handle)
            except FileNotFoundError:
                return
        self._take(company_id, folder, claimed[:255])

    def _take(self, company_id: int, folder: Path, claimed: bytes) -> None:
        """Copy it to us, remove it there, hand it in. Killed in between: `_resume`."""
        name = claimed[_CLAIMED_LENGTH:]
        filling = self._root / RECEIVED_FOLDER / f"{_FILLING}{company_id}-{os.fsdecode(claimed)[len(_CLAIMED) :][:32]}"
        shutil.rmtree(filling, ignore_errors=True)
        filling.mkdir(parents=True)
        copy = filling / os.fsdecode(name)
        with opened(folder) as handle:
            try:
                digest = _copied(handle, claimed, copy)
            except StillWritten:
                os.rename(claimed, name, src_dir_fd=handle, dst_dir_fd=handle)
                shutil.rmtree(filling)
                return
            os.unlink(claimed, dir_fd=handle)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name + MARKER_SUFFIX, dir_fd=handle)
        received = received_folder(self._root, company_id, None, SOURCE)
        filling.rename(received)
        moved = received / copy.name
        hand_in_again(Upload(company_id, None, moved, digest, version_of(moved.stat()), SOURCE))

    def _resume(self, companies: dict[str, int]) -> None:
        """What we were killed at: a copy whose original is gone is whole; else the original is copied anew."""
        codes = {company_id: code for code, company_id in companies.items()}
        for filling in sorted((self._root / RECEIVED_FOLDER).glob(f"{_FILLING}*")):
            company_id, _, key = filling.name.removeprefix(_FILLING).partition("-")
            if int(company_id) not in codes:
                continue
            folder = watched_folder(self._template, codes[int(company_id)])
            with opened(folder) as handle:
                original = any(name.startswith(_CLAIMED + key.encode()) for name, _ in plain_files(handle))
            if original:
                shutil.rmtree(filling)
            else:
                filling.rename(received_folder(self._root, int(company_id), None, SOURCE))

    def _put_out(self, company_id: int, folder: Path, shelf: Shelf) -> None:
        """Where the folder has a subfolder of that name, files made for the company are written there as well."""
        place = folder / shelf.value
        if not place.is_dir() or place.is_symlink():
            return
        note = self._root / _PUT_OUT_FOLDER / f"{company_id}-{shelf.value}"
        last = int(note.read_text()) if note.exists() else 0
        new = [each for each in outcomes_of(company_id, datetime.now(UTC), shelf=shelf) if each.id > last]
        for facts in sorted(new, key=lambda each: each.id):
            draft = f".{facts.name[:200]}.tmp"
            with opened(place) as handle, open_outcome(company_id, facts.id) as source:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=handle)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                with os.fdopen(os.open(draft, flags, 0o644, dir_fd=handle), "wb") as target:
                    shutil.copyfileobj(source, target, _PIECE)
                os.rename(draft, facts.name, src_dir_fd=handle, dst_dir_fd=handle)
            note.parent.mkdir(mode=0o700, exist_ok=True)
            note.write_text(str(facts.id))

    def _guarded(self, folder: Path, work: Callable[[], object]) -> None:
        with self._faults_of(folder):
            work()

    @contextmanager
    def _faults_of(self, folder: Path) -> Iterator[None]:
        """What the system does not allow is said once, not every few seconds; `smartbill doctor` says what to do."""
        try:
            yield
        except PermissionError as error:
            text = f"{error.strerror}: {error.filename!r}"
            if self._faults.get(folder) != text:
                log.warning("watched folder can't be used", folder=str(folder), fault=text)
            self._faults[folder] = text


def _is_delivery(company_id: int, folder: int, name: bytes, *, said: bool) -> bool:
    """Whether the file is one that the company hands in, and all there. `said`: its sender says so."""
    try:
        with _plain_reader(folder, name) as file:
            whole = is_whole(file, name, closed=said)
    except OSError:
        return False
    return whole and is_taken(company_id, shown_name(name))


def _copied(folder: int, name: bytes, copy: Path) -> str:
    """Copy the file and return its SHA-256. Raises StillWritten, OSError."""
    hashed = sha256()
    with _plain_reader(folder, name) as source, copy.open("xb") as target:
        before = version_of(os.fstat(source.fileno()))
        while piece := source.read(_PIECE):
            hashed.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
        if version_of(os.fstat(source.fileno())) != before:
            raise StillWritten
    return hashed.hexdigest()


def _plain_reader(folder: int, name: bytes) -> BinaryIO:
    file = os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder), "rb")
    if not is_plain(os.fstat(file.fileno())):
        file.close()
        raise FileNotFoundError(name)
    return file


def _remove(folder: Path, name: bytes) -> None:
    with opened(folder) as handle, contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=handle)
