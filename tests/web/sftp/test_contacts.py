"""Contacts alone on the SFTP server: taken in by their name, whole or not at all."""

import io
from pathlib import Path

import pytest

from smartbill.apps.intake.models import ContactFile
from smartbill.database.context import company
from smartbill.web.sftp.service import Rules
from tests.conftest import CompanyFixture
from tests.web.sftp.serving import FOLDERS, RunningServer, client, jobs, running

CONTACTS = b"codice_anagrafico;cellulare\r\n1;3331234567\r\n"


def contact_files(fixture: CompanyFixture) -> list[str]:
    with company(fixture.id):
        return list(ContactFile.objects.order_by("name").values_list("name", flat=True))


def test_contacts_alone_are_taken_in_and_other_texts_stay(server: RunningServer, acme: CompanyFixture) -> None:
    with client(server) as sftp:
        sftp.putfo(io.BytesIO(CONTACTS), "CONTATTI_ACME_20260706.csv", confirm=True)
        sftp.putfo(io.BytesIO(CONTACTS + b"2;3331234568"), "contatti.csv.part", confirm=True)
        sftp.rename("contatti.csv.part", "contatti.csv")
        sftp.putfo(io.BytesIO(CONTACTS), "elenco.csv", confirm=True)
        server.settle()
        assert sftp.listdir() == [*FOLDERS, "elenco.csv"]
    assert (contact_files(acme), jobs(acme)) == (["CONTATTI_ACME_20260706.csv", "contatti.csv"], [])


@pytest.mark.parametrize("way", ["line", "marker"])
def test_contacts_that_nobody_closed(acme: CompanyFixture, tmp_path: Path, way: str) -> None:
    """What only rested must end with a line; where a marker says that it is whole, it need not."""
    folder = tmp_path / "sftp" / "ACME"
    folder.mkdir(parents=True)
    (folder / "CONTATTI_1.csv").write_bytes(CONTACTS)
    (folder / "CONTATTI_2.csv").write_bytes(CONTACTS + b"2;3331234568")
    if way == "marker":
        (folder / "CONTATTI_2.csv.ok").touch()
    with running(tmp_path, Rules(rest=0.0)) as server:
        server.settle()
    left = [] if way == "marker" else ["CONTATTI_2.csv"]
    assert [path.name for path in folder.iterdir()] == left
    assert contact_files(acme) == sorted({"CONTATTI_1.csv", "CONTATTI_2.csv"} - set(left))
