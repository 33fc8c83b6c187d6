"""Regular expressions of descriptors: an engine whose time grows with the length of the text alone (RE2)."""

from typing import Any

import re2

MAX_PATTERN = 200
MAX_TEXT = 4_000

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


class PatternRefused(ValueError):
    """The pattern cannot be used; the message says why, in Italian."""


class Pattern:
    """A pattern with its limits: at most 200 characters, no back-references, on texts of at most 4,000 characters."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        """Raises PatternRefused."""
        if len(text) > MAX_PATTERN:
            raise PatternRefused(f"ha {len(text)} caratteri, al massimo {MAX_PATTERN}")
        self.text = text
        try:
            self._compiled: Any = re2.compile(text, options=_OPTIONS)
        except re2.error as error:
            told = error.args[0] if error.args else ""
            reason = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
            raise PatternRefused(f"non è ammessa ({reason})") from None

    def __reduce__(self) -> tuple[type["Pattern"], tuple[str]]:
        return Pattern, (self.text,)

    def fits(self, text: str) -> bool:
        """Whether the whole text is of this form."""
        return len(text) <= MAX_TEXT and self._compiled.fullmatch(text) is not None

    def found(self, text: str) -> str | None:
        """The first place of the text that is of this form: its group, or all of it. None when there is none."""
        if len(text) > MAX_TEXT:
            return None
        match = self._compiled.search(text)
        if match is None:
            return None
        told = match.group(1) if self._compiled.groups else match.group(0)
        return told or ""
