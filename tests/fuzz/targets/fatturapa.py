"""Electronic invoices, plain XML and inside signatures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.value import Finding
from tests.core.flows.fatturapa.invoices import body, invoice
from tests.fuzz.target import Target

_SAMPLES = Path(__file__).parents[2] / "samples" / "fatturapa"


def _seeds() -> Sequence[bytes]:
    return (invoice(body()), invoice(body(), body()), *(path.read_bytes() for path in sorted(_SAMPLES.rglob("*.xml"))))


def _read(data: bytes) -> Iterable[Finding]:
    for name in ("IT01_1.xml", "IT01_1.xml.p7m"):
        for outcome in read_invoice_file(data, file=name, first_seq=1):
            if isinstance(outcome, Finding):
                yield outcome


TARGET = Target(
    name="fatturapa",
    seeds=_seeds,
    read=_read,
    words=(
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?xml encoding='UTF-16'?>",
        b"<FatturaElettronicaBody>", b"</FatturaElettronicaBody>", b"<Importo>", b"xmlns:p='urn:x'", b"<a>" * 300,
        b"<DettaglioLinee/>", b"<Data>2026-02-31</Data>", b"<Allegati><Attachment>JVBERg==</Attachment></Allegati>",
    ),
)  # fmt: skip
