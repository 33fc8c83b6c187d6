"""Abstract models and fields that every app shares."""

from typing import TYPE_CHECKING, Any

from django.db import models


class CompanyOwned(models.Model):
    """A row that belongs to one company. Row-level security is put on every such table by `database.security`.

    The key has no constraint in the database: companies are never deleted, and bulk inserts are spared a check a row.
    """

    company = models.ForeignKey(
        "companies.Company", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        abstract = True


if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
else:
    _CharField = models.CharField


class PlainText(_CharField):
    """Text that is searched by `=`, `>=`, `<`: collated "C", so that its index works behind row-level security."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)
