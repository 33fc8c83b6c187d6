"""The rows of a contacts file that were refused, as a file to mend and send again: same columns, and the reasons."""

from collections.abc import Callable
from typing import Final

from smartbill.core.flows.contacts_csv.columns import KEY_NAMES
from smartbill.core.flows.contacts_csv.reader import RowWatch
from smartbill.core.flows.contacts_csv.table import Row
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.csv_lines import BYTE_ORDER_MARK, csv_line
from smartbill.core.wording.findings import message

#: Columns behind those of the file.
REASONS: Final = ("riga", "campo", "codice", "messaggio")

_FIELD_NAMES = {**KEY_NAMES, "mobile": "cellulare", "email": "email"}
_FIRST_ROWS: Final = 10
_LONGEST_CELL: Final = 120


class RejectsWriter(RowWatch):
    """Counts the rows, keeps the first ones to be shown, and writes those refused by `write`, line by line.

    `header` comes only for a file that can be read as a table: before, nothing is written.
    """

    def __init__(self, write: Callable[[bytes], object], *, file: str) -> None:
        self._write = write
        self._file = file
        self._width = 0
        self.rows = self.merged = self.rejected = 0
        self.headings: list[str] = []
        self.first_rows: list[list[str]] = []  # bounded cells of the first rows, whether taken or not

    def header(self, cells: list[str]) -> None:
        self._width = len(cells)
        self.headings = _shown(cells)
        self._write((BYTE_ORDER_MARK + csv_line([*cells, *REASONS])).encode())

    def taken(self, row: Row) -> None:
        self._count(row)

    def repeated(self, row: Row) -> None:
        self._count(row)
        self.merged += 1

    def refused(self, row: Row, findings: list[Finding]) -> None:
        self._count(row)
        self.rejected += 1
        reasons = [finding for finding in findings if finding.level is Level.ROW]
        cells = [*row.cells[: self._width], *[""] * (self._width - len(row.cells))]
        if extra := row.cells[self._width :]:  # a row that has shifted keeps its surplus in its last cell
            cells[-1] = " ".join([cells[-1], *extra])
        fields = ", ".join(dict.fromkeys(_FIELD_NAMES.get(each.field, each.field) for each in reasons if each.field))
        codes = ", ".join(dict.fromkeys(each.code for each in reasons))
        sentences = " ".join(dict.fromkeys(message(each) for each in reasons))
        self._write(csv_line([*cells, row.line, fields, codes, sentences]).encode())

    def _count(self, row: Row) -> None:
        self.rows += 1
        if len(self.first_rows) < _FIRST_ROWS:
            self.first_rows.append(_shown(row.cells))


def _shown(cells: list[str]) -> list[str]:
    return ["".join(filter(str.isprintable, cell.replace("\n", " ")))[:_LONGEST_CELL] for cell in cells]
