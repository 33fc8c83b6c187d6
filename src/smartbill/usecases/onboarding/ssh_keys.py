"""Public keys as people paste them: checked, and brought to one form."""

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

_SHORTEST_RSA = 2048


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


def key_mistake(text: str) -> str:
    """Why the text is no key that may open an account, in Italian; empty when it is one."""
    if "PRIVATE KEY" in text:
        return "Questa è una chiave privata: non va consegnata a nessuno. Serve quella pubblica (il file .pub)."
    try:
        key = load_ssh_public_key(normalised_key(text).encode())
    except NotAPublicKey:
        return "La chiave non è leggibile: serve una riga in formato OpenSSH, come «ssh-ed25519 AAAA…»."
    if isinstance(key, RSAPublicKey) and key.key_size < _SHORTEST_RSA:
        return f"La chiave RSA è di {key.key_size} bit: ne servono almeno {_SHORTEST_RSA}."
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
        return "Questo tipo di chiave non è ammesso: servono Ed25519, ECDSA o RSA."
    return ""


def fingerprint(key: str) -> str:
    """`SHA256:…` as ssh-keygen shows it."""
    try:
        blob = base64.b64decode(key.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise NotAPublicKey(key[:20]) from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
