"""The form in which names are searched: small letters without marks and apostrophes, words apart by one space."""

import re
import unicodedata

_LEFT_OUT = re.compile("[\u0300-\u036f'’`]")
_WORD = re.compile(r"[^\W_]+")


def search_form(name: str) -> str:
    """`D’Angelò  Élia` -> `dangelo elia`. The database makes the same of stored names (`database.names`)."""
    return " ".join(_WORD.findall(_LEFT_OUT.sub("", unicodedata.normalize("NFKD", name).lower())))
