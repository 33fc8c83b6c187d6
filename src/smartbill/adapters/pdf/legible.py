"""Texts as our fonts can show them. PDF/A and PDF/UA refuse a sign without a glyph, so none may come through.

`fonts/coverage.txt` tells what all weights of the text font have; a test compares it with the fonts.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"

#: Texts of a document that are never printed as they are.
_NOT_SHOWN = frozenset({"href", "logo"})

#: What stands for a sign that no font of ours has.
MISSING = "?"
_ZERO_WIDTH_SPACE = "\u200b"

#: Longer than this a word would run out of its cell: it may break.
_LONG_WORD = re.compile(r"[^\s\u200b-]{25,}")
_BREAK_EVERY = 12


def legible(value: Any) -> Any:
    """The same plain value (dicts, lists, texts) with every text as it can be printed."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list | tuple):
        return [legible(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name in _NOT_SHOWN else legible(each) for name, each in value.items()}
    return value


def printable(text: str) -> str:
    """In composed form, one line, signs without a glyph replaced, long words breakable."""
    known = _covered()
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(sign if sign in known else _instead(sign) for sign in composed)
    return _LONG_WORD.sub(_breakable, shown)


def _breakable(word: re.Match[str]) -> str:
    text = word[0]
    return _ZERO_WIDTH_SPACE.join(text[at : at + _BREAK_EVERY] for at in range(0, len(text), _BREAK_EVERY))


def _instead(sign: str) -> str:
    if sign.isspace():
        return " "
    category = unicodedata.category(sign)
    if category in {"Cc", "Cf", "Mn", "Me"}:  # controls, marks of direction, accents without their letter
        return ""
    plain = unicodedata.normalize("NFKD", sign)
    known = _covered()
    return plain if plain != sign and all(each in known for each in plain) else MISSING


@lru_cache(maxsize=1)
def _covered() -> frozenset[str]:
    signs: set[str] = set()
    for line in (FONTS / "coverage.txt").read_text(encoding="ascii").split():
        first, _, last = line.partition("-")
        signs.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(signs)
