"""The layouts that come with the product: something to begin with a copy of."""

from functools import lru_cache

from msgspec import Struct

from smartbill.adapters.files.shipped import library, library_text
from smartbill.core.flows.descriptor.loading import read_descriptor


class Example(Struct, frozen=True):
    name: str  # of its folder
    title: str
    kind: str


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """Every shipped layout, by name; shipped ones have no mistakes (a test holds them to that)."""
    found = []
    for name, path in library().items():
        layout = read_descriptor(path.read_text(encoding="utf-8"), library=library_text).layout
        found.append(Example(name, layout.title or layout.id, layout.kind))
    return tuple(found)


def example_text(name: str) -> str:
    """The text of a shipped layout; empty when there is none of this name."""
    if name not in {example.name for example in examples()}:
        return ""
    return library()[name].read_text(encoding="utf-8")
