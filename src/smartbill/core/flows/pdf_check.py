"""Whether a company's PDF may be handed to customers: readable, not encrypted, nothing in it that acts."""

from io import BytesIO

import pikepdf

from smartbill.core.flows.value import Finding, Level

HEAD_BYTES = 1024
_ACTIONS = {"/JavaScript", "/Launch"}
_MAX_DEPTH = 100


def check_pdf(content: bytes) -> str:
    """The code of what is wrong: `DOC-302` no readable PDF, or an encrypted one; `DOC-305` JavaScript or launch
    actions; `WRN-409` embedded files, which only warn; empty when nothing is. Never raises.
    """
    if b"%PDF-" not in content[:HEAD_BYTES]:
        return "DOC-302"
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if pdf.is_encrypted or not len(pdf.pages):
                return "DOC-302"
            embedded = False
            for found in pdf.objects:
                active, embeds = _traits(found, 0)
                if active:
                    return "DOC-305"
                embedded = embedded or embeds
            return "WRN-409" if embedded else ""
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, RuntimeError, MemoryError):
        return "DOC-302"


def pdf_findings(content: bytes, *, name: str, document: str, line: int | None, file: str) -> list[Finding]:
    """The same as findings of the document (record 10 of a flow) that the PDF belongs to."""
    code = check_pdf(content)
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


def _traits(found: pikepdf.Object, depth: int) -> tuple[bool, bool]:
    """Whether an object acts, and whether it embeds a file. References are met on their own, so are not followed."""
    if depth > _MAX_DEPTH:
        return True, False  # no honest PDF nests direct objects so deep
    children: list[object] = []
    embeds = False
    if isinstance(found, pikepdf.Array):
        children = list(found)
    elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        held = dict(found.items())
        if "/JS" in held or str(held.get("/S", "")) in _ACTIONS:
            return True, False
        embeds = "/EF" in held or "/EmbeddedFiles" in held
        children = list(held.values())
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            child_active, child_embeds = _traits(child, depth + 1)
            if child_active:
                return True, False
            embeds = embeds or child_embeds
    return False, embeds
