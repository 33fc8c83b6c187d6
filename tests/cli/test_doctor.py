"""`smartbill doctor` on a good set-up and on broken ones."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.test import override_settings
from msgspec.structs import replace

from smartbill.adapters.postgres.roles import DatabaseUrls
from smartbill.apps.accounts.models import User
from smartbill.apps.companies.operations import publish_settings, store_secret
from smartbill.core.company.documents import Senders
from smartbill.database.context import company
from smartbill.usecases.area.host_keys import host_fingerprints, host_keys
from tests.cli.program import call
from tests.conftest import CompanyFixture
from tests.smtp_standin import SmtpStandIn

Environ = dict[str, str]

NOT_IN_A_HURRY = "nessun worker al lavoro e 0 attività in attesa: eseguire «smartbill worker»."


@pytest.fixture
def environ(process_environment: Environ, tmp_path: Path) -> Iterator[Environ]:
    standin = SmtpStandIn(tmp_path / "mail.sqlite")
    with standin.running():
        yield process_environment | {"SMARTBILL_SMTP_URL": standin.url, "SMARTBILL_SECRET_KEYS": "k" * 40}


@pytest.fixture
def worker(environ: Environ) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "smartbill", "worker"], env=environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "Worker avviato.\n"
        yield
        process.terminate()
        assert process.wait(30) == 0


def _diagnosis(environ: Environ) -> tuple[int, dict[str, str]]:
    called = call("doctor", environ=environ)
    assert "Traceback" not in called.err
    lines = [line.split(maxsplit=1) for line in called.out.splitlines()]
    return called.code, {name: f"{state}: {said}" for state, rest in lines for name, said in [rest.split(": ", 1)]}


def test_a_good_set_up(acme: CompanyFixture, environ: Environ, worker: None) -> None:
    with company(acme.id):
        publish_settings(Senders(email_address="bolletta@acme.example"), by="x", now=datetime.now(UTC))
    code, found = _diagnosis(environ)
    assert {name: said.split(":")[0] for name, said in found.items()} == dict.fromkeys(
        (
            "base dati",
            "ruoli",
            "schema",
            "file",
            "chiavi",
            "segreti",
            "posta",
            "attività",
            "fatture",
            "aziende",
            "SFTP",
        ),
        "bene",
    )
    assert (code, found["aziende"], found["ruoli"]) == (0, "bene: ACME", "bene: smartbill_app")


def test_what_is_missing_is_told_with_what_to_do(db: object, environ: Environ) -> None:
    code, found = _diagnosis(environ | {"SMARTBILL_SMTP_URL": ""})
    assert code == 1
    assert {name: said for name, said in found.items() if said.startswith("male")} == {
        "posta": "male: SMARTBILL_SMTP_URL manca: nessuna e-mail può partire.",
        "attività": f"male: {NOT_IN_A_HURRY}",
        "aziende": "male: nessuna: eseguire «smartbill company add FILE.toml».",
    }


def test_a_company_without_a_sender(acme: CompanyFixture, environ: Environ) -> None:
    _, found = _diagnosis(environ)
    assert found["aziende"] == "male: ACME: manca il mittente delle e-mail (senders.email_address)."


def test_secrets_of_a_key_that_is_gone(acme: CompanyFixture, environ: Environ) -> None:
    with company(acme.id):
        store_secret("smtp", "password", "segreta")  # with the keys of this process, which the command has not
    TOTP.activate(User.objects.get(email=acme.manager.email), "JBSWY3DPEHPK3PXP")
    _, found = _diagnosis(environ)
    assert found["segreti"] == (
        "male: 2 non si aprono: rimettere la chiave precedente in fondo a SMARTBILL_SECRET_KEYS."
    )


def test_a_database_that_does_not_answer_hides_no_other_finding(db: object, environ: Environ, tmp_path: Path) -> None:
    nowhere = f"postgresql://smartbill_app@/none?host={tmp_path}"
    code, found = _diagnosis(environ | {"DATABASE_URL": nowhere, "SMARTBILL_SMTP_URL": "smtp://127.0.0.1:1"})
    assert code == 1
    assert {name: said for name, said in found.items() if said.startswith("male")} == {
        "base dati": "male: non risponde: controllare DATABASE_URL e che il server sia acceso.",
        "posta": "male: 127.0.0.1:1 non risponde (ConnectionRefusedError).",
    }
    assert sorted(found) == ["base dati", "chiavi", "file", "posta"]


def test_the_login_of_the_owner_is_not_for_the_product(db: DatabaseUrls, environ: Environ) -> None:
    _, found = _diagnosis(environ | {"DATABASE_URL": db.owner})
    assert found["ruoli"] == (
        "male: DATABASE_URL entra come «smartbill_owner»: serve smartbill_app, senza SUPERUSER e BYPASSRLS"
        " e con NOINHERIT."
    )


def test_settings_with_mistakes_are_told_all_at_once(environ: Environ) -> None:
    called = call("doctor", environ=environ | {"SMARTBILL_SFTP_PORT": "x", "SMARTBILL_ENVIRONMENT": "y"})
    assert (called.code, called.out) == (2, "")
    assert called.err.splitlines() == [
        "Impostazioni da correggere:",
        "SMARTBILL_ENVIRONMENT: «y» non è valido, serve development, test o production",
        "SMARTBILL_SFTP_PORT: «x» non è valido, serve un numero intero",
    ]


def test_watched_folders_that_can_not_be_used_are_told(acme: CompanyFixture, environ: Environ, tmp_path: Path) -> None:
    place = tmp_path / "di-altri"
    template = f"{place}/{{company}}"
    _, found = _diagnosis(environ | {"SMARTBILL_WATCHED_FOLDER": template})
    assert found["cartelle guardate"] == f"male: nessuna azienda ha la sua: {template}"
    (tmp_path / "altrove").mkdir()
    place.mkdir()
    (place / "ACME").symlink_to(tmp_path / "altrove")
    _, found = _diagnosis(environ | {"SMARTBILL_WATCHED_FOLDER": template})
    assert found["cartelle guardate"] == (
        f"male: {place}/ACME è un collegamento: non viene guardata, serve la cartella stessa."
    )
    (place / "ACME").unlink()
    (place / "ACME").mkdir()
    _, found = _diagnosis(environ | {"SMARTBILL_WATCHED_FOLDER": template})
    assert found["cartelle guardate"] == "bene: ACME"
    code, _ = _diagnosis(environ | {"SMARTBILL_WATCHED_FOLDER": "consegne"})
    assert code == 2


def test_host_keys_are_shown_and_those_that_do_not_open_are_told(acme: CompanyFixture, environ: Environ) -> None:
    (ed25519, *_) = _host_keys_made_with("k" * 40)
    _, found = _diagnosis(environ)
    assert found["SFTP"].startswith(f"bene: localhost:2222  ssh-ed25519 {ed25519}  ecdsa-sha2-nistp256 SHA256:")
    _, found = _diagnosis(environ | {"SMARTBILL_SECRET_KEYS": "a" * 40})
    assert found["SFTP"] == (
        "male: le chiavi del server non si aprono: rimettere la chiave precedente in fondo a SMARTBILL_SECRET_KEYS."
    )


def _host_keys_made_with(secret: str) -> list[str]:
    """Fingerprints of host keys sealed with this key of the installation."""
    with override_settings(SMARTBILL=replace(settings.SMARTBILL, secret_keys=(secret,))):
        host_keys(datetime.now(UTC))
    return [key.fingerprint for key in host_fingerprints()]
