"""Folders that another server fills: what is complete is taken once, the rest is left and told, no link is followed."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone

from smartbill.apps.intake.models import Drop, StrandedFile
from smartbill.core.area.places import Shelf
from smartbill.database.context import company
from smartbill.usecases.outcomes import publish_outcome
from smartbill.web.sftp.service import Rules
from tests.conftest import CompanyFixture
from tests.web.sftp.serving import RunningServer, flow_zip, jobs, running


@pytest.fixture
def folder(acme: CompanyFixture, tmp_path: Path) -> Path:
    place = tmp_path / "di-altri" / "ACME" / "consegne"
    place.mkdir(parents=True)
    return place


@contextmanager
def watching(tmp_path: Path, **rules: float) -> Iterator[RunningServer]:
    watched = str(tmp_path / "di-altri" / "{company}" / "consegne")
    with running(tmp_path / "casa", Rules(watched=watched, **rules)) as server:  # type: ignore[arg-type]
        server.settle()
        yield server


def test_a_file_at_rest_opens_one_job(acme: CompanyFixture, folder: Path, tmp_path: Path) -> None:
    content = flow_zip()
    (folder / "flusso.zip").write_bytes(content)
    with watching(tmp_path, rest=0.0) as server:
        assert list(folder.iterdir()) == []
        (folder / "ancora.zip").write_bytes(content)
        server.look()
        assert list(folder.iterdir()) == []
    assert len(jobs(acme)) == 1
    with company(acme.id):
        drops = list(Drop.objects.order_by("pk").values_list("name", "source", "duplicate_of"))
    assert drops == [("flusso.zip", "folder", None), ("ancora.zip", "folder", drops[1][2])]
    assert drops[1][2] is not None


def test_what_has_not_rested_waits_and_a_marker_or_a_rename_says_that_it_need_not(
    acme: CompanyFixture, folder: Path, tmp_path: Path
) -> None:
    (folder / "uno.zip").write_bytes(flow_zip("uno"))
    (folder / "due.zip.part").write_bytes(flow_zip("due"))
    with watching(tmp_path, rest=3600.0) as server:
        assert jobs(acme) == []
        (folder / "due.zip.part").rename(folder / "due.zip")
        server.look()
        assert [path.name for path in folder.iterdir()] == ["uno.zip"]
        (folder / "uno.zip.ok").touch()
        server.look()
        assert list(folder.iterdir()) == []
    assert len(jobs(acme)) == 2


def test_a_cut_file_is_left_and_told(acme: CompanyFixture, folder: Path, tmp_path: Path) -> None:
    (folder / "flusso.zip").write_bytes(flow_zip("x" * 1000)[:200])
    with watching(tmp_path, rest=0.0, told_after=0.001):
        assert [path.name for path in folder.iterdir()] == ["flusso.zip"]
    with company(acme.id):
        row = StrandedFile.objects.get()
    assert (row.name, row.source, row.fate) == ("flusso.zip", "folder", "waiting")


def test_links_pipes_and_second_names_are_left_alone(acme: CompanyFixture, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "segreto.zip"
    secret.write_bytes(flow_zip())
    (folder / "via.zip").symlink_to(secret)
    os.link(secret, folder / "altra.zip")
    os.mkfifo(folder / "tubo.zip")
    (folder / "cartella.zip").mkdir()
    with watching(tmp_path, rest=0.0):
        assert len(list(folder.iterdir())) == 4
    assert jobs(acme) == []
    assert secret.exists()


def test_a_folder_that_is_a_link_is_not_looked_into(acme: CompanyFixture, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "altrove"
    elsewhere.mkdir()
    (elsewhere / "flusso.zip").write_bytes(flow_zip())
    folder.rmdir()
    folder.symlink_to(elsewhere)
    with watching(tmp_path, rest=0.0):
        assert (elsewhere / "flusso.zip").exists()
    assert jobs(acme) == []


@pytest.mark.parametrize("copied", [True, False])
def test_killed_in_between_it_goes_on(acme: CompanyFixture, folder: Path, tmp_path: Path, copied: bool) -> None:
    """Killed before the original was removed the copy is made anew; after that, the copy is all there is."""
    key = "a" * 32
    filling = tmp_path / "casa" / "sftp" / ".received" / f".folder-{acme.id}-{key}"
    filling.mkdir(parents=True)
    if copied:
        (filling / "flusso.zip").write_bytes(flow_zip())
    else:
        (filling / "flusso.zip").write_bytes(flow_zip()[:10])
        (folder / f".presa-{key}-flusso.zip").write_bytes(flow_zip())
    with watching(tmp_path, rest=3600.0) as server:
        server.look()
    assert list(folder.iterdir()) == []
    assert not filling.exists()
    assert len(jobs(acme)) == 1
    with company(acme.id):
        assert [drop.name for drop in Drop.objects.all()] == ["flusso.zip"]


def test_outcomes_are_written_where_there_is_a_folder_for_them(
    acme: CompanyFixture, folder: Path, tmp_path: Path
) -> None:
    outcomes = folder / "esiti"
    outcomes.mkdir()
    secret = tmp_path / "segreto.txt"
    secret.write_text("segreto")
    (outcomes / "due.txt").symlink_to(secret)
    for name in ("uno.txt", "due.txt"):
        publish_outcome(acme.id, name, name.encode(), timezone.now())
    publish_outcome(acme.id, "ticket.csv", b"x", timezone.now(), shelf=Shelf.EXPORTS)
    with watching(tmp_path, rest=0.0) as server:
        assert sorted(path.name for path in outcomes.iterdir()) == ["due.txt", "uno.txt"]
        assert (outcomes / "due.txt").read_text() == "due.txt"
        (outcomes / "uno.txt").unlink()  # read and thrown away: it does not come back
        server.look()
        assert [path.name for path in outcomes.iterdir()] == ["due.txt"]
    assert secret.read_text() == "segreto"
    assert stat.S_ISREG((outcomes / "due.txt").lstat().st_mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_can_not_be_read_holds_up_no_other(acme: CompanyFixture, folder: Path, tmp_path: Path) -> None:
    folder.chmod(0)
    with watching(tmp_path, rest=0.0):
        pass
    folder.chmod(0o700)
    assert jobs(acme) == []
