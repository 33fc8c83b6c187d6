"""What the stand-ins were handed, in a SQLite file of their own: it outlives whoever sent it, and ourselves."""

import email
import email.policy
import sqlite3
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,
    message_id TEXT NOT NULL,
    envelope_sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS mail_by_recipient ON mail (recipient, id);
CREATE INDEX IF NOT EXISTS mail_by_message_id ON mail (message_id);
CREATE TABLE IF NOT EXISTS happened (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key));
"""


@dataclass(frozen=True)
class Mail:
    """A line of the list."""

    id: int
    received_at: str
    message_id: str
    envelope_sender: str
    recipient: str
    sender: str
    subject: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_COLUMNS = "id, received_at, message_id, envelope_sender, recipient, sender, subject"


class Mailbox:
    """All mails, newest last. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def store(self, *, envelope_sender: str, recipients: list[str], raw: bytes) -> None:
        """Keep a mail, once per recipient; it is on disk when this returns."""
        headers = email.message_from_bytes(_head(raw), policy=email.policy.default)
        row = (
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            str(headers.get("Message-ID", "")),
            envelope_sender,
        )
        shown = (str(headers.get("From", "")), str(headers.get("Subject", "")), raw)
        with self._lock:
            self._connection.executemany(
                "INSERT INTO mail (received_at, message_id, envelope_sender, recipient, sender, subject, raw)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*row, recipient, *shown) for recipient in recipients],
            )

    def first_time(self, kind: str, key: str) -> bool:
        """True the first time that this is asked, in all the life of the file."""
        with self._lock:
            found = self._connection.execute("INSERT OR IGNORE INTO happened VALUES (?, ?)", (kind, key))
            return found.rowcount == 1

    def mails(self, *, recipient: str = "", message_id: str = "", limit: int = 100_000) -> list[Mail]:
        """Newest first; `recipient` is a part of the address in any case, `message_id` the whole id."""
        wanted = recipient.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM mail WHERE recipient LIKE ? ESCAPE '\\' AND (? = '' OR message_id = ?)"  # noqa: S608
                " ORDER BY id DESC LIMIT ?",
                (f"%{wanted}%", message_id, message_id, limit),
            ).fetchall()
        return [Mail(*row) for row in rows]

    def mail(self, mail_id: int) -> tuple[Mail, EmailMessage] | None:
        with self._lock:
            row = self._connection.execute(
                f"SELECT {_COLUMNS}, raw FROM mail WHERE id = ?",  # noqa: S608
                (mail_id,),
            ).fetchone()
        if row is None:
            return None
        return Mail(*row[:-1]), email.message_from_bytes(row[-1], policy=email.policy.default)


def _head(raw: bytes) -> bytes:
    return raw.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"


def text_of(message: EmailMessage, subtype: str) -> str:
    """The plain or HTML part, or nothing."""
    part = message.get_body((subtype,))
    return part.get_content().replace("\r\n", "\n") if part is not None else ""
