"""What a client may not do, or not without end: quotas, locks, connections, odd names, dead lines."""

import io
import os
import shutil
import socket
import threading
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest
from django.utils import timezone

from smartbill.apps.intake.models import Drop, SftpAccount, SftpRefusal, StrandedFile
from smartbill.core.area.places import Shelf
from smartbill.database.context import company
from smartbill.usecases.area.access import accounts_of, add_key, lift_locks, new_password, remove_key, set_active
from smartbill.usecases.outcomes import publish_outcome
from smartbill.web.sftp.service import Rules
from tests.conftest import CompanyFixture
from tests.web.sftp.serving import (
    FOLDERS,
    PASSWORD,
    RunningServer,
    add_accounts,
    client,
    flow_zip,
    jobs,
    openssh,
    running,
)

needs_openssh = pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's sftp is not installed")


@needs_openssh
def test_openssh_goes_on_with_a_cut_upload(server: RunningServer, acme: CompanyFixture, tmp_path: Path) -> None:
    whole = flow_zip(os.urandom(2_000_000).hex())
    folder = server.home / "sftp" / "ACME"
    folder.mkdir(parents=True)
    (folder / "flusso.zip").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "flusso.zip").write_bytes(whole)
    done = openssh(server, acme, tmp_path, f"reput {tmp_path}/flusso.zip")
    assert done.returncode == 0, done.stderr
    server.settle()
    assert len(jobs(acme)) == 1
    with company(acme.id):
        assert Drop.objects.get().size == len(whole)


def test_a_second_connection_goes_on_while_the_first_hangs(server: RunningServer, acme: CompanyFixture) -> None:
    whole = flow_zip("x" * 200_000)
    half = len(whole) // 2
    with client(server) as first, client(server) as second:
        hanging = first.open("flusso.zip", "wb")
        hanging.write(whole[:half])
        hanging.flush()
        with second.open("flusso.zip", "ab") as file:
            file.write(whole[half:])
        with pytest.raises(OSError, match="un'altra connessione ne ha ripreso l'invio"):
            hanging.write(b"x" * 100_000)
    server.settle()
    assert len(jobs(acme)) == 1
    with company(acme.id):
        assert Drop.objects.get().size == len(whole)


def test_several_uploads_at_once(server: RunningServer, acme: CompanyFixture) -> None:
    def send(number: int) -> None:
        with client(server) as sftp:
            sftp.putfo(io.BytesIO(flow_zip(f"{number}" * 300_000)), f"flusso{number}.zip", confirm=False)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    server.settle()
    assert len(jobs(acme)) == 4


@needs_openssh
def test_a_full_folder_is_said_to_whoever_sends(acme: CompanyFixture, tmp_path: Path) -> None:
    add_accounts(acme, quota_bytes=1_000_000, quota_files=2)
    (tmp_path / "grande.zip").write_bytes(b"x" * 2_000_000)
    with running(tmp_path) as server:
        with client(server) as sftp:
            with (
                pytest.raises(OSError, match="Lo spazio è esaurito: nella cartella possono stare 976,6 KiB"),
                sftp.open("uno.zip", "wb") as file,
            ):
                file.write(b"x" * 2_000_000)
            assert sftp.stat("uno.zip").st_size <= 1_000_000
            sftp.putfo(io.BytesIO(b""), "due.zip", confirm=False)
            with pytest.raises(OSError, match="ci sono già 2 file, il massimo è 2"):
                sftp.open("tre.zip", "wb")
            sftp.remove("due.zip")
        done = openssh(server, acme, tmp_path, f"put {tmp_path}/grande.zip", "df .")
        assert done.returncode == 1
        assert "Lo spazio è esaurito" in done.stderr


def refusals(fixture: CompanyFixture) -> int:
    with company(fixture.id):
        return SftpRefusal.objects.count()


def test_many_wrong_passwords_close_the_password_but_not_the_key(server: RunningServer, acme: CompanyFixture) -> None:
    key = paramiko.RSAKey.generate(2048)
    add_key(acme.manager, "acme", f"{key.get_name()} {key.get_base64()}", "server paghe", timezone.now())
    for _ in range(10):
        with pytest.raises(paramiko.AuthenticationException), client(server, password="sbagliata"):
            pass
    with pytest.raises(paramiko.AuthenticationException), client(server):
        pass
    with client(server, "hydra") as other:
        assert other.listdir() == FOLDERS
    with company(acme.id):
        (account,) = accounts_of(timezone.now())
    (lock,) = account.locks
    assert (lock.address, lock.failures) == ("127.0.0.1", 10)
    assert lock.until is not None
    with client(server, pkey=key) as sftp:  # coming in forgives, once it has been written down
        while refusals(acme):
            sftp.listdir()


def test_a_lock_is_lifted_by_hand(server: RunningServer, acme: CompanyFixture) -> None:
    with company(acme.id):
        account = SftpAccount.objects.get(username="acme")
        SftpRefusal.objects.create(
            company_id=acme.id, account=account, address="127.0.0.1", failures=10.0, at=timezone.now()
        )
    with pytest.raises(paramiko.AuthenticationException), client(server):
        pass
    lift_locks(acme.manager, "acme", timezone.now())
    with client(server):
        pass


def test_keys_and_passwords_overlap_and_go(server: RunningServer, acme: CompanyFixture) -> None:
    old, new = paramiko.ECDSAKey.generate(), paramiko.RSAKey.generate(2048)
    shown = {}
    for key in (old, new):
        shown[key] = add_key(acme.manager, "acme", f"{key.get_name()} {key.get_base64()}", "", timezone.now())
    for key in (old, new):
        with client(server, pkey=key):
            pass
    assert not remove_key(acme.manager, "acme", shown[old], timezone.now())
    with pytest.raises(paramiko.AuthenticationException), client(server, pkey=old):
        pass
    password = new_password(acme.manager, "acme", timezone.now())
    with pytest.raises(paramiko.AuthenticationException), client(server, password=PASSWORD):
        pass
    with client(server, password=password):
        pass


#: How a client notices that its connection has ended: which it is depends on where it was.
GONE = (OSError, EOFError, paramiko.SSHException)


def ended(server: RunningServer, sftp: paramiko.SFTPClient) -> bool:
    """Whether the session is over once the server has looked at its guests."""
    server.look_at_guests()
    try:
        sftp.listdir()
    except GONE:
        return True
    return False


def test_a_session_ends_with_the_key_that_opened_it(server: RunningServer, acme: CompanyFixture) -> None:
    key = paramiko.ECDSAKey.generate()
    shown = add_key(acme.manager, "acme", f"{key.get_name()} {key.get_base64()}", "", timezone.now())
    with suppress(*GONE), client(server, pkey=key) as by_key, client(server) as by_password:
        with suppress(*GONE):
            half = by_key.open("flusso.zip", "wb")
            half.write(b"PK")
            assert not ended(server, by_key)
            remove_key(acme.manager, "acme", shown, timezone.now())
        assert (ended(server, by_key), ended(server, by_password)) == (True, False)
        new_password(acme.manager, "acme", timezone.now())
        assert ended(server, by_password)
    server.settle()
    assert jobs(acme) == []


def test_a_session_ends_when_its_account_is_closed(server: RunningServer, acme: CompanyFixture) -> None:
    with suppress(*GONE), client(server) as sftp, client(server, "hydra") as other:
        set_active(acme.manager, "acme", False, timezone.now())
        assert (ended(server, sftp), ended(server, other)) == (True, False)


def test_a_quota_holds_for_open_sessions_too(server: RunningServer, acme: CompanyFixture) -> None:
    with client(server) as sftp:
        with company(acme.id):
            SftpAccount.objects.update(quota_files=1)
        server.look_at_guests()
        sftp.putfo(io.BytesIO(b""), "uno.zip", confirm=False)
        with pytest.raises(OSError, match="il massimo è 1"):
            sftp.open("due.zip", "wb")


def test_what_was_removed_is_written_no_further(server: RunningServer) -> None:
    with client(server) as sftp, client(server) as other:
        file = sftp.open("flusso.zip", "wb")
        file.write(b"x" * 100_000)
        file.flush()
        other.remove("flusso.zip")
        with pytest.raises(OSError, match="Il file è stato eliminato"):
            file.write(b"x" * 100_000)


def test_a_silent_connection_ends(acme: CompanyFixture, tmp_path: Path) -> None:
    add_accounts(acme)
    with running(tmp_path, Rules(idle=0.2)) as server:
        transport = paramiko.Transport(("127.0.0.1", server.service.port or 0))
        transport.connect(username="acme", password=PASSWORD)
        transport.join(20)
        assert not transport.is_active()


def test_connections_have_an_end(acme: CompanyFixture, tmp_path: Path) -> None:
    add_accounts(acme)
    with running(tmp_path, Rules(connections=1)) as server, client(server) as sftp:
        with pytest.raises((paramiko.SSHException, EOFError, OSError)), client(server):
            pass
        assert sftp.listdir() == FOLDERS


def test_strangers_who_say_nothing_leave_room(server: RunningServer) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.service.port or 0)) for _ in range(10)]
    try:
        for each in silent:
            assert each.recv(100).startswith(b"SSH-2.0")
        with pytest.raises((paramiko.SSHException, EOFError, OSError)), client(server):
            pass
    finally:
        for each in silent:
            each.close()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\x01.zip", "caratteri di controllo"),
        ("C:\\dati\\a.zip", "barra rovesciata"),
        ("x" * 256, "supera i 255 byte"),
        ("cartella/a.zip", "Non esiste"),
        ("esiti/a.zip", "sola lettura|denied"),
    ],
)
def test_names_that_are_refused(server: RunningServer, name: str, told: str) -> None:
    with client(server) as sftp:
        with pytest.raises(OSError, match=told):
            sftp.open(name, "wb")
        assert sftp.listdir() == FOLDERS


def test_a_rename_never_covers_another_file(server: RunningServer) -> None:
    with client(server) as sftp:
        for name in ("uno.txt", "due.txt"):
            sftp.putfo(io.BytesIO(name.encode()), name, confirm=False)
        with pytest.raises(OSError, match="Esiste già"):
            sftp.rename("uno.txt", "due.txt")
        sftp.posix_rename("uno.txt", "due.txt")
        with sftp.open("due.txt") as file:
            assert file.read() == b"uno.txt"
        assert sftp.listdir() == [*FOLDERS, "due.txt"]


def test_links_that_somebody_made_on_the_machine_are_not_there(server: RunningServer, tmp_path: Path) -> None:
    with client(server) as sftp:
        sftp.listdir()
        secret = tmp_path / "segreto"
        secret.write_text("segreto")
        folder = server.home / "sftp" / "ACME"
        (folder / "via").symlink_to(secret)
        os.link(secret, folder / "altra")
        (folder / "sotto").mkdir()
        os.mkfifo(folder / "tubo")
        assert sftp.listdir() == FOLDERS
        for name in ("via", "altra", "sotto", "tubo"):
            for ask in (sftp.stat, sftp.open, sftp.remove):
                with pytest.raises(FileNotFoundError):
                    ask(name)
        for name in ("via", "sotto"):
            with pytest.raises(OSError, match=r"."):
                sftp.open(name, "wb")
        assert secret.read_text() == "segreto"


def test_outcomes_and_exports_are_read_and_not_changed(
    server: RunningServer, acme: CompanyFixture, hydra: CompanyFixture
) -> None:
    content = os.urandom(700_000)
    made = publish_outcome(acme.id, "ACME_2026_1_esito.txt", content, timezone.now())
    publish_outcome(acme.id, "ticket.csv", b"a;b\r\n", timezone.now(), shelf=Shelf.EXPORTS)
    publish_outcome(hydra.id, "HYDRA_2026_1_esito.txt", b"altrui", timezone.now())
    with client(server) as sftp:
        assert sftp.listdir("/esiti") == ["ACME_2026_1_esito.txt"]
        assert sftp.listdir("esportazioni/") == ["ticket.csv"]
        facts = sftp.stat("/esiti/ACME_2026_1_esito.txt")
        assert (facts.st_size, facts.st_mtime) == (len(content), int(made.published_at.timestamp()))
        with sftp.open("/esiti/ACME_2026_1_esito.txt") as file:
            file.prefetch()
            assert file.read() == content
            with pytest.raises(OSError, match="not open for writing"):
                file.write(b"x")
        for act in (
            lambda: sftp.open("/esiti/ACME_2026_1_esito.txt", "r+b"),
            lambda: sftp.open("/esiti/nuovo.txt", "wb"),
            lambda: sftp.remove("/esiti/ACME_2026_1_esito.txt"),
            lambda: sftp.rename("/esiti/ACME_2026_1_esito.txt", "mio.txt"),
            lambda: sftp.rmdir("/esiti"),
            lambda: sftp.mkdir("/esiti"),
        ):
            with pytest.raises(PermissionError):
                act()
        for path in ("/esiti/HYDRA_2026_1_esito.txt", "/esiti/ticket.csv", "/esiti/../../HYDRA"):
            with pytest.raises(FileNotFoundError):
                sftp.open(path)


def test_a_marker_says_that_the_archive_is_whole(server: RunningServer, acme: CompanyFixture) -> None:
    whole = flow_zip("x" * 1000)
    with client(server) as sftp:
        with suppress(EOFError, OSError), client(server) as cut:
            file = cut.open("flusso.zip", "wb")
            file.write(whole)
            file.flush()
            cut.get_channel().get_transport().sock.close()
        while sftp.stat("flusso.zip").st_size < len(whole):
            pass
        sftp.putfo(io.BytesIO(b""), "flusso.zip.ok", confirm=False)
        while sftp.listdir() != FOLDERS:  # until the server knows that the other line is dead
            server.look()
    server.settle()
    assert len(jobs(acme)) == 1


def test_a_cut_upload_is_told_once_and_goes_after_its_time(acme: CompanyFixture, tmp_path: Path) -> None:
    folder = tmp_path / "sftp" / "ACME"
    folder.mkdir(parents=True)
    cut = folder / "flusso.zip"
    cut.write_bytes(flow_zip("x" * 1000)[:300])
    with running(tmp_path, Rules(told_after=0.001, kept=3600.0)) as server:
        server.settle()
        server.look()
        with company(acme.id):
            row = StrandedFile.objects.get()
        assert (row.name, row.size, row.fate) == ("flusso.zip", 300, "waiting")
        os.utime(cut, (1_000_000, 1_000_000))
        server.look()
        assert not cut.exists()
        with company(acme.id):
            assert [each.fate for each in StrandedFile.objects.all()] == ["expired"]


def test_what_is_completed_after_all_is_said_so(acme: CompanyFixture, tmp_path: Path) -> None:
    add_accounts(acme)
    folder = tmp_path / "sftp" / "ACME"
    folder.mkdir(parents=True)
    (folder / "flusso.zip").write_bytes(flow_zip()[:50])
    (folder / "tolto.txt").write_bytes(b"x")
    with running(tmp_path, Rules(told_after=0.001)) as server:
        server.settle()
        with client(server) as sftp:
            with sftp.open("flusso.zip", "ab") as file:
                file.write(flow_zip()[50:])
            sftp.remove("tolto.txt")
        server.settle()
        server.look()
    with company(acme.id):
        fates = {row.name: row.fate for row in StrandedFile.objects.all()}
    assert fates == {"flusso.zip": "taken", "tolto.txt": "removed"}


def test_a_client_that_does_not_read_costs_no_memory(server: RunningServer, acme: CompanyFixture) -> None:
    publish_outcome(acme.id, "grande.txt", os.urandom(4_000_000), timezone.now(), shelf=Shelf.EXPORTS)
    transport = paramiko.Transport(("127.0.0.1", server.service.port or 0))
    transport.connect(username="acme", password=PASSWORD)
    try:
        channel = transport.open_session(window_size=64 * 1024)
        channel.invoke_subsystem("sftp")
        raw = paramiko.sftp.BaseSFTP()
        raw.sock = channel
        raw._send_version()
        path = b"/esportazioni/grande.txt"
        opening = (1).to_bytes(4, "big") + len(path).to_bytes(4, "big") + path + (1).to_bytes(4, "big") + bytes(4)
        raw._send_packet(paramiko.sftp.CMD_OPEN, paramiko.Message(opening))
        kind, answer = raw._read_packet()
        assert kind == paramiko.sftp.CMD_HANDLE
        handle = answer[4:]
        for number in range(1_000):  # the answers, 256 KiB each, stay unread
            asked = number.to_bytes(4, "big") + handle + bytes(8) + (262_144).to_bytes(4, "big")
            raw._send_packet(paramiko.sftp.CMD_READ, paramiko.Message(asked))
        unread = [server.most_unread()]
        while max(unread) < 1_000_000 or len(unread) < 200:
            unread.append(server.most_unread())
        assert max(unread) < 2_000_000
    finally:
        transport.close()
