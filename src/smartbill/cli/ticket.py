"""`smartbill ticket`: a fresh link for support, and closing a link."""

from typing import Annotated

import typer

from smartbill.cli.environment import enter, fail, refused
from smartbill.cli.job import asked_email

app = typer.Typer(no_args_is_help=True, help="Ticket. Esempio: smartbill ticket link --job ACQUALUCE_2026_1 …")


@app.callback()
def main() -> None:
    """Collegamenti alle bollette."""


@app.command()
def link(
    job: Annotated[str, typer.Option(help="Codice della lavorazione.")],
    document: Annotated[str, typer.Option(help="Numero della bolletta, come è stampato.")],
    reason: Annotated[str, typer.Option(help="Perché serve; resta nel registro.")],
    by: Annotated[str, typer.Option("--as", help="E-mail di chi lo chiede, dal ruolo preparazione in su.")] = "",
) -> None:
    """Crea un collegamento nuovo a una bolletta, per l'assistenza: resta a registro e non conta nelle statistiche.

    Esempio: smartbill ticket link --job ACQUALUCE_2026_1 --document B051/12 --as anna@example.org --reason "Reclamo 7"
    """
    enter()
    from django.utils import timezone

    from smartbill.usecases.actor import NotAllowed, NotPossible, staff_actor
    from smartbill.usecases.jobs import NoSuchJob, company_of_job
    from smartbill.usecases.support_link import support_link

    code = job.upper()
    try:
        actor = staff_actor(company_of_job(code).id, asked_email(by))
        address = support_link(actor, code, document, reason=reason, now=timezone.now())
    except NoSuchJob as error:
        raise fail(str(error)) from error
    except (NotAllowed, NotPossible) as error:
        raise refused(str(error)) from error
    typer.echo(address)


@app.command()
def revoke(
    link: Annotated[str, typer.Argument(help="Il collegamento da chiudere, come sta nel messaggio.")],
    company: Annotated[str, typer.Option(help="Codice dell'azienda.")],
    reason: Annotated[str, typer.Option(help="Perché; resta nel registro.")],
    by: Annotated[str, typer.Option("--as", help="E-mail di chi lo chiede, dal ruolo preparazione in su.")] = "",
) -> None:
    """Chiude un collegamento: dalla richiesta seguente non apre più nulla.

    Esempio: smartbill ticket revoke https://…/t/… --company ACQUALUCE --as anna@example.org --reason "Telefono perso"
    """
    enter()
    from django.utils import timezone

    from smartbill.usecases.actor import NotAllowed, NotPossible, staff_actor
    from smartbill.usecases.onboarding.company import CannotAdd, company_id_of
    from smartbill.usecases.revocation import revoke_link

    try:
        actor = staff_actor(company_id_of(company.upper()), asked_email(by))
        revoke_link(actor, link, reason=reason, now=timezone.now())
    except CannotAdd as error:
        raise fail(str(error)) from error
    except (NotAllowed, NotPossible) as error:
        raise refused(str(error)) from error
    typer.echo("Il collegamento è chiuso.")
