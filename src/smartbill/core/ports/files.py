"""Where files lie: drops, work files, PDFs. A local folder or an object store; nothing else knows which."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol


class FileFault(StrEnum):
    """What is wrong with a kept file."""

    MISSING = "missing"
    ALTERED = "altered"  # its content is not that of its digest


def kept_key(company_id: int, digest: str) -> str:
    """The key of a file that is kept, by the SHA-256 of its content in lower-case hex."""
    return f"{company_id}/{digest}"


def work_key(company_id: int, job_id: int) -> str:
    """The key of the unpacked flow of a running job."""
    return f"{company_id}/work/{job_id}"


def outcome_key(company_id: int, name: str) -> str:
    """The key of a file made for the company's `/esiti`; `name` is given once and never again."""
    return f"{company_id}/esito-{name}"


def piece_key(company_id: int, upload: str, number: int) -> str:
    """The key of one piece of a file that comes in through the upload page."""
    return f"{company_id}/work/carica-{upload}-{number}"


class FileStore(Protocol):
    """Keys are those of the functions above."""

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store the chunks under the key, whole or not at all; returns the size in bytes. Overwriting is harmless."""
        ...

    def keep(self, key: str, path: Path) -> None:
        """Store the complete local file at `path` under the key; `path` stays, for the caller to remove.

        Nobody may write to it any more: a store on the same file system shares its content. Raises OSError.
        """
        ...

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """A seekable reader. Raises FileNotFoundError."""
        ...

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to, but not including, `end`. Raises FileNotFoundError."""
        ...

    def size(self, key: str) -> int:
        """Bytes stored under the key. Raises FileNotFoundError."""
        ...

    def room(self) -> int:
        """Bytes that may still be written."""
        ...

    def clear_drafts(self, *, before: float) -> int:
        """Remove what killed writers left behind and nobody touched since `before` (Unix time); how many files."""
        ...

    def work_keys(self) -> list[str]:
        """The keys of all work files."""
        ...

    def delete(self, key: str) -> None:
        """Remove the file; a missing one is no error."""
        ...
