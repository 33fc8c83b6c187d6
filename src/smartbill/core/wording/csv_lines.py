"""CSV files for people and their spreadsheets: semicolons, a byte order mark, and no cell that a spreadsheet runs."""

import re
from collections.abc import Iterable, Iterator

#: So that spreadsheets read the file as UTF-8.
BYTE_ORDER_MARK = "\ufeff"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: Amounts and phone numbers begin with a sign and hold no formula.
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")


def csv_line(cells: Iterable[object]) -> str:
    """One line, every cell quoted. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return ";".join(_cell(cell) for cell in cells) + "\r\n"


def csv_text(head: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A whole file, line by line."""
    yield BYTE_ORDER_MARK + csv_line(head)
    for row in rows:
        yield csv_line(row)


def _cell(value: object) -> str:
    text = "" if value is None else str(value).replace("\0", "")
    if text.lstrip(" ").startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'
