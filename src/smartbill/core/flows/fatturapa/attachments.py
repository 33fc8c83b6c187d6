"""Files inside an e-invoice (`Allegati`): kept as they are, never opened; a PDF may become the bill's PDF."""

import base64
import binascii
from typing import Final

from lxml import etree

from smartbill.core.flows.fatturapa.document import Document, clean_text, element_at, elements_at
from smartbill.core.flows.value import Attachment

_PDF_START_WITHIN: Final = 1024
#: The invoice file itself is kept as well, so nothing is lost of one with more.
MAX_ATTACHMENTS: Final = 50
_BLANKS: Final = b" \t\r\n"


def read_attachments(document: Document, body: etree._Element) -> tuple[Attachment, ...]:
    """The attachments in their order. The content tells whether it is a PDF, never the name or the declared format.

    Decoded they are smaller than the file, whose size is bounded; a declared compression is not undone.
    """
    found: list[Attachment] = []
    for n, element in enumerate(elements_at(body, "Allegati"), 1):
        if n > MAX_ATTACHMENTS:
            document.off_schema(f"oltre {MAX_ATTACHMENTS} allegati: gli altri restano solo nel file della fattura")
            break
        content = _decoded(element_at(element, "Attachment"))
        if not content:
            document.off_schema(f"allegato {n} non leggibile")
            continue
        name = clean_text(element_at(element, "NomeAttachment"))
        found.append(
            Attachment(
                name=_file_name(name) or f"allegato-{n}",
                content=content,
                is_pdf=b"%PDF-" in content[:_PDF_START_WITHIN],
            )
        )
    return tuple(found)


def _decoded(element: etree._Element | None) -> bytes:
    text = (element.text or "") if element is not None else ""
    try:
        return base64.b64decode(text.encode("ascii").translate(None, _BLANKS), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _file_name(name: str) -> str:
    """The last part of the name alone: it is a label, but labels end in download headers."""
    return name.replace("\\", "/").rpartition("/")[2].strip(". ")[-120:]
