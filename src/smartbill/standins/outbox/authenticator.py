"""The one-time codes that an authenticator app on the phone would show (RFC 6238: SHA-1, 6 digits, 30 seconds)."""

import base64
import hmac
import json
import struct
from pathlib import Path

PERIOD_SECONDS = 30


def known_secrets(file: Path) -> dict[str, str]:
    """Label -> secret in base 32, from a JSON file; none when there is no file."""
    if not file.is_file():
        return {}
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def code(secret: str, now: float) -> str:
    """The six digits of this moment."""
    counter = struct.pack(">Q", int(now) // PERIOD_SECONDS)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"


def seconds_left(now: float) -> int:
    return PERIOD_SECONDS - int(now) % PERIOD_SECONDS
