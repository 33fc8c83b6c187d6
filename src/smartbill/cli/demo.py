"""`smartbill demo`: everything on one machine, with local stand-ins for the outside world and invented companies."""

import json
import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from smartbill.cli.demo_data import CODES_FILE
from smartbill.cli.environment import demo_settings_file, fail, read_settings
from smartbill.cli.supervisor import Command, NotReady, ReadyPort, Supervisor
from smartbill.cli.up import migrate, service_commands, smartbill, start_database, taken_port

app = typer.Typer()

#: What commands in another terminal must know of a running demo.
_TOLD_SETTINGS = ("SMARTBILL_BASE_URL", "SMARTBILL_SMTP_URL")


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Porta delle pagine.")] = 8000,
    sftp_port: Annotated[int, typer.Option(help="Porta del server SFTP.")] = 2222,
    bills: Annotated[int, typer.Option(min=1, help="Bollette della lavorazione di esempio.")] = 200,
    seed: Annotated[int, typer.Option(help="Seme dei dati inventati: lo stesso seme dà le stesse bollette.")] = 1,
) -> None:
    """Avvia tutto con due aziende di prova e una lavorazione già inviata. Esempio: smartbill demo --bills 50"""
    ports = {
        "web": taken_port(port, "pagine"),
        "sftp": taken_port(sftp_port, "SFTP"),
        "smtp": taken_port(2525, "posta di prova"),
        "outbox": taken_port(8025, "telefono di prova"),
    }
    os.environ["SMARTBILL_BASE_URL"] = f"http://localhost:{ports['web']}"
    os.environ["SMARTBILL_SMTP_URL"] = f"smtp://127.0.0.1:{ports['smtp']}"
    home = read_settings().home
    server = start_database()
    tell = demo_settings_file(home)
    tell.write_text(json.dumps({name: os.environ[name] for name in _TOLD_SETTINGS}), encoding="utf-8")
    try:
        migrate()
        with Supervisor(watch=server.revive if server else lambda: None) as supervisor:
            supervisor.start(_standins(home, ports))
            for command in service_commands(web_port=ports["web"], sftp_port=ports["sftp"], env={}):
                supervisor.start(command)
            if supervisor.wait_until_ready(120):
                typer.echo(_welcome(_filled(home, bills, seed), ports))
                supervisor.run()
    except NotReady as error:
        raise fail(str(error)) from error
    finally:
        tell.unlink(missing_ok=True)
        if server is not None:
            server.stop()


def _standins(home: Path, ports: dict[str, int]) -> Command:
    arguments = ("--smtp-port", str(ports["smtp"]), "--outbox-port", str(ports["outbox"]))
    return Command(
        name="standins",
        argv=smartbill(
            "standins", *arguments, "--data", str(home / "standins.sqlite3"), "--codes", str(home / CODES_FILE)
        ),
        env={"SMARTBILL_OWNER_URL": ""},
        ready=ReadyPort(ports["outbox"]),
    )


def _filled(home: Path, bills: int, seed: int) -> dict[str, str]:
    """Make the demo data in a process of its own (through the services just started); what it tells of them."""
    told = home / "demo.json"
    done = subprocess.run(
        [*smartbill()[:2], "smartbill.cli.demo_data", str(bills), str(seed), str(told)], check=False, timeout=1800
    )
    if done.returncode or not told.exists():
        raise fail("I dati di prova non sono stati creati: si veda il messaggio qui sopra.")
    found: dict[str, str] = json.loads(told.read_text())
    return found


def _welcome(told: dict[str, str], ports: dict[str, int]) -> str:
    web = f"http://localhost:{ports['web']}"
    password = told["password"]
    job, vat, home = told["job"], told["vat"], told["home"]
    sftp, outbox = ports["sftp"], ports["outbox"]
    return f"""
Bolletta Smart è pronta.

  Pagine del personale   {web}/backoffice/
  Telefono di prova      http://localhost:{outbox}/   (i messaggi inviati)
  Server SFTP            sftp -P {sftp} lucegas@localhost   (e fonteviva@localhost)

  Accessi (password per tutti: {password})
    LUCEGAS     consultazione@, preparazione@, responsabile@lucegas.example
    FONTEVIVA   consultazione@, preparazione@, responsabile@fonteviva.example
    operatore di tutte  operatore@servizio.example
  Responsabili e operatore usano anche un codice di 6 cifre: http://localhost:{outbox}/codici

  Lavorazione già inviata: {job}

Che cosa provare:
  1. Apra il telefono di prova, scelga un messaggio e segua il collegamento: è la bolletta di un cliente.
  2. Generi un flusso e lo depositi, come farebbe un'azienda:
       .venv/bin/smartbill flow sample --company FONTEVIVA --vat {vat} --service water \\
         --bills 50 --seed 7 --out /tmp/flusso.zip
       echo "put /tmp/flusso.zip" | sftp -P {sftp} fonteviva@localhost
  3. Entri come preparazione@fonteviva.example e segua la lavorazione: prova, benestare, invio.

Ctrl-C ferma tutto; i dati restano in {home}.
"""
