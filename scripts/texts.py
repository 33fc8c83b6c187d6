"""The texts of the interface in one catalogue: Python, Jinja2 and Django templates. Italian is their source language.

python scripts/texts.py extract FILE.pot    write the catalogue that translators start from
python scripts/texts.py check               every language under locale/ has every text, none of them doubtful
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

from smartbill.web.portal.jinja import EXTENSIONS

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "smartbill"


def extract_django(
    file: io.BufferedReader, keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Babel's reader of Django templates: Django itself turns one into Python that only has the texts."""
    from django.utils.translation.template import templatize

    code = templatize(file.read().decode(), origin=getattr(file, "name", ""))
    return extract_python(io.BytesIO(code.encode()), keywords, comment_tags, options)


#: as the templates are rendered; one that can't be read is an error
_JINJA = {
    "extensions": ",".join(EXTENSIONS),
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
    "encoding": "utf-8",
}
_JINJA_FOLDERS = ("web/portal/templates/**", "core/messages/templates/**")
_METHODS: list[tuple[str, Any]] = [
    ("**/migrations/**.py", "ignore"),
    ("**.py", "python"),
    *((folder, "jinja2") for folder in _JINJA_FOLDERS),
    ("web/backoffice/templates/**", extract_django),
]
_KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "msgid")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}


def catalogue(source: Path) -> Catalog:
    """All texts below the folder, with where they stand."""
    found = Catalog(project="Bolletta Smart", charset="utf-8")
    for file, line, text, comments, context in extract_from_dir(
        source, _METHODS, dict.fromkeys(_JINJA_FOLDERS, _JINJA), _KEYWORDS
    ):
        found.add(text, None, [(file, line)], auto_comments=comments, context=context)
    return found


def missing(texts: Catalog, translated: Catalog) -> list[str]:
    """The texts that a language lacks or is in doubt about."""
    lacking = []
    for message in texts:
        if not message.id:
            continue
        there = translated.get(message.id, message.context)
        words = there.string if there else ""
        if there is None or there.fuzzy or not all([words] if isinstance(words, str) else words or [""]):
            lacking.append(message.id if isinstance(message.id, str) else message.id[0])
    return lacking


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartbill.config.settings")
    django.setup()
    texts = catalogue(SOURCE)
    if arguments[:1] == ["extract"] and len(arguments) == 2:
        with Path(arguments[1]).open("wb") as file:
            write_po(file, texts, sort_by_file=True)
        return 0
    if arguments != ["check"]:
        print(__doc__)
        return 2
    wrong = 0
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            lacking = missing(texts, read_po(file))
        wrong += len(lacking)
        for text in lacking:
            print(f"{path.relative_to(ROOT)}: not translated: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
