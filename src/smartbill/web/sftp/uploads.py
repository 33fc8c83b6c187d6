"""Which uploads are complete, and handing them in.

Complete is: a clean close or a rename to a final name, and a readable end record of the ZIP. Where the client never
closed cleanly, the file must have rested for a while. A cut upload is neither, and can be resumed where it stopped.
Folders: `<root>/<company code>/` is what the account sees; `<root>/.received/` holds files on their way in.
"""

import os
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import structlog
from msgspec import Struct

from smartbill.usecases.intake.receive import receive_drop

log = structlog.get_logger(__name__)

#: Names that clients use while they are still sending.
UNFINISHED_SUFFIXES = (".part", ".tmp", ".filepart", ".partial")

RECEIVED_FOLDER = ".received"


class Upload(Struct, frozen=True):
    """A file in a company's folder that may be complete."""

    company_id: int
    account_id: int | None
    path: Path
    digest: str = ""  # SHA-256, when it could be taken while receiving


def is_final_name(name: str) -> bool:
    return name.lower().endswith(".zip") and not name.startswith(".")


def has_end_record(path: Path) -> bool:
    """Whether the ZIP's directory can be found: a cut upload has none. Says nothing of the content."""
    try:
        with path.open("rb") as file:
            return zipfile.is_zipfile(file)
    except OSError:
        return False


def rested(root: Path, *, seconds: float, now: float) -> Iterator[Path]:
    """Files with a final name that nobody has touched for so long, whatever happened to their connection."""
    for folder in sorted(root.iterdir()):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if is_final_name(path.name) and path.is_file() and now - path.stat().st_mtime >= seconds:
                yield path


def take_in(root: Path, upload: Upload) -> bool:
    """Move a complete upload out of the company's folder and open its job; False when it is not complete.

    The move is a rename: of two that see the same file one wins. What was moved and not yet handed in (we were
    killed) is found again by `left_over`.
    """
    if not has_end_record(upload.path):
        return False
    received = root / RECEIVED_FOLDER / f"{upload.company_id}-{upload.account_id or 0}-{uuid.uuid4().hex}"
    received.mkdir(parents=True)
    moved = received / upload.path.name
    try:
        os.rename(upload.path, moved)
    except FileNotFoundError:
        received.rmdir()
        return False
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
        company_id, account_id, _ = received.name.split("-", 2)
        paths = list(received.iterdir())
        for path in paths:
            yield Upload(int(company_id), int(account_id) or None, path)
        if not paths:
            received.rmdir()


def hand_in_again(upload: Upload) -> None:
    """Hand in what `left_over` found; a job opened before we were killed makes it a duplicate, not a second job."""
    _hand_in(upload, upload.path)


def _hand_in(upload: Upload, path: Path) -> None:
    digest = upload.digest or _digest(path)
    received = receive_drop(
        company_id=upload.company_id,
        name=os.fsencode(path.name).decode("utf-8", "replace"),  # clients may send any bytes
        path=path,
        digest=digest,
        size=path.stat().st_size,
        source="sftp",
        account_id=upload.account_id,
        now=datetime.now(UTC),
    )
    path.parent.rmdir()
    log.info("upload taken in", company=upload.company_id, job=received.job_code, duplicate=received.duplicate)


def _digest(path: Path) -> str:
    hashed = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest()
