"""`smartbill drop`: a file handed in as SFTP would."""

import os
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from smartbill.cli.environment import enter, errors, fail, refused
from smartbill.cli.job import follow_reading
from smartbill.core.flows.handed_in import has_bare_name, is_complete, is_final_name

app = typer.Typer()

_PIECE = 1 << 20
_WANTED = (
    "serve un archivio .zip, un flusso STABO, una fattura .xml o .p7m, o un file di recapiti con il nome concordato."
)


@app.command()
def drop(
    file: Annotated[
        Path,
        typer.Argument(
            help="L'archivio ZIP, una sola fattura .xml o .p7m, o il CSV dei recapiti; resta dov'è.", dir_okay=False
        ),
    ],
    company: Annotated[str, typer.Option(help="Codice dell'azienda.")],
    follow: Annotated[bool, typer.Option("--follow", help="Segue la lettura fino alla fine.")] = False,
) -> None:
    """Consegna un file come farebbe l'SFTP; l'ultima parola è il codice della lavorazione, o il numero dei recapiti.

    Codice di uscita 1 quando lo stesso file è già stato ricevuto.
    Esempio: smartbill drop flusso.zip --company ACQUALUCE
    """
    if not file.is_file():
        raise fail(f"Il file «{file}» non esiste o non è un file.")
    settings = enter()
    from django.utils import timezone

    from smartbill.usecases.intake.receive import is_taken, receive_drop
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of

    try:
        company_id = company_id_of(company.upper())
    except CannotAdd as error:
        raise fail(str(error)) from error
    try:
        if not is_taken(company_id, file.name):
            raise fail(f"{file}: {_WANTED}")
        if is_final_name(file.name) and not _is_complete(file):
            raise fail(f"{file}: non è {_whole(file.name)}.")
        copy, digest, size = _copied(file, settings.home / "work")
    except OSError as error:
        raise fail(f"{file}: il file non è leggibile ({error.strerror or error}).") from error
    try:
        received = receive_drop(
            company_id=company_id,
            name=file.name,
            path=copy,
            digest=digest,
            size=size,
            source="command",
            account_id=None,
            now=timezone.now(),
        )
    finally:
        copy.unlink(missing_ok=True)
    if received.duplicate:
        raise refused(received.message)
    if received.message:
        typer.echo(received.message)
    if received.contact_file is not None:
        typer.echo(f"Ricevuto: recapiti {received.contact_file}")
    if received.job_code is None:
        return
    if follow:
        found = follow_reading(company_id, received.job_code)
        errors.print(f"{found.stage}: bollette {found.bills}, scartate {found.refused}", markup=False)
    typer.echo(f"Ricevuto: lavorazione {received.job_code}")


def _whole(name: str) -> str:
    """What a file of this name would be if it were complete."""
    if name.lower().endswith(".zip"):
        return "un archivio ZIP completo"
    return "una fattura elettronica completa" if has_bare_name(name) else "un flusso completo"


def _is_complete(file: Path) -> bool:
    with file.open("rb") as source:
        return is_complete(source, file.name)


def _copied(file: Path, folder: Path) -> tuple[Path, str, int]:
    """A copy of ours (a store may keep the very file it is given), its SHA-256 and size."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = sha256()
    size = 0
    with file.open("rb") as source, NamedTemporaryFile(dir=folder, delete=False) as copy:
        try:
            while piece := source.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        except BaseException:
            os.unlink(copy.name)
            raise
    return Path(copy.name), digest.hexdigest(), size
