"""`smartbill staff`: the people who work in a company."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from smartbill.cli.environment import enter, fail

app = typer.Typer(no_args_is_help=True, help="Personale. Esempio: smartbill staff add ACQUALUCE anna@example.org …")


@app.callback()
def main() -> None:
    """Personale delle aziende."""


@app.command()
def add(
    company: Annotated[str, typer.Argument(help="Codice dell'azienda.")],
    email: Annotated[str, typer.Argument(help="Indirizzo e-mail: è il nome con cui si accede.")],
    name: Annotated[str, typer.Option(help="Nome e cognome.")],
    role: Annotated[str, typer.Option(help="viewer, editor, manager od operator.")] = "viewer",
) -> None:
    """Aggiunge una persona a un'azienda; la password di un accesso nuovo viene mostrata una volta sola.

    Esempio: smartbill staff add ACQUALUCE anna@example.org --name "Anna Esempi" --role manager
    """
    enter()
    from smartbill.usecases.onboarding.company import CannotAdd, add_staff
    from smartbill.usecases.onboarding.company_file import StaffMember, staff_mistakes

    member = StaffMember(email=email, name=name, role=role)
    if mistakes := staff_mistakes(member):
        raise fail(*mistakes)
    try:
        added = add_staff(company.upper(), member, by="comando", now=datetime.now(UTC))
    except CannotAdd as error:
        raise fail(str(error)) from error
    typer.echo(f"{added.email} aggiunto come {added.role}.")
    if added.password:
        typer.echo(f"password: {added.password}")
