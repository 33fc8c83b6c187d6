"""Layout descriptors that a command names: a file, one that comes with the product, or one of the formats built in."""

from pathlib import Path

from smartbill.adapters.files.shipped import library_text
from smartbill.core.flows.descriptor.layout import Layout, compile_layout
from smartbill.core.flows.descriptor.loading import MAX_TEXT, LayoutMistakes


class CannotRead(Exception):
    """The layout cannot be used; the message says why, in Italian."""


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
