"""The process that looks at PDFs: `python -m smartbill.adapters.pdf_checks.child`.

On standard input: 4 bytes of length, then the PDF; on standard output: 8 bytes, the code padded with blanks. It ends
when its input does. A PDF may take so many seconds of processor time and so much memory; beyond that the system ends
the process, or the parser gives up.
"""

import os
import resource
import sys
from pathlib import Path

import msgspec  # noqa: F401 - loaded before memory is limited, as what follows is
import pikepdf  # noqa: F401

from smartbill.core.flows.pdf_check import HEAD_BYTES, check_pdf_file

#: Seconds of processor time for one PDF.
CPU_SECONDS = 5
#: Bytes of address space beyond that of the loaded program.
ROOM = 512 << 20
#: The answer has so many bytes.
ANSWER = 8
#: Bytes; larger than any PDF that is handed over.
_LARGEST = 64 << 20


def main() -> None:
    _limit()
    place = os.memfd_create("pdf")
    path = Path(f"/proc/self/fd/{place}")
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(length := source.read(4)) == 4:
        content = source.read(int.from_bytes(length, "big"))
        os.ftruncate(place, 0)
        os.pwrite(place, content, 0)
        head = content[:HEAD_BYTES]
        del content
        _wind_up()
        sink.write(check_pdf_file(path, head).ljust(ANSWER).encode())
        sink.flush()


def _limit() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def _wind_up() -> None:
    """So much processor time from here on; beyond it the system ends the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(
        resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + CPU_SECONDS, resource.RLIM_INFINITY)
    )


if __name__ == "__main__":
    main()
