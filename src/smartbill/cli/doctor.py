"""`smartbill doctor`: is everything there, and what to do where it is not."""

import os
import pwd
import smtplib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import typer
from rich.console import Console

from smartbill.cli.environment import enter
from smartbill.core.settings import Settings

app = typer.Typer()


class _Problem(Exception):
    """What is wrong and what to do, in Italian."""


@app.command()
def doctor() -> None:
    """Controlla impostazioni, base dati, archivio, posta, aziende e accessi. Esempio: smartbill doctor"""
    settings = enter()
    from django.db import Error  # after Django's set-up

    console = Console(highlight=False, soft_wrap=True)
    wrong: set[str] = set()
    for name, needs, check in _checks(settings):
        if needs in wrong:
            wrong.add(name)
            continue
        try:
            found, color, state = check(), "green", "bene"
        except _Problem as problem:
            found, color, state = str(problem), "red", "male"
        except Error as error:
            found, color, state = f"la base dati rifiuta la domanda ({error.__class__.__name__}).", "red", "male"
        console.print(f"[{color}]{state}[/]    {name}: ", end="")
        console.print(found, markup=False)
        if state == "male":
            wrong.add(name)
    raise typer.Exit(code=1 if wrong else 0)


def _checks(settings: Settings) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Name, the check without which it makes no sense, and what it does."""
    yield "base dati", "", _database
    yield "ruoli", "base dati", _roles
    yield "schema", "ruoli", _schema
    yield "file", "", lambda: _files(settings)
    yield "chiavi", "", lambda: _keys(settings)
    yield "segreti", "schema", _secrets
    yield "posta", "", lambda: _mail(settings)
    yield "attività", "schema", _tasks
    yield "fatture", "schema", _kept_files
    yield "aziende", "schema", _companies
    yield "SFTP", "schema", lambda: _sftp(settings)
    if settings.watched_folder:
        yield "cartelle guardate", "schema", lambda: _watched(settings)


def _database() -> str:
    from django.db import OperationalError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
            number, text = cursor.fetchone()
    except OperationalError as error:
        raise _Problem("non risponde: controllare DATABASE_URL e che il server sia acceso.") from error
    if number < 150000:
        raise _Problem(f"PostgreSQL {text} è troppo vecchio: serve almeno la versione 15.")
    return f"PostgreSQL {text}"


def _roles() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper OR rolbypassrls, rolinherit FROM pg_roles WHERE rolname = current_user"
        )
        row = cursor.fetchone()
    name, passes, inherits = str(row[0]), row[1], row[2]
    if name != "smartbill_app" or passes or inherits:
        raise _Problem(
            f"DATABASE_URL entra come «{name}»: serve smartbill_app, senza SUPERUSER e BYPASSRLS e con NOINHERIT."
        )
    return name


def _schema() -> str:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise _Problem(f"{len(plan)} passi mancanti: eseguire «smartbill migrate».")
    return "aggiornato"


def _files(settings: Settings) -> str:
    from smartbill.adapters.files.registry import open_store

    store, key = open_store(settings), "0/doctor"
    try:
        store.write(key, [b"prova"])
        with store.open(key) as file:
            if file.read() != b"prova":
                raise _Problem("il file di prova è tornato diverso.")
        store.delete(key)
    except OSError as error:
        raise _Problem(f"non si scrive: {error.strerror}. Controllare SMARTBILL_FILES e SMARTBILL_HOME.") from error
    return settings.files or str(settings.home / "files")


def _keys(settings: Settings) -> str:
    if settings.secret_keys:
        return f"{len(settings.secret_keys)} da SMARTBILL_SECRET_KEYS"
    path = settings.home / "keys" / "secret"
    if path.stat().st_mode & 0o077:
        raise _Problem(f"{path} è leggibile da altri: chmod 600.")
    return f"in {path}: farne una copia a parte, i backup non le contengono"


def _secrets() -> str:
    """Does every secret of a company and of a second factor open with one of the keys?"""
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator

    from smartbill.apps.companies.models import Secret
    from smartbill.apps.companies.operations import read_secret
    from smartbill.apps.companies.queries import directory
    from smartbill.database.context import company
    from smartbill.database.encryption import CannotDecrypt

    opened, closed = 0, 0
    for entry in directory():
        with company(entry.id):
            for owner, name in Secret.objects.values_list("owner", "name"):
                try:
                    read_secret(owner, name)
                    opened += 1
                except CannotDecrypt:
                    closed += 1
    for data in Authenticator.objects.values_list("data", flat=True):
        try:
            get_adapter().decrypt(data.get("secret") or data.get("seed"))
            opened += 1
        except CannotDecrypt:
            closed += 1
    if closed:
        raise _Problem(f"{closed} non si aprono: rimettere la chiave precedente in fondo a SMARTBILL_SECRET_KEYS.")
    return f"{opened}, tutti leggibili"


def _mail(settings: Settings) -> str:
    if not settings.smtp_url:
        raise _Problem("SMARTBILL_SMTP_URL manca: nessuna e-mail può partire.")
    parts = urlsplit(settings.smtp_url)
    port = parts.port or (465 if parts.scheme == "smtps" else 25)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "", port, timeout=10) as session:
            session.noop()
    except (OSError, smtplib.SMTPException, socket.gaierror) as error:
        raise _Problem(f"{parts.hostname}:{port} non risponde ({error.__class__.__name__}).") from error
    return f"{parts.hostname}:{port} risponde"


def _tasks() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE status = 'todo' AND scheduled_at IS NULL),
                      count(*) FILTER (WHERE status = 'failed'),
                      (SELECT count(*) FROM procrastinate_workers
                       WHERE last_heartbeat > now() - interval '1 minute')
               FROM procrastinate_jobs"""
        )
        waiting, failed, workers = cursor.fetchone()
    if not workers:
        raise _Problem(f"nessun worker al lavoro e {waiting} attività in attesa: eseguire «smartbill worker».")
    if failed:
        raise _Problem(f"{failed} attività fallite: i messaggi sono nel registro dei worker.")
    return f"{workers} worker, {waiting} attività in attesa"


def _kept_files() -> str:
    """Is every file of a bill what came in, as far as the monthly check and those who opened them know?"""
    from smartbill.apps.archive.models import BillFile
    from smartbill.apps.companies.queries import directory
    from smartbill.database.context import company

    faulty = {}
    for entry in directory():
        with company(entry.id):
            faulty[entry.code] = BillFile.objects.exclude(fault="").count()
    told = ", ".join(f"{code} {count}" for code, count in faulty.items() if count)
    if told:
        raise _Problem(f"file mancanti o alterati ({told}): riprenderli da una copia, poi aprirli dalla pagina.")
    return "nessun file mancante o alterato"


def _companies() -> str:
    from smartbill.apps.companies.models import Role, Staff
    from smartbill.apps.companies.queries import directory, settled
    from smartbill.core.company.documents import Senders
    from smartbill.database.context import company

    found = directory()
    if not found:
        raise _Problem("nessuna: eseguire «smartbill company add FILE.toml».")
    for entry in found:
        with company(entry.id):
            if not Staff.objects.filter(active=True, role=Role.MANAGER).exists():
                raise _Problem(f"{entry.code}: manca un responsabile, nessuno può dare il benestare.")
            if not settled(Senders).email_address:
                raise _Problem(f"{entry.code}: manca il mittente delle e-mail (senders.email_address).")
    return ", ".join(entry.code for entry in found)


def _sftp(settings: Settings) -> str:
    from smartbill.database.encryption import CannotDecrypt
    from smartbill.usecases.area.host_keys import check_host_keys, host_fingerprints

    try:
        check_host_keys()
    except CannotDecrypt as error:
        raise _Problem(
            "le chiavi del server non si aprono: rimettere la chiave precedente in fondo a SMARTBILL_SECRET_KEYS."
        ) from error
    found = host_fingerprints()
    if not found:
        return "il server non è ancora partito: fa le sue chiavi la prima volta"
    return f"{settings.public_sftp_address}  " + "  ".join(f"{key.kind} {key.fingerprint}" for key in found)


def _watched(settings: Settings) -> str:
    """Whether each company's folder can be read and emptied by this very user."""
    from smartbill.apps.companies.queries import directory
    from smartbill.core.area.places import Shelf
    from smartbill.web.sftp.watched import watched_folder

    found, wrong = [], []
    for entry in directory():
        folder = watched_folder(settings.watched_folder, entry.code)
        if folder.is_symlink():
            wrong.append(f"{folder} è un collegamento: non viene guardata, serve la cartella stessa.")
        elif not folder.exists():
            if not _reachable(folder):
                wrong.append(f"{folder} non si raggiunge: serve il diritto di attraversare le cartelle sopra.")
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            wrong.append(f"{folder} non si può leggere e svuotare: setfacl -m u:{_user()}:rwx {folder}")
        else:
            found.append(entry.code)
            for shelf in Shelf:
                place = folder / shelf.value
                if place.is_dir() and not os.access(place, os.W_OK | os.X_OK):
                    wrong.append(f"in {place} non si può scrivere: setfacl -m u:{_user()}:rwx {place}")
    if wrong:
        raise _Problem(" ".join(wrong))
    if not found:
        raise _Problem(f"nessuna azienda ha la sua: {settings.watched_folder}")
    return ", ".join(found)


def _reachable(folder: Path) -> bool:
    """Whether the folder is truly not there, or only out of reach."""
    try:
        folder.lstat()
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
