"""Functions of the database that answer before a company is known: who is this host, this login, this account.

SECURITY DEFINER, owned by `smartbill_owner`; each returns the least that is needed to enter `with company(...)`.
"""

from django.db import migrations


def definer_function(signature: str, returns: str, query: str) -> migrations.RunSQL:
    """A read-only SQL function that the app role may call and that sees all companies."""
    name = signature.split("(", 1)[0]
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {signature} RETURNS {returns}
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ {query} $$;
        REVOKE ALL ON FUNCTION {name} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {name} TO smartbill_app;
        """,
        f"DROP FUNCTION {name}",
    )
