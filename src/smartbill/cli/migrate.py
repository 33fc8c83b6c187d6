"""`smartbill migrate`."""

import typer

from smartbill.cli.environment import enter, fail

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Porta lo schema alla versione corrente e rimette permessi e politiche. Esempio: smartbill migrate"""
    enter(as_owner=True)
    from django.db import OperationalError  # after Django's set-up

    from smartbill.database.migrate import migrate as bring_up_to_date

    try:
        bring_up_to_date(verbosity=1)
    except OperationalError as error:
        raise fail("La base dati non risponde: controllare SMARTBILL_OWNER_URL e che il server sia acceso.") from error
    typer.echo("Lo schema è aggiornato.")
