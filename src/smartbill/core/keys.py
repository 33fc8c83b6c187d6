"""Keys for one purpose each, derived from the installation's secret keys (HKDF, RFC 5869)."""

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def derive_key(secret: str, purpose: str) -> bytes:
    """32 bytes for this purpose alone: knowing one derived key tells nothing of the secret or of another purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"bolletta-smart:{purpose}".encode()).derive(
        secret.encode()
    )
