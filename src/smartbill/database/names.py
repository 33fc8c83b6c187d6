"""Columns that names are found by: made by the database, so that no way in can forget them."""

from django.db import models

from smartbill.database.models import PlainText

# The same as `core.search_form`; a test holds the two together.
_SEARCH_FORM = (
    r"btrim(regexp_replace(regexp_replace(lower(normalize(%(expressions)s, NFKD) COLLATE \"default\"),"
    r" '[\u0300-\u036F''’`]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'))"
).replace(r"\"", '"')


class SearchForm(models.Func):
    template = _SEARCH_FORM
    output_field = models.TextField()


class Turned(models.Func):
    """The words from a place on first, those before it behind."""

    template = r"regexp_replace(%(expressions)s, '%(pattern)s', '\2 \1')"
    output_field = models.TextField()


def searched_name(column: str, turn: str = "") -> models.GeneratedField:
    """The search form of the column; `turn` is a pattern of two groups that change places."""
    form: models.Func = SearchForm(models.F(column))
    expression = Turned(form, pattern=turn) if turn else form
    return models.GeneratedField(expression=expression, output_field=PlainText(max_length=400), db_persist=True)
