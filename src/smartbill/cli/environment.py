"""Entering the product from the command line: settings, database, Django."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import django
from rich.console import Console
from rich.table import Table

from smartbill.adapters.postgres.embedded import EmbeddedPostgres
from smartbill.adapters.postgres.errors import EmbeddedPostgresError
from smartbill.core.settings import Settings, SettingsMistakes, parse_settings

#: Lines are not folded: paths and addresses stay whole.
errors = Console(stderr=True, highlight=False, soft_wrap=True)

#: Exit code of a wrong call or an unusable set-up.
MISUSE = 2


def fail(*lines: str) -> "SystemExit":
    """Say what is wrong on standard error; `raise fail(…)` ends the command with exit code 2."""
    for line in lines:
        errors.print(line, style="red", markup=False)
    return SystemExit(MISUSE)


def refused(text: str) -> "SystemExit":
    """Say why the act is not done; `raise refused(…)` ends the command with exit code 1."""
    errors.print(text, style="red", markup=False)
    return SystemExit(1)


def print_table(table: Table) -> None:
    """On a terminal as wide as that; elsewhere plain and as wide as need be: nothing that is read on is cut off."""
    table.columns[0].no_wrap = True
    if sys.stdout.isatty():
        Console(markup=False).print(table)
    else:
        table.box = None
        Console(markup=False, width=1000).print(table)


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    try:
        return parse_settings(environ)
    except SettingsMistakes as error:
        raise fail("Impostazioni da correggere:", *error.mistakes) from error


def enter(*, as_owner: bool = False) -> Settings:
    """Make Django ready. Without DATABASE_URL the embedded database is started (or joined) and brought up to date.

    `as_owner` connects as the role that may migrate.
    """
    settings = read_settings()
    _join_demo(settings.home)
    embedded = not settings.database_url
    if embedded:
        server = EmbeddedPostgres(settings.home, note=lambda text: errors.print(text, markup=False))
        try:
            urls = server.start()
        except EmbeddedPostgresError as error:
            raise fail(str(error)) from error
        os.environ["DATABASE_URL"] = urls.app
        os.environ["SMARTBILL_OWNER_URL"] = urls.owner
    settings = read_settings()
    if as_owner:
        if not settings.owner_url:
            raise fail("SMARTBILL_OWNER_URL: serve l'indirizzo della base dati per il ruolo smartbill_owner")
        os.environ["DATABASE_URL"] = settings.owner_url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartbill.config.settings")
    django.setup()
    from django.conf import settings as django_settings  # after set-up

    from smartbill.config.logs import configure_logs

    configure_logs(django_settings.LOGGING)
    if embedded and not as_owner:
        _bring_up_to_date()
    return settings


def demo_settings_file(home: Path) -> Path:
    """Where a running demo tells its addresses to commands given in another terminal."""
    return home / "demo-settings.json"


def _join_demo(home: Path) -> None:
    try:
        told: dict[str, str] = json.loads(demo_settings_file(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    for name, value in told.items():
        os.environ.setdefault(name, value)


def _bring_up_to_date() -> None:
    """Migrate the embedded database where its schema is behind this program; an outside one is the operator's."""
    from django.db import connection  # after set-up
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        errors.print("Porto lo schema della base dati alla versione corrente.")
        subprocess.run(
            [sys.executable, "-m", "smartbill", "migrate"], check=True, stdout=subprocess.DEVNULL, timeout=600
        )
