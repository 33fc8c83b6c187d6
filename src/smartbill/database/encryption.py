"""Secrets of companies at rest: AES-256-GCM, bound to company, table and column, so that values can't be swapped.

The key is derived from the installation's secret keys for this purpose alone; the first encrypts, all decrypt, told
apart by a key id stored with the value.
"""

import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from smartbill.core.keys import derive_key

_PURPOSE = "company-secrets"
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4


class CannotDecrypt(Exception):
    """The value was not written with any of the keys we have, or belongs to another row."""


def encrypt(plain: str, *, bound_to: str, secret_keys: Sequence[str]) -> bytes:
    key = derive_key(secret_keys[0], _PURPOSE)
    nonce = os.urandom(_NONCE_BYTES)
    return _key_id(key) + nonce + AESGCM(key).encrypt(nonce, plain.encode(), bound_to.encode())


def decrypt(stored: bytes, *, bound_to: str, secret_keys: Sequence[str]) -> str:
    """Raises CannotDecrypt."""
    key_id = stored[:_KEY_ID_BYTES]
    nonce = stored[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
    for secret in secret_keys:
        key = derive_key(secret, _PURPOSE)
        if _key_id(key) == key_id:
            try:
                return AESGCM(key).decrypt(nonce, stored[_KEY_ID_BYTES + _NONCE_BYTES :], bound_to.encode()).decode()
            except (InvalidTag, ValueError) as error:  # ValueError: cut off
                raise CannotDecrypt(bound_to) from error
    raise CannotDecrypt(bound_to)


def _key_id(key: bytes) -> bytes:
    return sha256(b"key-id:" + key).digest()[:_KEY_ID_BYTES]
