"""The layouts and demo companies that come with the product, as data."""

from pathlib import Path

from smartbill.core.flows.descriptor.loading import layout_id

DESCRIPTOR = "descriptor.toml"


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
    known = library()
    if name in known:
        return known[name].read_text(encoding="utf-8")
    for path in known.values():
        text = path.read_text(encoding="utf-8")
        if layout_id(text) == name:
            return text
    return None
