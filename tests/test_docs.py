"""The docs say what there is: every setting, every command, every app; and their links lead somewhere."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from smartbill.cli.main import COMMANDS
from smartbill.core.settings import parse_settings

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("README.md")])

#: Taken from the running product, and put there with it.
PICTURES_TO_COME = {ROOT / "docs/images/sommario.png"}


class Asked(Mapping[str, str]):
    """An empty environment that notes what is looked up in it."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_every_setting_is_described_and_none_that_is_not_there() -> None:
    asked = Asked()
    parse_settings(asked)
    table = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), flags=re.MULTILINE)
    assert sorted(table) == sorted(asked.names)


def test_the_defaults_of_the_numbers_are_the_real_ones() -> None:
    settings = parse_settings({})
    rows = re.findall(r"^\| `SMARTBILL_([A-Z_]+)` \| `(\d+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert len(rows) > 8
    assert [(name, float(told)) for name, told in rows] == [
        (name, float(getattr(settings, name.lower()))) for name, _ in rows
    ]


def test_every_command_is_described_and_none_that_is_not_there() -> None:
    rows = [line for line in (ROOT / "docs/commands.md").read_text().splitlines() if line.startswith("| `")]
    described = [name for row in rows for name in re.findall(r"`smartbill (\w+)`", row.split("|")[1])]
    assert sorted(described) == sorted(COMMANDS)


@pytest.mark.parametrize("app", sorted(path.parent.name for path in (ROOT / "src/smartbill/apps").glob("*/apps.py")))
def test_every_app_says_what_it_owns(app: str) -> None:
    text = (ROOT / "src/smartbill/apps" / app / "README.md").read_text()
    assert text.startswith(f"# {app.capitalize()}\n")
    assert "Doors:" in text
    assert 10 <= len(text.splitlines()) <= 30


def test_decisions_are_numbered_without_gaps() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [page.name[:5] for page in pages] == [f"{number:04}-" for number in range(1, len(pages) + 1)]
    assert [page.read_text().split(".")[0] for page in pages] == [f"# {number}" for number in range(1, len(pages) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|^    .*?$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        known = target in PICTURES_TO_COME or target.exists()
        if not known or (anchor and anchor not in _anchors(target)):
            wrong.append(link)
    assert wrong == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_folders_that_are_named_are_there(page: Path) -> None:
    """Words like `core/keys.py` or `usecases/intake` mean places in the source, or in the repository."""
    floors = "core|database|adapters|apps|usecases|web|config|cli|bench|standins"
    named = re.findall(rf"`((?:{floors}|docs|layouts|scripts|tests)/[\w./]+)`?", page.read_text())
    missing = [
        name
        for name in named
        if not any((base / name).exists() for base in (ROOT, ROOT / "src/smartbill", page.parent))
    ]
    assert missing == []
