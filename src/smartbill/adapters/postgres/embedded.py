"""The embedded PostgreSQL server of a data folder: started by the first process that asks, shared by the others.

Who holds the file lock is the server's owner, has it as a child process and stops it. The server is reached only by a
Unix socket in a folder that nobody but its account (and root) can enter, so whoever gets there is trusted.
"""

import atexit
import fcntl
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from smartbill.adapters.postgres.binaries import Binaries, find_binaries
from smartbill.adapters.postgres.errors import EmbeddedPostgresError
from smartbill.adapters.postgres.parent_death import signal_on_parent_death
from smartbill.adapters.postgres.place import STATE_FOLDER, Place, find_place, make_socket_folder
from smartbill.adapters.postgres.roles import DatabaseUrls, prepare_database

DATABASE_NAME = "smartbill"

#: Seconds in which a server must answer; the first start after a crash may be refused for a while.
START_SECONDS = 60.0
#: Seconds for a clean stop before the server is ended at once (it then recovers at its next start).
STOP_SECONDS = 60.0

_LONGEST_LOG = 10 * 1024 * 1024

_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and their errors may quote personal data: the log tells of the server, not of what it holds.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
}

#: For clusters that only tests use: they need not survive the machine.
_TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "checkpoint_timeout": "1h",
}


class EmbeddedPostgres:
    """The server of a data folder.

    `note` gets the Italian sentences an operator should see. `test=True` trades safety for speed. `binaries` is the
    `bin` folder of one PostgreSQL to use instead of searching. Who lives long and cannot do without the server sets
    `must_own`: it then never joins another process's server, which goes with that process, but waits for its turn.
    Start it from a thread that lives as long as the server should (`parent_death.py`). Everything raises
    EmbeddedPostgresError.
    """

    def __init__(
        self,
        home: Path,
        *,
        test: bool = False,
        note: Callable[[str], None] = lambda text: None,
        must_own: bool = False,
        binaries: Path | None = None,
        state_folder: Path = STATE_FOLDER,
    ) -> None:
        self.home = Path(os.path.abspath(home))
        self._settings = _SETTINGS | (_TEST_SETTINGS if test else {})
        self._test = test
        self._note = note
        self._must_own = must_own
        self._chosen = binaries
        self._state_folder = state_folder
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._starter = 0
        self._socket_folder: Path | None = None

    @property
    def is_owner(self) -> bool:
        """Whether this object started the server and will stop it."""
        return self._lock is not None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> DatabaseUrls:
        """Start the server, or join it where it runs; roles and the database `smartbill` are there afterwards.

        Returns once a connection works. Calling it again is harmless, and starts a server that has died.
        """
        was_owner = self.is_owner
        if self._process is not None and self._process.poll() is not None:
            self._note("Il database si è fermato: riparte.")
            self._process = None
        try:
            return self._started()
        except BaseException:
            if not was_owner:
                self.stop()
            raise

    def revive(self) -> None:
        """Start our server again if it has died; else nothing. For a supervisor that sees one of its children end."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """Stop the server if it is ours, else do nothing. Nothing happens in a process forked from the owner."""
        if self._lock is None or os.getpid() != self._starter:
            return
        atexit.unregister(self.stop)
        if self._process is not None:
            _end(self._process)
            self._process = None
        if self._socket_folder is not None and self._socket_folder.parent == Path("/tmp"):  # noqa: S108
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        os.close(self._lock)
        self._lock = None

    def _started(self) -> DatabaseUrls:
        try:
            place = find_place(self.home, state_folder=self._state_folder, note=self._note)
            deadline = time.monotonic() + START_SECONDS
            while True:
                url = self._reached(place, deadline)
                try:
                    return prepare_database(url, DATABASE_NAME)
                except psycopg.OperationalError as error:
                    # Its owner has just gone, and the server with it; anything else has another class of code.
                    if not (error.sqlstate or "57P").startswith("57P") or time.monotonic() > deadline:
                        raise
        except OSError as error:
            raise EmbeddedPostgresError(
                f"Il database in {self.home} non può partire: {error.strerror or error} ({error.filename or ''})."
            ) from error
        except psycopg.Error as error:
            raise EmbeddedPostgresError(f"Il database in {self.home} non si lascia preparare: {error}") from error

    def _reached(self, place: Place, deadline: float) -> str:
        """Loop connect, status, start until a connection works; the one proof that a server is alive."""
        pause = 0.02
        complained = False
        while True:
            if self._lock is None and self._take_lock(place):
                self._prepare(place)
            elif self._lock is None and self._must_own:
                self._wait_for_lock(place, deadline)
                continue
            if self._lock is not None and (self._process is None or self._process.poll() is not None):
                if self._process is not None and not complained:
                    complained = True
                    self._note(f"Il database non è partito, riprovo: {_last_line(place.log)}")
                self._launch(place)
            url = _admin_url(_running_socket_folder(place) if self._socket_folder is None else self._socket_folder)
            if url and _answers(url):
                return url
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Il database in {place.base} non risponde dopo {START_SECONDS:.0f} secondi. "
                    f"Ultima riga del registro {place.log}: {_last_line(place.log)}"
                )
            # A server tells nobody when it is ready: ask, ever less often.
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _wait_for_lock(self, place: Place, deadline: float) -> None:
        self._note(f"Il database è in uso da un altro comando ({_holder(place)}): attendo che finisca.")
        while not self._take_lock(place):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Il database in {place.base} è tenuto in funzione da un altro programma ({_holder(place)}): "
                    f"fermarlo e riprovare."
                )
            time.sleep(0.1)  # waiting inside flock could not be given up
        self._prepare(place)

    def _take_lock(self, place: Place) -> bool:
        descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())  # for the message of who must wait
        self._lock = descriptor
        self._starter = os.getpid()
        atexit.register(self.stop)
        return True

    def _prepare(self, place: Place) -> None:
        self._binaries = find_binaries(place.account, copies=self._state_folder / "binaries", chosen=self._chosen)
        if place.data.exists():
            _check_major(place, self._binaries)
            # With the lock in our hand its owner is gone: a server that still runs is on its way out, or an orphan.
            if (place.data / "postmaster.pid").exists():
                place.account.run([self._binaries / "pg_ctl", "stop", "-D", place.data, "-m", "fast", "-t", "30"])
        else:
            self._note(f"Preparo il database in {place.base}.")
            _init_cluster(place, self._binaries, sync=not self._test)
        if place.log.exists() and place.log.stat().st_size > _LONGEST_LOG:
            place.log.replace(place.log.with_suffix(".log.1"))

    def _launch(self, place: Place) -> None:
        self._socket_folder = make_socket_folder(place)
        settings = self._settings | {"unix_socket_directories": str(self._socket_folder)}
        argv = [str(self._binaries / "postgres"), "-D", str(place.data)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own binaries and arguments
                argv,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal is for us: the database goes last.
                start_new_session=True,
                preexec_fn=signal_on_parent_death(signal.SIGINT),  # noqa: PLW1509 - calls one C function
                **place.account.process_options(),
            )
        finally:
            os.close(log)


def _init_cluster(place: Place, binaries: Binaries, *, sync: bool) -> None:
    """Make the cluster beside its place and move it there, so that a half-made one is never taken for whole."""
    unfinished = place.base / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    place.account.own(unfinished, 0o700)
    # No wheel has ICU; Italian names are sorted by a stored key, not by collation.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    code, printed = place.account.run(
        [
            *(binaries / "initdb", "-D", unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *(locale if binaries.major >= 17 else ["--locale=C.UTF-8"]),
            *([] if sync else ["--no-sync"]),
        ]
    )
    if code != 0:
        raise EmbeddedPostgresError(f"initdb non riesce a preparare il database in {place.base}: {printed.strip()}")
    unfinished.rename(place.data)


def _check_major(place: Place, binaries: Binaries) -> None:
    try:
        found = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"In {place.data} non c'è un database completo (manca PG_VERSION): se la cartella è vuota toglierla, "
            f"altrimenti recuperare un salvataggio con `smartbill restore`."
        ) from None
    if found != str(binaries.major):
        raise EmbeddedPostgresError(
            f"I dati in {place.data} sono di PostgreSQL {found}, ma il programma usa PostgreSQL {binaries.major}: non "
            f"si convertono da soli. Con la versione di prima fare `smartbill backup`, spostare la cartella "
            f"{place.base}, e con questa fare `smartbill restore`."
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def _running_socket_folder(place: Place) -> Path | None:
    """Read from the server's own notes: the owner alone chooses the folder."""
    try:
        lines = (place.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _holder(place: Place) -> str:
    try:
        return f"processo {int(place.lock.read_text())}"
    except (OSError, ValueError):
        return "processo sconosciuto"


def _admin_url(socket_folder: Path | None) -> str | None:
    if socket_folder is None:
        return None
    return f"postgresql://postgres@/postgres?host={quote(str(socket_folder), safe='')}&port=5432"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 4096))
            lines = stream.read().decode(errors="replace").split("\n")
    except OSError:
        return "(nessun registro)"
    told = [re.sub(r"^.*?(FATAL|PANIC|ERROR|LOG): +", "", line) for line in lines if line.strip()]
    return told[-1] if told else "(registro vuoto)"
