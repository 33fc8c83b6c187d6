"""`smartbill access`: accounts of the SFTP area from the command line."""

import subprocess
from pathlib import Path

import pytest

from smartbill.apps.audit.models import Entry
from smartbill.database.context import company
from tests.cli.calling import Smartbill
from tests.conftest import CompanyFixture


def test_an_account_with_a_key_from_beginning_to_end(
    acme: CompanyFixture, smartbill: Smartbill, tmp_path: Path
) -> None:
    by = ("--as", acme.manager.email)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True, timeout=30)
    assert smartbill("access", "add", "acme", "flussi", *by).startswith("Accesso flussi aggiunto. Password: ")
    shown = smartbill("access", "key-add", "ACME", "flussi", str(tmp_path / "id.pub"), "--label", "server", *by).strip()
    assert shown.startswith("SHA256:")
    listed = smartbill("access", "list", "ACME").splitlines()
    assert listed == [
        "server localhost:2222",
        "flussi: aperto, con password, 16 GiB, 200 file",
        f"  ssh-ed25519 {shown} mai usata server",
    ]
    assert len(smartbill("access", "password", "ACME", "flussi", *by).strip()) >= 20
    smartbill("access", "password", "ACME", "flussi", "--none", *by)
    smartbill("access", "unlock", "ACME", "flussi", *by)
    smartbill("access", "close", "ACME", "flussi", *by)
    smartbill("access", "open", "ACME", "flussi", *by)
    smartbill("access", "quota", "ACME", "flussi", "--gib", "32", "--files", "50", "--as", acme.operator.email)
    assert "non ha più né chiavi né password" in smartbill("access", "key-remove", "ACME", "flussi", shown, *by)
    assert smartbill("access", "list", "ACME").splitlines()[1:] == ["flussi: aperto, solo chiavi, 32 GiB, 50 file"]
    with company(acme.id):
        assert Entry.objects.filter(subject="sftp flussi").count() == 9


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_others_are_refused(acme: CompanyFixture, smartbill: Smartbill, role: str) -> None:
    failed = smartbill.failing("access", "add", "ACME", "flussi", "--as", f"{role}@acme.example")
    assert failed == (1, "Il suo ruolo non consente di gestire gli accessi SFTP.")
