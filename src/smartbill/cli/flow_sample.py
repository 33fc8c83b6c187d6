"""`smartbill flow sample`: a realistic, seeded flow for trials, demonstrations and measurements."""

import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from smartbill.core.bill.value import Service
from smartbill.core.flows.sample import FAULT_CODES, Layout, SampleError, SampleSpec, SampleSummary, write_sample
from smartbill.core.zone import ROME

_SERVICES = {
    "electricity": Service.ELECTRICITY, "gas": Service.GAS, "water": Service.WATER,
    "e": Service.ELECTRICITY, "g": Service.GAS, "i": Service.WATER,
}  # fmt: skip
_MISUSE = 2


def register(app: typer.Typer) -> None:
    """Add `sample` to the commands of `smartbill flow`."""
    app.command("sample", no_args_is_help=True)(sample)


def sample(
    company: Annotated[str, typer.Option(help="Codice dell'azienda.")],
    bills: Annotated[int, typer.Option(help="Quante bollette, note di credito comprese.")],
    out: Annotated[Path, typer.Option(help="Archivio ZIP da scrivere.", dir_okay=False)],
    seed: Annotated[int, typer.Option(help="Stesso seme, stessi byte.")] = 1,
    service: Annotated[
        list[str] | None, typer.Option(help="electricity, gas, water (o E, G, I); ripetibile. Senza: tutti e tre.")
    ] = None,
    layout: Annotated[Layout, typer.Option(help="Tracciato; stabo-f è STABO a larghezza fissa.")] = Layout.STABO,
    pdf: Annotated[bool, typer.Option("--pdf", help="Un PDF per ogni bolletta.")] = False,
    contacts_csv: Annotated[bool, typer.Option("--contacts-csv", help="Recapiti in un file CSV a parte.")] = False,
    faults: Annotated[str, typer.Option(help="Errori voluti, uno per codice: DOC-201,FLS-022… «list» li elenca.")] = "",
    vat: Annotated[str, typer.Option(help="Partita IVA dell'azienda. Senza: un numero di prova.")] = "",
    issue_date: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d", "%d/%m/%Y"], help="Data di emissione. Senza: oggi."),
    ] = None,
    year: Annotated[int | None, typer.Option(help="Anno di emissione, nel giorno e mese di oggi.")] = None,
    series: Annotated[str, typer.Option(help="Sezionale.")] = "B051",
    first_number: Annotated[int, typer.Option(help="Numero della prima bolletta.")] = 1,
    batch: Annotated[str, typer.Option(help="Etichetta dell'emissione. Senza: anno e settimana.")] = "",
    flow_id: Annotated[str, typer.Option(help="Identificativo del flusso. Senza: uno per ogni campione.")] = "",
    test: Annotated[bool, typer.Option("--test", help="Flusso di prova: non raggiunge mai clienti veri.")] = False,
) -> None:
    """Scrive un flusso verosimile, con persone inventate e totali di controllo.

    Esempio: smartbill flow sample --company ACQUALUCE --bills 200 --seed 1 --pdf --out prova.zip
    """
    if faults == "list":
        typer.echo("\n".join(sorted(FAULT_CODES)))
        return
    try:
        day = _issue_day(issue_date, year)
        spec = SampleSpec(
            company_code=company, bills=bills, seed=seed, issue_date=day, created_on=min(day, _today()),
            company_vat=vat, services=_services(service or []), series=series, first_number=first_number,
            batch=batch, flow_id=flow_id, layout=layout, pdf=pdf, contacts_csv=contacts_csv, test=test,
            faults=tuple(code.strip().upper() for code in faults.split(",") if code.strip()),
        )  # fmt: skip
        summary = _write(spec, out)
    except SampleError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_MISUSE) from None
    except OSError as error:
        typer.echo(f"Non posso scrivere «{out}»: {error.strerror}.", err=True)
        raise typer.Exit(_MISUSE) from None
    _tell(summary, out)


def _today() -> date:
    return datetime.now(ROME).date()


def _issue_day(issue_date: datetime | None, year: int | None) -> date:
    if issue_date is not None and year is not None:
        raise SampleError("Indicare --date oppure --year, non entrambi.")
    day = issue_date.date() if issue_date else _today()
    if year is not None:
        day = day.replace(year=year, day=min(day.day, 28))
    if not 2000 <= day.year <= 2100:
        raise SampleError("La data di emissione deve essere tra il 2000 e il 2100.")
    return day


def _services(names: list[str]) -> tuple[Service, ...]:
    unknown = [name for name in names if name.lower() not in _SERVICES]
    if unknown:
        raise SampleError(f"Servizio non previsto: {', '.join(unknown)}. Previsti: electricity, gas, water.")
    chosen = {_SERVICES[name.lower()] for name in names} or set(_SERVICES.values())
    return tuple(service for service in (Service.ELECTRICITY, Service.GAS, Service.WATER) if service in chosen)


def _write(spec: SampleSpec, out: Path) -> SampleSummary:
    """Write beside the target and rename, so that nobody finds half a file."""
    part = out.with_name(f"{out.name}.part")
    console = Console(stderr=True)
    columns = (TextColumn("Scrivo le bollette"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with part.open("wb") as target, Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=spec.bills)
            summary = write_sample(spec, target, lambda done: bar.update(task, completed=done))
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return summary


def _tell(summary: SampleSummary, out: Path) -> None:
    typer.echo(f"{out}: {summary.bills} bollette, {summary.credit_notes} note di credito")
    if summary.flow_file:
        typer.echo(f"flusso {summary.flow_file}, {summary.records} righe")
    typer.echo(f"totale bollette {_euro(summary.total_bill)}, totale da pagare {_euro(summary.total_due)}")
    if summary.pdf_files:
        typer.echo(f"PDF: {summary.pdf_files}")
    if summary.contacts:
        typer.echo(f"righe di recapiti: {summary.contacts}")


def _euro(amount: Decimal) -> str:
    return f"{amount:,.2f} €".translate(str.maketrans(",.", ".,"))
