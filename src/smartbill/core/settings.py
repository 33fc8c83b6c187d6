"""The settings of an installation: environment variables with the prefix `SMARTBILL_` (and `DATABASE_URL`).

Read once, typed; all mistakes are told together.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

Value = TypeVar("Value")


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Settings(Struct, frozen=True, kw_only=True):
    home: Path  # data folder of this machine: embedded database, files, keys
    base_url: str  # where customers reach us, no slash at the end
    database_url: str  # login of role smartbill_app; empty = the embedded database
    owner_url: str  # login of role smartbill_owner, for migrations only
    secret_keys: tuple[str, ...]  # the first signs and encrypts, the rest verify and decrypt
    files: str  # `file:` (a folder in home) or a folder's path
    smtp_url: str  # smtp[s]://user:password@host:port, with ?starttls=1
    notices_from: str  # sender of the e-mails to staff
    allowed_hosts: tuple[str, ...]
    trusted_proxies: int  # how many proxies in front set X-Forwarded-For
    metrics_token: str
    environment: Environment
    sweep_seconds: float  # period of the sweeps
    stalled_seconds: float  # without a heartbeat for so long, a task is taken from its worker
    submit_timeout_seconds: float  # a hand-over that lasts longer is in doubt
    doubt_margin_seconds: float  # waited on top of that before a message in doubt is settled
    retry_seconds: float  # first pause after a temporary refusal; each further one is twice as long
    smtp_lanes: int  # connections to the mail server for one batch
    sftp_port: int
    sftp_host: str
    sftp_address: str  # host:port that companies are told; empty = the host of base_url and sftp_port
    sftp_connections: int  # at once
    sftp_idle_seconds: float  # without a request a connection ends
    watched_folder: str  # filled by another server, `{company}` where the code goes; empty = none is watched
    rest_seconds: float  # a file without a clean close counts as complete when it has not changed for so long
    stranded_seconds: float  # before staff are told of a file that lies in a folder and opens no job
    stranded_days: float  # such a file is kept for so long, and an upload of the page that nobody goes on with
    worker_processes: int

    @property
    def public_sftp_address(self) -> str:
        """`host:port` of the SFTP server as companies are told."""
        return self.sftp_address or f"{urlsplit(self.base_url).hostname}:{self.sftp_port}"

    @property
    def production(self) -> bool:
        return self.environment is Environment.PRODUCTION


class SettingsMistakes(Exception):
    """Every setting that cannot be used, one line each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.mistakes: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(name, "").strip() or default

    def parsed(self, name: str, default: Value, parse: Callable[[str], Value], wanted: str) -> Value:
        raw = self.text(name)
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError:
            self.mistakes.append(f"{name}: «{raw}» non è valido, serve {wanted}")
            return default

    def number(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        value = self.parsed(name, default, int, "un numero intero")
        if value < least:
            self.mistakes.append(f"{name}: {value} è troppo piccolo, almeno {least}")
        if most is not None and value > most:
            self.mistakes.append(f"{name}: {value} è troppo grande, al più {most}")
        return value

    def seconds(self, name: str, default: float) -> float:
        value = self.parsed(name, default, _finite, "un numero di secondi")
        if value <= 0:
            self.mistakes.append(f"{name}: {value} deve essere maggiore di zero")
        return value

    def template(self, name: str, place: str) -> str:
        """The path of a folder of each company: it holds `place` once, as a folder's whole name or part of it."""
        value = self.text(name)
        if value and (not value.startswith("/") or value.count(place) != 1):
            self.mistakes.append(f"{name}: «{value}» non è valido, serve un percorso assoluto che contenga {place}")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name).split(",") if word.strip())

    def url(self, name: str, default: str, schemes: frozenset[str]) -> str:
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            _ = parts.port  # read on demand, and then it may be no number
        except ValueError:
            self.mistakes.append(f"{name}: l'indirizzo non è leggibile")
            return value
        if value and parts.scheme not in schemes:
            self.mistakes.append(f"{name}: serve un indirizzo che inizi con {' o '.join(sorted(schemes))}")
        return value


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value


def parse_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises SettingsMistakes with all that is wrong."""
    reader = _Reader(environ)
    settings = Settings(
        home=Path(reader.text("SMARTBILL_HOME", "./var")).resolve(),
        base_url=reader.url("SMARTBILL_BASE_URL", "http://localhost:8000", frozenset({"http", "https"})),
        database_url=reader.url("DATABASE_URL", "", frozenset({"postgresql"})),
        owner_url=reader.url("SMARTBILL_OWNER_URL", "", frozenset({"postgresql"})),
        secret_keys=reader.words("SMARTBILL_SECRET_KEYS"),
        files=reader.text("SMARTBILL_FILES"),
        notices_from=reader.text("SMARTBILL_NOTICES_FROM", "Bolletta Smart <avvisi@localhost>"),
        smtp_url=reader.url("SMARTBILL_SMTP_URL", "", frozenset({"smtp", "smtps"})),
        allowed_hosts=reader.words("SMARTBILL_ALLOWED_HOSTS"),
        trusted_proxies=reader.number("SMARTBILL_TRUSTED_PROXIES", 0),
        metrics_token=reader.text("SMARTBILL_METRICS_TOKEN"),
        environment=reader.parsed(
            "SMARTBILL_ENVIRONMENT", Environment.DEVELOPMENT, Environment, "development, test o production"
        ),
        sweep_seconds=reader.seconds("SMARTBILL_SWEEP_SECONDS", 10),
        stalled_seconds=reader.seconds("SMARTBILL_STALLED_SECONDS", 30),
        submit_timeout_seconds=reader.seconds("SMARTBILL_SUBMIT_TIMEOUT_SECONDS", 60),
        doubt_margin_seconds=reader.seconds("SMARTBILL_DOUBT_MARGIN_SECONDS", 60),
        retry_seconds=reader.seconds("SMARTBILL_RETRY_SECONDS", 5),
        smtp_lanes=reader.number("SMARTBILL_SMTP_LANES", 4, least=1),
        sftp_host=reader.text("SMARTBILL_SFTP_HOST", "127.0.0.1"),
        sftp_port=reader.number("SMARTBILL_SFTP_PORT", 2222, most=65535),
        sftp_address=reader.text("SMARTBILL_SFTP_ADDRESS"),
        sftp_connections=reader.number("SMARTBILL_SFTP_CONNECTIONS", 100, least=1),
        sftp_idle_seconds=reader.seconds("SMARTBILL_SFTP_IDLE_SECONDS", 900),
        watched_folder=reader.template("SMARTBILL_WATCHED_FOLDER", "{company}"),
        rest_seconds=reader.seconds("SMARTBILL_REST_SECONDS", 60),
        stranded_seconds=reader.seconds("SMARTBILL_STRANDED_SECONDS", 1800),
        stranded_days=reader.seconds("SMARTBILL_STRANDED_DAYS", 7),
        worker_processes=reader.number("SMARTBILL_WORKER_PROCESSES", 2, least=1),
    )
    mistakes = reader.mistakes + _missing_in_production(settings)
    if mistakes:
        raise SettingsMistakes(mistakes)
    return settings


def _missing_in_production(settings: Settings) -> list[str]:
    if not settings.production:
        return []
    mistakes = []
    if not settings.secret_keys:
        mistakes.append("SMARTBILL_SECRET_KEYS: in produzione serve almeno una chiave (32 caratteri casuali o più)")
    if any(len(key) < 32 for key in settings.secret_keys):
        mistakes.append("SMARTBILL_SECRET_KEYS: ogni chiave deve avere almeno 32 caratteri")
    if not settings.allowed_hosts:
        mistakes.append("SMARTBILL_ALLOWED_HOSTS: in produzione servono i nomi con cui il servizio è raggiunto")
    if not settings.base_url.startswith("https://"):
        mistakes.append("SMARTBILL_BASE_URL: in produzione serve un indirizzo https")
    if not settings.smtp_url:
        mistakes.append("SMARTBILL_SMTP_URL: in produzione serve il server di posta")
    return mistakes
