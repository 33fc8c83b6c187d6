"""When a file that nobody closed before our eyes counts as complete: it has not changed for a while.

What counts is how long *we* have seen it unchanged, by our own clock: times of files can be set by their sender, or be
those of another machine.
"""

import os
from collections.abc import Collection

from msgspec import Struct


class _Seen(Struct):
    state: tuple[int, ...]
    since: float


class Resting:
    """What was seen of the files of some folders. `now` is that of a clock that never goes back, in seconds."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def rested(self, path: str, stat: os.stat_result, now: float) -> float:
        """For how many seconds the file has been seen as it is."""
        state = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        seen = self._seen.get(path)
        if seen is None or seen.state != state:
            seen = self._seen[path] = _Seen(state, now)
        return now - seen.since

    def forget_others(self, paths: Collection[str]) -> None:
        """Forget files that are no longer there."""
        for path in self._seen.keys() - set(paths):
            del self._seen[path]
