"""How the files of an archive are cut into parts that one task reads each."""

from collections.abc import Iterable, Iterator

from smartbill.core.flows.archive import Entry

#: One task's worth: entries and compressed bytes of a run of files.
_RUN_ENTRIES = 1_000
_RUN_BYTES = 32 * 1024 * 1024


def runs(entries: Iterable[Entry]) -> Iterator[tuple[int, int]]:
    """From the first number to behind the last of each run. Entries of other kinds in between are not part of it."""
    first = last = -1
    count = size = 0
    for entry in entries:
        if first >= 0 and (count >= _RUN_ENTRIES or size + entry.compressed > _RUN_BYTES):
            yield first, last + 1
            first, count, size = -1, 0, 0
        first = entry.index if first < 0 else first
        last = entry.index
        count += 1
        size += entry.compressed
    if first >= 0:
        yield first, last + 1
