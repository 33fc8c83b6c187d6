"""One PostgreSQL for a whole test run, shared by all its processes.

`SMARTBILL_TEST_DATABASE_ADMIN_URL` names a server to use instead (a role that may make roles and databases);
`SMARTBILL_TEST_POSTGRES_BIN` the `bin` folder of another PostgreSQL to start.

The first process that needs the cluster starts a keeper (this file, run as a program). Every process that uses the
cluster holds a shared lock on a file; the keeper waits for that file alone, which it gets when the last of them has
ended in whatever way, then stops the server and removes its folder.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from smartbill.adapters.postgres.embedded import EmbeddedPostgres
from smartbill.adapters.postgres.roles import OWNER, DatabaseUrls, database_urls, grant_connections, prepare_database

_OUTSIDE = "SMARTBILL_TEST_DATABASE_ADMIN_URL"
_BINARIES = "SMARTBILL_TEST_POSTGRES_BIN"
_RUN = "SMARTBILL_TEST_RUN"

#: On an outside server the roles need a password; the same one is set at every run.
_PASSWORDS = {"smartbill_owner": "only-for-tests", "smartbill_app": "only-for-tests"}


@functools.cache
def admin_url() -> str:
    """The address of the run's server, as its administrator, at the database `postgres` (or the one that was named)."""
    outside = os.environ.get(_OUTSIDE)
    if outside:
        return outside
    folder = _run_folder()
    while True:
        folder.mkdir(mode=0o755, exist_ok=True)
        users = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is just clearing up; kept until this process ends
        if _is_same_file(users, folder / "users"):
            break
        os.close(users)
    with _exclusive(folder / "starting"):
        known = folder / "admin_url"
        if not known.exists() or not _answers(known.read_text()):
            known.write_text(_keeper_started(folder))
        return known.read_text()


def fast_folder() -> Path:
    """A folder for clusters that need not survive: in memory where there is room, else the ordinary temporary one."""
    memory = Path("/dev/shm")
    with contextlib.suppress(OSError):
        found = os.statvfs(memory)
        has_room = found.f_bavail * found.f_frsize > 4 * 1024**3
        if has_room and not found.f_flag & os.ST_NOEXEC and os.access(memory, os.W_OK):
            return memory
    return Path(tempfile.gettempdir())


def run_id() -> str:
    """One name per test run, the same in all its processes."""
    known = os.environ.get(_RUN)
    if known is None:
        # Where xdist runs the tests its workers have one number of the run in common.
        found = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process {os.getpid()}"
        known = os.environ[_RUN] = hashlib.sha256(found.encode()).hexdigest()[:10]  # for programs that tests start
    return known


def create_database(name: str, template: str | None = None) -> DatabaseUrls:
    """Make a database owned by `smartbill_owner`, empty or as a copy of `template`, which nobody may be connected to.

    The roles are made too where they are missing. A database of that name is dropped first.
    """
    drop_database(name)
    if template is None:
        return prepare_database(admin_url(), name, passwords=passwords())
    with _administrator() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                sql.Identifier(name),
                sql.Identifier(OWNER),
                sql.Identifier(template),
                # Without fsync copying files is several times faster than logging their blocks.
                sql.SQL("WAL_LOG" if os.environ.get(_OUTSIDE) else "FILE_COPY"),
            )
        )
        grant_connections(connection, name)
    return urls(name)


def drop_database(name: str) -> None:
    """Drop a database with all connections to it; a missing one is no error."""
    with _administrator() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def urls(name: str) -> DatabaseUrls:
    """The three addresses of a database on the run's server."""
    return database_urls(admin_url(), name, passwords=passwords())


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def passwords() -> dict[str, str] | None:
    """What the roles log in with: nothing on our own server, whose socket is private."""
    return _PASSWORDS if os.environ.get(_OUTSIDE) else None


def _administrator() -> psycopg.Connection:
    return psycopg.connect(admin_url(), autocommit=True)


def _run_folder() -> Path:
    # Not pytest's own folder: it is closed to the account that runs the server when we are root.
    return fast_folder() / f"smartbill-tests-{run_id()}"


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _keeper_started(folder: Path) -> str:
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdout is not None
    with keeper.stdout:
        told = keeper.stdout.readline().strip()
    if not told:
        raise RuntimeError(f"the test cluster did not start (exit code {keeper.wait()})")
    # It outlives us on purpose; without this, Python would warn that nobody waited for it.
    keeper.returncode = 0
    return told


def _keep(folder: Path) -> None:
    """Run the server until no process of the run holds the lock."""
    chosen = os.environ.get(_BINARIES)
    with EmbeddedPostgres(folder / "home", test=True, binaries=Path(chosen) if chosen else None) as server:
        admin = server.start().admin
        sys.stdout.write(re.sub(r"/smartbill\?", "/postgres?", admin) + "\n")
        sys.stdout.close()
        with (folder / "users").open("r+") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            server.stop()
            shutil.rmtree(folder)  # before the lock goes: whoever waits for it sees that the file is another


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
