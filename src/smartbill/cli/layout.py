"""`smartbill layout`: the layouts that come with the product, and those of a company."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from smartbill.adapters.files.shipped import STABO_VARIANTS, library, library_text
from smartbill.cli.environment import enter, fail, print_table
from smartbill.cli.layouts import CannotRead, descriptor_text
from smartbill.core.flows.descriptor.layout import compile_layout
from smartbill.core.flows.descriptor.loading import LayoutMistakes, Library

if TYPE_CHECKING:
    from smartbill.apps.companies.queries import LayoutVersion

app = typer.Typer(no_args_is_help=True, help="Tracciati dei flussi. Esempio: smartbill layout list")

_COMPANY = Annotated[str, typer.Option(metavar="CODE", help="I tracciati di questa azienda, invece di quelli forniti.")]


@app.command("list")
def list_layouts(company: _COMPANY = "") -> None:
    """Elenca i tracciati forniti, o quelli di un'azienda. Esempio: smartbill layout list --company ACQUALUCE"""
    if company:
        _list_company(company)
        return
    table = _table("nome", "id", "genere", "titolo")
    for name in (*library(), *STABO_VARIANTS):
        text = library_text(name)
        assert text is not None
        table.add_row(name, *_told(text, library_text))
    print_table(table)


@app.command()
def show(name: str, company: _COMPANY = "") -> None:
    """Scrive il testo di un tracciato, da copiare o correggere. Esempio: smartbill layout show valmarina > mio.toml"""
    if company:
        found = [each for each in _of_company(company) if each.name == name]
        if not found:
            raise fail(f"L'azienda {company.upper()} non ha un tracciato «{name}»: «layout list --company» li elenca.")
        typer.echo(found[0].layout.text, nl=False)
        return
    try:
        typer.echo(descriptor_text(name), nl=False)
    except CannotRead as error:
        raise fail(str(error)) from error


def _list_company(code: str) -> None:
    table = _table("id", "genere", "titolo", "versione", "dal", "al", "pubblicata da")
    for each in _of_company(code):
        _, kind, title = _told(each.layout.text, dict(each.layout.bases).get)
        first, last = (f"{day:%d/%m/%Y}" if day else "" for day in (each.layout.valid_from, each.layout.valid_to))
        table.add_row(each.name, kind, title, str(each.version), first, last, each.by)
    print_table(table)


def _of_company(code: str) -> "tuple[LayoutVersion, ...]":
    enter()
    from smartbill.apps.companies.queries import published_layouts
    from smartbill.database.context import company
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of

    try:
        with company(company_id_of(code.upper())):
            return published_layouts()
    except CannotAdd as error:
        raise fail(str(error)) from error


def _table(*titles: str) -> Table:
    table = Table(box=None)
    for title in titles:
        table.add_column(title)
    return table


def _told(text: str, library: Library) -> tuple[str, str, str]:
    """Id, kind and title of a descriptor."""
    try:
        layout = compile_layout(text, library=library)
    except LayoutMistakes as mistakes:
        return "", "–", mistakes.mistakes[0]
    return layout.id, layout.kind, layout.title
