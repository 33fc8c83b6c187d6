"""Ends the child processes of a supervisor that was killed with SIGKILL. Run as a program; standard library alone.

The supervisor holds the other end of our standard input and writes a line for every process group it starts (`+PGID`)
and ends (`-PGID`). When the input ends, the supervisor has gone, in whatever way; groups still on the list get SIGTERM
and, after the seconds given as argument, SIGKILL. Unlike `PR_SET_PDEATHSIG` this reaches grandchildren too, is not
bound to Linux and needs no code between fork and exec.
"""

import os
import signal
import sys
import time


def _send(groups: set[int], number: int) -> set[int]:
    """Signal the groups; returns those that are still there."""
    present = set()
    for group in groups:
        try:
            os.killpg(group, number)
        except OSError:
            continue
        present.add(group)
    return present


def guard(grace: float) -> None:
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    deadline = time.monotonic() + grace
    groups = _send(groups, signal.SIGTERM)
    # They are not our children, so there is no event to wait for.
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = _send(groups, 0)
    _send(groups, signal.SIGKILL)


if __name__ == "__main__":
    guard(float(sys.argv[1]))
