"""What a signature envelope (`.p7m`) holds: the content of a CMS SignedData, in DER, in BER, or either in base64.

RFC 5652, 5.1. The signature is not verified, and neither are its certificates: the company itself hands the invoice
in. The envelope must be whole all the same. Written by ourselves, for no library at hand reads it within bounds
(decision 10): nothing here recurses, and work grows with the size of the file alone.
"""

import base64
import binascii
import re
from typing import Final

from msgspec import Struct

#: An ASN.1 sequence, a PEM armour, or base64 of a sequence: an envelope, whatever the file is called.
_ENVELOPE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:0[\x80-\x84]|-----BEGIN |M[A-P][A-Za-z0-9+/])")
_BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n\v\f"
#: A signed file may be signed once more.
_MAX_ENVELOPES: Final = 4
#: Writers cut the content into pieces of a thousand bytes or more; one of a byte each is meant to do harm.
_MAX_ELEMENTS: Final = 200_000
_MAX_PIECES_INSIDE_PIECES: Final = 8

_INTEGER, _OCTETS, _OBJECT_ID, _SEQUENCE, _SET, _EXPLICIT = 0x02, 0x04, 0x06, 0x30, 0x31, 0xA0
_CONSTRUCTED: Final = 0x20
_MANY_BYTE_TAG: Final = 0x1F
_UNTIL_MARK: Final = 0x80
_END_MARK: Final = b"\x00\x00"
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")


class BrokenEnvelopeError(Exception):
    """The envelope is cut off, damaged, without content, or not a CMS SignedData."""


def looks_signed(data: bytes) -> bool:
    return _ENVELOPE.match(data) is not None


def signed_content(data: bytes) -> bytes:
    """The innermost content, never longer than `data`. Raises BrokenEnvelopeError."""
    for _ in range(_MAX_ENVELOPES):
        data = _content(_binary(data))
        if not looks_signed(data):
            return data
    raise BrokenEnvelopeError


def _binary(data: bytes) -> bytes:
    """The envelope itself, out of PEM and base64; padding may be missing, line ends may stand anywhere."""
    text = data.removeprefix(_BOM).strip(_BLANKS)
    if not text.startswith((b"M", b"-")):
        return data.lstrip(_BLANKS)
    if text.startswith(b"-"):
        start, end = text.find(b"-----", len(b"-----BEGIN ")), text.rfind(b"-----END ")
        if not 0 < start < end:
            raise BrokenEnvelopeError
        text = text[start + len(b"-----") : end]
    text = text.translate(None, _BLANKS)
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise BrokenEnvelopeError from None


def _content(data: bytes) -> bytes:
    cursor = _Cursor(data)
    information = cursor.enter(_SEQUENCE, _Open(len(data), marked=False))
    if cursor.value(_OBJECT_ID, information) != _SIGNED_DATA:
        raise BrokenEnvelopeError
    explicit = cursor.enter(_EXPLICIT, information)
    signed = cursor.enter(_SEQUENCE, explicit)
    cursor.value(_INTEGER, signed)  # version
    cursor.skip(signed, _SET)  # digest algorithms
    inside = cursor.enter(_SEQUENCE, signed)
    cursor.value(_OBJECT_ID, inside)  # type of the content: data, as a rule
    wrapped = cursor.enter(_EXPLICIT, inside)  # absent where the signature is apart from what it signs
    content = cursor.octets(wrapped)
    cursor.leave(wrapped)
    cursor.leave(inside)
    tag = 0
    while cursor.more(signed):
        tag = cursor.skip(signed)  # certificates, revocation lists, at last the signers
    if tag != _SET:
        raise BrokenEnvelopeError
    for element in (signed, explicit, information):
        cursor.leave(element)
    if cursor.rest().strip(_BLANKS + b"\x00"):
        raise BrokenEnvelopeError
    return content


class _Open(Struct, frozen=True):
    """An element that is being read. `marked`: it ends at a mark, at `end` at the latest."""

    end: int
    marked: bool


class _Cursor:
    """Walks over BER elements in their order, each within the one around it. Raises BrokenEnvelopeError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._elements = 0

    def enter(self, tag: int, around: _Open) -> _Open:
        found, inside = self._head(around.end)
        if found != tag:
            raise BrokenEnvelopeError
        return inside

    def leave(self, element: _Open) -> None:
        if not element.marked:
            if self._at != element.end:
                raise BrokenEnvelopeError
        elif not self._mark(element.end):
            raise BrokenEnvelopeError

    def more(self, element: _Open) -> bool:
        if element.marked:
            return not self._data.startswith(_END_MARK, self._at)
        return self._at < element.end

    def value(self, tag: int, around: _Open) -> bytes:
        """The bytes of a primitive element."""
        return self._rest_of(self.enter(tag, around))

    def octets(self, around: _Open) -> bytes:
        """A string of octets, whole or in pieces."""
        tag, element = self._head(around.end)
        if tag == _OCTETS:
            return self._rest_of(element)
        if tag != _OCTETS | _CONSTRUCTED:
            raise BrokenEnvelopeError
        pieces = []
        inside = [element]
        while inside:
            if not self.more(inside[-1]):
                self.leave(inside.pop())
                continue
            tag, element = self._head(inside[-1].end)
            if tag == _OCTETS:
                pieces.append(self._rest_of(element))
            elif tag == _OCTETS | _CONSTRUCTED and len(inside) < _MAX_PIECES_INSIDE_PIECES:
                inside.append(element)
            else:
                raise BrokenEnvelopeError
        return b"".join(pieces)

    def skip(self, around: _Open, tag: int = 0) -> int:
        """Pass by an element with all it holds, and say its tag, which must be `tag` if one is given."""
        found, element = self._head(around.end)
        if tag and found != tag:
            raise BrokenEnvelopeError
        open_marks = int(element.marked)
        if not element.marked:
            self._at = element.end
        while open_marks:
            if self._mark(around.end):
                open_marks -= 1
                continue
            _, element = self._head(around.end)
            if element.marked:
                open_marks += 1
            else:
                self._at = element.end
        return found

    def rest(self) -> bytes:
        return self._data[self._at :]

    def _rest_of(self, element: _Open) -> bytes:
        if element.marked:
            raise BrokenEnvelopeError
        found = self._data[self._at : element.end]
        self._at = element.end
        return found

    def _mark(self, end: int) -> bool:
        """Pass by an end mark, if one stands here."""
        if self._at + len(_END_MARK) > end or not self._data.startswith(_END_MARK, self._at):
            return False
        self._at += len(_END_MARK)
        return True

    def _head(self, end: int) -> tuple[int, _Open]:
        """Pass by tag and length of the element that starts here and must be over at `end`."""
        self._elements += 1
        if self._at + 2 > end or self._elements > _MAX_ELEMENTS:
            raise BrokenEnvelopeError
        tag, length = self._data[self._at], self._data[self._at + 1]
        self._at += 2
        if tag & _MANY_BYTE_TAG == _MANY_BYTE_TAG:  # none in CMS
            raise BrokenEnvelopeError
        if length == _UNTIL_MARK:
            if not tag & _CONSTRUCTED:
                raise BrokenEnvelopeError
            return tag, _Open(end, marked=True)
        if length > _UNTIL_MARK:
            size = length - _UNTIL_MARK
            length = int.from_bytes(self._data[self._at : self._at + size], "big")
            self._at += size
        if self._at + length > end:
            raise BrokenEnvelopeError
        return tag, _Open(self._at + length, marked=False)
