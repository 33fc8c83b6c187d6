"""Files inside an e-invoice (`Allegati`): kept as they are, never opened; a PDF may become the bill's PDF."""

import base64
import binascii

from lxml import etree

from smartbill.core.flows.fatturapa.document import Document, clean_text, element_at, elements_at
from smartbill.core.flows.value import Attachment

_PDF_START_WITHIN = 1024


def read_attachments(document: Document, body: etree._Element) -> tuple[Attachment, ...]:
    """The attachments in their order. The content tells whether it is a PDF, never the name or the declared format."""
    found = []
    for n, element in enumerate(elements_at(body, "Allegati"), 1):
        encoded = element_at(element, "Attachment")
        text = "".join((encoded.text or "").split()) if encoded is not None else ""
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            content = b""
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


def _file_name(name: str) -> str:
    """The last part of the name alone: it is a label, but labels end in download headers."""
    return name.replace("\\", "/").rpartition("/")[2].strip(". ")[-120:]
