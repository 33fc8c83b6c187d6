"""The settings of an installation."""

from pathlib import Path

import pytest

from smartbill.core.settings import Environment, SettingsMistakes, parse_settings

PRODUCTION = {
    "SMARTBILL_ENVIRONMENT": "production",
    "SMARTBILL_SECRET_KEYS": "a" * 32,
    "SMARTBILL_ALLOWED_HOSTS": "bollette.example",
    "SMARTBILL_BASE_URL": "https://bollette.example",
    "SMARTBILL_SMTP_URL": "smtp://relay.example:25",
}


def _mistakes(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsMistakes) as caught:
        parse_settings(environ)
    assert str(caught.value) == "\n".join(caught.value.mistakes)
    return caught.value.mistakes


def test_nothing_set_is_a_good_set_up_for_one_machine() -> None:
    settings = parse_settings({})
    assert (settings.home, settings.database_url, settings.environment) == (
        Path("var").resolve(),
        "",
        Environment.DEVELOPMENT,
    )
    assert (settings.base_url, settings.smtp_url, settings.production) == ("http://localhost:8000", "", False)


def test_an_empty_value_is_as_good_as_none() -> None:
    names = ("SMARTBILL_HOME", "SMARTBILL_SWEEP_SECONDS", "SMARTBILL_ENVIRONMENT", "SMARTBILL_BASE_URL")
    assert parse_settings(dict.fromkeys(names, " ")) == parse_settings({})


def test_all_mistakes_are_told_at_once() -> None:
    assert _mistakes(
        {
            "SMARTBILL_BASE_URL": "bollette.example",
            "DATABASE_URL": "mysql://x@localhost/x",
            "SMARTBILL_SMTP_URL": "relay.example",
            "SMARTBILL_TRUSTED_PROXIES": "-1",
            "SMARTBILL_ENVIRONMENT": "live",
            "SMARTBILL_SWEEP_SECONDS": "0",
            "SMARTBILL_STALLED_SECONDS": "presto",
            "SMARTBILL_SFTP_PORT": "22.5",
            "SMARTBILL_WORKER_PROCESSES": "0",
        }
    ) == [
        "SMARTBILL_BASE_URL: serve un indirizzo che inizi con http o https",
        "DATABASE_URL: serve un indirizzo che inizi con postgresql",
        "SMARTBILL_SMTP_URL: serve un indirizzo che inizi con smtp o smtps",
        "SMARTBILL_TRUSTED_PROXIES: -1 è troppo piccolo, almeno 0",
        "SMARTBILL_ENVIRONMENT: «live» non è valido, serve development, test o production",
        "SMARTBILL_SWEEP_SECONDS: 0.0 deve essere maggiore di zero",
        "SMARTBILL_STALLED_SECONDS: «presto» non è valido, serve un numero di secondi",
        "SMARTBILL_SFTP_PORT: «22.5» non è valido, serve un numero intero",
        "SMARTBILL_WORKER_PROCESSES: 0 è troppo piccolo, almeno 1",
    ]


def test_production_needs_what_cannot_be_guessed() -> None:
    assert [line.split(":")[0] for line in _mistakes({"SMARTBILL_ENVIRONMENT": "production"})] == [
        "SMARTBILL_SECRET_KEYS",
        "SMARTBILL_ALLOWED_HOSTS",
        "SMARTBILL_BASE_URL",
        "SMARTBILL_SMTP_URL",
    ]
    assert parse_settings(PRODUCTION).production


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SMARTBILL_SECRET_KEYS", f"{'a' * 40}, {'b' * 31}", "ogni chiave deve avere almeno 32 caratteri"),
        ("SMARTBILL_BASE_URL", "http://bollette.example", "in produzione serve un indirizzo https"),
    ],
)
def test_production_refuses_what_is_too_weak(name: str, value: str, said: str) -> None:
    assert _mistakes(PRODUCTION | {name: value}) == [f"{name}: {said}"]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_seconds_are_a_number_that_a_clock_knows(value: str) -> None:
    assert _mistakes({"SMARTBILL_SWEEP_SECONDS": value}) == [
        f"SMARTBILL_SWEEP_SECONDS: «{value}» non è valido, serve un numero di secondi"
    ]


@pytest.mark.parametrize("port", ["65536", "99999"])
def test_a_port_is_a_port(port: str) -> None:
    assert _mistakes({"SMARTBILL_SFTP_PORT": port}) == [f"SMARTBILL_SFTP_PORT: {port} è troppo grande, al più 65535"]


def test_a_database_url_that_cannot_be_read_is_a_mistake_not_an_exception() -> None:
    assert _mistakes({"DATABASE_URL": "postgresql://app@[::1/x", "SMARTBILL_SMTP_URL": "smtp://relay:porta"}) == [
        "DATABASE_URL: l'indirizzo non è leggibile",
        "SMARTBILL_SMTP_URL: l'indirizzo non è leggibile",
    ]


def test_several_keys_and_hosts_are_separated_by_commas() -> None:
    settings = parse_settings(
        {"SMARTBILL_SECRET_KEYS": "nuova, vecchia,", "SMARTBILL_ALLOWED_HOSTS": "a.example,b.example"}
    )
    assert settings.secret_keys == ("nuova", "vecchia")
    assert settings.allowed_hosts == ("a.example", "b.example")
