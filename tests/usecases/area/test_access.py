"""Accounts of the area: who may change what, what is refused, what is on record."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password

from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Role
from smartbill.apps.intake.models import SftpAccount
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.area import access
from smartbill.usecases.area.host_keys import KINDS, host_fingerprints, host_keys
from tests.conftest import CompanyFixture

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def public_key(folder: Path, name: str, *how: str) -> str:
    """As ssh-keygen makes it."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", *how, "-N", "", "-C", "qualcuno@acme", "-f", path], check=True, timeout=60)
    return path.with_suffix(".pub").read_text()


def acts_on_record(fixture: CompanyFixture) -> list[tuple[str, str, str]]:
    with company(fixture.id):
        return list(Entry.objects.order_by("pk").values_list("act", "subject", "actor"))


def test_what_managers_do_is_done_and_on_record(acme: CompanyFixture, tmp_path: Path) -> None:
    manager = acme.manager
    password = access.add_account(manager, "acme", NOW)
    shown = access.add_key(manager, "acme", public_key(tmp_path, "uno", "-t", "ed25519"), "server", NOW)
    fresh = access.new_password(manager, "acme", NOW)
    with company(acme.id):
        account = SftpAccount.objects.get()
    assert not check_password(password, account.password)
    assert check_password(fresh, account.password)
    access.drop_password(manager, "acme", NOW)
    assert access.remove_key(manager, "acme", shown, NOW)  # nothing opens it now, and that is said
    access.set_active(manager, "acme", False, NOW)
    access.set_quota(acme.operator, "acme", gib=32, files=500, now=NOW)
    with company(acme.id):
        (facts,) = access.accounts_of(NOW)
    assert (facts.active, facts.has_password, list(facts.keys)) == (False, False, [])
    assert (facts.quota_gib, facts.quota_files) == (32, 500)
    acts = ["add_sftp_account", "add_sftp_key", "new_sftp_password", "drop_sftp_password", "remove_sftp_key",
            "close_sftp_account"]  # fmt: skip
    assert acts_on_record(acme) == [
        *((act, "sftp acme", manager.email) for act in acts),
        ("set_sftp_quota", "sftp acme", acme.operator.email),
    ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_change_nothing(acme: CompanyFixture, role: Role) -> None:
    access.add_account(acme.manager, "acme", NOW)
    actor = acme.actor(role)
    for act in (
        lambda: access.add_account(actor, "altro", NOW),
        lambda: access.add_key(actor, "acme", "", "", NOW),
        lambda: access.remove_key(actor, "acme", "", NOW),
        lambda: access.new_password(actor, "acme", NOW),
        lambda: access.drop_password(actor, "acme", NOW),
        lambda: access.set_active(actor, "acme", False, NOW),
        lambda: access.lift_locks(actor, "acme", NOW),
        lambda: access.set_quota(actor, "acme", gib=1, files=1, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotAllowed):  # the disk is the operator's
        access.set_quota(acme.manager, "acme", gib=1, files=1, now=NOW)


def test_accounts_of_another_company_are_not_there(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    access.add_account(acme.manager, "acme", NOW)
    with pytest.raises(NotPossible, match="non esiste"):
        access.new_password(hydra.manager, "acme", NOW)
    with pytest.raises(NotPossible, match="già in uso"):
        access.add_account(hydra.manager, "acme", NOW)


def test_keys_that_are_none_are_refused_with_what_to_do(acme: CompanyFixture, tmp_path: Path) -> None:
    access.add_account(acme.manager, "acme", NOW)
    good = public_key(tmp_path, "buona", "-t", "ecdsa")
    access.add_key(acme.manager, "acme", good, "", NOW)
    for text, told in (
        ("", "non è leggibile"),
        ("ssh-ed25519 AAAA", "non è leggibile"),
        ((tmp_path / "buona").read_text(), "chiave privata"),
        (public_key(tmp_path, "corta", "-t", "rsa", "-b", "1024"), "1024 bit: ne servono almeno 2048"),
        (good, "apre già"),
    ):
        with pytest.raises(NotPossible, match=told):
            access.add_key(acme.manager, "acme", text, "", NOW)
    with pytest.raises(NotPossible, match="nome utente"):
        access.add_account(acme.manager, "Acme Srl", NOW)


def test_host_keys_are_made_once_and_kept(db: object) -> None:
    first = host_keys(NOW)
    shown = host_fingerprints()
    assert host_keys(NOW) == first
    assert host_fingerprints() == shown
    assert tuple(key.kind for key in shown) == KINDS
