"""What goes to the process that compiles, and what comes back: MessagePack behind a length of four bytes."""

import struct
from typing import IO, TypeVar

import msgspec
from msgspec import Struct

Value = TypeVar("Value")

_LENGTH = struct.Struct(">I")


class Order(Struct, frozen=True, kw_only=True):
    """`inputs` are the texts that the template reads, all of them data."""

    inputs: dict[str, str]
    attachment: bytes
    logo: str
    timestamp: int


class Answer(Struct, frozen=True, kw_only=True):
    """A document, or why there is none: the compiler's words, without the texts that it names."""

    pdf: bytes = b""
    problem: str = ""


def send(stream: IO[bytes], value: Struct) -> None:
    body = msgspec.msgpack.encode(value)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes], kind: type[Value]) -> Value | None:
    """None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return msgspec.msgpack.decode(body, type=kind) if len(body) == length else None
