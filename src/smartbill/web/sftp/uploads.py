"""Handing in complete files: out of where their sender reaches them, then to the use case.

Folders: `<root>/<company code>/` is what an account sees; `<root>/.received/` holds files on their way in. Complete is
a clean close, a rename to a final name, a marker or a rest; an archive needs a readable end record in any case, and a
text (contacts alone), which has none, must end with a line where it only rested. A cut upload is not complete, and can
be resumed where it stopped.
"""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import structlog
from msgspec import Struct

from smartbill.core.area.places import MARKER_SUFFIX, shown_name
from smartbill.core.flows.handed_in import is_complete, is_final_name
from smartbill.usecases.intake.receive import is_taken, receive_drop

log = structlog.get_logger(__name__)

RECEIVED_FOLDER = ".received"


class Upload(Struct, frozen=True):
    """A file in a company's folder that may be complete."""

    company_id: int
    account_id: int | None
    path: Path
    digest: str = ""  # SHA-256, when it could be taken while receiving
    version: tuple[int, ...] = ()  # of the file that the digest is of
    source: str = "sftp"
    closed: bool = False  # its sender says that it is whole: by closing it, by its name, by a marker


def version_of(stat: os.stat_result) -> tuple[int, ...]:
    """The same as long as nobody writes the file or puts another in its place."""
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def is_whole(file: BinaryIO, name: bytes, *, closed: bool) -> bool:
    """Whether the content is all there, as far as it tells: of a cut text the last row may be half an address."""
    text = shown_name(name)
    if is_final_name(text):
        return is_complete(file, text)
    if closed:
        return True
    file.seek(max(file.seek(0, os.SEEK_END) - 2, 0))
    return file.read().endswith((b"\n", b"\r", b"\n\0", b"\r\0"))


def marker_of(path: Path) -> Path:
    """The file that says that this one is whole, if it is there."""
    return path.with_name(path.name + os.fsdecode(MARKER_SUFFIX))


def received_folder(root: Path, company_id: int, account_id: int | None, source: str) -> Path:
    """A new name for the folder of one file on its way in; `left_over` reads it."""
    via = str(account_id or 0) if source == "sftp" else source
    return root / RECEIVED_FOLDER / f"{company_id}-{via}-{uuid.uuid4().hex}"


def take_in(root: Path, upload: Upload) -> bool:
    """Move a complete upload out of the company's folder and open its job; False when it is not complete.

    The move is a rename: of two that see the same file one wins. What was moved and not yet handed in (we were
    killed) is found again by `left_over`.
    """
    name = os.fsencode(upload.path.name)
    try:
        with upload.path.open("rb") as file:
            whole = is_whole(file, name, closed=upload.closed)
    except OSError:
        return False
    if not whole or not is_taken(upload.company_id, shown_name(name)):
        return False
    received = received_folder(root, upload.company_id, upload.account_id, upload.source)
    received.mkdir(parents=True)
    moved = received / upload.path.name
    try:
        os.rename(upload.path, moved)
    except FileNotFoundError:
        received.rmdir()
        return False
    marker_of(upload.path).unlink(missing_ok=True)
    _hand_in(upload, moved)
    return True


def left_over(root: Path) -> Iterator[Upload]:
    """Uploads that were moved and never handed in. One process serves a root, and hands in one at a time.

    A folder that is empty (we were killed between its file and itself) is taken away.
    """
    folder = root / RECEIVED_FOLDER
    if not folder.is_dir():
        return
    for received in sorted(folder.iterdir()):
        if received.name.startswith("."):  # still being filled
            continue
        company_id, via, _ = received.name.split("-")
        account_id, source = (int(via) or None, "sftp") if via.isdigit() else (None, via)
        paths = list(received.iterdir())
        for path in paths:
            yield Upload(int(company_id), account_id, path, source=source)
        if not paths:
            received.rmdir()


def hand_in_again(upload: Upload) -> None:
    """Hand in what `left_over` found; a job opened before we were killed makes it a duplicate, not a second job."""
    _hand_in(upload, upload.path)


def _hand_in(upload: Upload, path: Path) -> None:
    stat = path.stat()
    digest = upload.digest if version_of(stat) == upload.version else ""
    received = receive_drop(
        company_id=upload.company_id,
        name=shown_name(os.fsencode(path.name)),
        path=path,
        digest=digest or digest_of(path),
        size=stat.st_size,
        source=upload.source,
        account_id=upload.account_id,
        now=datetime.now(UTC),
    )
    path.parent.rmdir()
    log.info(
        "upload taken in",
        company=upload.company_id,
        job=received.job_code,
        contacts=received.contact_file,
        duplicate=received.duplicate,
    )


def digest_of(path: Path) -> str:
    """SHA-256 in lower-case hex."""
    hashed = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest()
