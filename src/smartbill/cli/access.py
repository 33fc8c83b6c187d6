"""`smartbill access`: the accounts of a company's SFTP area, with the same rules and records as the page."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from smartbill.cli.environment import enter, fail, refused
from smartbill.cli.job import asked_email
from smartbill.core.zone import ROME

if TYPE_CHECKING:
    from smartbill.usecases.actor import Actor
    from smartbill.usecases.area.access import AccountFacts

app = typer.Typer(no_args_is_help=True, help="Accessi SFTP. Esempio: smartbill access list ACQUALUCE")

CompanyCode = Annotated[str, typer.Argument(help="Codice dell'azienda.")]
Username = Annotated[str, typer.Argument(help="Nome utente dell'accesso.")]
By = Annotated[str, typer.Option("--as", help="E-mail di chi agisce: vale il suo ruolo nell'azienda.")]
Done = TypeVar("Done")


@app.command("list")
def list_(company: CompanyCode) -> None:
    """Elenca accessi, impronte delle chiavi e blocchi. Esempio: smartbill access list ACQUALUCE"""
    settings = enter()
    from django.utils import timezone

    from smartbill.database.context import company as company_context
    from smartbill.usecases.area.access import accounts_of
    from smartbill.usecases.area.host_keys import host_fingerprints

    with company_context(_company_id(company)):
        accounts = accounts_of(timezone.now())
    typer.echo(f"server {settings.public_sftp_address}")
    for key in host_fingerprints():
        typer.echo(f"  {key.kind} {key.fingerprint}")
    for account in accounts:
        for line in _lines(account):
            typer.echo(line)


@app.command("add")
def add(company: CompanyCode, username: Username, by: By = "") -> None:
    """Aggiunge un accesso e ne mostra la password. Esempio: smartbill access add ACQUALUCE acqualuce2 --as …"""
    enter()
    from smartbill.usecases.area import access

    password = _do(company, by, lambda actor, now: access.add_account(actor, username, now))
    typer.echo(f"Accesso {username} aggiunto. Password: {password}")


@app.command("key-add")
def key_add(
    company: CompanyCode,
    username: Username,
    file: Annotated[Path, typer.Argument(help="La chiave pubblica, un file .pub.", dir_okay=False)],
    label: Annotated[str, typer.Option(help="Di chi o di che cosa è.")] = "",
    by: By = "",
) -> None:
    """Aggiunge una chiave, le altre restano. Esempio: smartbill access key-add ACQUALUCE acqualuce id.pub --as …"""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{file}: il file non è leggibile.") from error
    enter()
    from smartbill.usecases.area import access

    typer.echo(_do(company, by, lambda actor, now: access.add_key(actor, username, text, label, now)))


@app.command("key-remove")
def key_remove(
    company: CompanyCode,
    username: Username,
    fingerprint: Annotated[str, typer.Argument(help="L'impronta, come «SHA256:…».")],
    by: By = "",
) -> None:
    """Toglie una chiave. Esempio: smartbill access key-remove ACQUALUCE acqualuce SHA256:… --as …"""
    enter()
    from smartbill.usecases.area import access

    if _do(company, by, lambda actor, now: access.remove_key(actor, username, fingerprint, now)):
        typer.echo(f"Tolta. L'accesso {username} non ha più né chiavi né password.")
    else:
        typer.echo("Tolta.")


@app.command("password")
def password_(
    company: CompanyCode,
    username: Username,
    none: Annotated[bool, typer.Option("--none", help="Nessuna password: solo chiavi.")] = False,
    by: By = "",
) -> None:
    """Cambia la password e la mostra una volta. Esempio: smartbill access password ACQUALUCE acqualuce --as …"""
    enter()
    from smartbill.usecases.area import access

    if none:
        _do(company, by, lambda actor, now: access.drop_password(actor, username, now))
        typer.echo(f"L'accesso {username} si apre ora solo con le chiavi.")
    else:
        typer.echo(_do(company, by, lambda actor, now: access.new_password(actor, username, now)))


@app.command("close")
def close(company: CompanyCode, username: Username, by: By = "") -> None:
    """Chiude un accesso. Esempio: smartbill access close ACQUALUCE acqualuce --as …"""
    enter()
    from smartbill.usecases.area import access

    _do(company, by, lambda actor, now: access.set_active(actor, username, False, now))
    typer.echo(f"Accesso {username} chiuso.")


@app.command("open")
def open_(company: CompanyCode, username: Username, by: By = "") -> None:
    """Riapre un accesso chiuso. Esempio: smartbill access open ACQUALUCE acqualuce --as …"""
    enter()
    from smartbill.usecases.area import access

    _do(company, by, lambda actor, now: access.set_active(actor, username, True, now))
    typer.echo(f"Accesso {username} aperto.")


@app.command("unlock")
def unlock(company: CompanyCode, username: Username, by: By = "") -> None:
    """Dimentica le password sbagliate. Esempio: smartbill access unlock ACQUALUCE acqualuce --as …"""
    enter()
    from smartbill.usecases.area import access

    _do(company, by, lambda actor, now: access.lift_locks(actor, username, now))
    typer.echo("I tentativi sbagliati non contano più.")


@app.command("quota")
def quota(
    company: CompanyCode,
    username: Username,
    gib: Annotated[int, typer.Option(help="Spazio in GiB.")],
    files: Annotated[int, typer.Option(help="Numero di file.")],
    by: By = "",
) -> None:
    """Cambia lo spazio di un accesso. Esempio: smartbill access quota ACQUALUCE acqualuce --gib 32 --files 500"""
    enter()
    from smartbill.usecases.area import access

    _do(company, by, lambda actor, now: access.set_quota(actor, username, gib=gib, files=files, now=now))
    typer.echo(f"Accesso {username}: {gib} GiB, {files} file.")


def _do(company: str, by: str, act: "Callable[[Actor, datetime], Done]") -> Done:
    """Act as somebody in the company."""
    from django.utils import timezone

    from smartbill.usecases.actor import NotAllowed, NotPossible, staff_actor

    company_id = _company_id(company)
    try:
        return act(staff_actor(company_id, asked_email(by)), timezone.now())
    except (NotAllowed, NotPossible) as error:
        raise refused(str(error)) from error


def _company_id(code: str) -> int:
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of

    try:
        return company_id_of(code.upper())
    except CannotAdd as error:
        raise fail(str(error)) from error


def _lines(account: "AccountFacts") -> list[str]:
    state = "aperto" if account.active else "chiuso"
    password = "con password" if account.has_password else "solo chiavi"
    lines = [f"{account.username}: {state}, {password}, {account.quota_gib} GiB, {account.quota_files} file"]
    for key in account.keys:
        used = f"usata {key.used_at.astimezone(ROME):%d/%m/%Y}" if key.used_at else "mai usata"
        lines.append(f"  {key.kind} {key.fingerprint} {used} {key.label}".rstrip())
    for lock in account.locks:
        until = f", password ammessa dalle {lock.until.astimezone(ROME):%H:%M:%S}" if lock.until else ""
        lines.append(f"  {lock.address}: {lock.failures} password sbagliate{until}")
    return lines
