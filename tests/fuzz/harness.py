"""Runs targets in processes of their own; a process that dies, hangs or grows costs its input, not the run.

Every input follows from seed, target and number alone, so that a defect is made again by its number.
"""

import faulthandler
import mmap
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from random import Random
from unicodedata import category

import msgspec
from msgspec import Struct

from smartbill.core.flows.value import Finding
from smartbill.core.wording.findings import SENTENCES, message
from tests.fuzz import targets
from tests.fuzz.target import Target, spoiled

#: Seconds for one input.
PATIENCE = 10.0
#: Bytes of address space beyond what the loaded program has, and of real memory for one input on top of that.
ROOM = 1 << 30
MEMORY = 400 << 20
#: Characters of a sentence for staff.
_LONGEST_SENTENCE = 2_000
_MOST_DEFECTS = 50


class Defect(Struct, frozen=True):
    """An input that did anything but yield findings."""

    target: str
    number: int
    what: str


class Tally(Struct, kw_only=True):
    """What came of the inputs of one process, or of all."""

    inputs: int = 0
    silent: int = 0  # inputs that nothing was said of: still good
    codes: dict[str, int] = msgspec.field(default_factory=dict)
    slowest: float = 0.0  # seconds
    slowest_number: int = 0
    memory: int = 0  # bytes, the highest of any process
    defects: list[Defect] = msgspec.field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.inputs += other.inputs
        self.silent += other.silent
        self.codes = dict(Counter(self.codes) + Counter(other.codes))
        if other.slowest > self.slowest:
            self.slowest, self.slowest_number = other.slowest, other.slowest_number
        self.memory = max(self.memory, other.memory)
        self.defects += other.defects


def target_names() -> list[str]:
    return sorted(module.name for module in iter_modules(targets.__path__))


def load(name: str) -> Target:
    target = import_module(name if "." in name else f"tests.fuzz.targets.{name}").TARGET
    assert isinstance(target, Target)
    return target


def made(target: Target, seeds: list[bytes], seed: str, number: int) -> bytes:
    """The input with this number."""
    rng = Random(f"{seed}/{target.name}/{number}")
    return target.spoil(rng, seeds) if target.spoil else spoiled(rng, seeds, target.words)


def run(name: str, *, first: int, last: int, seed: str, patience: float = PATIENCE) -> Tally:
    """Feed a target with the inputs `first` up to, not including, `last`; survives all that they do."""
    total = Tally()
    while first < last and len(total.defects) < _MOST_DEFECTS:
        tally, reached = _process(name, first, last, seed, patience)
        total.add(tally)
        first = reached
    return total


def _process(name: str, first: int, last: int, seed: str, patience: float) -> tuple[Tally, int]:
    """One process; what it said, and the number to go on with."""
    with tempfile.NamedTemporaryFile() as place:
        place.write(first.to_bytes(8, "little"))
        place.flush()
        command = [sys.executable, "-m", "tests.fuzz.harness", name, str(first), str(last), seed, str(patience)]
        command.append(place.name)
        ended = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], check=False)
        at = int.from_bytes(Path(place.name).read_bytes(), "little")
    said = ended.stdout.splitlines()
    if ended.returncode == 0:
        tally = msgspec.json.decode(said.pop(), type=Tally)
        tally.defects = [msgspec.json.decode(line, type=Defect) for line in said]
        return tally, tally.inputs + first
    defects = [msgspec.json.decode(line, type=Defect) for line in said]
    ending = f"signal {-ended.returncode}" if ended.returncode < 0 else f"exit {ended.returncode}"
    traced = ended.stderr.decode(errors="replace")[-3_000:]
    what = f"hung for {patience:g} s" if ended.returncode == -signal.SIGALRM else f"process ended: {ending}"
    return Tally(inputs=at - first + 1, defects=[*defects, Defect(name, at, f"{what}\n{traced}")]), at + 1


def _feed(name: str, numbers: range, *, seed: str, patience: float, place: str) -> Tally:
    """What the process does. Defects are told at once, since it may not live to the end."""
    target = load(name)
    seeds = list(target.seeds())
    for good in seeds:  # whatever is imported or made once comes before the limits
        _examine(target, good)
    _limit_memory()
    faulthandler.register(signal.SIGALRM, all_threads=True, chain=True)  # the traceback, then the default: the end
    tally = Tally()
    highest = memory_peak()
    with open(place, "r+b") as file, mmap.mmap(file.fileno(), 8) as reached:
        for number in numbers:
            reached[:] = number.to_bytes(8, "little")
            data = made(target, seeds, seed, number)
            signal.setitimer(signal.ITIMER_REAL, patience)
            start = time.perf_counter()
            codes: list[str] = []
            try:
                codes = _examine(target, data)
            except Exception:
                _tell(Defect(name, number, traceback.format_exc()[-3_000:]))
            seconds = time.perf_counter() - start
            signal.setitimer(signal.ITIMER_REAL, 0)
            tally.add(Tally(inputs=1, silent=not codes, codes=dict.fromkeys(codes, 1), slowest=seconds,
                            slowest_number=number, memory=memory_peak()))  # fmt: skip
            if tally.memory - highest > MEMORY:
                _tell(Defect(name, number, f"took {(tally.memory - highest) >> 20} MiB"))
            highest = tally.memory
    return tally


def _tell(defect: Defect) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(defect) + b"\n")
    sys.stdout.buffer.flush()


def _examine(target: Target, data: bytes) -> list[str]:
    """The codes of what the reader says; AssertionError for anything that may not be shown."""
    codes = []
    for found in target.read(data):
        assert isinstance(found, Finding | str), f"yields {type(found).__name__}"
        sentence = found if isinstance(found, str) else message(found)
        assert sentence, "nothing is said"
        assert len(sentence) <= _LONGEST_SENTENCE, f"a sentence of {len(sentence)} characters"
        assert not any(category(char) in {"Cc", "Cs"} for char in sentence), "control characters are shown"
        if isinstance(found, Finding):
            assert found.code in SENTENCES, f"no sentence for {found.code}"
            assert len(found.file) <= _LONGEST_SENTENCE
        codes.append(found.code if isinstance(found, Finding) else "text")
    return codes


def memory_peak() -> int:
    """The highest so far of this process, bytes (what `getrusage` tells counts its parent's too)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def _limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))


if __name__ == "__main__":
    _name, _first, _last, _seed, _patience, _place = sys.argv[1:]
    _tally = _feed(_name, range(int(_first), int(_last)), seed=_seed, patience=float(_patience), place=_place)
    sys.stdout.buffer.write(msgspec.json.encode(_tally))
