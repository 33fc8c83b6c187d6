"""From bytes to the root element of an ordinary e-invoice, or the reason why not. Nothing is expanded or fetched."""

import re
from typing import Final

from lxml import etree

DEFAULT_MAX_BYTES: Final = 10 * 1024 * 1024

_NAMESPACE: Final = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
_ROOT: Final = "FatturaElettronica"
_FORMATS: Final = ("FPA12", "FPR12")
#: An ASN.1 sequence, a PEM armour, or base64 of a sequence: a signature envelope, whatever the file is called.
_ENVELOPE = re.compile(rb"\s*(?:0[\x80-\x84]|-----BEGIN |M[A-P][A-Za-z0-9+/])")
_BLANKS = re.compile(r"\s*")
_UTF_16_STARTS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}


class InvoiceFileRefusedError(Exception):
    """The whole file is refused; `code` and `values` are those of the finding."""

    def __init__(self, code: str, *, line: int = 1, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.values = values


def invoice_root(data: bytes, *, file: str, max_bytes: int = DEFAULT_MAX_BYTES) -> etree._Element:
    """Parse one plain XML file. Raises InvoiceFileRefusedError with XML-601…605 or XML-612."""
    if len(data) > max_bytes:
        raise InvoiceFileRefusedError("XML-612", nome=file, limite=f"{max_bytes // (1024 * 1024)} MiB")
    if file.lower().endswith(".p7m") or _ENVELOPE.match(data):
        raise InvoiceFileRefusedError("XML-605", nome=file)
    if has_doctype(data):
        raise InvoiceFileRefusedError("XML-601", nome=file)
    root = _parsed(data, file)
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding that hid it from the look above
        raise InvoiceFileRefusedError("XML-601", nome=file)
    _check_root(root, file)
    return root


def says_another_encoding(root: etree._Element, data: bytes) -> str:
    """The declared encoding, if the bytes look like UTF-8 all the same; accents are then read as declared."""
    declared = (root.getroottree().docinfo.encoding or "UTF-8").upper()
    if declared in {"UTF-8", "UTF8"} or declared.startswith("UTF-16") or data.isascii():
        return ""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return declared


def has_doctype(data: bytes) -> bool:
    """Whether a document type stands before the first element. Looked for before a parser sees any of it."""
    encoding = _UTF_16_STARTS.get(data[:2], "latin-1")
    text = data.decode(encoding, errors="replace").removeprefix("ï»¿").removeprefix("\ufeff")
    place = 0
    while True:
        place = _BLANKS.match(text, place).end()  # type: ignore[union-attr]  # matches nothing at least
        if text.startswith("<!DOCTYPE", place):
            return True
        if text.startswith("<?", place):
            end = text.find("?>", place + 2)
        elif text.startswith("<!--", place):
            end = text.find("-->", place + 4)
        else:
            return False
        if end < 0:
            return False
        place = text.index(">", end) + 1


def _parsed(data: bytes, file: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise InvoiceFileRefusedError("XML-602", line=line, nome=file, riga=str(line)) from None


def _check_root(root: etree._Element, file: str) -> None:
    name = etree.QName(root)
    if name.localname != _ROOT:
        raise InvoiceFileRefusedError("XML-603", nome=file, valore=name.localname[:60])
    if name.namespace != _NAMESPACE:
        raise InvoiceFileRefusedError("XML-604", nome=file, valore=(name.namespace or "senza namespace")[:100])
    version = root.get("versione", "").strip()
    if version not in _FORMATS:
        raise InvoiceFileRefusedError("XML-604", nome=file, valore=version[:20] or "versione assente")
