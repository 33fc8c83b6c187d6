"""PDFs of bills, with and without what is not allowed in them."""

from collections.abc import Iterable, Sequence
from io import BytesIO

import pikepdf

from smartbill.core.flows.pdf_check import pdf_findings
from smartbill.core.flows.value import Finding
from tests.fuzz.target import Target


def _made(**options: object) -> bytes:
    target = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments["a.txt"] = b"hello"
        pdf.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(A=pikepdf.Dictionary(S=pikepdf.Name.URI, URI="x"))])
        pdf.save(target, **options)  # type: ignore[arg-type]
    return target.getvalue()


def _seeds() -> Sequence[bytes]:
    streams = pikepdf.ObjectStreamMode.generate
    return (_made(), _made(object_stream_mode=streams), _made(encryption=pikepdf.Encryption(owner="o", user="")))


def _read(data: bytes) -> Iterable[Finding]:
    return pdf_findings(data, name="a.pdf", document="B051/1", line=2, file="f.txt")


TARGET = Target(
    name="pdf",
    seeds=_seeds,
    read=_read,
    words=(
        b"/JS (x)", b"/S /JavaScript", b"/S /Launch", b"/AA << >>", b"/XFA []", b"1 0 R", b"2 0 R", b"endobj\n",
        b"obj\n", b"stream\n", b"endstream\n", b"/Length 99999999999", b"/Kids [3 0 R 2 0 R]", b"<<" * 200, b"[" * 600,
        b"/Filter /FlateDecode", b"/Prev 9", b"startxref\n0\n", b"/Parent 3 0 R", b"/Type /ObjStm", b"/Encrypt 5 0 R",
        b"trailer",
    ),
)  # fmt: skip
