"""The secret keys of an installation that has not been given any: made once, kept in the data folder, outside the
database and the files."""

import os
import secrets
from pathlib import Path


def kept_keys(home: Path) -> tuple[str, ...]:
    """The keys in `<home>/keys/secret`, one a line, the first signs; made when missing."""
    path = home / "keys" / "secret"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".secret-{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # two starters: the first wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return tuple(path.read_text().split())
