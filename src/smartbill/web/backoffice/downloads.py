"""Files that a page hands out."""

from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from smartbill.core.wording.csv_lines import csv_text

_LINES_AT_ONCE = 500


def csv_download(name: str, head: Sequence[object], rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """A CSV file, sent while it is read. `name`: plain letters, digits, `_`, `-` and `.` only."""
    return text_download(name, csv_text(head, rows), "text/csv; charset=utf-8")


def text_download(name: str, lines: Iterator[str], content_type: str) -> StreamingHttpResponse:
    """Any text, sent while it is read."""
    response = StreamingHttpResponse(_chunks(lines), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _chunks(lines: Iterator[str]) -> Iterator[bytes]:
    chunk: list[str] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == _LINES_AT_ONCE:
            yield "".join(chunk).encode()
            chunk.clear()
    yield "".join(chunk).encode()
