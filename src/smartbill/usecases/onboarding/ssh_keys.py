"""Public keys as people paste them: checked, and brought to one form."""

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key


class NotAPublicKey(Exception):
    """The text is no OpenSSH public key."""


def normalised_key(text: str) -> str:
    """Type and key without the comment, so that equal keys are equal texts. Raises NotAPublicKey."""
    parts = text.split()
    if len(parts) < 2:
        raise NotAPublicKey(text[:20])
    key = f"{parts[0]} {parts[1]}"
    try:
        load_ssh_public_key(key.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotAPublicKey(text[:20]) from error
    return key


def is_public_key(text: str) -> bool:
    try:
        normalised_key(text)
    except NotAPublicKey:
        return False
    return True


def fingerprint(key: str) -> str:
    """`SHA256:…` as ssh-keygen shows it."""
    try:
        blob = base64.b64decode(key.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise NotAPublicKey(key[:20]) from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
