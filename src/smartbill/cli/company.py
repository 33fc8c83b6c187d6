"""`smartbill company`: taking companies on board from a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from smartbill.cli.environment import enter, fail

app = typer.Typer(no_args_is_help=True, help="Aziende. Esempio: smartbill company add acqualuce.toml")


@app.command()
def add(file: Annotated[Path, typer.Argument(help="Il file che descrive l'azienda, in formato TOML.")]) -> None:
    """Aggiunge un'azienda con personale, accessi SFTP e impostazioni. Esempio: smartbill company add acqualuce.toml"""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{file}: il file non è leggibile ({error})") from error
    enter()
    from smartbill.usecases.onboarding.company import CannotAdd, add_company
    from smartbill.usecases.onboarding.company_file import CompanyFileMistakes, read_company_file
    from smartbill.usecases.onboarding.company_layouts import company_layouts

    try:
        company_file = read_company_file(text)
        layouts = company_layouts(company_file.layouts, file.parent, by="comando", now=datetime.now(UTC))
        added = add_company(company_file, by="comando", now=datetime.now(UTC), layouts=layouts)
    except CompanyFileMistakes as error:
        raise fail(f"{file}: da correggere", *error.mistakes) from error
    except CannotAdd as error:
        raise fail(str(error)) from error
    typer.echo(f"Azienda {added.code} aggiunta.")
    for person in added.staff:
        password = f"  password: {person.password}" if person.password else ""
        typer.echo(f"  {person.role:<9} {person.email}{password}")


@app.command()
def show(code: str) -> None:
    """Mostra un'azienda: dati, personale, accessi, impostazioni in vigore. Esempio: smartbill company show ACQUALUCE"""
    enter()
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of
    from smartbill.usecases.onboarding.overview import company_overview

    try:
        overview = company_overview(company_id_of(code.upper()))
    except CannotAdd as error:
        raise fail(str(error)) from error
    for line in overview:
        typer.echo(line)
