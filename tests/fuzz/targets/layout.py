"""Layout descriptors: spoiled ones that are still read, read a flow as well."""

from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO

from smartbill.core.flows.descriptor.layout import compile_layout
from smartbill.core.flows.descriptor.loading import LayoutMistakes
from smartbill.core.flows.formats import described_format
from smartbill.core.flows.value import Finding
from tests.core.flows.descriptor.test_examples import EXAMPLES, NOW
from tests.fuzz.target import Target

#: example -> its shortest flow that has everything
FLOWS = {"borgoprova": "fatture_20260805.csv", "lumengas": "emissione_2026_07_corta.xml", "valmarina": "VM26Q2-ZZ.spl"}
#: So much of a flow is enough to meet every record.
_LONGEST = 20_000


def _seeds() -> Sequence[bytes]:
    return [(folder / "descriptor.toml").read_bytes() for folder in EXAMPLES]


@cache
def _flows() -> list[bytes]:
    return [(folder / FLOWS[folder.name]).read_bytes()[:_LONGEST] for folder in EXAMPLES]


def _read(data: bytes) -> Iterable[Finding | str]:
    try:
        layout = compile_layout(data.decode("utf-8", errors="replace"))
    except LayoutMistakes as refused:
        yield from refused.mistakes
        return
    form = described_format(layout)
    for flow in _flows():
        for outcome in form.read(BytesIO(flow), file="f.txt", now=NOW, company_code=""):
            if isinstance(outcome, Finding):
                yield outcome


TARGET = Target(
    name="layout",
    seeds=_seeds,
    read=_read,
    words=(
        b"[layout]\n", b"[[record]]\n", b"[[check]]\n", b"kind = 'xml'\n", b"pattern = '(a+)+$'\n", b"pattern = '['\n",
        b"len = 0", b"pos = -1", b"decimals = 99", b"at = 0", b"transform = 'left:999999999'\n", b"extends = 'stabo'\n",
        b"path = 'a/b[@x=1]/.'\n", b"required_if = 'x'\n", b"derive = 'template:{a}{b}'\n", b"each = 'a'", b"}",
    ),
)  # fmt: skip
