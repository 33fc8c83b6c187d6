"""Whatever colour a company has, its pages can be read, in the light and in the dark."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smartbill.web
from smartbill.core.look.colors import Palette, contrast, derived_colors, hex_color, parse_color
from smartbill.core.look.sheet import company_sheet

COLORS = st.tuples(*[st.integers(0, 255)] * 3).map(hex_color)
SHEET = (Path(smartbill.web.__file__).parent / "static" / "portal.css").read_text()


def ratio(one: str, other: str) -> float:
    return contrast(parse_color(one), parse_color(other))


@given(COLORS)
def test_text_and_shapes_contrast(brand: str) -> None:
    colors = derived_colors(brand)
    for palette in (colors.light, colors.dark):
        for ground in (palette.page, palette.surface, palette.soft):
            assert ratio(palette.ink, ground) >= 4.5
        assert ratio(palette.on_fill, palette.fill) >= 4.5
        assert ratio(palette.mid, palette.surface) >= 3


@pytest.mark.parametrize(
    ("brand", "changed"), [("#00509d", False), ("#ffd400", True), ("#ffffff", True), ("#000000", False)]
)
def test_a_legible_colour_stays_as_it_is(brand: str, changed: bool) -> None:
    colors = derived_colors(brand)
    assert (colors.changed, colors.light.fill == brand) == (changed, not changed)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "#000000;}body{", "#000000\n"])
def test_only_colours_are_colours(text: str) -> None:
    with pytest.raises(ValueError, match="non è un colore"):
        derived_colors(text)


def _properties(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", block))


def test_the_products_own_colours_contrast() -> None:
    light, dark = (_properties(block) for block in re.findall(r":root\{\n(.*?)\n\}", SHEET, re.DOTALL))
    for own, palette in ((light, derived_colors("#00509d").light), (dark, derived_colors("#00509d").dark)):
        for name in ("text", "quiet", "warn", "bad", "good"):
            assert ratio(own[name], palette.surface) >= 4.5, name
        assert ratio(own["quiet"], palette.page) >= 4.5
        assert ratio(own["quiet"], own["track"]) >= 4.5
        assert ratio(own["good"], own["good-soft"]) >= 4.5
        assert ratio(own["warn"], own["warn-soft"]) >= 4.5
        assert ratio(own["text"], own["warn-soft"]) >= 4.5
        for n in range(1, 9):
            assert ratio(own[f"c{n}"], palette.surface) >= 3, n


def test_the_name_of_a_sheet_changes_with_its_content() -> None:
    names = {
        company_sheet(version=version, brand_color=color, base=base).name
        for version, color, base in ((1, "#00509d", "a"), (2, "#00509d", "a"), (1, "#00509e", "a"), (1, "#00509d", "b"))
    }
    assert len(names) == 4


def test_the_stylesheet_mirrors() -> None:
    """Logical properties only, and nothing from elsewhere."""
    physical = r"(?:margin|padding|border)-(?:left|right)|(?<![\w-])(?:left|right|float):|text-align:(?:left|right)"
    assert re.findall(physical, SHEET) == []
    assert "url(" not in SHEET
    assert "@import" not in SHEET


def test_palettes_have_no_spare_colours() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", SHEET))
    assert {name.replace("_", "-") for name in Palette.__struct_fields__} <= used
