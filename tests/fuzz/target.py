"""What a target of the fuzzing is, and how good inputs are spoiled."""

from collections.abc import Callable, Iterable, Sequence
from random import Random

from msgspec import Struct

from smartbill.core.flows.value import Finding

#: Bytes; no spoiled input is larger, so that time tells of the reader and not of the input.
LARGEST = 1 << 18

_NUMBERS = (b"0", b"-1", b"1", b"9" * 30, b"4294967296", b"2147483648", b"18446744073709551615", b"1e999", b"0,01",
            b"-0", b"NaN", b"00000000", b"31022026", b"29022100")  # fmt: skip
_BYTES = (b"\x00", b"\xff", b"\x1a", b"\r", b"\n", b"\r\n", b"\t", b" ", b"|", b";", b'"', b"\xef\xbb\xbf", b"\xfe\xff",
          b"\xc3\x28", b"\xed\xa0\x80", "\u202e".encode(), "é".encode(), "\U0001f4a3".encode(), b"{riga}", b"%s",
          b"../", b"<", b">", b"&amp;", b"]]>", b"\\", b"A" * 5_000)  # fmt: skip


class Target(Struct, frozen=True, kw_only=True):
    """A reader and what it is fed with.

    `read` gets one input and yields all that the reader has to say of it: findings, or sentences where the reader
    speaks in those. It raises nothing and takes no long time, whatever the input: that is what is tested.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]  # good inputs, and bad ones worth spoiling further
    read: Callable[[bytes], Iterable[Finding | str]]
    words: tuple[bytes, ...] = ()  # what the format is made of; strewn in
    spoil: Callable[[Random, Sequence[bytes]], bytes] | None = None  # instead of `spoiled`, for packed formats
    share: int = 1  # of all inputs, against the other targets


def spoiled(rng: Random, seeds: Sequence[bytes], words: Sequence[bytes] = ()) -> bytes:
    """One of the good inputs with one to eight changes."""
    data = rng.choice(seeds)
    for _ in range(min(8, 1 + int(rng.expovariate(0.6)))):
        data = rng.choice(_CHANGES)(rng, data, seeds, words)[:LARGEST]
    return data


def _slice(rng: Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + int(rng.expovariate(0.05)) + 1)


def _bit(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    if not data:
        return b"x"
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _byte(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.choice(_BYTES) + data[start + rng.randrange(2) :]


def _number(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    """Another number where one stands."""
    start = rng.randrange(len(data) + 1)
    while start < len(data) and not 0x30 <= data[start] <= 0x39:
        start += 1
    end = start
    while end < len(data) and 0x30 <= data[end] <= 0x39:
        end += 1
    return data[:start] + rng.choice(_NUMBERS) + data[end:]


def _word(rng: Random, data: bytes, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    if not words:
        return _byte(rng, data, seeds, words)
    start, end = _slice(rng, data)
    return data[:start] + rng.choice(words) + data[rng.choice((start, end)) :]


def _left_out(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    start, end = _slice(rng, data)
    return data[:start] + data[end:]


def _repeated(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    start, end = _slice(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 10, 1_000)) + data[end:]


def _cut(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _crossed(rng: Random, data: bytes, seeds: Sequence[bytes], _: Sequence[bytes]) -> bytes:
    """The start of this one, the end of another."""
    other = rng.choice(seeds)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _line(rng: Random, data: bytes, _: Sequence[bytes], __: Sequence[bytes]) -> bytes:
    """A line left out, doubled, or put elsewhere."""
    lines = data.split(b"\n")
    line = lines.pop(rng.randrange(len(lines)))
    for _times in range(rng.randrange(3)):
        lines.insert(rng.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


_CHANGES = (_bit, _bit, _byte, _byte, _number, _word, _word, _left_out, _repeated, _cut, _crossed, _line)
