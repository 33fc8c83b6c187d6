"""A few processes that look at PDFs, shared by the threads of a worker."""

import os
import selectors
import subprocess
import sys
import time
from queue import LifoQueue
from typing import Final

from smartbill.adapters.pdf_checks.child import ANSWER

#: Seconds that a PDF may take by the clock, waiting for a busy machine included.
PATIENCE: Final = 30.0
#: PDFs that a process looks at before another takes its place: what it may have lost of its memory goes with it.
_MOST: Final = 2_000
_UNREADABLE: Final = "DOC-302"


class PdfChecker:
    """Looks at PDFs in processes of its own, at most `processes` at a time; `check` waits for a free one.

    A process that hangs, grows or dies costs its PDF (`DOC-302`) and is replaced. Processes are started when they are
    needed, and end with this one, however that ends.
    """

    def __init__(self, *, processes: int | None = None, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._free: LifoQueue[_Process | None] = LifoQueue()  # the one used last is warm
        for _ in range(processes or os.cpu_count() or 1):
            self._free.put(None)

    def check(self, content: bytes) -> str:
        """The code of `core.flows.pdf_check.check_pdf`. Raises OSError when no process can be started."""
        code = self.examine(content)
        return code if code is not None else _UNREADABLE

    def examine(self, content: bytes) -> str | None:
        """As `check`; None for a PDF that took two processes down, the second in case the first died by accident."""
        code = self._once(content)
        return code if code is not None else self._once(content)

    def _once(self, content: bytes) -> str | None:
        process = self._free.get()
        code = None
        try:
            process = process or _Process()
            code = process.check(content, self._patience)
        finally:
            if process is not None and (code is None or process.checked >= _MOST):
                process.end()
                process = None
            self._free.put(process)
        return code

    def close(self) -> None:
        """End the processes that are free."""
        for _ in range(self._free.qsize()):
            process = self._free.get()
            if process is not None:
                process.end()
            self._free.put(None)


class _Process:
    def __init__(self) -> None:
        # Nothing of our environment: whoever takes the parser over finds neither keys nor the database.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "smartbill.adapters.pdf_checks.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            bufsize=0,
            start_new_session=True,  # a Ctrl-C is for the worker, which finishes its part
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)
        self.checked = 0

    def check(self, content: bytes, patience: float) -> str | None:
        """None when the process did not answer in time, or died."""
        self.checked += 1
        left = memoryview(len(content).to_bytes(4, "big") + content)
        answer = b""
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            selector.register(self._input, selectors.EVENT_WRITE)
            selector.register(self._output, selectors.EVENT_READ)
            while len(answer) < ANSWER:
                ready = selector.select(max(deadline - time.monotonic(), 0))
                if not ready:
                    return None
                try:
                    for key, _ in ready:
                        if key.fd == self._input:
                            left = left[os.write(self._input, left) :]
                            if not left:
                                selector.unregister(self._input)
                        elif piece := os.read(self._output, ANSWER - len(answer)):
                            answer += piece
                        else:
                            return None
                except BrokenPipeError:
                    return None
        return answer.decode("ascii", errors="replace").strip()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
