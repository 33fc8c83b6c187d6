"""The system account the server runs as: our own, unless we are root, as which PostgreSQL refuses to run."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from smartbill.adapters.postgres.errors import EmbeddedPostgresError

#: Accounts without login that root may use, in order of preference.
SYSTEM_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose processes and files the server's are. `switched` when that is not the account we run under ourselves."""

    name: str
    uid: int
    gid: int
    switched: bool

    def process_options(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess`: the account, and a working directory and environment fit for it."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        options: dict[str, Any] = {"cwd": "/", "env": environment, "stdin": subprocess.DEVNULL}
        if self.switched:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, argv: Sequence[str | Path], *, stdout: IO[bytes] | int = subprocess.PIPE) -> tuple[int, str]:
        """Run a short command; returns its exit code and what it printed."""
        try:
            done = subprocess.run(  # noqa: S603 - our own binaries and arguments
                [str(part) for part in argv],
                stdout=stdout,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=300,
                **self.process_options(),
            )
        except OSError as error:
            return 127, str(error)
        return done.returncode, (done.stdout or b"").decode(errors="replace")

    def can_enter(self, folder: Path) -> bool:
        """Whether the account reaches what lies in the folder; found by trying, since more than modes can forbid it."""
        return self.run(["/bin/sh", "-c", 'test -d "$1" && test -x "$1"', "sh", folder])[0] == 0

    def own(self, path: Path, mode: int) -> None:
        """Give a file or folder that we made to the account."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        path.chmod(mode)


def account_for(data: Path) -> Account:
    """The account to run as: the owner of the data where there are some. Raises EmbeddedPostgresError."""
    ourselves = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if ourselves != 0:
        if owner not in (None, ourselves):
            raise EmbeddedPostgresError(
                f"I dati del database in {data} appartengono all'utente {_name(owner)}: "
                f"avviare il programma con quell'utente, oppure da root."
            )
        return Account(_name(ourselves), ourselves, os.getegid(), switched=False)
    if owner:
        return _switched(pwd.getpwuid(owner))
    for name in SYSTEM_ACCOUNTS:
        try:
            return _switched(pwd.getpwnam(name))
        except KeyError:
            continue
    raise EmbeddedPostgresError(
        "PostgreSQL non funziona come root e su questa macchina non c'è né l'utente postgres né l'utente nobody: "
        "creare l'utente postgres (useradd --system postgres), oppure avviare il programma con un utente normale, "
        "oppure indicare un server in DATABASE_URL."
    )


def _switched(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=True)


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)
