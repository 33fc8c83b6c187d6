"""The stored form of a bill: one JSON document, zlib level 1 (kept as `bytea`), with the version that wrote it."""

import zlib

import msgspec
from isal import isal_zlib

from smartbill.core.bill.value import Bill
from smartbill.core.bill.versions import upgraded

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Bill)

#: A stored document larger than this when inflated is damage or an attack: the largest real bill has some 4 MB.
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024


def document_json(bill: Bill) -> bytes:
    return _encoder.encode(bill)


def encode_document(bill: Bill) -> bytes:
    return compressed(document_json(bill))


def compressed(json: bytes) -> bytes:
    """The zlib format by ISA-L: a third of the time of zlib's own level 1, and smaller. zlib reads it."""
    return isal_zlib.compress(json, 1)


def decode_document(document: bytes | memoryview) -> Bill:
    """Read a stored bill back, whatever version wrote it. Raises ValueError when the document is damaged."""
    try:
        inflated = zlib.decompressobj().decompress(document, MAX_DOCUMENT_BYTES)
        return _decoder.decode(upgraded(inflated))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise ValueError("stored bill document is damaged") from error
