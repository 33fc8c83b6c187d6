"""Paths into XML, a small closed language: steps of local names, `..`, predicates, and `@name` or `.` at the end."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from lxml import etree
from msgspec import Struct

MAX_STEPS = 20
MAX_LENGTH = 300
_STEP = re.compile(r"(?P<name>[^\W\d][\w.-]*|\*)(?P<predicate>\[[^\[\]]*\])?")
_PREDICATE = re.compile(r"\[(?P<at>@?)(?P<name>[^\W\d][\w.-]*)(?P<op>=|~)(?P<value>[^\[\]]*)\]")


class Step(Struct, frozen=True):
    name: str
    child: str = ""  # predicate: this child (or attribute) …
    attribute: bool = False
    values: tuple[str, ...] = ()  # … has one of these texts


class Path(Struct, frozen=True):
    """`up` steps to the parent, then down; at the end the element's text or an attribute of it."""

    up: int
    steps: tuple[Step, ...]
    attribute: str = ""
    ns: str = ""  # all steps are in this namespace; empty = any

    def elements(self, element: etree._Element) -> Iterator[etree._Element]:
        start: etree._Element | None = element
        for _ in range(self.up):
            start = start.getparent() if start is not None else None
        if start is not None:
            yield from self._below(start, 0)

    def _below(self, element: etree._Element, depth: int) -> Iterator[etree._Element]:
        if depth == len(self.steps):
            yield element
            return
        step = self.steps[depth]
        for child in element.iterchildren(tag=etree.Element):
            if (step.name == "*" or local_name(child) == step.name) and self._is_in_ns(child) and _holds(step, child):
                yield from self._below(child, depth + 1)

    def _is_in_ns(self, element: etree._Element) -> bool:
        return not self.ns or namespace(element) == self.ns

    def texts(self, element: etree._Element) -> Iterator[str]:
        for found in self.elements(element):
            if not self.attribute:
                yield text_of(found)
            else:
                yield attribute_of(found, self.attribute)

    def first_text(self, element: etree._Element) -> str:
        return next(self.texts(element), "")


def parse(text: str, *, ns: str = "") -> Path:
    """Raises ValueError with an Italian sentence."""
    if not text or len(text) > MAX_LENGTH:
        raise ValueError(f"serve un percorso di al massimo {MAX_LENGTH} caratteri")
    pieces = _split(text)
    up = 0
    while pieces and pieces[0] == "..":
        pieces.pop(0)
        up += 1
    attribute = ""
    if pieces and pieces[-1].startswith("@"):
        attribute = pieces.pop()[1:]
        if not _STEP.fullmatch(attribute) or attribute == "*":
            raise ValueError(f"«@{attribute}» non è il nome di un attributo")
    elif pieces and pieces[-1] == ".":
        pieces.pop()
    if len(pieces) + up > MAX_STEPS:
        raise ValueError(f"al massimo {MAX_STEPS} passi")
    return Path(up, tuple(_step(piece) for piece in pieces), attribute, ns)


def _split(text: str) -> list[str]:
    """The steps; a slash inside a predicate is no end of a step."""
    pieces, piece, depth = [], "", 0
    for sign in text:
        depth += (sign == "[") - (sign == "]")
        if sign == "/" and depth == 0:
            pieces.append(piece)
            piece = ""
        else:
            piece += sign
    return [*pieces, piece]


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    if found is None:
        raise ValueError(
            f"«{text}» non è un passo: sono ammessi nomi, «..» all'inizio, «@attributo» o «.» alla fine, "
            "[figlio=valore], [@attributo=valore], [figlio~uno|altro]"
        )
    if not found["predicate"]:
        return Step(found["name"])
    predicate = _PREDICATE.fullmatch(found["predicate"])
    if predicate is None:
        raise ValueError(f"«{found['predicate']}» non è ammesso: [figlio=valore], [@attributo=valore]")
    value = predicate["value"].strip("'\"")
    values = tuple(value.split("|")) if predicate["op"] == "~" else (value,)
    return Step(found["name"], predicate["name"], bool(predicate["at"]), values)


def _holds(step: Step, element: etree._Element) -> bool:
    if not step.child:
        return True
    if step.attribute:
        return attribute_of(element, step.child) in step.values
    return any(
        local_name(child) == step.child and text_of(child) in step.values
        for child in element.iterchildren(tag=etree.Element)
    )


def local_name(element: etree._Element) -> str:
    """`etree.QName` refuses a name whose prefix is declared nowhere, which streamed files may have."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: etree._Element) -> str:
    """Empty when there is none."""
    return str(element.tag)[1:].rpartition("}")[0]


def text_of(element: etree._Element) -> str:
    """The text of an element without children of its own kind of text; bounded."""
    return "".join(str(part) for part in element.itertext())[:20_000].strip()


def attribute_of(element: etree._Element, name: str) -> str:
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value).strip()
    return ""


_SUMMARY = parse("DatiBeniServizi/DatiRiepilogo")
_DOCUMENT_ROUNDING = parse("DatiGenerali/DatiGeneraliDocumento/Arrotondamento")
_TOTAL = parse("DatiGenerali/DatiGeneraliDocumento/ImportoTotaleDocumento")


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text) if text and len(text) <= 24 else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def _summed(element: etree._Element, names: tuple[str, ...], *, only_split: bool = False) -> Decimal | None:
    total, seen = Decimal(0), False
    for part in _SUMMARY.elements(element):
        if only_split and parse("EsigibilitaIVA").first_text(part) != "S":
            continue
        seen = True
        for name in names:
            total += _number(parse(name).first_text(part))
    return total if seen else None


def _sum_summary(row: Any) -> Decimal | None:
    total = _summed(row.source, ("ImponibileImporto", "Imposta", "Arrotondamento"))
    return None if total is None else total + _number(_DOCUMENT_ROUNDING.first_text(row.source))


def _total_minus_split_vat(row: Any) -> Decimal | None:
    total = row.values.get("total_bill")
    if total is None:
        told = _TOTAL.first_text(row.source)
        total = _number(told) if told else _sum_summary(row)
    if total is None:
        return None
    return Decimal(total) - (_summed(row.source, ("Imposta",), only_split=True) or Decimal(0))


#: derivations that an electronic invoice alone has (8.4 of the flow format)
INVOICE_SUMS: Final[dict[str, Callable[[Any], Decimal | None]]] = {
    "sum_summary": _sum_summary,
    "total_minus_split_vat": _total_minus_split_vat,
}
