"""Worker processes of a measurement, and how much memory and processor time they took."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def workers(count: int, queues: str) -> Iterator[list[subprocess.Popen[str]]]:
    """The product's own workers, as `smartbill up` runs them, once they are ready; stopped at the end."""
    argv = [sys.executable, "-m", "smartbill", "worker", "--queues", queues]
    running = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        for process in running:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError("a worker did not start")
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.communicate(timeout=30)


def peak_memory(process_id: int) -> int:
    """The most resident memory that the process ever had, in bytes. Raises FileNotFoundError off Linux."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise FileNotFoundError("VmHWM")


def processor_seconds(process_id: int) -> float:
    """Processor time of a process and of its children, those that have ended included. Linux only."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    ticks = sum(map(_ticks, [process_id, *map(int, children)]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process_id: int) -> int:
    """Its own, and those of its ended children. Zero for a process that has ended meanwhile: its parent has them."""
    try:
        # The name in brackets may hold blanks; behind it stand the fields from the third on.
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, fields[11:15]))


def parent(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[1])
