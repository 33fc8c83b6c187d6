"""`smartbill web`: the pages alone."""

from typing import Annotated

import typer

from smartbill.cli.environment import enter

app = typer.Typer()


@app.command()
def web(
    host: Annotated[str, typer.Option(help="Indirizzo su cui ascoltare.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Porta.")] = 8000,
    processes: Annotated[int, typer.Option(help="Processi, di norma uno per processore.")] = 2,
    threads: Annotated[int, typer.Option(help="Richieste insieme per processo.")] = 4,
) -> None:
    """Avvia le pagine dei clienti e del personale. Esempio: smartbill web --port 8000"""
    enter()
    from django.core.management import call_command  # after Django's set-up
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces

    call_command("collectstatic", interactive=False, verbosity=0)
    connections.close_all()  # nothing open may be shared with the processes that come
    Granian(
        "smartbill.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        websockets=False,
        log_access=False,  # addresses hold tickets
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    ).serve()
