"""Signature envelopes made for tests: the forms that writers use, and a signature that is real."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
_VERSION = bytes.fromhex("020101")
_SHA_256 = bytes.fromhex("310f300d06096086480165030402010500")


def element(tag: int, content: bytes) -> bytes:
    """DER: a definite length, in as few bytes as can be."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size, "big") + content


def marked(tag: int, content: bytes) -> bytes:
    """BER: up to an end mark."""
    return bytes([tag, 0x80]) + content + b"\x00\x00"


def pieces(content: bytes, size: int) -> bytes:
    """Octet strings one behind the other."""
    return b"".join(element(0x04, content[start : start + size]) for start in range(0, len(content), size))


def enveloped(
    content: bytes,
    *,
    piece: int = 0,
    endless: bool = False,
    kind: bytes = SIGNED_DATA,
    inside: bytes | None = None,
    signers: bytes = b"\x31\x00",
) -> bytes:
    """An envelope of the right shape, signed by nobody. `inside` replaces the content with its tag [0]."""
    wrap = marked if endless else element
    octets = wrap(0x24, pieces(content, piece)) if piece else element(0x04, content)
    inner = wrap(0xA0, octets) if inside is None else inside
    signed = wrap(0x30, _VERSION + _SHA_256 + wrap(0x30, DATA + inner) + signers)
    return wrap(0x30, kind + wrap(0xA0, signed))


@cache
def _signer() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Firma di prova")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def signed(content: bytes, encoding: Encoding = Encoding.DER) -> bytes:
    """An envelope with a true signature, as OpenSSL makes it."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(*_signer(), hashes.SHA256())
    return builder.sign(encoding, [pkcs7.PKCS7Options.Binary])


def lines_of(data: bytes, *, width: int = 64, end: bytes = b"\n") -> bytes:
    """Base64 in lines; `width` 0 puts all on one."""
    text = base64.b64encode(data)
    width = width or len(text)
    return b"".join(text[start : start + width] + end for start in range(0, len(text), width))


def armoured(data: bytes, label: str = "PKCS7", *, end: bytes = b"\n") -> bytes:
    return f"-----BEGIN {label}-----".encode() + end + lines_of(data, end=end) + f"-----END {label}-----".encode() + end
