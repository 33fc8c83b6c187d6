"""The token inside a link: one AES-256 block over ticket id and nonce, written as 22 characters.

    token = base62( AES-256( key, ticket id (64 bits) | nonce (64 bits) ) ), 22 characters, no other sign

The key is derived for this purpose alone; the nonce lies in the ticket's row. So neither the database nor the key
alone opens anything, a link can be made again for support, and nothing about a ticket is told by its token. A single
block of random-looking input needs no mode of operation: every input differs, and whoever changes a bit gets an id
that is out of range (but for one in 2^24) and a nonce that is wrong (but for one in 2^64).
"""

import hmac
import secrets
import struct
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from msgspec import Struct

from smartbill.core.keys import derive_key

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 22  # 62^22 > 2^128 > 62^21

#: Ids at or above this are no tickets. Small enough that a guess is turned away before the database is asked.
MAX_TICKET_ID = 1 << 40

_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
_BLOCK = struct.Struct(">Qq")


class TicketReference(Struct, frozen=True):
    """What a token says: which ticket, and the nonce that its row must have (64 bits, signed as the column is)."""

    ticket_id: int
    nonce: int


def ticket_keys(secret_keys: Sequence[str]) -> tuple[bytes, ...]:
    """The keys of tokens from the installation's secret keys: the first makes, all open."""
    return tuple(derive_key(secret, "tickets") for secret in secret_keys)


def new_nonce() -> int:
    """64 random bits, signed."""
    return secrets.randbits(64) - (1 << 63)


def make_token(ticket_id: int, nonce: int, keys: Sequence[bytes]) -> str:
    """The token of a ticket, the same each time. Raises ValueError for an id or a nonce that can't be one."""
    if not 0 < ticket_id < MAX_TICKET_ID:
        raise ValueError("ticket id out of range")
    if not -(1 << 63) <= nonce < 1 << 63:
        raise ValueError("nonce out of range")
    encryptor = _cipher(keys[0]).encryptor()
    number = int.from_bytes(encryptor.update(_BLOCK.pack(ticket_id, nonce)) + encryptor.finalize())
    signs = []
    for _ in range(LENGTH):
        number, value = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[value])
    return "".join(reversed(signs))


def open_token(token: str, keys: Sequence[bytes]) -> TicketReference | None:
    """What the token says, or None when no ticket can have it: wrong length, signs, number or id.

    Whether there is such a ticket is for its row to say: compare the nonces with `same_nonce`. With several keys the
    first that gives an id in range speaks (a wrong key does so for one token in 2^24).
    """
    block = _block(token)
    if block is None:
        return None
    for key in keys:
        decryptor = _cipher(key).decryptor()
        ticket_id, nonce = _BLOCK.unpack(decryptor.update(block) + decryptor.finalize())
        if 0 < ticket_id < MAX_TICKET_ID:
            return TicketReference(ticket_id, nonce)
    return None


def same_nonce(one: int, other: int) -> bool:
    """Equal or not, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.to_bytes(8, signed=True), other.to_bytes(8, signed=True))


def _block(token: str) -> bytes | None:
    if len(token) != LENGTH:
        return None
    number = 0
    for sign in token:
        value = _VALUES.get(sign)
        if value is None:
            return None
        number = number * len(ALPHABET) + value
    return number.to_bytes(16) if number < 1 << 128 else None


def _cipher(key: bytes) -> Cipher[ECB]:
    return Cipher(AES256(key), ECB())  # noqa: S305 (one block, see the head of this file)
