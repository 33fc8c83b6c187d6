"""One catalogue of the interface's texts from all three kinds of source."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from jinja2 import TemplateSyntaxError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def texts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("texts", ROOT / "scripts" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _source(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_python_jinja_and_django_texts_are_found(texts: ModuleType, tmp_path: Path) -> None:
    source = _source(
        tmp_path,
        {
            "core/words.py": (
                'LUCE = msgid("Luce")\ngettext("Bolletta {numero}")\nngettext("un giorno", "più giorni", n)\n'
            ),
            "apps/x/migrations/0001_initial.py": 'gettext("di una migrazione")\n',
            "web/portal/templates/page.html": (
                '{% do [] %}{{ _("Importo") }}\n  {% trans n=days %}Valido {{ n }} giorni{% endtrans %}\n'
            ),
            "web/backoffice/templates/job.html": (
                '{% translate "Lavorazioni" %}{% blocktranslate with n=bills %}{{ n }} bollette{% endblocktranslate %}'
            ),
        },
    )
    found = {message.id: [file for file, _ in message.locations] for message in texts.catalogue(source) if message.id}
    assert found == {
        "Luce": ["core/words.py"],
        "Bolletta {numero}": ["core/words.py"],
        ("un giorno", "più giorni"): ["core/words.py"],
        "Importo": ["web/portal/templates/page.html"],
        "Valido %(n)s giorni": ["web/portal/templates/page.html"],
        "Lavorazioni": ["web/backoffice/templates/job.html"],
        "%(n)s bollette": ["web/backoffice/templates/job.html"],
    }


def test_a_template_that_cannot_be_read_stops_the_check(texts: ModuleType, tmp_path: Path) -> None:
    source = _source(tmp_path, {"web/portal/templates/page.html": "{% if %}"})
    with pytest.raises(TemplateSyntaxError):
        texts.catalogue(source)


def test_a_language_with_gaps_or_doubts_is_told(texts: ModuleType) -> None:
    wanted, german = Catalog(), Catalog()
    for text in ("Luce", "Gas", "Acqua", ("un giorno", "più giorni"), ("un mese", "più mesi")):
        wanted.add(text)
    german.add("Luce", "Strom")
    german.add("Gas", "Gas", flags=["fuzzy"])
    german.add("Acqua", "")
    german.add(("un giorno", "più giorni"), ("ein Tag", ""))
    german.add(("un mese", "più mesi"), ("ein Monat", "mehrere Monate"))
    assert texts.missing(wanted, german) == ["Gas", "Acqua", "un giorno"]
