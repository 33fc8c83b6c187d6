"""Flows that are read by a layout: delimited, of fixed width, XML. Each input is read by all three examples."""

from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO

from smartbill.core.flows.descriptor.layout import compile_layout
from smartbill.core.flows.formats import FlowFormat, described_format
from smartbill.core.flows.value import Finding
from tests.core.flows.descriptor.test_examples import EXAMPLES, NOW
from tests.fuzz.target import Target
from tests.fuzz.targets.layout import FLOWS


def _seeds() -> Sequence[bytes]:
    wholes = [(folder / FLOWS[folder.name]).read_bytes() for folder in EXAMPLES]
    return [*(whole[:20_000] for whole in wholes), *(whole for whole in wholes if len(whole) < 60_000)]


@cache
def _formats() -> list[FlowFormat]:
    return [described_format(compile_layout((folder / "descriptor.toml").read_text("utf-8"))) for folder in EXAMPLES]


def _read(data: bytes) -> Iterable[Finding]:
    for form in _formats():
        for outcome in form.read(BytesIO(data), file="f.txt", now=NOW, company_code=""):
            if isinstance(outcome, Finding):
                yield outcome


TARGET = Target(
    name="described",
    seeds=_seeds,
    read=_read,
    words=(
        b";",
        b";;;;;",
        b"<a>",
        b"</a>",
        b"<!DOCTYPE a>",
        b"\x0c",
        b'"',
        b" " * 200,
        b"}",
        b"-",
        b"0000000{",
        b"<!--",
    ),
)
