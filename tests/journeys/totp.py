"""One-time codes as an authenticator app makes them (RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits)."""

import base64
import hmac
import struct

PERIOD = 30


def totp_code(secret: str, at: float) -> str:
    """The code of a base-32 secret at a time in seconds since 1970."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at) // PERIOD), "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
