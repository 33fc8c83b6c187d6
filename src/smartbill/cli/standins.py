"""`smartbill standins`: a mail server that delivers nothing, and a page that shows what it was handed."""

from pathlib import Path
from typing import Annotated

import typer

from smartbill.cli.environment import fail
from smartbill.standins.run import serve

app = typer.Typer()


@app.command()
def standins(
    smtp_port: Annotated[int, typer.Option(help="Porta del server di posta di prova; 0 = una libera.")] = 2525,
    outbox_port: Annotated[int, typer.Option(help="Porta della pagina dei messaggi; 0 = una libera.")] = 8025,
    data: Annotated[Path, typer.Option(help="File in cui restano i messaggi.")] = Path("var/standins.sqlite"),
    magic: Annotated[bool, typer.Option(help="Destinatari come rifiuta@… si comportano male.")] = True,
    codes: Annotated[
        Path | None, typer.Option(help="File JSON dei segreti di cui mostrare i codici di accesso.")
    ] = None,
) -> None:
    """Fornitori di prova: la posta si vede e non parte. Esempio: smartbill standins --smtp-port 2525"""
    try:
        serve(smtp_port=smtp_port, outbox_port=outbox_port, data=data, magic=magic, secrets=codes, ready=_say)
    except OSError as error:
        raise fail(f"I fornitori di prova non partono: {error.strerror or error}") from error


def _say(smtp_port: int, outbox_port: int) -> None:
    typer.echo(f"Server di posta: smtp://127.0.0.1:{smtp_port}  Messaggi: http://127.0.0.1:{outbox_port}/")
