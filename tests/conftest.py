"""What every test may ask for: a clean database seen as `smartbill_app`, and two companies kept apart.

The database is a clone of a migrated template on one server per run. Tests that ask for no database start none.
"""

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest

# Ordinary runs try the same examples each time; `make fuzz` goes looking for others.
hypothesis.settings.register_profile("ordinary", deadline=None, derandomize=True)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=5_000, print_blob=True)
hypothesis.settings.load_profile("ordinary")

_HOME = tempfile.TemporaryDirectory(prefix="smartbill-test-home-")
(Path(_HOME.name) / "static").mkdir()  # where collected static files would be
os.environ.update(
    DJANGO_SETTINGS_MODULE="smartbill.config.settings",
    DATABASE_URL="postgresql://smartbill_app@/not-asked-for",
    SMARTBILL_HOME=_HOME.name,
    SMARTBILL_ENVIRONMENT="test",
    SMARTBILL_BASE_URL="http://localhost:8000",
    SMARTBILL_SWEEP_SECONDS="1",
)

import django  # noqa: E402

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import connection, connections  # noqa: E402

from smartbill.adapters.postgres.roles import DatabaseUrls  # noqa: E402
from smartbill.apps.accounts.models import User  # noqa: E402
from smartbill.apps.companies.models import Company, Role, Staff  # noqa: E402
from smartbill.config.settings import database_settings  # noqa: E402
from smartbill.database.context import company  # noqa: E402
from smartbill.usecases.actor import Actor  # noqa: E402
from tests import cluster  # noqa: E402

_MIGRATE = "import django; django.setup(); from smartbill.database.migrate import migrate; migrate()"

#: Filled by migrations, the same in every test.
_KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission", "procrastinate_version")


def _migrated_template() -> str:
    """The name of the run's template; the first process that asks migrates it."""
    name = f"smartbill_{cluster.run_id()}_template"
    with psycopg.connect(cluster.admin_url(), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            draft = f"{name}_draft"
            urls = cluster.create_database(draft)
            environ = os.environ | {"DATABASE_URL": urls.owner}
            subprocess.run([sys.executable, "-c", _MIGRATE], env=environ, check=True, timeout=120)
            admin.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"'.encode())
    return name


@pytest.fixture(scope="session")
def database() -> Iterator[DatabaseUrls]:
    """This process's database for the whole run; tests ask for `db`."""
    name = f"smartbill_{cluster.run_id()}_{os.getpid()}"
    urls = cluster.create_database(name, template=_migrated_template())
    connections.settings["default"].update(database_settings(urls.app))
    os.environ["DATABASE_URL"] = urls.app
    yield urls
    connections.close_all()
    cluster.drop_database(name)


@pytest.fixture
def db(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """An empty database for this test, connected as `smartbill_app`; real commits, swept away afterwards."""
    yield database
    connection.close()
    with psycopg.connect(database.admin, autocommit=True) as admin:
        tables = admin.execute(
            "SELECT format('%%I', tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)",
            [list(_KEPT_TABLES)],
        ).fetchall()
        admin.execute(f"TRUNCATE {', '.join(row[0] for row in tables)} RESTART IDENTITY CASCADE".encode())


@dataclass(frozen=True)
class CompanyFixture:
    """A company with one staff member of each role."""

    id: int
    code: str

    def actor(self, role: Role) -> Actor:
        return Actor(company_id=self.id, email=f"{role}@{self.code.lower()}.example", role=role)

    @property
    def viewer(self) -> Actor:
        return self.actor(Role.VIEWER)

    @property
    def editor(self) -> Actor:
        return self.actor(Role.EDITOR)

    @property
    def manager(self) -> Actor:
        return self.actor(Role.MANAGER)

    @property
    def operator(self) -> Actor:
        return self.actor(Role.OPERATOR)


PASSWORD = "una frase lunga di prova"


@functools.cache
def _password_hash() -> str:
    """The hash is slow on purpose: made once."""
    return make_password(PASSWORD)


def make_company(code: str, name: str, *, vat_number: str) -> CompanyFixture:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('companies_company', 'id'))")
        company_id = int(cursor.fetchone()[0])
    users = [
        User.objects.create(
            email=f"{role}@{code.lower()}.example", password=_password_hash(), name=f"{role.label} {name}"
        )
        for role in Role
    ]
    with company(company_id):
        Company.objects.create(id=company_id, code=code, name=name, vat_number=vat_number)
        Staff.objects.bulk_create(
            Staff(company_id=company_id, user=user, role=role) for user, role in zip(users, Role, strict=True)
        )
    return CompanyFixture(id=company_id, code=code)


@pytest.fixture
def acme(db: DatabaseUrls) -> CompanyFixture:
    return make_company("ACME", "Acme Energia", vat_number="99000000017")


@pytest.fixture
def hydra(db: DatabaseUrls) -> CompanyFixture:
    """The other company: what is ACME's must never show here."""
    return make_company("HYDRA", "Hydra Acque", vat_number="99000000025")


@pytest.fixture
def process_environment(database: DatabaseUrls) -> dict[str, str]:
    """The environment of real processes that a test starts on this test's database."""
    return os.environ | {"DATABASE_URL": database.app, "SMARTBILL_OWNER_URL": database.owner}
