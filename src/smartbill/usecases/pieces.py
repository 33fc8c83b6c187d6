"""Long lists read a piece at a time, each piece in its own transaction."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from smartbill.database.context import company
from smartbill.database.keyset import Page

Row = TypeVar("Row")


def pieces(company_id: int, read: Callable[[str], Page[Row]]) -> Iterator[Row]:
    """All rows: `read` gives the page behind a cursor, the first one behind an empty one."""
    after = ""
    while True:
        with company(company_id):
            page = read(after)
        yield from page.rows
        if not page.next:
            return
        after = page.next
