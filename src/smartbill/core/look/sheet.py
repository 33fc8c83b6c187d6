"""The stylesheet of a company: the product's own with the company's colours in front.

One file, so that a page needs no further request for its colours, and none of it stands in a style attribute.
"""

from hashlib import sha256

from msgspec import Struct

from smartbill.core.look.colors import Palette, derived_colors


class Sheet(Struct, frozen=True):
    """A stylesheet and its name, which changes with every byte of it: it may be kept for ever."""

    name: str
    text: str


def company_sheet(*, version: int, brand_color: str, base: str) -> Sheet:
    """`version` is that of the company's look, `base` the product's stylesheet. Raises ValueError for a bad colour."""
    colors = derived_colors(brand_color)
    text = (
        f":root{{{_properties(colors.light)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_properties(colors.dark)}}}}}"
        # Paper is white, whatever the screen was.
        f"@media print{{:root{{{_properties(colors.light)}}}}}" + base
    )
    return Sheet(name=f"{version}-{sha256(text.encode()).hexdigest()[:12]}", text=text)


def _properties(palette: Palette) -> str:
    return ";".join(
        f"--{name}:{value}"
        for name, value in (
            ("page", palette.page),
            ("surface", palette.surface),
            ("ink", palette.ink),
            ("fill", palette.fill),
            ("on-fill", palette.on_fill),
            ("soft", palette.soft),
            ("mid", palette.mid),
        )
    )
