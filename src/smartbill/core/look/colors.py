"""A company's brand colour made legible: text, fills and tints derived by moving its lightness until they contrast.

Contrast is that of WCAG 2.2 (relative luminance). Text has at least 4.5:1 on every surface it is put on, in the light
and in the dark palette; what was changed is told, so that the manager sees it.
"""

import colorsys
import re

from msgspec import Struct

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0

_HEX = re.compile(r"#[0-9a-fA-F]{6}")

Rgb = tuple[int, int, int]


class Palette(Struct, frozen=True):
    """Colours of one mode, each `#rrggbb`."""

    page: str
    surface: str
    ink: str  # the brand as text, links and outlines on page, surface and soft
    fill: str  # the brand as a filled area
    on_fill: str  # text on it
    soft: str  # a tint of the brand behind ordinary text
    mid: str  # the brand as a paler shape on the surface, still told from it


class Colors(Struct, frozen=True):
    light: Palette
    dark: Palette
    changed: bool  # the brand colour itself was too light for text on white and was darkened


def parse_color(text: str) -> Rgb:
    """Raises ValueError unless the text is `#rrggbb`."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"«{text}» non è un colore, serve la forma #rrggbb")
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def hex_color(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def luminance(color: Rgb) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel / 255) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 (the same) to 21 (black and white)."""
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def legible(color: Rgb, backgrounds: tuple[Rgb, ...], *, darker: bool, least: float) -> Rgb:
    """The colour with its hue, moved towards black or white no further than needed for this contrast on all of them."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in color))
    for step in range(101):
        moved = lightness * (1 - step / 100) if darker else lightness + (1 - lightness) * step / 100
        candidate = _rgb(hue, moved, saturation)
        if all(contrast(candidate, background) >= least for background in backgrounds):
            return candidate
    return (0, 0, 0) if darker else (255, 255, 255)


def derived_colors(brand: str) -> Colors:
    """The two palettes of a brand colour. Raises ValueError unless it is `#rrggbb`."""
    color = parse_color(brand)
    light = _light(color)
    return Colors(light=light, dark=_dark(color), changed=light.fill != hex_color(color))


def _light(brand: Rgb) -> Palette:
    white, page = (255, 255, 255), (243, 245, 248)
    soft = _mixed(brand, white, 0.08)
    fill = legible(brand, (white,), darker=True, least=TEXT_CONTRAST)
    ink = legible(brand, (white, page, soft), darker=True, least=TEXT_CONTRAST)
    mid = legible(_mixed(brand, white, 0.45), (white,), darker=True, least=SHAPE_CONTRAST)
    return _palette((page, white, ink, fill, white, soft, mid))


def _dark(brand: Rgb) -> Palette:
    page, surface, white = (15, 18, 23), (26, 30, 37), (255, 255, 255)
    soft = _mixed(brand, surface, 0.16)
    ink = legible(brand, (surface, page, soft), darker=False, least=TEXT_CONTRAST)
    # A filled area glares on a dark page: the brand is taken down, but stays a shape that is told from the page.
    fill = legible(_mixed(brand, page, 0.6), (white,), darker=True, least=7.0)
    mid = legible(_mixed(brand, surface, 0.6), (surface,), darker=False, least=SHAPE_CONTRAST)
    return _palette((page, surface, ink, fill, white, soft, mid))


def _palette(colors: tuple[Rgb, ...]) -> Palette:
    return Palette(*map(hex_color, colors))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _rgb(hue: float, lightness: float, saturation: float) -> Rgb:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return (round(red * 255), round(green * 255), round(blue * 255))


def _mixed(color: Rgb, ground: Rgb, part: float) -> Rgb:
    red, green, blue = (round(c * part + g * (1 - part)) for c, g in zip(color, ground, strict=True))
    return (red, green, blue)
