"""`smartbill flow`: trial read of what a company would send, and sample flows. Needs no database."""

import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from smartbill.adapters.pdf_checks.checker import PdfChecker
from smartbill.cli import flow_sample
from smartbill.cli.layouts import CannotRead, find_layout
from smartbill.core.flows.formats import FORMATS, FlowFormat, described_format, format_of_name
from smartbill.core.flows.trial import Trial, TrialReader
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.findings import message

SHOWN_FINDINGS = 50
MISUSE = 2

app = typer.Typer(no_args_is_help=True, help="Flussi: prova di lettura, flussi di esempio.")
flow_sample.register(app)


@app.callback()
def _group() -> None:
    """Flussi: prova di lettura, flussi di esempio."""


@app.command(
    no_args_is_help=True, epilog="Esempio: smartbill flow check STABO_ACQUALUCE_2026-0027.zip --company ACQUALUCE"
)
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Flusso .txt, archivio .zip, fattura .xml o .p7m.")
    ],
    company: Annotated[str, typer.Option(metavar="CODE", help="L'azienda a cui il flusso deve essere intestato.")] = "",
    vat: Annotated[
        str, typer.Option(metavar="NUMERO", help="La partita IVA che le fatture elettroniche devono avere.")
    ] = "",
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="Tracciato: stabo, fatturapa, uno di «layout list» o un file TOML; altrimenti si riconosce dal file.",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Un oggetto JSON per file, uno per riga.")] = False,
) -> None:
    """Legge per prova: che cosa sarebbe accettato e ogni rilievo, senza registrare nulla.

    Esce con 0 se nulla è respinto, con 1 se qualcosa lo è, con 2 se il comando è usato male.
    """
    form = _format(layout) if layout else None
    for file in files:
        if not file.is_file():
            _misuse(f"Il file «{file}» non esiste o non è un file.")
    refused = False
    for file in files:
        trial = _tried(file, company, form, suppliers=(vat,) if vat else ())
        refused = refused or trial.refuses_something
        if as_json:
            typer.echo(msgspec.json.encode(_as_json(file, trial)).decode())
        else:
            _print(file, trial)
    raise typer.Exit(1 if refused else 0)


def _misuse(text: str) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(MISUSE)


def _format(name: str) -> FlowFormat:
    if name in FORMATS:
        return FORMATS[name]
    try:
        return described_format(find_layout(name))
    except CannotRead as error:
        _misuse(str(error))
        raise


def _tried(file: Path, company: str, layout: FlowFormat | None, *, suppliers: tuple[str, ...]) -> Trial:
    pdfs = PdfChecker(processes=1)
    now = datetime.now(UTC)
    reader = TrialReader(file=file.name, now=now, company_code=company, suppliers=suppliers, check=pdfs.check)
    try:
        with file.open("rb") as source, closing(pdfs):
            if file.suffix.casefold() == ".zip" or zipfile.is_zipfile(source):
                with TemporaryFile() as work:
                    return reader.archive(source, work, layout=layout)
            source.seek(0)
            return reader.bare(source, layout=layout or FORMATS[format_of_name(file.name) or "stabo"])
    except OSError as error:
        _misuse(f"Il file «{file}» non si legge: {error.strerror}.")
        raise


def _as_json(file: Path, trial: Trial) -> dict[str, object]:
    return {
        "file": str(file),
        "accepted": trial.accepted,
        "findings": [
            {
                "code": finding.code,
                "level": finding.level.value,
                "line": finding.line,
                "record": finding.record,
                "field": finding.field,
                "message": message(finding),
            }
            for finding in trial.findings
        ],
    }


def _print(file: Path, trial: Trial) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]{escape(str(file))}[/bold]")
    refused = trial.documents - len(trial.accepted)
    console.print(f"  documenti letti: {trial.documents}, accettati: {len(trial.accepted)}, respinti: {refused}")
    if trial.findings:
        console.print(_table(trial.findings))
        if len(trial.findings) > SHOWN_FINDINGS:
            console.print(f"  … e altri {len(trial.findings) - SHOWN_FINDINGS} rilievi: con --json ci sono tutti.")
    console.print(_end_line(trial))


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=None, pad_edge=True)
    for title in ("riga", "codice", "livello", "messaggio"):
        table.add_column(title, overflow="fold", justify="right" if title == "riga" else "left")
    for finding in findings[:SHOWN_FINDINGS]:
        line = "" if finding.line is None else str(finding.line)
        table.add_row(line, finding.code, _LEVELS[finding.level], escape(message(finding)))
    return table


_LEVELS = {
    Level.FILE: "[red]file[/red]",
    Level.DOCUMENT: "[red]documento[/red]",
    Level.ROW: "[red]riga[/red]",
    Level.WARNING: "avviso",
}


def _end_line(trial: Trial) -> str:
    if trial.refuses_file:
        return "[red]Flusso respinto: nulla sarebbe accettato.[/red]"
    if trial.refuses_something:
        return "[yellow]Flusso con scarti: i documenti accettati aspetterebbero la decisione di un operatore.[/yellow]"
    if trial.findings:
        return "[green]Nulla è respinto; ci sono avvisi.[/green]"
    return "[green]Nulla è respinto.[/green]"
