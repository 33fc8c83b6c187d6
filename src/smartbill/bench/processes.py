"""Worker processes of a measurement, and how much memory they took."""

import contextlib
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
