"""Who may see which row: roles, policies and grants, put on after every migration, the same each time.

`smartbill_owner` owns the tables and migrates. `smartbill_app` is the login of web, worker, SFTP and command line; it
owns nothing and sees the rows of the company set for its transaction. `smartbill_sweep` sees all rows; the app takes
it by SET LOCAL ROLE in worker sweeps only (the app role is NOINHERIT, so the policy below does not reach it).
A table with a `company` column can't be forgotten: the policies come from the models.
"""

from collections.abc import Iterator, Mapping

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

_COMPANY = "nullif(current_setting('smartbill.company', true), '')::bigint"

#: Tables with less than the usual rights of the app: nobody can change what staff did, who approved, what became of
#: contacts.
_RIGHTS: Mapping[str, str] = {
    "audit_entry": "SELECT, INSERT",
    "tickets_approval": "SELECT, INSERT",
    "tickets_checkaccepted": "SELECT, INSERT",
    "archive_contactevent": "SELECT, INSERT",
    "django_migrations": "SELECT",
}
_USUAL_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def our_models() -> Iterator[type[models.Model]]:
    """The models of the product itself."""
    for model in apps.get_models():
        if model.__module__.startswith("smartbill."):
            yield model


def company_column(model: type[models.Model]) -> str | None:
    """The column that says whose row it is; the table of companies is its own. None: the table is global."""
    if model._meta.label == "companies.Company":
        return "id"
    if any(field.name == "company" for field in model._meta.concrete_fields):
        return "company_id"
    return None


def secure_schema(connection: BaseDatabaseWrapper) -> None:
    """Put policies and grants on all tables. Run as the owner, after migrating; harmless to repeat."""
    with connection.cursor() as cursor:
        for statement in _statements(connection.introspection.table_names()):
            cursor.execute(statement)


def _statements(tables: list[str]) -> Iterator[str]:
    for model in our_models():
        column = company_column(model)
        if column is not None and model._meta.managed:
            yield from _policies(model._meta.db_table, column)
    yield "GRANT USAGE ON SCHEMA public TO smartbill_app, smartbill_sweep"
    yield "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO smartbill_app, smartbill_sweep"
    for table in sorted(tables):
        rights = _RIGHTS.get(table, _USUAL_RIGHTS)
        yield f'REVOKE ALL ON "{table}" FROM smartbill_app, smartbill_sweep, PUBLIC'
        yield f'GRANT {rights} ON "{table}" TO smartbill_app, smartbill_sweep'


def _policies(table: str, column: str) -> Iterator[str]:
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield f'DROP POLICY IF EXISTS company_rows ON "{table}"'
    yield (
        f'CREATE POLICY company_rows ON "{table}" TO smartbill_app '
        f'USING ("{column}" = {_COMPANY}) WITH CHECK ("{column}" = {_COMPANY})'
    )
    yield f'DROP POLICY IF EXISTS all_rows ON "{table}"'
    yield f'CREATE POLICY all_rows ON "{table}" TO smartbill_sweep, smartbill_owner USING (true) WITH CHECK (true)'
