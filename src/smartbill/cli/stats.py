"""`smartbill stats`: the figures of Stat. ticket, and counting them anew."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from smartbill.cli.environment import enter, fail, print_table

if TYPE_CHECKING:
    from smartbill.apps.reporting.queries import Period

app = typer.Typer(invoke_without_command=True)

Company = Annotated[str, typer.Option(help="Codice dell'azienda.")]


@app.callback()
def stats(
    ctx: typer.Context,
    company: Company = "",
    year: Annotated[int | None, typer.Option(min=1, max=9998, help="Anno, per data del ticket.")] = None,
    month: Annotated[int | None, typer.Option(min=1, max=12, help="Mese dell'anno.")] = None,
    emission: Annotated[str | None, typer.Option(help="Etichetta dell'emissione.")] = None,
    job: Annotated[str | None, typer.Option(help="Codice della lavorazione.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Una sola riga JSON.")] = False,
) -> None:
    """Statistiche dei ticket di un periodo. Esempio: smartbill stats --company LUCEGAS --year 2026 --json"""
    if ctx.invoked_subcommand is not None:
        return
    if not company:
        raise fail("Serve --company CODICE.")
    if year is None and job is None:
        raise fail("Serve --year ANNO, oppure --job CODICE.")
    if sum(choice is not None for choice in (month, emission, job)) > 1:
        raise fail("--month, --emission e --job si escludono a vicenda.")
    enter()
    from smartbill.apps.reporting.queries import statistics_of
    from smartbill.database.context import company as company_context
    from smartbill.usecases.jobs import NoSuchJob, overview
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of

    try:
        company_id = company_id_of(company.upper())
        if job is not None:
            overview(company_id, job.upper())
    except (CannotAdd, NoSuchJob) as error:
        raise fail(str(error)) from error
    with company_context(company_id):
        figures = statistics_of(_period(year or 0, month, emission, job))
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    table = Table(title=f"{company.upper()}: {figures.total} ticket")
    for heading in ("canale", "ticket", "%", "visualizzati", "%", "errori", "%", "S2S", "pagati/visti con bollettino"):
        table.add_column(heading, justify="left" if heading == "canale" else "right")
    for name, found in figures.channels.items():
        paid = figures.payments[name]
        table.add_row(
            name, str(found.tickets), found.share, str(found.viewed), found.viewed_share,
            str(found.errors), found.errors_share, str(found.s2s), f"{paid.paid}/{paid.of}",
        )  # fmt: skip
    paid = figures.payments["all"]
    table.add_row(
        "totale", str(figures.total), "", str(figures.viewed), figures.viewed_share,
        str(figures.errors), figures.errors_share, "", f"{paid.paid}/{paid.of}",
    )  # fmt: skip
    print_table(table)


def _period(year: int, month: int | None, emission: str | None, job: str | None) -> "Period":
    from smartbill.apps.reporting.queries import Emission, Month, OfJob, Year  # after Django's set-up

    if job is not None:
        return OfJob(job.upper())
    if month is not None:
        return Month(year, month)
    return Emission(year, emission) if emission is not None else Year(year)


@app.command()
def rebuild(company: Company) -> None:
    """Conta di nuovo tutte le lavorazioni di un'azienda. Esempio: smartbill stats rebuild --company LUCEGAS"""
    enter()
    from smartbill.usecases.counting.count import rebuild_company
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of

    try:
        jobs = rebuild_company(company_id_of(company.upper()))
    except CannotAdd as error:
        raise fail(str(error)) from error
    typer.echo(f"Lavorazioni contate di nuovo: {jobs}.")
