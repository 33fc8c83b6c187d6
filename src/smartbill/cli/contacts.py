"""`smartbill contacts check`: trial read of contacts files. Needs no database."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from smartbill.cli.findings import finding_object, show_finding
from smartbill.core.flows.contacts_csv.reader import read_contacts
from smartbill.core.flows.value import Finding, FlowContact, Level

app = typer.Typer(no_args_is_help=True, help="Recapiti: prova di lettura di un CSV.")

_SHOWN_AT_MOST = 200


@app.callback()
def _group() -> None:
    """Recapiti dei clienti."""


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE…", help="File CSV.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Un oggetto JSON per file e riga.")] = False,
) -> None:
    """Prova a leggere file di recapiti, senza salvare nulla. Esempio: smartbill contacts check CONTATTI_ASEC.csv

    Termina con 0 se nessuna riga è scartata, 1 se qualcosa è scartato, 2 se il comando è usato male.
    """
    console = Console()
    refused = False
    for path in files:
        with path.open("rb") as stream:
            found = list(read_contacts(stream, file=path.name))
        contacts = [item for item in found if isinstance(item, FlowContact)]
        findings = [item for item in found if isinstance(item, Finding)]
        refused = refused or any(finding.level is not Level.WARNING for finding in findings)
        if as_json:
            typer.echo(json.dumps(_object(path, contacts, findings), ensure_ascii=False))
        else:
            _show(console, path, contacts, findings)
    raise typer.Exit(1 if refused else 0)


def _object(path: Path, contacts: list[FlowContact], findings: list[Finding]) -> dict[str, object]:
    return {
        "file": str(path),
        "accepted": len(contacts),
        "contacts": [
            {
                "key": contact.key,
                "mobile": contact.mobile,
                "email": contact.email,
                "channel": contact.channel,
                "language": contact.language,
            }
            for contact in contacts
        ],
        "findings": [finding_object(finding) for finding in findings],
    }


def _show(console: Console, path: Path, contacts: list[FlowContact], findings: list[Finding]) -> None:
    console.print(f"{path.name}: {len(contacts)} recapiti accettati, {len(findings)} segnalazioni", markup=False)
    for finding in findings[:_SHOWN_AT_MOST]:
        show_finding(console, finding)
    if len(findings) > _SHOWN_AT_MOST:
        console.print(f"  … e altre {len(findings) - _SHOWN_AT_MOST}; tutte con --json")
