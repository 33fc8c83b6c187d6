"""PDFs of bills, with and without what is not allowed in them."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from random import Random

import pikepdf

from smartbill.core.flows.pdf_check import pdf_findings
from smartbill.core.flows.value import Finding
from tests.fuzz.target import Target, spoiled


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


_WORDS = (
    b"/JS (x)", b"/S /JavaScript", b"/S /Launch", b"/AA << >>", b"/XFA []", b"1 0 R", b"2 0 R", b"endobj\n",
    b"obj\n", b"stream\n", b"endstream\n", b"/Length 99999999999", b"/Kids [3 0 R 2 0 R]", b"<<" * 200, b"[" * 600,
    b"/Filter /FlateDecode", b"/Prev 9", b"startxref\n0\n", b"/Parent 3 0 R", b"/Type /ObjStm", b"/Encrypt 5 0 R",
    b"trailer",
)  # fmt: skip
#: Bodies of a small PDF's objects, from number 1 on.
_BODIES = (
    b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R /Names << /EmbeddedFiles << /Names [ (a) 6 0 R ] >> >> >>",
    b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 595 842 ] /Contents 4 0 R /Annots [ << /A 5 0 R >> ] /AA << >> >>",
    b"<< /Length 9 >>\nstream\nBT ET q Q\nendstream",
    b"<< /S /GoTo /D [ 3 0 R /Fit ] /Next [ << /S /URI /URI (https://a.example) >> ] >>",
    b"<< /Type /Filespec /F (a) /EF << /F 4 0 R >> >>",
)


def _spoil(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Some from outside, most inside with the table of objects in order: the parser does not stop at its door."""
    if rng.random() < 0.3:
        return spoiled(rng, seeds, _WORDS)
    bodies = list(_BODIES)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(bodies))
        bodies[place] = spoiled(rng, [bodies[place]], _WORDS)
    out = bytearray(b"%PDF-1.7\n")
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    for number, body in enumerate(bodies, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(out))
    return bytes(out) + table + end


def _read(data: bytes) -> Iterable[Finding]:
    return pdf_findings(data, name="a.pdf", document="B051/1", line=2, file="f.txt")


TARGET = Target(
    name="pdf",
    seeds=_seeds,
    read=_read,
    spoil=_spoil,
)
