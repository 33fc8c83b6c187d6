"""The editor of a flow layout as a form, and the sample file that travels with its page."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from msgspec import Struct

from smartbill.core.flows.descriptor.loading import MAX_TEXT
from smartbill.usecases.layouts.trying import SampleFile
from smartbill.web.backoffice.forms import date_field

#: A sample up to this size goes with the page from trial to trial, so that nobody has to choose it again and no server
#: has to keep it. Larger ones are chosen each time.
MAX_CARRIED = 512 * 1024

#: What the editor begins with where nothing is copied: the least that reads a bill.
BLANK = """\
# Cambi i valori, scelga un file e prema «Prova sul file». Poi aggiunga un tipo di riga alla volta.
[layout]
id = "nome-del-tracciato"
title = "Titolo del tracciato"
kind = "delimited"            # fixed, delimited o xml
record_type = { field = 1 }   # fixed: { pos = 1, len = 2 }; xml: si toglie
skip_types = []               # i tipi di riga da ignorare per ora

[encoding]
candidates = ["utf-8-sig", "cp1252"]

[delimited]
separator = ";"
extra_fields = "ignore"       # finché non sono descritte tutte le colonne

[formats.euro]
type = "decimal"
decimals = 2
decimal_char = ","
thousands_char = "."

[formats.giorno]
type = "date"
pattern = "dd/mm/yyyy"

[[record]]
type = "FT"
target = "bill"
starts = "document"
fields = [
  { name = "customer_code", at = 2, required = true },
  { name = "number", at = 3, required = true },
  { name = "issue_date", at = 4, format = "giorno", required = true },
  { name = "due_date", at = 5, format = "giorno" },
  { name = "total_bill", at = 6, format = "euro", required = true },
]
"""
#: The same for lines without separators.
BLANK_FIXED = """\
# Cambi i valori, scelga un file e prema «Prova sul file». Poi aggiunga un tipo di riga alla volta.
[layout]
id = "nome-del-tracciato"
title = "Titolo del tracciato"
kind = "fixed"
record_type = { pos = 1, len = 2 }   # dove sta il tipo di riga; le posizioni si contano da 1
record_length = 0                    # caratteri di ogni riga; 0 = qualsiasi
skip_types = []                      # i tipi di riga da ignorare per ora

[encoding]
candidates = ["utf-8-sig", "cp1252"]

[formats.euro]
type = "decimal"
decimals = 2
implied = true                       # la virgola non è scritta: 0000012345 è 123,45
sign = "trailing"                    # l'ultimo carattere è il segno; "none" se non c'è
sign_blank = "plus"

[formats.giorno]
type = "date"
pattern = "yyyymmdd"
empty = ["", "00000000"]

[[record]]
type = "01"
target = "bill"
starts = "document"
fields = [
  { name = "customer_code", pos = 3, len = 10, required = true },
  { name = "number", pos = 13, len = 10, transform = ["lstrip_zeros"], required = true },
  { name = "issue_date", pos = 23, len = 8, format = "giorno", required = true },
  { name = "due_date", pos = 31, len = 8, format = "giorno" },
  { name = "total_bill", pos = 39, len = 12, format = "euro", required = true },
]
"""
BLANKS = {"fixed": BLANK_FIXED}


class LayoutForm(forms.Form):
    text = forms.CharField(
        label=_("Testo del tracciato (TOML)"),
        max_length=MAX_TEXT,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 28, "class": "code", "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        ),
        error_messages={"max_length": _("Il testo è troppo lungo: al massimo 256 KiB.")},
    )
    note = forms.CharField(
        label=_("Nota sulla versione"),
        required=False,
        max_length=200,
        help_text=_("Per esempio che cosa è cambiato; resta nella storia."),
    )
    sample = forms.FileField(
        label=_("File su cui provare"),
        allow_empty_file=True,
        required=False,
        help_text=_("Il file del flusso (non lo ZIP), fino a 5 MB. Si legge e si mostra: non viene conservato."),
    )
    document = forms.IntegerField(
        label=_("Bolletta da mostrare, nell'ordine del file"), required=False, min_value=1, max_value=999_999
    )

    def __init__(self, data: Any = None, files: Any = None, *, initial: Mapping[str, object] | None = None) -> None:
        super().__init__(data, files, auto_id="f-%s", label_suffix="", initial=dict(initial or {}))

    def clean_text(self) -> str:
        """A browser sends lines that end in CR LF; they are kept as TOML has them."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class ValidityForm(forms.Form):
    """The days of receipt that a layout counts on; empty = always, without end."""

    valid_from = date_field(_("Dal giorno"))
    valid_to = date_field(_("Fino al giorno"))

    def __init__(self, data: Any = None, *, initial: Mapping[str, object] | None = None) -> None:
        super().__init__(data, auto_id="v-%s", label_suffix="", initial=dict(initial or {}))


class VersionForm(forms.Form):
    version = forms.IntegerField(min_value=1, max_value=999_999)
    note = forms.CharField(required=False, max_length=200)


class Carried(Struct, frozen=True):
    name: str
    size: int
    content: str  # base64; empty when it is too large to go along


def carried(sample: SampleFile | None) -> Carried | None:
    if sample is None:
        return None
    fits = len(sample.content) <= MAX_CARRIED
    return Carried(sample.name, len(sample.content), base64.b64encode(sample.content).decode() if fits else "")


def carried_back(data: Mapping[str, str]) -> SampleFile | None:
    """The sample that the page brought back; None when it has none, or one that was altered past use."""
    encoded = data.get("carried", "")
    if not encoded:
        return None
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return SampleFile(name=data.get("carried_name", "")[-100:], content=content[:MAX_CARRIED])
