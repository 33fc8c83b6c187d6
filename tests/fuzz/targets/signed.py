"""Signature envelopes around e-invoices: spoiled outside, and inside with the envelope in order."""

from collections.abc import Iterable, Sequence
from random import Random

from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.value import Finding
from tests.core.flows.fatturapa.envelopes import armoured, enveloped, lines_of
from tests.core.flows.fatturapa.invoices import body, invoice
from tests.fuzz.target import Target, spoiled

_FORMS = (bytes, lines_of, armoured)
_WORDS = (
    b"\x30\x80", b"\x00\x00", b"\x24\x80", b"\x04\x82\xff\xff", b"\x84\xff\xff\xff\xff", b"\xa0\x80", b"\x1f\x81\x81",
    b"\x30\x80" * 500, b"\x04\x00" * 500, b"-----BEGIN CMS-----\n", b"-----END PKCS7-----", b"====", b"MIIF",
    bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701"),
)  # fmt: skip


def _seeds() -> Sequence[bytes]:
    content = invoice(body())
    binary = (enveloped(content), enveloped(content, endless=True, piece=200), enveloped(enveloped(content)))
    return [wrap(data) for wrap in _FORMS for data in binary]


def _spoil(rng: Random, seeds: Sequence[bytes]) -> bytes:
    if rng.random() < 0.7:
        return spoiled(rng, seeds, _WORDS)
    content = spoiled(rng, [invoice(body())], (b"<!DOCTYPE a>", b"<a>", b"</a>"))
    return rng.choice(_FORMS)(enveloped(content, endless=rng.random() < 0.5, piece=rng.choice((0, 7, 1_000))))


def _read(data: bytes) -> Iterable[Finding]:
    for outcome in read_invoice_file(data, file="IT01_1.xml.p7m", first_seq=1):
        if isinstance(outcome, Finding):
            yield outcome


TARGET = Target(name="signed", seeds=_seeds, read=_read, spoil=_spoil)
