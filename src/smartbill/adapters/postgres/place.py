"""Where the cluster of a data folder lies, and in which folder its socket.

Ordinarily `HOME/postgres`. When root starts the program and the server's account cannot reach HOME, the cluster lies in
`/var/lib/bolletta-smart/<hash of HOME>` and HOME keeps a note of it, so that a HOME that was deleted gets a new cluster
and one that was moved finds its own. Modes of parent folders are never changed.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smartbill.adapters.postgres.account import Account, account_for
from smartbill.adapters.postgres.errors import EmbeddedPostgresError

#: For root alone: clusters and copied programs, when the server's account cannot reach those that are there.
STATE_FOLDER = Path("/var/lib/bolletta-smart")

#: `sun_path` of a Unix socket holds 107 bytes and a zero on Linux, 103 elsewhere.
LONGEST_SOCKET_PATH = 103

SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Place:
    """Folder of one cluster. `base` is ours, what lies in it for the server to write is the account's."""

    base: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def lock(self) -> Path:
        return self.base / "lock"

    @property
    def log(self) -> Path:
        return self.base / "server.log"


def find_place(home: Path, *, state_folder: Path, note: Callable[[str], None]) -> Place:
    """The place of this data folder's cluster; its base folder exists afterwards. Raises EmbeddedPostgresError."""
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    pointer = home / "postgres.location"
    if pointer.exists():
        return _noted_place(home, pointer)
    base = home / "postgres"
    account = account_for(base / "data")
    if account.switched and not account.can_enter(home):
        if (base / "data").exists():
            raise EmbeddedPostgresError(
                f"I dati del database stanno in {base} e appartengono all'utente {account.name}, che non raggiunge più "
                f"la cartella {home}: renderla di nuovo attraversabile (chmod o+x sulle cartelle del percorso)."
            )
        base = _new_base(home, state_folder)
        note(f"L'utente {account.name} non raggiunge {home}: i dati del database stanno in {base}.")
        _write_whole(pointer, f"{base}\n")
        return Place(base, account)
    _make_base(base, account)
    return Place(base, account)


def _noted_place(home: Path, pointer: Path) -> Place:
    base = Path(pointer.read_text().strip())
    if os.geteuid() != 0:
        raise EmbeddedPostgresError(f"I dati del database di {home} stanno in {base}: avviare il programma da root.")
    if not base.is_dir():
        raise EmbeddedPostgresError(
            f"I dati del database di {home} stavano in {base}, che non c'è più. Rimettere quella cartella dov'era, "
            f"oppure togliere {pointer} e recuperare un salvataggio con `smartbill restore`."
        )
    marked = base / "home"
    other = Path(marked.read_text().strip()) if marked.exists() else home
    if other != home and _points_to(other, base):
        raise EmbeddedPostgresError(
            f"{home} è una copia di {other}, che usa già il database in {base}. Per avere una seconda installazione "
            f"togliere {pointer} e recuperare un salvataggio con `smartbill restore`."
        )
    _write_whole(marked, f"{home}\n")
    return Place(base, account_for(base / "data"))


def _points_to(home: Path, base: Path) -> bool:
    try:
        return (home / "postgres.location").read_text().strip() == str(base)
    except OSError:
        return False


def _new_base(home: Path, state_folder: Path) -> Path:
    """The first free folder of the name that follows from HOME; one in use belongs to a HOME that is gone."""
    _make_reachable(state_folder)
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        base = state_folder / f"{name}{suffix}"
        try:
            base.mkdir()
        except FileExistsError:
            continue
        base.chmod(0o711)
        _write_whole(base / "home", f"{home}\n")
        return base
    raise EmbeddedPostgresError(f"In {state_folder} ci sono troppe cartelle di nome {name}: togliere le più vecchie.")


def _make_base(base: Path, account: Account) -> None:
    try:
        base.mkdir()
    except FileExistsError:
        return
    # Root keeps the folder itself: the server's account can then plant nothing where root writes.
    base.chmod(0o711 if account.switched else 0o700)


def _make_reachable(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text)
    unfinished.replace(path)


def make_socket_folder(place: Place) -> Path:
    """A private folder short enough for a socket: in the cluster's own, else in the system's temporary one."""
    folder = place.base / "socket"
    if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(place.base)).hexdigest()[:12]
        # Not TMPDIR: it may itself be long, or closed to the server's account.
        folder = Path("/tmp") / f"smartbill-{digest}"  # noqa: S108 - checked for its owner and mode below
    try:
        folder.mkdir(mode=0o700)
        place.account.own(folder, 0o700)
    except FileExistsError:
        if folder.parent == place.base:
            place.account.own(folder, 0o700)
        elif not _is_private(folder, place.account):
            folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="smartbill-"))
            place.account.own(folder, 0o700)
    return folder


def _is_private(folder: Path, account: Account) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and stat.S_IMODE(found.st_mode) == 0o700
