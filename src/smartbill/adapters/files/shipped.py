"""The layouts and demo companies that come with the product, as data."""

import json
from functools import cache
from pathlib import Path

from smartbill.core.flows.descriptor.loading import layout_id
from smartbill.core.flows.descriptor.stabo import stabo_descriptor

DESCRIPTOR = "descriptor.toml"
#: layouts made of our own record tables, for dialects to extend
STABO_VARIANTS = {"stabo-v1-d": "D", "stabo-v1-f": "F"}


def layouts_folder() -> Path:
    """Where flow layouts and demo companies lie: inside an installed package, or beside the source."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "layouts"
    return installed if installed.is_dir() else package.parents[1] / "layouts"


def library() -> dict[str, Path]:
    """The descriptors that come with the product, by the name of their folder."""
    return {path.parent.name: path for path in sorted(layouts_folder().glob(f"*/{DESCRIPTOR}"))}


def library_text(name: str) -> str | None:
    """The text of a descriptor of the product, by folder or by the id that it gives itself."""
    if name in STABO_VARIANTS:
        return _stabo(name)
    known = library()
    if name in known:
        return known[name].read_text(encoding="utf-8")
    for path in known.values():
        text = path.read_text(encoding="utf-8")
        if layout_id(text) == name:
            return text
    return None


@cache
def _stabo(name: str) -> str:
    return stabo_descriptor(STABO_VARIANTS[name])


def library_sample(name: str) -> Path | None:
    """The flow that a descriptor of the product is tried on: the first that its `expected.json` names."""
    text = library_text(name)
    for path in library().values():
        if path.read_text(encoding="utf-8") == text:
            try:
                told = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))
                return path.parent / Path(str(told[0]["file"])).name
            except (OSError, LookupError, TypeError, ValueError):
                return None
    return None
