"""An installation of its own for a measurement: a fresh embedded database and data folder, gone afterwards."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

from smartbill.adapters.postgres.embedded import EmbeddedPostgres

_MIGRATE = "import django; django.setup(); from smartbill.database.migrate import migrate; migrate()"


@contextlib.contextmanager
def fresh_installation() -> Iterator[Path]:
    """The home of a new installation; its settings are in the environment and Django is set up, once per process."""
    with tempfile.TemporaryDirectory(prefix="smartbill-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the account that runs the database must get through
        with EmbeddedPostgres(home) as server:
            urls = server.start()
            os.environ.update(
                DJANGO_SETTINGS_MODULE="smartbill.config.settings",
                SMARTBILL_HOME=str(home),
                SMARTBILL_FILES="",
                SMARTBILL_ENVIRONMENT="test",
                SMARTBILL_OWNER_URL=urls.owner,
                DATABASE_URL=urls.app,
            )
            environ = os.environ | {"DATABASE_URL": urls.owner}
            subprocess.run([sys.executable, "-c", _MIGRATE], env=environ, check=True, timeout=300)
            django.setup()
            yield home
