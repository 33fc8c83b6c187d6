"""One document while it is read: values of its elements, and what is wrong with them."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, cast

from lxml import etree

from smartbill.core.flows.value import Finding, Level

CENT: Final = Decimal("0.01")
MAX_FINDINGS: Final = 50
#: No text of an invoice is nearly as long; what is behind it is not looked at.
_MAX_TEXT: Final = 20_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,11}(?:\.[0-9]{1,8})?", re.ASCII)
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_STEP = re.compile(r"([A-Za-z0-9]+)(?:\[([A-Za-z0-9]+)=([^\]]*)\])?", re.ASCII)
_BLANKS: Final = "\t\n\r"


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to the cent, zero without a sign."""
    return amount.quantize(CENT, ROUND_HALF_UP) + 0


def line_of(element: etree._Element) -> int:
    return cast("int | None", element.sourceline) or 1


def elements_at(parent: etree._Element, path: str) -> Iterator[etree._Element]:
    """The elements at a path of local names (`A/B[C=text]/D`), namespaces not looked at."""
    first, _, rest = path.partition("/")
    step = _STEP.fullmatch(first)
    if step is None:
        return
    name, condition, wanted = step.groups()
    for child in parent.iterchildren(f"{{*}}{name}"):
        if condition and not any(clean_text(found) == wanted for found in elements_at(child, condition)):
            continue
        if rest:
            yield from elements_at(child, rest)
        else:
            yield child


def element_at(parent: etree._Element, path: str) -> etree._Element | None:
    return next(elements_at(parent, path), None)


def clean_text(element: etree._Element | None) -> str:
    """The text without blanks around it, line ends as blanks, and without control and direction signs."""
    text = (element.text or "").strip()[:_MAX_TEXT] if element is not None else ""
    if text.isprintable():
        return text
    kept = (
        " " if sign in _BLANKS else sign for sign in text if sign in _BLANKS or unicodedata.category(sign)[0] != "C"
    )
    return "".join(kept).strip()


class Document:
    """Reads values and keeps the findings of one document. `refused` once a finding says that it is not taken."""

    def __init__(self, *, file: str, line: int, name: str, most_findings: int = MAX_FINDINGS) -> None:
        self.file = file
        self.line = line
        self.name = name  # its number, or the file's name while that is not known
        self.findings: list[Finding] = []
        self._most_findings = most_findings
        self.refused = False
        self._details: set[str] = set()

    def refuse(self, code: str, *, line: int | None = None, field: str = "", **values: str) -> None:
        self.refused = True
        self._add(code, Level.DOCUMENT, line, field, values)

    def warn(self, code: str, *, line: int | None = None, field: str = "", **values: str) -> None:
        self._add(code, Level.WARNING, line, field, values)

    def off_schema(self, detail: str) -> None:
        """XML-608, each detail once."""
        if detail not in self._details:
            self._details.add(detail)
            self.warn("XML-608", dettaglio=detail)

    def _add(self, code: str, level: Level, line: int | None, field: str, values: dict[str, str]) -> None:
        if len(self.findings) < self._most_findings:
            self.findings.append(
                Finding(
                    code=code,
                    level=level,
                    file=self.file,
                    line=line or self.line,
                    field=field,
                    document=self.name[:40],
                    values={"doc": self.name, **({"campo": field} if field else {}), **values},
                )
            )

    def take(self, part: "Document") -> None:
        """Findings of a part that several documents have in common: each has them as its own."""
        self.refused = self.refused or part.refused
        for finding in part.findings:
            self._add(finding.code, finding.level, finding.line, finding.field, finding.values | {"doc": self.name})

    def too_large(self, limit: str) -> None:
        self.refuse("XML-612", nome=self.file, limite=limit)

    def missing(self, name: str, parent: etree._Element | None = None) -> None:
        line = line_of(parent) if parent is not None else None
        self.refuse("XML-606", line=line, field=name, elemento=name)

    def text(self, parent: etree._Element, path: str, *, limit: int, required: bool = False) -> str:
        """Text of at most `limit` characters; what is longer is cut, with XML-608."""
        text = clean_text(element_at(parent, path))
        name = path.rpartition("/")[2]
        if not text and required:
            self.missing(name, parent)
        if len(text) > limit:
            self.off_schema(f"testo troppo lungo in {name}")
            text = text[:limit].rstrip()
        return text

    def number(self, parent: etree._Element, path: str, *, required: bool = False) -> Decimal | None:
        """A number of up to 8 decimals. Missing or unreadable: None, and the document is refused if it needs it."""
        element = element_at(parent, path)
        text = clean_text(element)
        if element is None or not text:
            if required:
                self.missing(path.rpartition("/")[2], parent)
            return None
        if not _NUMBER.fullmatch(text):
            self.refuse("REC-103", line=line_of(element), field=path.rpartition("/")[2], valore=text[:60])
            return None
        return Decimal(text) + 0

    def amount(self, parent: etree._Element, path: str, *, required: bool = False) -> Decimal | None:
        number = self.number(parent, path, required=required)
        return None if number is None else cents(number)

    def day(self, parent: etree._Element, path: str, *, required: bool = False) -> date | None:
        """A date; blanks around it and a time zone are dropped with XML-608, as real files have them."""
        element = element_at(parent, path)
        text = clean_text(element)
        name = path.rpartition("/")[2]
        if element is None or not text:
            if required:
                self.missing(name, parent)
            return None
        found = _DATE.fullmatch(text)
        try:
            value = date.fromisoformat(found[1]) if found else None
        except ValueError:
            value = None
        if found is None or value is None:
            self.refuse("REC-104", line=line_of(element), field=name, valore=text[:60])
            return None
        if found[2] or text != element.text:
            self.off_schema(f"spazi o fuso orario nella data {name}")
        return value
