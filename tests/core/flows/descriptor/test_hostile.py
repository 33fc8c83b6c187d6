"""Flows that nobody would write: whatever is wrong is a finding with a sentence, in bounded time and memory."""

import random
import time
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.adapters.files.shipped import library_sample, library_text
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.layout import Layout, compile_layout
from smartbill.core.flows.descriptor.loading import LayoutMistakes
from smartbill.core.flows.descriptor.patterns import Pattern, PatternRefused
from smartbill.core.flows.value import Finding, ReadBill, RefusedDocument
from smartbill.core.wording.findings import message
from tests.core.flows.descriptor.test_mistakes import mutated

NOW = datetime(2026, 8, 6, 8, 0, tzinfo=UTC)
NAMES = ["valmarina", "borgoprova", "lumengas", "stabo-v1-d", "stabo-v1-f"]
LAYOUTS = {name: compile_layout(str(library_text(name))) for name in NAMES}
FLOWS = {name: path.read_bytes() for name in NAMES if (path := library_sample(name)) is not None}


def codes(layout: Layout, data: bytes, range_bytes: int = 4096) -> list[str]:
    """Reads everything; every finding has a sentence, every bill adds up."""
    found = []
    for outcome in DescribedFlowReader(BytesIO(data), layout, file="f", now=NOW, range_bytes=range_bytes):
        if isinstance(outcome, Finding):
            assert message(outcome) not in {"", outcome.code}
            assert len(outcome.record) <= 10
            assert len(outcome.field) <= 60
            found.append(outcome.code)
        elif isinstance(outcome, ReadBill):
            bill = outcome.bill
            assert bill.total_bill == bill.taxable + bill.vat
            assert bill.number
            assert "\x00" not in str(bill)
        else:
            assert isinstance(outcome, RefusedDocument)
    return found


@given(st.sampled_from(sorted(FLOWS)), st.integers(0, 2**32), st.integers(1, 20_000))
def test_mutated_flows_never_raise(name: str, seed: int, range_bytes: int) -> None:
    chance = random.Random(seed)
    data = bytearray(FLOWS[name])
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randrange(1, 300)]
        elif kind == 2:
            data[at:at] = bytes(chance.choice(b'|;"-,0129\n\r <>/=NE\xc3\x00') for _ in range(chance.randrange(1, 6)))
        else:
            other = chance.randrange(len(data))
            data[at:at] = data[other : other + chance.randrange(1, 400)]
    codes(LAYOUTS[name], bytes(data), range_bytes)


@given(st.sampled_from(NAMES), st.binary(max_size=2_000))
def test_random_bytes_never_raise(name: str, data: bytes) -> None:
    codes(LAYOUTS[name], data)
    if name in FLOWS:
        codes(LAYOUTS[name], FLOWS[name][:3_000] + data + FLOWS[name][3_000:])


@given(st.sampled_from(sorted(FLOWS)), st.integers(0, 2**32))
def test_a_mutated_layout_reads_or_refuses(name: str, seed: int) -> None:
    try:
        layout = compile_layout(mutated(random.Random(seed), str(library_text(name))), library=library_text)
    except LayoutMistakes:
        return
    codes(layout, FLOWS[name])


XML = LAYOUTS["lumengas"]
HEAD = b'<?xml version="1.0"?>\n'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "XML-602"),
        (HEAD + b'<!DOCTYPE x [<!ENTITY a "b">]><Emissione/>', "XML-601"),
        (HEAD + b'<!-- c --><!DOCTYPE x SYSTEM "file:///etc/passwd"><Emissione/>', "XML-601"),
        ("<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE x><Emissione/>".encode("utf-16"), "XML-601"),
        (HEAD + b"<Altro/>", "XML-603"),
        (HEAD + b'<Emissione xmlns="urn:altro"/>', "XML-604"),
        (HEAD + b'<Emissione xmlns="urn:example:emissione:2">' + b"<a>" * 5_000, "XML-602"),
        (HEAD + b'<Emissione xmlns="urn:example:emissione:2"><Documento>&esterna;</Documento></Emissione>', "XML-602"),
        (HEAD + b'<Emissione xmlns="urn:example:emissione:2"></Emission', "XML-602"),
    ],
)
def test_hostile_xml(data: bytes, code: str) -> None:
    assert code in codes(XML, data)


def test_a_regular_expression_takes_time_by_the_length_alone() -> None:
    pattern = Pattern("(a*)*(a*)*(a|aa)*b")
    started = time.monotonic()
    assert not pattern.fits("a" * 4_000)
    assert pattern.found("a" * 4_001) is None
    assert time.monotonic() - started < 1
    with pytest.raises(PatternRefused, match="ha 201 caratteri"):
        Pattern("a" * 201)
    for wrong in (r"(a)\1", "(?=a)b", "(?<!a)b", "a{1000}{1000}", "("):
        with pytest.raises(PatternRefused):
            Pattern(wrong)


def test_one_long_line_is_not_held_whole() -> None:
    assert "FLS-009" in codes(LAYOUTS["valmarina"], FLOWS["valmarina"] + b"VO" + b"x" * 40_000 + b"\r\n")
