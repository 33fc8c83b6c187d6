"""Worker processes of a measurement, and how much memory they took."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_WORKER = """
import sys, django
django.setup()
from procrastinate.contrib.django import app
worker = app.with_connector(app.connector.get_worker_connector())
worker.run_worker(queues=sys.argv[1:], fetch_job_polling_interval=1)
"""


@contextlib.contextmanager
def workers(count: int, *queues: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Real workers, one task at a time each; stopped at the end."""
    running = [
        subprocess.Popen([sys.executable, "-c", _WORKER, *queues], stdout=subprocess.DEVNULL) for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def peak_memory(process_id: int) -> int:
    """The most resident memory that the process ever had, in bytes. Raises FileNotFoundError off Linux."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise FileNotFoundError("VmHWM")
