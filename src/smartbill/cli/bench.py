"""`smartbill bench`: how fast, and with how much memory. Each measurement makes an installation of its own."""

import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from smartbill.bench.installation import fresh_installation
from smartbill.bench.pdf import measure_pdf
from smartbill.bench.peers.environment import NoPeers

app = typer.Typer(no_args_is_help=True, help="Misure di velocità e memoria, ognuna su un'installazione sua.")

_MIB = 1024 * 1024


@app.callback()
def bench() -> None:
    """Misure di velocità e memoria. Esempio: smartbill bench ingest --bills 100000"""


@app.command()
def ingest(
    bills: Annotated[int, typer.Option(min=100, max=999_999, help="Bollette di ogni flusso.")] = 100_000,
    history: Annotated[bool, typer.Option("--history", help="Anche i consumi dell'anno precedente.")] = False,
    runs: Annotated[int, typer.Option(min=1, help="Quante volte; vale la mediana.")] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Processi di lavoro.")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Scrive un oggetto JSON.")] = False,
) -> None:
    """Dal file completo alle bollette pubblicate, contro bulk_create e COPY. Esempio: smartbill bench ingest --json"""
    console = Console(stderr=True, highlight=False)
    with fresh_installation() as home:
        from smartbill.bench.ingest import measure_ingest  # needs Django set up

        figures = measure_ingest(
            home, bills=bills, history=history, runs=runs, worker_processes=workers, say=console.print
        )
    _tell(figures, json=json)


@app.command()
def pdf(
    bills: Annotated[int, typer.Option(min=1, max=1000, help="Bollette di ogni giro.")] = 30,
    rounds: Annotated[int, typer.Option(min=1, help="Quanti giri; vale la mediana.")] = 3,
    check: Annotated[int, typer.Option(min=0, help="Quanti documenti passano dai programmi di verifica.")] = 6,
    folder: Annotated[Path | None, typer.Option(help="Dove lasciare i PDF; senza, si buttano.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Scrive un oggetto JSON.")] = False,
) -> None:
    """Bollette in PDF, contro WeasyPrint nello stesso giro. Esempio: smartbill bench pdf --json"""
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="smartbill-bench-") as temporary:
        kept = folder or Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        try:
            figures = measure_pdf(kept.resolve(), bills=bills, rounds=rounds, check=check, say=console.print)
        except NoPeers as missing:
            console.print(str(missing))
            raise typer.Exit(2) from None
    _tell(figures, json=json)


def _tell(figures: msgspec.Struct, *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    table = Table("misura", "valore")
    for name, value in msgspec.to_builtins(figures).items():
        table.add_row(name, _shown(name, value))
    Console().print(table)


def _shown(name: str, value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(name, each) for each in value)
    if isinstance(value, int) and "bytes_a_document" in name:
        return f"{value / 1024:.0f} KiB"
    if isinstance(value, int) and ("memory" in name or "bytes" in name):
        return f"{value / _MIB:.0f} MiB"
    return str(value)
