"""Layout descriptors that a command names: a file, one that comes with the product, or one of the formats built in."""

from collections.abc import Iterator
from pathlib import Path

from smartbill.core.flows.descriptor.layout import Layout, compile_layout
from smartbill.core.flows.descriptor.loading import MAX_TEXT, LayoutMistakes, layout_id

DESCRIPTOR = "descriptor.toml"


class CannotRead(Exception):
    """The layout cannot be used; the message says why, in Italian."""


def layouts_folder() -> Path:
    """Where flow layouts and demo companies lie: inside an installed package, or beside the source."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "layouts"
    return installed if installed.is_dir() else package.parents[1] / "layouts"


def library() -> dict[str, Path]:
    """The descriptors that come with the product, by the name of their folder."""
    return {path.parent.name: path for path in sorted(layouts_folder().glob(f"*/{DESCRIPTOR}"))}


def library_text(name: str) -> str | None:
    """The text of a descriptor of the product, by folder or by the id that it gives itself."""
    known = library()
    if name in known:
        return known[name].read_text(encoding="utf-8")
    for path in known.values():
        text = path.read_text(encoding="utf-8")
        if layout_id(text) == name:
            return text
    return None


def descriptor_text(name: str) -> str:
    """The text of a file or of a descriptor of the product. Raises CannotRead."""
    path = Path(name)
    if path.suffix.casefold() == ".toml" or path.is_file():
        try:
            if path.stat().st_size > 4 * MAX_TEXT:
                raise CannotRead(f"{name}: il file è troppo grande.")
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CannotRead(f"{name}: il file non è leggibile ({error}).") from None
    text = library_text(name)
    if text is None:
        raise CannotRead(f"Tracciato «{name}» sconosciuto: «smartbill layout list» li elenca; oppure un file .toml.")
    return text


def find_layout(name: str) -> Layout:
    """Raises CannotRead with all mistakes of the descriptor."""
    try:
        return compile_layout(descriptor_text(name), library=library_text)
    except LayoutMistakes as mistakes:
        lines = "\n".join(f"  {mistake}" for mistake in mistakes.mistakes)
        raise CannotRead(f"Tracciato «{name}» da correggere:\n{lines}") from None


def described(name: str, path: Path) -> Iterator[str]:
    """Id, title and kind of a descriptor, or that it is wrong."""
    try:
        layout = find_layout(str(path))
    except CannotRead as error:
        yield from (name, "–", str(error).partition("\n")[0])
        return
    yield from (name, layout.kind, layout.title)
