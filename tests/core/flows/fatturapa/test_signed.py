"""Signature envelopes in every form that writers use, and broken in every way."""

import base64
from collections.abc import Callable
from time import process_time

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.flows.fatturapa.signed import BrokenEnvelopeError, looks_signed, signed_content
from smartbill.core.flows.value import Level
from smartbill.core.wording.findings import message
from tests.core.flows.fatturapa.envelopes import armoured, element, enveloped, lines_of, marked, pieces, signed
from tests.core.flows.fatturapa.invoices import Outcome, body, invoice

XML = invoice(body())
SENTENCE = "La busta firmata «IT01_1.xml.p7m» non è leggibile."


def _four_bytes(length: int) -> bytes:
    return b"\x84" + length.to_bytes(4, "big")


BINARY: dict[str, Callable[[bytes], bytes]] = {
    "signed, DER": signed,
    "DER": enveloped,
    "BER, endless": lambda content: enveloped(content, endless=True),
    "BER, endless, in pieces": lambda content: enveloped(content, endless=True, piece=1_000),
    "BER, pieces of a known length": lambda content: enveloped(content, piece=700),
    "BER, pieces inside pieces": lambda content: enveloped(
        b"", inside=marked(0xA0, marked(0x24, marked(0x24, pieces(content[:99], 50)) + pieces(content[99:], 300)))
    ),
    "lengths in more bytes than needed": lambda content: enveloped(
        b"", inside=b"\xa0" + _four_bytes(len(content) + 6) + b"\x04" + _four_bytes(len(content)) + content
    ),
    "certificates and lists before the signers": lambda content: enveloped(
        content, endless=True, signers=marked(0xA0, marked(0x30, marked(0xA1, b""))) + b"\xa1\x02\x05\x00\x31\x00"
    ),
    "signed twice": lambda content: signed(enveloped(content, endless=True, piece=999)),
    "signed twice, base64 inside": lambda content: signed(lines_of(signed(content))),
}  # fmt: skip
WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "binary": bytes,
    "one line": lambda data: lines_of(data, width=0, end=b""),
    "one line and its end": lambda data: lines_of(data, width=0),
    "64 to a line": lines_of,
    "76 to a line, CRLF": lambda data: lines_of(data, width=76, end=b"\r\n"),
    "CR alone": lambda data: lines_of(data, end=b"\r"),
    "four to a line": lambda data: lines_of(data, width=4),
    "blanks everywhere": lambda data: b"\r\n\t " + lines_of(data, width=5, end=b" \t") + b"\n\n",
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + lines_of(data),
    "without padding": lambda data: base64.b64encode(data).rstrip(b"="),
    "PEM": armoured,
    "PEM, CMS, CRLF": lambda data: armoured(data, "CMS", end=b"\r\n"),
    "PEM behind blanks": lambda data: b"\n\n" + armoured(data) + b"\n\n",
    "zeros behind": lambda data: data + b"\x00\x00\r\n",
}


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("binary", BINARY)
def test_every_form(binary: str, wrapped: str) -> None:
    data = WRAPPED[wrapped](BINARY[binary](XML))
    assert looks_signed(data)
    assert signed_content(data) == XML


@pytest.mark.parametrize("file", ["IT01_1.xml.p7m", "IT01_1.XML.P7M", "IT01_1.xml", "senza-nome"])
def test_an_envelope_is_known_by_its_content(file: str) -> None:
    outcome = Outcome(enveloped(XML, endless=True), file=file)
    assert [read.bill.display_number for read in outcome.bills] == ["B051/539"]
    assert [read.einvoice_file for read in outcome.bills] == [file]


def test_a_pem_that_openssl_would_write() -> None:
    assert signed_content(signed(XML, Encoding.PEM)) == XML


def test_several_documents_in_one_envelope() -> None:
    outcome = Outcome(signed(invoice(body(number="A1/1"), body(number="A1/2"))), file="IT01_1.xml.p7m", first_seq=5)
    assert [(read.doc_seq, read.bill.number) for read in outcome.bills] == [(5, "1"), (6, "2")]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "plain XML": XML,
    "text": b"non firmato",
    "cut, DER": _cut(signed(XML)),
    "cut, BER": _cut(enveloped(XML, endless=True, piece=99)),
    "cut, base64": _cut(lines_of(signed(XML))),
    "last byte cut": signed(XML)[:-1],
    "end marks cut": enveloped(XML, endless=True)[:-2],
    "PEM without its end": armoured(signed(XML)).partition(b"-----END")[0],
    "PEM of nothing": armoured(b""),
    "PEM that never begins": b"-----BEGIN PKCS7",
    "base64 of something else": lines_of(b"0" + b"x" * 99),
    "letters outside base64": lines_of(signed(XML)).replace(b"\n", b"\xff", 1),
    "content apart": enveloped(XML, inside=b""),
    "no octets inside": enveloped(XML, inside=element(0xA0, b"\x05\x00")),
    "another type": enveloped(XML, kind=bytes.fromhex("06092a864886f70d010703")),
    "nobody who signs": enveloped(XML, signers=b""),
    "something behind": signed(XML) + b"<a/>",
    "a length beyond the end": enveloped(XML, inside=b"\xa0\x84\xff\xff\xff\xff"),
    "a length of lengths": enveloped(XML, inside=b"\xa0\xff" + b"\xff" * 200),
    "an endless string in one piece": enveloped(XML, inside=element(0xA0, b"\x04\x80x\x00\x00")),
    "a foreign piece": enveloped(XML, inside=element(0xA0, element(0x24, b"\x05\x00"))),
    "pieces too deep": enveloped(XML, inside=b"\xa0\x80" + b"\x24\x80" * 100_000),
    "ends before its parts": b"0\x80" + enveloped(XML)[4:],
    "tags of many bytes": enveloped(XML, signers=b"\x1f\x81\x00\x31\x00"),
    "signed too often": signed(signed(signed(signed(signed(XML))))),
}


@pytest.mark.parametrize("why", BROKEN)
def test_broken_envelopes(why: str) -> None:
    outcome = Outcome(BROKEN[why], file="IT01_1.xml.p7m", first_seq=7)
    assert [(found.code, found.level, message(found)) for found in outcome.findings] == [
        ("XML-605", Level.DOCUMENT, SENTENCE)
    ]
    assert ([refused.doc_seq for refused in outcome.refused], outcome.bills) == ([7], [])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "XML-602"),
        (b"<a>", "XML-602"),
        (b"<a/>", "XML-603"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "XML-601"),
        (b"%PDF-1.7", "XML-602"),
    ],
)
def test_what_is_inside_is_judged_like_a_plain_file(content: bytes, code: str) -> None:
    assert Outcome(signed(content), file="a.p7m").codes == [code]


@pytest.mark.parametrize("size", [1, 20, 1_000, 100_000])
def test_time_is_bounded_by_the_size(size: int) -> None:
    content = b"x" * (9_000_000 if size > 1 else 3_000_000)
    data = enveloped(content, endless=True, piece=size)
    start = process_time()
    if size < 50:  # hundreds of thousands of pieces
        with pytest.raises(BrokenEnvelopeError):
            signed_content(data)
    else:
        assert signed_content(data) == content
    assert process_time() - start < 5


def test_a_tower_of_endless_elements() -> None:
    start = process_time()
    with pytest.raises(BrokenEnvelopeError):
        signed_content(enveloped(XML, endless=True, signers=b"\xa0\x80" * 2_000_000))
    assert process_time() - start < 5


def _by_asn1crypto(data: bytes) -> bytes | None:
    """What another reader finds; None where it finds nothing."""
    try:
        found = cms.ContentInfo.load(data)["content"]["encap_content_info"]["content"].native
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return found if isinstance(found, bytes) else None


#: The other reader opens one envelope, and knows pieces only where they end at a mark.
_OURS_ALONE = {"signed twice", "signed twice, base64 inside", "BER, pieces of a known length"}


@pytest.mark.parametrize("binary", sorted(set(BINARY) - _OURS_ALONE))
def test_another_reader_finds_the_same(binary: str) -> None:
    assert _by_asn1crypto(BINARY[binary](XML)) == XML


_SEEDS = [
    signed(XML),
    enveloped(XML),
    enveloped(XML, endless=True, piece=200),
    enveloped(b"a" * 40, endless=True, piece=7),
]


@given(
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5), st.binary(max_size=4)), max_size=4),
)
def test_a_spoiled_envelope_is_refused_or_read_as_another_reader_does(
    data: bytes, changes: list[tuple[float, int, bytes]]
) -> None:
    for where, length, instead in changes:
        place = int(where * len(data))
        data = data[:place] + instead + data[place + length :]
    try:
        content = signed_content(data)
    except BrokenEnvelopeError:
        return
    other = _by_asn1crypto(data)
    assert other is None or other == content
