"""Bytes to rows: encoding, delimiter, limits. Memory does not grow with the file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

from msgspec import Struct

from smartbill.core.flows.contacts_csv.columns import Columns, columns_of

DELIMITERS: Final = (";", ",", "\t", "|")
_SAMPLE_ROWS: Final = 200
_SAMPLE_LENGTH: Final = 1024 * 1024
_SAME_WIDTH_SHARE: Final = 0.95
#: A row over more lines is a quote that was never closed and has swallowed other customers.
_MAX_LINES_OF_ROW: Final = 5
_CHUNK: Final = 1024 * 1024
#: A first line by which a spreadsheet program tells its delimiter.
_DELIMITER_LINE = re.compile(r'"?sep=([;,\t|])"?\s*', re.ASCII)
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


class TableLimits(Struct, frozen=True, kw_only=True):
    file_bytes: int = 200 * 1024 * 1024
    rows: int = 2_000_000
    row_length: int = 64 * 1024
    columns: int = 100


class TableRefusedError(Exception):
    """The file can't be read as a table; `code` and `values` are those of the finding."""

    def __init__(self, code: str, *, line: int | None = None, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.values = values


class Row(Struct, frozen=True):
    line: int
    cells: list[str]


class Table(Struct, frozen=True, kw_only=True):
    """A file whose encoding, delimiter and columns are known. Rows may be read as often as needed."""

    stream: BinaryIO
    encoding: str
    delimiter: str
    header: list[str]
    columns: Columns
    skipped_lines: int  # before the header: the delimiter line, blank lines
    limits: TableLimits

    def rows(self) -> Iterator[Row]:
        """The data rows, blank ones left out. Raises TableRefusedError at the place that can't be read."""
        rows = _rows_of(_Lines(self.stream, self.encoding, self.limits), self.delimiter)
        header_seen = False
        count = 0
        for row in rows:
            if row.line <= self.skipped_lines or not any(cell.strip() for cell in row.cells):
                continue
            if not header_seen:
                header_seen = True
                continue
            count += 1
            if count > self.limits.rows:
                raise TableRefusedError("CSV-513", dettaglio=f"oltre {self.limits.rows} righe")
            yield row


def open_table(stream: BinaryIO, limits: TableLimits) -> Table:
    """Find out how the file is written. `stream` must be seekable. Raises TableRefusedError."""
    encoding = _encoding(stream, limits)
    sample = _sample(stream, encoding, limits)
    skipped, delimiter = 0, ""
    if sample and (told := _DELIMITER_LINE.fullmatch(sample[0])):
        skipped, delimiter = 1, told[1]
    while skipped < len(sample) and not sample[skipped].strip():
        skipped += 1
    body = sample[skipped:]
    if not body:
        raise TableRefusedError("CSV-501", nome="codice_anagrafico")
    delimiter = delimiter or _delimiter(body)
    header = _header(body, delimiter)
    if len(header) > limits.columns:
        raise TableRefusedError("CSV-513", dettaglio=f"oltre {limits.columns} colonne")
    columns = columns_of(header)
    for name in columns.missing:
        raise TableRefusedError("CSV-501", nome=name)
    return Table(
        stream=stream,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        columns=columns,
        skipped_lines=skipped,
        limits=limits,
    )


def _encoding(stream: BinaryIO, limits: TableLimits) -> str:
    """A byte order mark wins, else strict UTF-8 over the whole file, else CP1252. Measures the file on the way."""
    stream.seek(0)
    start = stream.read(4)
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = 0
    valid = True
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > limits.file_bytes:
            raise TableRefusedError("CSV-513", dettaglio=f"oltre {limits.file_bytes // (1024 * 1024)} MB")
        valid = valid and _decodes(decoder, chunk)
    valid = valid and _decodes(decoder, b"", final=True)
    return encoding if valid or encoding == "utf-16" else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _sample(stream: BinaryIO, encoding: str, limits: TableLimits) -> list[str]:
    lines: list[str] = []
    length = 0
    source = _Lines(stream, encoding, limits)
    for line in source:
        source.row_done()
        lines.append(line)
        length += len(line)
        if length > _SAMPLE_LENGTH or len(lines) > 2 * _SAMPLE_ROWS:
            break
    return lines


def _delimiter(sample: list[str]) -> str:
    """The candidate by which header and nearly all first rows have one number of fields, more than one."""
    best, best_share = "", 0.0
    for candidate in DELIMITERS:
        header, *rows = _widths(sample, candidate)
        share = sum(width == header for width in rows) / len(rows) if rows else 1.0
        if header > 1 and share >= _SAME_WIDTH_SHARE and share > best_share:
            best, best_share = candidate, share
    if not best:
        raise TableRefusedError("CSV-502")
    return best


def _widths(sample: list[str], delimiter: str) -> list[int]:
    rows = csv.reader(sample, delimiter=delimiter)
    try:
        return [len(cells) for cells in islice(rows, _SAMPLE_ROWS + 1) if cells]
    except csv.Error:  # one field of more than 128 KB: not by this delimiter
        return [0]


def _header(sample: list[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(sample, delimiter=delimiter))
    except csv.Error:
        raise TableRefusedError("CSV-502") from None


class _Lines:
    """The lines of the file for `csv.reader`, bounded, with what the reader itself does not tell."""

    def __init__(self, stream: BinaryIO, encoding: str, limits: TableLimits) -> None:
        self._stream = stream
        self._encoding = encoding
        self._limits = limits
        self.row_line = 1  # first line of the row that is being read
        self.open_lines = 0  # lines given since the last whole row
        self.open_length = 0
        self.ended_inside = False  # the file ended while a row was open: a quote was not closed

    def row_done(self) -> None:
        self.row_line += self.open_lines
        self.open_lines = self.open_length = 0

    def __iter__(self) -> Iterator[str]:
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, encoding=self._encoding, newline="")
        number = 0
        undecodable = False
        try:
            while line := text.readline(self._limits.row_length + 1):
                number += 1
                self._check(line, number)
                yield line
        except UnicodeDecodeError:
            undecodable = True
        finally:
            text.detach()
        if undecodable:
            line_number = _undecodable_line(self._stream) if self._encoding == "cp1252" else number + 1
            raise TableRefusedError("FLS-003", line=line_number, codifica=self._encoding.upper())
        self.ended_inside = self.open_lines > 0

    def _check(self, line: str, number: int) -> None:
        self.open_lines += 1
        self.open_length += len(line)
        if "\0" in line:
            raise TableRefusedError("FLS-027", line=number, cosa="NUL")
        if self.open_lines > _MAX_LINES_OF_ROW:
            raise TableRefusedError("FLS-027", line=self.row_line, cosa="virgolette non chiuse")
        if self.open_length > self._limits.row_length:
            raise TableRefusedError("FLS-009", line=self.row_line, n=f"oltre {self._limits.row_length}")


def _rows_of(lines: _Lines, delimiter: str) -> Iterator[Row]:
    for cells in csv.reader(lines, delimiter=delimiter):
        if lines.ended_inside:
            raise TableRefusedError("FLS-027", line=lines.row_line, cosa="virgolette non chiuse")
        line = lines.row_line
        lines.row_done()
        yield Row(line, cells)


def _undecodable_line(stream: BinaryIO) -> int:
    """The line of the first byte that CP1252 does not know. The text layer reads ahead and can't tell."""
    stream.seek(0)
    before = 0
    while chunk := stream.read(_CHUNK):
        if found := _NOT_IN_CP1252.search(chunk):
            return before + chunk.count(b"\n", 0, found.start()) + 1
        before += chunk.count(b"\n")
    return before + 1
