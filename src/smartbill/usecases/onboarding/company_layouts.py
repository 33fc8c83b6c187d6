"""The flow layouts that a company's file names: of the product, or files beside it; each has to read its sample."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from smartbill.adapters.files.shipped import library, library_sample, library_text
from smartbill.core.company.documents import FlowLayout, LayoutTrial
from smartbill.core.flows.descriptor.loading import MAX_TEXT, LayoutMistakes, Library, bases_of, layout_id
from smartbill.core.flows.value import Level
from smartbill.usecases.layouts.trying import SampleFile, read_sample
from smartbill.usecases.onboarding.company_file import CompanyFileMistakes, CompanyLayout

MAX_SAMPLE = 8 * 1024 * 1024
_SECONDS = 60.0


class NamedLayout(Struct, frozen=True):
    name: str
    layout: FlowLayout


class _NotUsable(Exception):
    """The message says why, in Italian."""


def company_layouts(
    named: Iterable[str | CompanyLayout], folder: Path, *, by: str, now: datetime
) -> tuple[NamedLayout, ...]:
    """Read and try the layouts; files are looked for in `folder`. Raises CompanyFileMistakes."""
    layouts: dict[str, NamedLayout] = {}
    mistakes: list[str] = []
    for number, each in enumerate(named, 1):
        wish = CompanyLayout(name=each) if isinstance(each, str) else each
        try:
            read = _read(wish, folder, _library(layouts), by=by, now=now)
            layouts[read.name] = read
        except _NotUsable as error:
            mistakes.append(f"layouts, numero {number}: {error}")
    if mistakes:
        raise CompanyFileMistakes(mistakes)
    return tuple(layouts.values())


def _library(layouts: dict[str, NamedLayout]) -> Library:
    """Those of the company so far, then those of the product."""
    texts = {name: each.layout.text for name, each in layouts.items()}
    return lambda name: texts.get(name) or library_text(name)


def _read(wish: CompanyLayout, folder: Path, known: Library, *, by: str, now: datetime) -> NamedLayout:
    """Raises _NotUsable."""
    text, path = _of_file(wish, folder) if wish.file else _of_product(wish)
    name = layout_id(text)
    if not name:
        raise _NotUsable(f"{wish.file}: manca «id» nella tabella [layout]")
    if path is None:
        raise _NotUsable(f"{name}: manca il file di esempio («sample»), che il tracciato deve leggere")
    sample = SampleFile(path.name, _content(path, MAX_SAMPLE))
    try:
        tried = read_sample(text, sample, library=known, now=now, seconds=_SECONDS)
    except LayoutMistakes as mistakes:
        raise _NotUsable("; ".join(mistakes.mistakes)) from None
    if tried.refused_file or tried.refused or not tried.accepted:
        worst = next((each for each in tried.findings if each.level is not Level.WARNING), None)
        told = f": {worst.sentence}" if worst else ""
        raise _NotUsable(f"{name}: il tracciato non legge il suo file di esempio «{path.name}»{told}")
    trial = LayoutTrial(at=now, by=by, file=path.name, documents=tried.documents, accepted=tried.accepted)
    layout = FlowLayout(
        text=text,
        valid_from=wish.valid_from,
        valid_to=wish.valid_to,
        bases=bases_of(text, library=known),
        trial=trial,
    )
    return NamedLayout(name, layout)


def _of_product(wish: CompanyLayout) -> tuple[str, Path | None]:
    text = library_text(wish.name)
    if text is None:
        raise _NotUsable(f"il tracciato «{wish.name}» non esiste; ci sono: {', '.join(library())}")
    return text, library_sample(wish.name)


def _of_file(wish: CompanyLayout, folder: Path) -> tuple[str, Path | None]:
    text = _content(folder / wish.file, 4 * MAX_TEXT).decode("utf-8", errors="replace")
    return text, folder / wish.sample if wish.sample else None


def _content(path: Path, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise _NotUsable(f"{path}: il file ha più di {most // 1024} KiB")
        return path.read_bytes()
    except OSError as error:
        raise _NotUsable(f"{path}: il file non è leggibile ({error.strerror})") from None
