"""Whether a company's PDF may be handed to customers: readable, not encrypted, nothing in it that acts.

Every object is looked at, whether a page uses it or not. Reading a PDF runs a large foreign parser: workers do it by
`adapters.pdf_checks`, in a process that may die.
"""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pikepdf

from smartbill.core.flows.value import Finding, Level

HEAD_BYTES = 1024
MAX_PAGES = 2_000
#: `(content) -> code`, as `check_pdf`.
PdfCheck = Callable[[bytes], str]

#: Actions that run something, send something, or reach for another file.
_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/Rendition",
    "/Movie",
    "/RichMediaExecute",
}
_ACTIVE_KEYS = {"/JS", "/XFA", "/RichMediaContent"}
_ACTIVE_SUBTYPES = {"/RichMedia", "/3D", "/Movie", "/Screen"}
_EMBEDDING_KEYS = {"/EF", "/EmbeddedFiles"}
_SELF_STARTING_KEYS = ("/OpenAction", "/AA")
#: Addresses that a link may have: a scheme of these, or none. `\\\\server` is a file of another machine.
_LINK = re.compile(r"(?:https?|mailto|tel|sms):|(?![a-z][a-z0-9+.-]*:|[\\/]{2})", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20]+")
_MAX_DEPTH = 100

_CONTAINERS = {pikepdf.ObjectType.array, pikepdf.ObjectType.dictionary}
_WORDS = {*_ACTIONS, *_ACTIVE_KEYS, *_ACTIVE_SUBTYPES, *_EMBEDDING_KEYS, *_SELF_STARTING_KEYS, "/URI"}
_NAMES = re.compile(f"(?:{'|'.join(sorted(_WORDS))})(?![A-Za-z0-9])".encode())
_NAMES_OF_STREAMS = re.compile(f"(?:{'|'.join(sorted(_WORDS))}|/F)(?![A-Za-z0-9])".encode())


class _Active(Exception):
    """Something in the PDF acts."""


def check_pdf(content: bytes) -> str:
    """The code of what is wrong: `DOC-302` no readable PDF, damaged, encrypted, without pages or with too many;
    `DOC-305` something in it acts; `WRN-409` embedded files, which only warn; empty when nothing is. Never raises.
    """
    return check_pdf_file(BytesIO(content), content[:HEAD_BYTES])


def check_pdf_file(source: BinaryIO | Path, head: bytes) -> str:
    """As `check_pdf`. A file at a path takes the parser half the time of one that Python reads for it."""
    if b"%PDF-" not in head:
        return "DOC-302"
    try:
        with pikepdf.open(source, attempt_recovery=False) as pdf:
            if pdf.is_encrypted or not 0 < len(pdf.pages) <= MAX_PAGES:
                return "DOC-302"
            embeds = [_embeds(found, 0) for found in pdf.objects if _worth_a_look(found)]
            return "WRN-409" if any(embeds) else ""
    except _Active:
        return "DOC-305"
    except Exception:  # whatever a foreign parser trips over is no readable PDF
        return "DOC-302"


def pdf_findings(
    content: bytes, *, name: str, document: str, line: int | None, file: str, check: PdfCheck = check_pdf
) -> list[Finding]:
    """The same as findings of the document (record 10 of a flow) that the PDF belongs to."""
    code = check(content)
    if not code:
        return []
    level = Level.WARNING if code.startswith("WRN") else Level.DOCUMENT
    values = {"nome": name} if code == "DOC-302" else {}
    return [
        Finding(
            code=code,
            level=level,
            file=file,
            line=line,
            record="10",
            field="pdf_file",
            document=document,
            values=values,
        )
    ]


def _worth_a_look(found: pikepdf.Object) -> bool:
    """Whether an object, written down, has any of the names in it: most have none, and that is told fast."""
    kind = found._type_code
    if kind == pikepdf.ObjectType.stream:
        return _NAMES_OF_STREAMS.search(found.stream_dict.unparse(resolved=True)) is not None
    return kind in _CONTAINERS and _NAMES.search(found.unparse(resolved=True)) is not None


def _embeds(found: pikepdf.Object, depth: int) -> bool:
    """Whether an object embeds a file. References are met on their own, so are not followed. Raises _Active."""
    if depth > _MAX_DEPTH:
        raise _Active  # no honest PDF nests direct objects so deep
    kind = found._type_code
    if kind == pikepdf.ObjectType.array:
        children = list(found)
        embeds = False
    elif kind in {pikepdf.ObjectType.dictionary, pikepdf.ObjectType.stream}:
        held = dict(found.items())
        _refuse_active(held, is_stream=kind == pikepdf.ObjectType.stream)
        children = list(held.values())
        embeds = not _EMBEDDING_KEYS.isdisjoint(held)
    else:
        return False
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect and _embeds(child, depth + 1):
            embeds = True
    return embeds


def _refuse_active(held: dict[str, pikepdf.Object], *, is_stream: bool) -> None:
    """Raises _Active for a dictionary that acts, or whose data lie in another file."""
    if not _ACTIVE_KEYS.isdisjoint(held) or (is_stream and "/F" in held):
        raise _Active
    kind = _name(held.get("/S"))
    if kind in _ACTIONS or _name(held.get("/Subtype")) in _ACTIVE_SUBTYPES:
        raise _Active
    if kind == "/URI" and _LINK.match(_BLANKS.sub("", str(held.get("/URI", "")))) is None:
        raise _Active
    for key in _SELF_STARTING_KEYS:
        if key in held:
            _refuse_self_starting(held[key], 0)


def _refuse_self_starting(action: object, depth: int) -> None:
    """An address that is opened without anybody's doing. `/AA` holds actions by event, `/Next` those that follow."""
    if depth > _MAX_DEPTH:
        raise _Active
    if isinstance(action, pikepdf.Array):
        following = list(action)
    elif isinstance(action, pikepdf.Dictionary):
        if _name(action.get("/S")) == "/URI":
            raise _Active
        following = [value for key, value in action.items() if key not in {"/D", "/P", "/Parent"}]
    else:
        return
    for each in following:
        _refuse_self_starting(each, depth + 1)


def _name(value: object) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""
