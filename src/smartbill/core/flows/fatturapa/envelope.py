"""From bytes to the root element of an ordinary e-invoice, or the reason why not. Nothing is expanded or fetched."""

import re
from typing import Final

from lxml import etree
from msgspec import Struct

from smartbill.core.flows.fatturapa.signed import BrokenEnvelopeError, looks_signed, signed_content
from smartbill.core.flows.value import Level

DEFAULT_MAX_BYTES: Final = 10 * 1024 * 1024

_NAMESPACE: Final = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
_ROOT: Final = "FatturaElettronica"
_FORMATS: Final = ("FPA12", "FPR12")
#: What a file may ask of memory: signs that begin a tag, and signs that come with an attribute.
MAX_TAGS: Final = 600_000
MAX_ATTRIBUTES: Final = 300_000
_DECLARED: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
#: What SdI writes beside invoices: receipts and metadata, in both families of its messages.
_SDI_MESSAGES: Final = frozenset({
    *("FileMetadati", "MetadatiInvioFile", "RicevutaConsegna", "RicevutaScarto", "RicevutaImpossibilitaRecapito"),
    *("NotificaScarto", "NotificaMancataConsegna", "NotificaEsito", "NotificaEsitoCommittente"),
    *("ScartoEsitoCommittente", "NotificaDecorrenzaTermini", "AttestazioneTrasmissioneFattura"),
})  # fmt: skip
_BLANKS = re.compile(r"\s*")
_UTF_8: Final = frozenset({"", "UTF-8", "UTF8"})
_UTF_16_STARTS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}


class InvoiceFileRefusedError(Exception):
    """The whole file is refused; `code`, `level` and `values` are those of the finding."""

    def __init__(self, code: str, *, line: int = 1, level: Level = Level.DOCUMENT, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.level = level
        self.values = values


class SdiMessageError(Exception):
    """Not an invoice but a receipt or metadata of the exchange system, as they lie beside invoices."""


class InvoiceFile(Struct, frozen=True):
    """A parsed file. `odd_encoding`: the declared encoding, where the bytes look like UTF-8 all the same."""

    root: etree._Element
    odd_encoding: str = ""


def parse_invoice_file(
    data: bytes, *, file: str, max_bytes: int = DEFAULT_MAX_BYTES, beside_others: bool = False
) -> InvoiceFile:
    """Take the invoice out of its signature envelope, if it has one, and parse it.

    Raises InvoiceFileRefusedError with XML-601…605 or XML-612, and SdiMessageError where the file came `beside_others`
    and is a message of the exchange system.
    """
    if len(data) > max_bytes:
        raise InvoiceFileRefusedError("XML-612", nome=file, limite=f"{max_bytes // (1024 * 1024)} MiB")
    data = _unwrapped(data, file)
    if has_doctype(data):
        raise InvoiceFileRefusedError("XML-601", nome=file)
    if data.count(b"<") > MAX_TAGS or data.count(b"=") > MAX_ATTRIBUTES:
        raise InvoiceFileRefusedError("XML-612", nome=file, limite="300.000 elementi")
    parsed = _parsed(data, file)
    if parsed.root.getroottree().docinfo.internalDTD is not None:  # in an encoding that hid it from the look above
        raise InvoiceFileRefusedError("XML-601", nome=file)
    if beside_others and etree.QName(parsed.root).localname in _SDI_MESSAGES:
        raise SdiMessageError
    _check_root(parsed.root, file)
    return parsed


def _unwrapped(data: bytes, file: str) -> bytes:
    """What is signed, of a file that is called signed or looks it."""
    if not file.lower().endswith(".p7m") and not looks_signed(data):
        return data
    try:
        return signed_content(data)
    except BrokenEnvelopeError:
        raise InvoiceFileRefusedError("XML-605", nome=file) from None


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


def _parsed(data: bytes, file: str) -> InvoiceFile:
    """Parse as declared. What can't be read so and is UTF-8 all the same was declared wrongly, and is read as UTF-8."""
    found = _DECLARED.match(data)
    declared = found[1].decode().upper() if found else ""
    try:
        root = _tree(data)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        refused = InvoiceFileRefusedError("XML-602", line=line, nome=file, riga=str(line))
        if declared in _UTF_8 or not _is_utf_8(data):
            raise refused from None
        try:
            return InvoiceFile(_tree(data, encoding="utf-8"), declared)
        except etree.XMLSyntaxError:
            raise refused from None
    odd = declared and declared not in _UTF_8 and not data.isascii() and _is_utf_8(data)
    return InvoiceFile(root, declared if odd else "")


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _tree(data: bytes, *, encoding: str | None = None) -> etree._Element:
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    return etree.fromstring(data, parser)


def _check_root(root: etree._Element, file: str) -> None:
    name = etree.QName(root)
    if name.localname != _ROOT:
        raise InvoiceFileRefusedError("XML-603", nome=file, valore=name.localname[:60])
    if name.namespace != _NAMESPACE:
        raise InvoiceFileRefusedError("XML-604", nome=file, valore=(name.namespace or "senza namespace")[:100])
    version = root.get("versione", "").strip()
    if version not in _FORMATS:
        raise InvoiceFileRefusedError("XML-604", nome=file, valore=version[:20] or "versione assente")
