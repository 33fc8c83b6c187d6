"""`smartbill job`: what the pages of a job do, with the same rules and the same records."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from smartbill.cli.environment import enter, errors, fail, print_table, refused
from smartbill.core.wording.dates import duration
from smartbill.core.zone import ROME

if TYPE_CHECKING:
    from smartbill.usecases.actor import Actor
    from smartbill.usecases.jobs import JobOverview
    from smartbill.usecases.progress import ReadingProgress

app = typer.Typer(no_args_is_help=True, help="Lavorazioni. Esempio: smartbill job show ACQUALUCE_2026_1")

Code = Annotated[str, typer.Argument(help="Codice della lavorazione, come ACQUALUCE_2026_1.")]
CompanyCode = Annotated[str, typer.Option("--company", help="Solo in questa azienda.")]
By = Annotated[str, typer.Option("--as", help="E-mail di chi agisce: vale il suo ruolo nell'azienda.")]
Note = Annotated[str, typer.Option("--note", help="Nota o motivo; resta nel registro.")]
AsJson = Annotated[bool, typer.Option("--json", help="Una sola riga JSON.")]

#: Stages in which a flow is not decided on yet.
_READING = ("received", "reading", "ready")
_LOOK_SECONDS = 0.5

#: An act on a job: who, which job, with what note, when.
Act = Callable[["Actor", str, str, datetime], Any]


@app.command("list")
def list_(
    company: CompanyCode = "",
    size: Annotated[int, typer.Option(min=1, max=1000, help="Quante per azienda.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Una riga JSON per lavorazione.")] = False,
) -> None:
    """Elenca le lavorazioni più recenti. Esempio: smartbill job list --company ACQUALUCE"""
    enter()
    from smartbill.apps.companies.queries import directory
    from smartbill.usecases.jobs import jobs_listed

    entries = [entry for entry in directory() if not company or entry.code == company.upper()]
    if company and not entries:
        raise fail(f"L'azienda «{company}» non esiste.")
    jobs = [job for entry in entries for job in jobs_listed(entry.id, size=size)]
    if as_json:
        for job in jobs:
            typer.echo(msgspec.json.encode(job).decode())
        return
    table = Table()
    for heading in ("lavorazione", "stato", "ricevuta", "bollette", "scartate", "emissione", "file"):
        table.add_column(heading, justify="right" if heading in ("bollette", "scartate") else "left")
    for job in jobs:
        received = job.received_at.astimezone(ROME)
        table.add_row(
            job.code, job.stage, f"{received:%d/%m/%Y %H:%M}", str(job.bills), str(job.refused), job.label, job.file
        )
    print_table(table)


@app.command()
def show(
    code: Code,
    company: CompanyCode = "",
    as_json: AsJson = False,
    follow: Annotated[bool, typer.Option("--follow", help="Segue la lettura fino alla fine.")] = False,
) -> None:
    """Mostra dove è arrivata una lavorazione. Esempio: smartbill job show ACQUALUCE_2026_1 --json"""
    enter()
    from smartbill.usecases.jobs import NoSuchJob, company_of_job, overview

    code = code.upper()
    try:
        company_id = company_of_job(code, company.upper()).id
        found = follow_reading(company_id, code) if follow else overview(company_id, code)
    except NoSuchJob as error:
        raise fail(str(error)) from error
    _print(found, as_json=as_json)


def follow_reading(company_id: int, code: str) -> "JobOverview":
    """Wait until the job is read and decided on, and say on standard error how far it is. Raises NoSuchJob."""
    from smartbill.usecases.jobs import overview

    with Progress(
        TextColumn("{task.description}"), BarColumn(), console=errors, transient=True, disable=not errors.is_terminal
    ) as bar:
        line = bar.add_task(f"{code}: in attesa di lettura", total=None)
        said = ""
        while True:
            found = overview(company_id, code)
            if found.stage not in _READING:
                return found
            reading = found.reading
            if reading is not None and reading.parts_read:
                done, total = (reading.bills, reading.bills_total) if reading.bills_total else (0, 0)
                text = f"{code}: {reading_line(reading)}"
                bar.update(line, description=text, completed=done or reading.parts_read, total=total or reading.parts)
                if not errors.is_terminal and text != said:
                    errors.print(text, markup=False)
                said = text
            time.sleep(_LOOK_SECONDS)


@app.command()
def report(
    code: Code,
    company: CompanyCode = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON invece di CSV.")] = False,
) -> None:
    """Scrive le segnalazioni di una lavorazione, come CSV o JSON. Esempio: smartbill job report ACQUALUCE_2026_1"""
    enter()
    from smartbill.usecases.jobs import NoSuchJob, company_of_job
    from smartbill.usecases.report import report_of

    code = code.upper()
    try:
        text = report_of(company_of_job(code, company.upper()).id, code, as_json=as_json)
    except NoSuchJob as error:
        raise fail(str(error)) from error
    for piece in text:
        sys.stdout.write(piece)


@app.command()
def accept(
    code: Code,
    check: Annotated[str, typer.Argument(help="Codice del controllo, come lo dice «job show»: double, due_past …")],
    company: CompanyCode = "",
    by: By = "",
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Accetta l'esito di un controllo che ferma il benestare.

    Esempio: smartbill job accept ACQUALUCE_2026_1 double --as capo@example.org --note "Due contatori"
    """
    enter()
    from smartbill.usecases.checks import accept_check

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        accept_check(actor, code, check, note=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command("test")
def send_test(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Invia il lotto di prova agli addetti. Esempio: smartbill job test ACQUALUCE_2026_1 --as anna@example.org"""
    enter()
    from smartbill.usecases.sending.test_batch import send_test_batch

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        send_test_batch(actor, code, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command()
def approve(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Prende in carico una lavorazione con scarti; dopo la pubblicazione, dà il benestare all'invio.

    Esempio: smartbill job approve ACQUALUCE_2026_1 --as capo@example.org --note "Controllate tre bollette"
    """
    enter()
    from smartbill.usecases.intake.decide import take_held
    from smartbill.usecases.sending import approval

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        if _is_held(actor.company_id, code):
            take_held(actor, code, note=note, now=now)
        else:
            approval.approve(actor, code, note=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command()
def refuse(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Rifiuta una lavorazione con scarti o in attesa di PDF; dopo la pubblicazione, rifiuta il benestare all'invio.

    Esempio: smartbill job refuse ACQUALUCE_2026_1 --as capo@example.org --note "Importi da verificare"
    """
    enter()
    from smartbill.usecases.intake.decide import refuse_held
    from smartbill.usecases.sending import approval

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        if _is_read_and_waits(actor.company_id, code):
            refuse_held(actor, code, note=note, now=now)
        else:
            approval.refuse(actor, code, note=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command()
def send(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Avvia l'invio ai clienti, dopo il benestare. Esempio: smartbill job send ACQUALUCE_2026_1 --as op@example.org"""
    enter()
    from smartbill.usecases.sending.start import start_sending

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        start_sending(actor, code, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command()
def pause(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Sospende l'invio. Esempio: smartbill job pause ACQUALUCE_2026_1 --as op@example.org --note "Guasto al sito" """
    enter()
    from smartbill.usecases.sending import control

    _do(_with_note(control.pause), code, company, by, note, as_json=as_json)


@app.command()
def resume(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Riprende un invio sospeso. Esempio: smartbill job resume ACQUALUCE_2026_1 --as op@example.org"""
    enter()
    from smartbill.usecases.sending import control

    _do(_with_note(control.resume), code, company, by, note, as_json=as_json)


@app.command()
def stop(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Ferma l'invio per sempre. Esempio: smartbill job stop ACQUALUCE_2026_1 --as op@example.org --note "Errore" """
    enter()
    from smartbill.usecases.sending import control

    _do(_with_note(control.stop), code, company, by, note, as_json=as_json)


@app.command()
def withdraw(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Ritira una lavorazione pubblicata: i collegamenti non aprono più le sue bollette.

    Esempio: smartbill job withdraw ACQUALUCE_2026_1 --as capo@example.org --note "Letture errate"
    """
    enter()
    from smartbill.usecases.intake import decide

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        decide.withdraw(actor, code, reason=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command("withdraw-bill")
def withdraw_one(
    code: Code,
    document: Annotated[str, typer.Argument(help="Numero del documento, come B051/539.")],
    company: CompanyCode = "",
    by: By = "",
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Ritira una sola bolletta di una lavorazione pubblicata.

    Esempio: smartbill job withdraw-bill ACQUALUCE_2026_1 B051/539 --as capo@example.org --note "Intestatario errato"
    """
    enter()
    from smartbill.usecases.intake.bills import withdraw_bill

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        withdraw_bill(actor, code, document, reason=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command()
def replace(
    code: Code,
    document: Annotated[str, typer.Option(help="Solo questo documento, come B051/539; senza, tutti.")] = "",
    close: Annotated[bool, typer.Option("--close", help="Chiude le sostituzioni aperte.")] = False,
    company: CompanyCode = "",
    by: By = "",
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Apre una sostituzione: un flusso nuovo può cambiare le bollette di questa lavorazione.

    Esempio: smartbill job replace ACQUALUCE_2026_1 --as op@example.org --note "Letture corrette"
    """
    enter()
    from smartbill.usecases.intake.bills import close_replacements, open_replacement

    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        if close:
            close_replacements(actor, code, now=now)
        else:
            open_replacement(actor, code, document=document, note=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


@app.command()
def again(code: Code, company: CompanyCode = "", by: By = "", note: Note = "", as_json: AsJson = False) -> None:
    """Legge di nuovo il file di una lavorazione rifiutata o in attesa di decisione, come lavorazione nuova.

    Serve quando è stata corretta la lettura, non il file. L'ultima parola è il codice nuovo.
    Esempio: smartbill job again ACQUALUCE_2026_1 --as op@example.org --note "Tracciato corretto"
    """
    enter()
    from smartbill.usecases.intake.again import process_again

    def act(actor: "Actor", code: str, note: str, now: datetime) -> str:
        return process_again(actor, code, note=note, now=now)

    _do(act, code, company, by, note, as_json=as_json)


def _with_note(use_case: Callable[..., object]) -> Act:
    def act(actor: "Actor", code: str, note: str, now: datetime) -> None:
        use_case(actor, code, note=note, now=now)

    return act


def _is_held(company_id: int, code: str) -> bool:
    from smartbill.core.states.job import Stage
    from smartbill.usecases.jobs import overview

    return overview(company_id, code).stage is Stage.HELD


def _is_read_and_waits(company_id: int, code: str) -> bool:
    """For a decision, or for PDFs."""
    from smartbill.core.states.job import Stage
    from smartbill.usecases.jobs import overview

    return overview(company_id, code).stage in {Stage.HELD, Stage.READING}


def _do(act: Act, code: str, company: str, by: str, note: str, *, as_json: bool) -> None:
    """Act as somebody on a job, then tell where it (or the job that came of it) is."""
    from django.utils import timezone

    from smartbill.core.states.moves import MoveNotAllowed
    from smartbill.usecases.actor import NotAllowed, NotPossible, staff_actor
    from smartbill.usecases.jobs import NoSuchJob, company_of_job, overview

    code = code.upper()
    try:
        company_id = company_of_job(code, company.upper()).id
        overview(company_id, code)
        actor = staff_actor(company_id, asked_email(by))
        shown = act(actor, code, note.strip(), timezone.now()) or code
        found = overview(company_id, shown)
    except NoSuchJob as error:
        raise fail(str(error)) from error
    except (NotAllowed, NotPossible) as error:
        raise refused(str(error)) from error
    except MoveNotAllowed as error:
        stage = overview(company_id, code).stage
        raise refused(f"La lavorazione {code} è nello stato «{stage}»: ora non si può.") from error
    if as_json:
        _print(found, as_json=True)
    elif shown == code:
        typer.echo(f"{code}: {found.stage}")
    else:
        typer.echo(f"Letta di nuovo come {shown}")


def asked_email(by: str) -> str:
    """Who acts: told with `--as`, else asked at a terminal; never guessed."""
    if by:
        return by
    if not sys.stdin.isatty():
        raise fail("Serve --as E-MAIL: chi agisce.")
    return str(typer.prompt("Chi agisce (e-mail)"))


def _print(found: "JobOverview", *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    typer.echo(f"{found.code}: {found.stage}")
    if found.reading is not None:
        typer.echo(f"  {reading_line(found.reading)}")
    lost = f" (da pagare {found.refused_amount} €)" if found.refused else ""
    typer.echo(f"  bollette {found.bills}, scartate {found.refused}{lost}" + _skipped(found.skipped))
    for code, count in found.findings.items():
        typer.echo(f"  {code}: {count}")
    _print_checks(found)
    for batch in found.batches:
        states = ", ".join(f"{state} {count}" for state, count in batch.states.items())
        typer.echo(f"  lotto {batch.kind}: {batch.state}, {batch.tickets} ticket" + (f" ({states})" if states else ""))


def _skipped(count: int) -> str:
    return f", già presenti {count}" if count else ""


def _print_checks(found: "JobOverview") -> None:
    from smartbill.core.wording.checks import NAMES

    if found.checks_pending:
        typer.echo("  controlli in corso")
    for code, check in found.checks.items():
        told = "accettato" if check.accepted else "ferma il benestare" if check.blocks else "da guardare"
        typer.echo(f"  controllo {code} – {NAMES[code]}: {check.count} ({check.amount} €), {told}")


def reading_line(reading: "ReadingProgress") -> str:
    """How far the reading is, with the time left."""
    total = f" di {reading.bills_total}" if reading.bills_total else ""
    parts = [f"bollette lette {reading.bills}{total}", f"parti {reading.parts_read} di {reading.parts}"]
    if reading.per_second:
        parts.append(f"{reading.per_second:.1f} al secondo".replace(".", ","))
    if reading.seconds_left is not None:
        parts.append(f"ancora {duration(reading.seconds_left)} circa")
    return ", ".join(parts)
