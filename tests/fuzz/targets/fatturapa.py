"""Electronic invoices: plain XML in any encoding, and signed, spoiled inside the envelope and outside."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.value import Finding
from tests.core.flows.fatturapa.envelopes import armoured, enveloped, lines_of
from tests.core.flows.fatturapa.invoices import body, invoice, line, pod_code
from tests.fuzz.target import LARGEST, Target, spoiled

_SAMPLES = Path(__file__).parents[2] / "samples" / "fatturapa"

_WORDS = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?xml encoding='UTF-16'?>",
    b"<FatturaElettronicaBody>", b"</FatturaElettronicaBody>", b"<Importo>", b"xmlns:p='urn:x'", b"<a>" * 300,
    b"<DettaglioLinee/>", b"<Data>2026-02-31</Data>", b"<Allegati><Attachment>JVBERg==</Attachment></Allegati>",
    b"<DatiRitenuta><ImportoRitenuta>1.00</ImportoRitenuta></DatiRitenuta>", b"TD04", b"99999999999.99", b"-0.00",
    b"<ScontoMaggiorazione><Tipo>MG</Tipo><Importo>1</Importo></ScontoMaggiorazione>", b"encoding='UTF-7'",
    b"<DatiBollo><ImportoBollo>2</ImportoBollo></DatiBollo>", b"<EsigibilitaIVA>S</EsigibilitaIVA>", b"MP01", b"MP19",
    b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/>", b"\xff\xfe", b"\x00<",
    b"<GiorniTerminiPagamento>999</GiorniTerminiPagamento>", b"IT001E12345678", b"<Natura>N6.8</Natura>", b"9999-12-31",
)  # fmt: skip
_BER = (
    b"0\x80", b"$\x80", b"\xa0\x80", b"\x00\x00", b"\x04\x01", b"\x04\x00", b"0\x84\xff\xff\xff\xff", b"\x1f\xff",
    b"1\x00", b"\x04\x82\x03\xe8", b"\xa0\x80" * 500, b"\x24\x80" * 20, b"\x06\x09*\x86H\x86\xf7\r\x01\x07\x02", b"=",
    b"-----BEGIN PKCS7-----", b"-----END", b"MIAG", b"\xef\xbb\xbf",
)  # fmt: skip
_ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso-8859-1", "cp1252", "utf-7")


def _seeds() -> Sequence[bytes]:
    lines = line("Energia", "60.00", quantity="905.00", unit="kWh", codes=pod_code()) + line("Quota fissa", "40.00")
    made = (invoice(body()), invoice(body(lines=lines), body(kind="TD04", number="A1/2")))
    files = sorted(path for path in _SAMPLES.rglob("*.*") if path.suffix != ".md")
    return (*made, *(path.read_bytes() for path in files))


def _wrapped(rng: Random, content: bytes) -> bytes:
    """In one of the forms that envelopes have."""
    data = enveloped(content, piece=rng.choice((0, 0, 7, 100, 1_000)), endless=rng.random() < 0.5)
    form = rng.randrange(4)
    if form == 1:
        return lines_of(data, width=rng.choice((0, 4, 64, 76)), end=rng.choice((b"\n", b"\r\n", b"\r")))
    return armoured(data) if form == 2 else data


def _spoil(rng: Random, seeds: Sequence[bytes]) -> bytes:
    way = rng.randrange(6)
    if way < 2:
        return spoiled(rng, seeds, _WORDS)
    if way == 2:  # another encoding than the one told
        text = spoiled(rng, seeds, _WORDS).decode("utf-8", errors="replace")
        return text.encode(rng.choice(_ENCODINGS), errors="replace")[:LARGEST]
    if way == 3:  # a whole envelope around something bad
        return _wrapped(rng, spoiled(rng, seeds, _WORDS))[:LARGEST]
    if way == 4:  # a bad envelope around something good
        return spoiled(rng, [_wrapped(rng, rng.choice(seeds))], _BER)
    data = spoiled(rng, [enveloped(rng.choice(seeds), piece=rng.choice((0, 50)), endless=True)], _BER)
    return base64.b64encode(data)[:LARGEST]


def _read(data: bytes) -> Iterable[Finding]:
    for name, suppliers in (("IT01_1.xml", ()), ("IT01_1.xml.p7m", ("01234567890",))):
        for outcome in read_invoice_file(data, file=name, first_seq=1, suppliers=suppliers, beside_others=True):
            if isinstance(outcome, Finding):
                yield outcome


TARGET = Target(name="fatturapa", seeds=_seeds, read=_read, words=_WORDS, spoil=_spoil, share=2)
