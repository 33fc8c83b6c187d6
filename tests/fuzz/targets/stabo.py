"""STABO flows: header, documents in several ranges, trailer, totals."""

from collections.abc import Iterable, Sequence
from io import BytesIO

from smartbill.core.flows.stabo.flow import FlowReader
from smartbill.core.flows.value import Finding
from tests.core.flows.stabo.example import NOW, PATH
from tests.fuzz.target import Target


def _seeds() -> Sequence[bytes]:
    example = PATH.read_bytes()
    return (example, example.replace(b"\n", b"\r\n"), example.decode().encode("utf-8-sig"))


def _read(data: bytes) -> Iterable[Finding]:
    reader = FlowReader(BytesIO(data), file="f.txt", now=NOW, company_code="ACQUALUCE", range_bytes=4096)
    return (outcome for outcome in reader if isinstance(outcome, Finding))


TARGET = Target(
    name="stabo",
    seeds=_seeds,
    read=_read,
    words=(b"|", b"||||", b"\n10|", b"\n11|", b"\n12|", b"\n20|", b"\n40|", b"\n99|", b"|S|", b"|N|", b"\n00|"),
    share=2,
)
