"""The SFTP server with clients that are not its own library: paramiko always, OpenSSH's where it is there."""

import io
import shutil
import stat
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest
from django.contrib.auth.hashers import make_password

from smartbill.apps.intake.models import Drop, SftpAccount, SftpKey
from smartbill.database.context import company
from smartbill.usecases.onboarding.ssh_keys import fingerprint, normalised_key
from smartbill.web.sftp.service import Rules
from tests.conftest import CompanyFixture
from tests.web.sftp.serving import FOLDERS, PASSWORD, RunningServer, client, flow_zip, jobs, openssh, running


def test_a_zip_put_there_opens_a_job_and_leaves_the_folder(server: RunningServer, acme: CompanyFixture) -> None:
    with client(server) as sftp:
        sftp.putfo(io.BytesIO(flow_zip()), "flusso.zip", confirm=False)
        server.settle()
        assert sftp.listdir() == FOLDERS
    (code,) = jobs(acme)
    assert code.startswith("ACME_")
    assert code.endswith("_1")


def test_the_sender_can_look_whether_all_of_it_came(server: RunningServer, acme: CompanyFixture) -> None:
    whole = flow_zip()
    with client(server) as sftp:
        sftp.putfo(io.BytesIO(whole), "flusso.zip.part", confirm=True)
        sftp.rename("flusso.zip.part", "flusso.zip")
        server.settle()
        assert sftp.listdir() == FOLDERS
        assert sftp.stat("flusso.zip").st_size == sftp.lstat("flusso.zip").st_size == len(whole)
        sftp.utime("flusso.zip", None)
        with pytest.raises(FileNotFoundError):
            sftp.stat("altro.zip")
    with client(server) as sftp, pytest.raises(FileNotFoundError):
        sftp.stat("flusso.zip")


def test_the_same_file_twice_opens_one_job(server: RunningServer, acme: CompanyFixture) -> None:
    content = flow_zip()  # once: a ZIP holds the time
    with client(server) as sftp:
        for name in ("flusso.zip", "rinominato.zip"):
            sftp.putfo(io.BytesIO(content), name, confirm=False)
            server.settle()
    assert len(jobs(acme)) == 1
    with company(acme.id):
        assert [drop.duplicate_of_id is not None for drop in Drop.objects.order_by("id")] == [False, True]


def test_a_cut_upload_opens_nothing_and_resumes(server: RunningServer, acme: CompanyFixture) -> None:
    whole = flow_zip("x" * 100_000)
    with suppress(EOFError, OSError), client(server) as sftp:
        file = sftp.open("flusso.zip", "wb")
        file.write(whole[: len(whole) // 2])
        file.flush()
        sftp.get_channel().get_transport().sock.close()  # the line goes dead
    server.settle()
    assert jobs(acme) == []
    with client(server) as sftp:
        size = sftp.stat("flusso.zip").st_size
        with sftp.open("flusso.zip", "ab") as file:
            file.write(whole[size:])
        server.settle()
    assert len(jobs(acme)) == 1


def test_a_truncated_file_closed_cleanly_opens_nothing(server: RunningServer, acme: CompanyFixture) -> None:
    with client(server) as sftp:
        sftp.putfo(io.BytesIO(flow_zip("x" * 5000)[:200]), "flusso.zip", confirm=False)
        server.settle()
        assert sftp.listdir() == [*FOLDERS, "flusso.zip"]
    assert jobs(acme) == []


def test_a_whole_file_whose_line_was_lost_is_taken_after_its_rest(
    acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path
) -> None:
    folder = tmp_path / "sftp" / "ACME"
    folder.mkdir(parents=True)
    (folder / "flusso.zip").write_bytes(flow_zip())
    with running(tmp_path, Rules(rest=0.0)) as server:
        server.settle()
    assert len(jobs(acme)) == 1


def test_what_was_moved_but_not_handed_in_is_handed_in_at_the_next_start(acme: CompanyFixture, tmp_path: Path) -> None:
    received = tmp_path / "sftp" / ".received" / f"{acme.id}-0-abc"
    received.mkdir(parents=True)
    (received / "flusso.zip").write_bytes(flow_zip())
    with running(tmp_path) as server:
        server.settle()
    assert len(jobs(acme)) == 1
    assert not received.exists()


@pytest.mark.parametrize("name", ["flusso.zip.part", "flusso.tmp", "flusso.zip.filepart"])
def test_a_name_of_an_unfinished_upload_waits_for_its_rename(
    server: RunningServer, acme: CompanyFixture, name: str
) -> None:
    with client(server) as sftp:
        sftp.putfo(io.BytesIO(flow_zip()), name, confirm=False)
        server.settle()
        assert jobs(acme) == []
        sftp.rename(name, "flusso.zip")
        server.settle()
    assert len(jobs(acme)) == 1


def test_a_client_sees_its_own_folder_only(server: RunningServer, hydra: CompanyFixture) -> None:
    with client(server, "hydra") as other:
        other.putfo(io.BytesIO(b"segreto"), "bozza.txt", confirm=False)
    with client(server) as sftp:
        assert sftp.listdir("/") == FOLDERS
        assert sftp.listdir("../..") == FOLDERS
        for path in ("../HYDRA/bozza.txt", "/../HYDRA/bozza.txt", "/etc/passwd"):
            with pytest.raises(FileNotFoundError):
                sftp.open(path)
        with pytest.raises(PermissionError):
            sftp.symlink("/etc/passwd", "collegamento")
        with pytest.raises(PermissionError):
            sftp.mkdir("cartella")
        sftp.putfo(io.BytesIO(b"x"), "a.txt", confirm=False)
        sftp.chmod("a.txt", 0o777)
        assert stat.S_IMODE(sftp.stat("a.txt").st_mode) == 0o600


def test_wrong_passwords_unknown_and_closed_accounts_are_refused(server: RunningServer, acme: CompanyFixture) -> None:
    with company(acme.id):
        SftpAccount.objects.create(
            company_id=acme.id, username="chiuso", password=make_password(PASSWORD), active=False
        )
        SftpAccount.objects.create(company_id=acme.id, username="solochiave")
    for username, password in (
        ("acme", "sbagliata"),
        ("nessuno", PASSWORD),
        ("chiuso", PASSWORD),
        ("solochiave", PASSWORD),
        ("solochiave", ""),
    ):
        with pytest.raises(paramiko.AuthenticationException), client(server, username, password=password):
            pass


def test_a_key_opens_and_another_does_not(server: RunningServer, acme: CompanyFixture) -> None:
    known, stranger = paramiko.RSAKey.generate(2048), paramiko.RSAKey.generate(2048)
    public = normalised_key(f"{known.get_name()} {known.get_base64()} qualcuno@azienda")
    with company(acme.id):
        account = SftpAccount.objects.get(username="acme")
        SftpKey.objects.create(company_id=acme.id, account=account, fingerprint=fingerprint(public), public_key=public)
    with client(server, pkey=known) as sftp:
        assert sftp.listdir() == FOLDERS
    with pytest.raises(paramiko.AuthenticationException), client(server, pkey=stranger):
        pass


@pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's sftp is not installed")
def test_openssh_sftp_drops_a_zip(server: RunningServer, acme: CompanyFixture, tmp_path: Path) -> None:
    (tmp_path / "flusso.zip").write_bytes(flow_zip("x" * 3_000_000))
    done = openssh(server, acme, tmp_path, f"put {tmp_path}/flusso.zip")
    assert done.returncode == 0, done.stderr
    server.settle()
    assert len(jobs(acme)) == 1


def test_a_name_of_any_bytes_opens_a_job(server: RunningServer, acme: CompanyFixture) -> None:
    with client(server) as sftp:
        with sftp.open(b"perch\xe9.zip", "wb") as file:  # type: ignore[arg-type]
            file.write(flow_zip())
        server.settle()
    with company(acme.id):
        assert Drop.objects.get().name == "perch\ufffd.zip"


def test_an_upload_that_cannot_be_handed_in_holds_up_no_other(acme: CompanyFixture, tmp_path: Path) -> None:
    received = tmp_path / "sftp" / ".received"
    for folder in ("0-0-a", f"{acme.id}-0-b"):  # there is no company 0
        (received / folder).mkdir(parents=True)
        (received / folder / "flusso.zip").write_bytes(flow_zip())
    (received / f"{acme.id}-0-c").mkdir()
    with running(tmp_path) as server:
        server.settle()
    assert len(jobs(acme)) == 1
    assert [path.name for path in received.iterdir()] == ["0-0-a"]


def test_a_file_over_the_limit_is_refused_while_it_is_sent(server: RunningServer, acme: CompanyFixture) -> None:
    with client(server) as sftp:
        file = sftp.open("flusso.zip", "wb")
        file.seek(16 * 1024**3 - 1)
        file.write(b"x")
        file.seek(16 * 1024**3)
        with pytest.raises(OSError, match="supera il limite di 16 GiB"):
            file.write(b"x")
        file.close()
        server.settle()
    assert jobs(acme) == []
