"""Names in their search form."""

import pytest

from smartbill.core.search_form import search_form


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Rossi  Mario", "rossi mario"),
        ("D’Angelò  Élia", "dangelo elia"),
        ("Caffè & C. S.r.l.", "caffe c s r l"),
        ("Straße", "straße"),
        ("ŽIŽEK-ŠPELA", "zizek spela"),
        ("  ", ""),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, form: str) -> None:
    assert search_form(name) == form
