"""The one door to company data: a transaction in which row-level security shows the rows of one company."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_current: ContextVar[int | None] = ContextVar("smartbill_company", default=None)


class NoCompany(Exception):
    """Company data was asked for outside `with company(...)`."""


@contextmanager
def company(company_id: int) -> Iterator[None]:
    """Open the transaction of a use case: all company tables show and take rows of this company only."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('smartbill.company', %s, true)", [str(company_id)])
        token = _current.set(company_id)
        try:
            yield
        finally:
            _current.reset(token)


@contextmanager
def sweep() -> Iterator[None]:
    """Open a transaction that sees the rows of all companies. Worker sweeps only; never a request."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE smartbill_sweep")
        yield


def current_company() -> int:
    """The company of the open transaction. Raises NoCompany outside of one."""
    company_id = _current.get()
    if company_id is None:
        raise NoCompany("company data is reached through `with company(id):` only")
    return company_id
