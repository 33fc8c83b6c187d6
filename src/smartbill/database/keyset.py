"""Lists page by page without OFFSET: a page begins after the last row of the one before, found by its sort keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from msgspec import Struct

Row = TypeVar("Row")
AnyModel = TypeVar("AnyModel", bound=Model)


class Page(Struct, Generic[Row], frozen=True):
    """Some rows; `next` and `previous` are the cursors of the neighbours, empty where there is none."""

    rows: list[Row]
    next: str = ""
    previous: str = ""


def page_of(
    rows: QuerySet[AnyModel], *, keys: Sequence[str], after: str = "", before: str = "", size: int = 25
) -> Page[AnyModel]:
    """Cut a page. `keys`: fields to sort by, with `-` for downwards, the last one unique; none may be null.

    A cursor that can't be read shows the first page.
    """
    cursor = _decoded(before or after, rows.model, keys) if before or after else None
    back = bool(before) and cursor is not None
    order = [_turned(key) for key in keys] if back else list(keys)
    if cursor is not None:
        rows = rows.filter(_beyond(order, cursor))
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if back:
        found.reverse()
    has_next = bool(found) and (back or more)
    has_previous = bool(found) and (more if back else cursor is not None)
    return Page(
        found,
        next=_encoded(found[-1], keys) if has_next else "",
        previous=_encoded(found[0], keys) if has_previous else "",
    )


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that sort after the given one: first key beyond, or equal and the second beyond, and so on."""
    condition = Q()
    equal = Q()
    for key, value in zip(order, values, strict=True):
        name = key.removeprefix("-")
        condition |= equal & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    first = order[0].removeprefix("-")
    # Said again for the first key alone: this is what the index starts from.
    return Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]}) & condition


def _encoded(row: Model, keys: Sequence[str]) -> str:
    values = [getattr(row, key.removeprefix("-")) for key in keys]
    plain = [["t", value.isoformat()] if isinstance(value, datetime) else ["v", value] for value in values]
    return signing.dumps(plain, salt=_salt(type(row), keys))


def _decoded(cursor: str, model: type[Model], keys: Sequence[str]) -> list[Any] | None:
    """The values of a cursor that this very list has given out, else None."""
    try:
        pairs = signing.loads(cursor, salt=_salt(model, keys))
    except signing.BadSignature:
        return None
    return [datetime.fromisoformat(value) if kind == "t" else value for kind, value in pairs]


def _salt(model: type[Model], keys: Sequence[str]) -> str:
    return f"keyset {model._meta.label} {' '.join(keys)}"
