"""PDFs that hang, grow or kill whoever reads them cost themselves, and nothing else."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartbill.adapters.pdf_checks.checker import PdfChecker
from tests.core.flows.test_pdf_check import EXAMPLES, made


@pytest.fixture(scope="module")
def checker() -> Iterator[PdfChecker]:
    found = PdfChecker(processes=1)
    yield found
    found.close()


def children() -> list[int]:
    return [int(each) for each in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()]


@pytest.mark.parametrize("content", EXAMPLES)
def test_the_process_says_what_the_check_says(checker: PdfChecker, content: bytes) -> None:
    assert checker.check(content) == EXAMPLES[content]


def test_one_process_looks_at_many() -> None:
    checker = PdfChecker(processes=1)
    before = set(children())
    assert [checker.check(made()) for _ in range(50)] == [""] * 50
    (process,) = set(children()) - before
    assert Path(f"/proc/{process}/environ").read_bytes() == b""  # neither keys nor the database
    checker.close()
    assert set(children()) == before


def test_a_process_that_died_by_accident_is_replaced() -> None:
    checker = PdfChecker(processes=1)
    before = set(children())
    assert checker.check(made()) == ""
    (process,) = set(children()) - before
    os.kill(process, signal.SIGKILL)
    assert checker.examine(made()) == ""
    checker.close()


def test_no_answer_in_time() -> None:
    before = children()
    checker = PdfChecker(processes=1, patience=0)
    start = time.perf_counter()
    assert checker.examine(made()) is None
    assert checker.check(made()) == "DOC-302"
    assert time.perf_counter() - start < 5
    checker.close()
    assert children() == before


def _bomb(size: int) -> bytes:
    """A PDF whose table of objects unpacks to so much."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    head = b"%PDF-1.7\n"
    table = b"1 0 obj\n<</Type/XRef/Size 9/W[1 4 2]/Filter/FlateDecode/Length %d/Root 1 0 R>>\nstream\n" % len(packed)
    return head + table + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % len(head)


def test_a_bomb_in_a_pdf_does_not_grow_the_worker(checker: PdfChecker) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert checker.check(_bomb(2 << 30)) == "DOC-302"
    assert checker.check(made()) == ""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_the_process_ends_with_its_parent() -> None:
    program = (
        "import os, sys\n"
        "from smartbill.adapters.pdf_checks.checker import PdfChecker\n"
        "checker = PdfChecker(processes=1)\n"
        "checker.check(b'%PDF-')\n"
        "print(open(f'/proc/self/task/{os.getpid()}/children').read(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout
    deadline = time.monotonic() + 10
    while Path(f"/proc/{int(said)}/exe").exists():
        assert time.monotonic() < deadline, "still there"
        os.sched_yield()
