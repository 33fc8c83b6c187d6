"""Roles and databases on any server, embedded or outside: what must be there before the first migration."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

OWNER = "smartbill_owner"
APP = "smartbill_app"
SWEEP = "smartbill_sweep"

#: Held while roles and databases are prepared, so that two processes may do it at once.
_ADVISORY_LOCK = 0x534D4252

#: Attributes of each role, in the order of `_ATTRIBUTES`. NOINHERIT keeps policies TO smartbill_sweep away from
#: smartbill_app until it says SET ROLE.
_ROLES: dict[str, tuple[bool, ...]] = {
    OWNER: (True, True, False, False, False, False),
    APP: (True, False, False, False, False, False),
    SWEEP: (False, True, False, False, False, False),
}
_ATTRIBUTES = ("LOGIN", "INHERIT", "SUPERUSER", "CREATEDB", "CREATEROLE", "BYPASSRLS")
_ROLE_ROW = """
    SELECT rolcanlogin, rolinherit, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = %s
"""


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One database seen by the cluster's administrator, by who migrates it, and by who works with it."""

    admin: str
    owner: str
    app: str


def prepare_database(admin_url: str, name: str, *, passwords: Mapping[str, str] | None = None) -> DatabaseUrls:
    """Make the three roles and the database `name` owned by `smartbill_owner`; harmless when all is there.

    `admin_url` is a role that may make roles and databases, on any database of the server. `passwords` (by role name)
    are set for servers that ask for one; without it those that are set stay. Rights on tables are left to migrations.
    Raises psycopg.Error.
    """
    with _connected(admin_url) as connection:
        # Goes with the session, also when we are killed.
        connection.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        for role, wanted in _ROLES.items():
            _make_role(connection, role, wanted)
        _set_passwords(connection, passwords or {})
        _grant_sweep(connection)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )
        grant_connections(connection, name)
        urls = database_urls(admin_url, name, passwords=passwords)
        with _connected(urls.admin) as inside:
            _grant_schema(inside)
    return urls


def database_urls(admin_url: str, name: str, *, passwords: Mapping[str, str] | None = None) -> DatabaseUrls:
    """The addresses of a database on the server of `admin_url`; without `passwords` roles come without one."""
    known = passwords or {}
    return DatabaseUrls(
        admin=_url(admin_url, dbname=name),
        owner=_url(admin_url, dbname=name, user=OWNER, password=known.get(OWNER, "")),
        app=_url(admin_url, dbname=name, user=APP, password=known.get(APP, "")),
    )


def grant_connections(connection: psycopg.Connection, name: str) -> None:
    """Who may connect to a database. These rights stand outside it: a clone of a template does not inherit them."""
    database = sql.Identifier(name)
    roles = sql.SQL(", ").join(map(sql.Identifier, (OWNER, APP, SWEEP)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    # TEMPORARY: flows are copied into a temporary table first.
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, roles))


def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _make_role(connection: psycopg.Connection, role: str, wanted: tuple[bool, ...]) -> None:
    found = connection.execute(_ROLE_ROW, [role]).fetchone()
    if found == wanted:
        return
    # Only what differs is named: a managed server's administrator may not even repeat NOSUPERUSER.
    present = found or (False, True, False, False, False, False)
    changes = [
        word if want else f"NO{word}"
        for word, want, has in zip(_ATTRIBUTES, wanted, present, strict=True)
        if want != has
    ]
    _execute(connection, f"{'ALTER' if found else 'CREATE'} ROLE {role} {' '.join(changes)}")


def _set_passwords(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Sent as a hash, so that no server log ever holds them."""
    for role, password in passwords.items():
        hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed)))


def _grant_sweep(connection: psycopg.Connection) -> None:
    # Since version 16 inheriting belongs to the grant; before, to the role.
    terms = " WITH INHERIT FALSE, SET TRUE" if connection.info.server_version >= 160000 else ""
    _execute(connection, f"GRANT {SWEEP} TO {APP}{terms}")
    is_superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if is_superuser != (True,):  # else CREATE DATABASE ... OWNER is refused
        _execute(connection, f"GRANT {OWNER} TO CURRENT_USER")


def _grant_schema(inside: psycopg.Connection) -> None:
    _execute(inside, f"ALTER SCHEMA public OWNER TO {OWNER}")
    _execute(inside, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    _execute(inside, f"GRANT USAGE ON SCHEMA public TO {APP}, {SWEEP}")
    made_by_owner = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public"
    _execute(inside, f"{made_by_owner} GRANT USAGE, SELECT ON SEQUENCES TO {APP}, {SWEEP}")


def _execute(connection: psycopg.Connection, statement: str) -> None:
    """Run a statement made of this module's constants alone."""
    connection.execute(statement.encode())


def _url(base: str, **changes: str) -> str:
    parameters = {key: str(value) for key, value in conninfo_to_dict(base).items()} | changes
    user = quote(parameters.pop("user", ""), safe="")
    password = quote(parameters.pop("password", ""), safe="")
    dbname = quote(parameters.pop("dbname", ""), safe="")
    login = f"{user}:{password}@" if password else f"{user}@"
    return f"postgresql://{login}/{dbname}?{urlencode(parameters, quote_via=quote, safe='')}"
