"""The command `smartbill`. Sub-commands are imported when they are used, so that each starts as fast as it can."""

import sys
from importlib import import_module

import typer

#: command -> (module, one line of help shown by `smartbill --help`)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("smartbill.cli.demo", "Tutto su una macchina, con due aziende di prova e una lavorazione già inviata."),
    "up": ("smartbill.cli.up", "Tutti i servizi su questa macchina, senza dati di prova."),
    "web": ("smartbill.cli.web", "Solo le pagine."),
    "worker": ("smartbill.cli.worker", "Solo le attività in secondo piano."),
    "sftp": ("smartbill.cli.sftp", "Solo il server SFTP."),
    "access": ("smartbill.cli.access", "Accessi SFTP: chiavi, password, blocchi, spazio."),
    "standins": ("smartbill.cli.standins", "Solo i fornitori di prova."),
    "migrate": ("smartbill.cli.migrate", "Porta lo schema della base dati alla versione corrente."),
    "doctor": ("smartbill.cli.doctor", "Controlla l'installazione e dice che cosa fare."),
    "company": ("smartbill.cli.company", "Aziende: aggiungere, mostrare."),
    "staff": ("smartbill.cli.staff", "Personale delle aziende."),
    "flow": ("smartbill.cli.flow", "Flussi: prova di lettura, flussi di esempio."),
    "layout": ("smartbill.cli.layout", "Tracciati dei flussi: elencare, mostrare."),
    "contacts": ("smartbill.cli.contacts", "Recapiti: prova di lettura di un CSV."),
    "drop": ("smartbill.cli.drop", "Consegna un file come farebbe l'SFTP."),
    "job": ("smartbill.cli.job", "Lavorazioni: le stesse azioni delle pagine."),
    "ticket": ("smartbill.cli.ticket", "Ticket: un collegamento nuovo per l'assistenza."),
    "stats": ("smartbill.cli.stats", "Statistiche dei ticket."),
    "bench": ("smartbill.cli.bench", "Misure di velocità e memoria."),
}


def command_line(wanted: str) -> typer.Typer:
    """The command with the sub-command `wanted` in full, the others as a line of help."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        help="Bolletta Smart: bollette da leggere, ascoltare, salvare e pagare dal telefono. Esempio: smartbill demo",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for name, (module, text) in COMMANDS.items():
        if name == wanted:
            _attach(app, name, import_module(module).app)
        else:
            app.command(name, help=text)(_root)
    return app


def _root() -> None:
    """Nothing to do before the sub-command."""


def _attach(app: typer.Typer, name: str, sub_app: typer.Typer) -> None:
    """A module with one command is that command; one with several is a group."""
    if len(sub_app.registered_commands) == 1 and sub_app.registered_callback is None:
        callback = sub_app.registered_commands[0].callback
        assert callback is not None
        app.command(name)(callback)
    else:
        app.add_typer(sub_app, name=name)


def run() -> None:
    """Entry point of the installed command."""
    wanted = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    command_line(wanted)()
