"""`smartbill migrate`."""

import typer

from smartbill.cli.environment import enter

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Porta lo schema alla versione corrente e rimette permessi e politiche. Esempio: smartbill migrate"""
    enter(as_owner=True)
    from smartbill.database.migrate import migrate as bring_up_to_date  # after Django's set-up

    bring_up_to_date(verbosity=1)
    typer.echo("Lo schema è aggiornato.")
