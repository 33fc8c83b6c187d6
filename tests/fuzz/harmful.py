"""A reader that does all that a reader must not, one thing an input: to see that the harness sees it."""

import os
import time
from collections.abc import Iterable, Sequence
from random import Random

from smartbill.core.flows.value import Finding, Level
from tests.fuzz.target import Target

HARM = (b"raise", b"hang", b"grow", b"end", b"control", b"unknown", b"none")


def _spoil(rng: Random, seeds: Sequence[bytes]) -> bytes:
    return rng.choice(HARM)


def _read(data: bytes) -> Iterable[Finding | str]:
    if data == b"raise":
        raise ValueError("raised")
    if data == b"hang":
        time.sleep(60)
    if data == b"grow":
        return ["grown", str(len(bytearray(2 << 30)))]
    if data == b"end":
        os._exit(3)
    if data == b"control":
        return ["a\x07"]
    if data == b"unknown":
        return [Finding(code="XXX-000", level=Level.FILE)]
    return ["fine"]


TARGET = Target(name="harmful", seeds=lambda: [b"none"], read=_read, spoil=_spoil)
