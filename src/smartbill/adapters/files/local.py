"""Files in a local folder: written beside their place, synced, then renamed into it, so a file is whole or absent."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

#: `<company id>/<name>` or `<company id>/work/<name>`; a name holds no separator and does not start with a dot.
_KEY = re.compile(r"\d{1,19}/(?:work/)?[0-9A-Za-z][0-9A-Za-z._-]{0,127}", re.ASCII)
#: Digests are spread over folders by their first two characters, lest one folder hold a million files.
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COPY_BYTES = 1024 * 1024
#: In the folder of a company: files that are being written, so that those of killed writers are found.
_DRAFTS = ".drafts"


class LocalStore:
    """A `core.ports.files.FileStore` in a folder that only this user can read."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        size = 0
        with self._draft(key) as (draft, place):
            with draft.open("xb") as file:
                for chunk in chunks:
                    size += file.write(chunk)
                _sync(file)
            draft.replace(place)
        return size

    def keep(self, key: str, path: Path) -> None:
        with self._draft(key) as (draft, place):
            with path.open("rb") as file:
                os.fsync(file.fileno())
            try:
                os.link(path, draft)
            except OSError as error:
                if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
                    raise
                with path.open("rb") as source, draft.open("xb") as file:
                    shutil.copyfileobj(source, file, _COPY_BYTES)
                    _sync(file)
            draft.replace(place)

    def open(self, key: str) -> contextlib.AbstractContextManager[BinaryIO]:
        return self._place(key).open("rb")

    def read_range(self, key: str, start: int, end: int) -> bytes:
        with self._place(key).open("rb") as file:
            file.seek(start)
            return file.read(max(end - start, 0))

    def size(self, key: str) -> int:
        return self._place(key).stat().st_size

    def delete(self, key: str) -> None:
        self._place(key).unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        """The path of a key. Raises ValueError for anything that is no key of ours."""
        if _KEY.fullmatch(key) is None:
            raise ValueError("not a key of the file store")
        folder, _, name = key.rpartition("/")
        if _DIGEST.fullmatch(name):
            return self._root / folder / name[:2] / name
        return self._root / folder / name

    def room(self) -> int:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free

    def clear_drafts(self, *, before: float) -> int:
        cleared = 0
        for draft in self._root.glob(f"*/{_DRAFTS}/*"):
            with contextlib.suppress(FileNotFoundError):  # its writer was only slow
                if draft.stat().st_mtime < before:
                    draft.unlink()
                    cleared += 1
        return cleared

    def work_keys(self) -> list[str]:
        return [path.relative_to(self._root).as_posix() for path in self._root.glob("*/work/*")]

    @contextlib.contextmanager
    def _draft(self, key: str) -> Iterator[tuple[Path, Path]]:
        """A free name on the file system of the key's place; what is left there is removed, the folder is synced."""
        place = self._place(key)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        drafts = self._root / key.partition("/")[0] / _DRAFTS
        drafts.mkdir(mode=0o700, exist_ok=True)
        draft = drafts / secrets.token_hex(16)
        try:
            yield draft, place
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
