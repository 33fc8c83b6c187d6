"""One cheap pass over a flow file: where its parts are, and what no reader should meet.

The file is streamed, so memory stays flat at 4 GB. Everything is done with searches of `bytes` over megabytes at a
time; nothing looks at a single line.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from msgspec import Struct

from smartbill.core.flows.stabo.records import RECORDS
from smartbill.core.flows.value import Finding, Level

MAX_LINE_CHARACTERS = 16_384
MAX_LINES = 20_000_000
FIXED_ENCODING = RECORDS["00"].fixed_slices["encoding"]
RANGE_BYTES = 4 * 1024 * 1024
#: findings of one kind that a scan names; the file is refused by the first
MAX_FINDINGS_OF_A_KIND = 20

_CHUNK = 4 * 1024 * 1024
#: records 10 are never farther apart than this: 14,000 lines of a document are at most some 30 MB
_APART = 64 * 1024 * 1024
_TAIL = 4 * MAX_LINE_CHARACTERS + 1024
_CTRL_Z = b"\x1a"
_CONTROLS = bytes(code for code in (*range(32), 0x7F) if code not in b"\r\n")
_BLANK = re.compile(rb"(?:\A|(?<=\n))\r?\n")
_DECLARED_UTF8 = b"|UTF-8|"
_BOM = b"\xef\xbb\xbf"
_NAMES = {0x00: "NUL", 0x09: "tabulazione", 0x0D: "CR senza LF", 0x1A: "Ctrl-Z"}


class ByteRange(Struct, frozen=True, kw_only=True):
    """Whole documents: bytes from `start` up to `end`, of which the first line has number `first_line`."""

    start: int
    end: int
    first_line: int


class FlowScan(Struct, frozen=True, kw_only=True):
    header: bytes  # the first line, with its end
    trailer: bytes  # the last line; empty when the file does not end with a record 99
    trailer_line: int  # number of the last line
    lines: int
    sha256: str  # of all bytes before the trailer
    looks_like_utf8: bool  # not declared as UTF-8, holds characters beyond ASCII, all of it valid UTF-8
    ranges: tuple[ByteRange, ...]
    findings: tuple[Finding, ...]  # FLS-009, FLS-027


class ScanRules(Struct, frozen=True, kw_only=True):
    """What a scan has to know of the layout. The defaults are those of STABO v1, variant D."""

    #: (data, place) -> the line end at or after `place` that a document follows, -1 when there is none in `data`
    document_after: Callable[[bytes, int], int] = lambda data, place: data.find(b"\n10|", place)
    is_trailer: Callable[[bytes], bool] = lambda line: line.startswith(b"99|")
    controls: bytes = _CONTROLS  # characters that no line may hold
    line_ends: tuple[bytes, ...] = (b"\r\n", b"\n")
    final_line_end: str = "optional"
    blank_lines: bool = False  # allowed
    first_range: tuple[int, int] | None = None  # offset and number of the line that ranges begin with; None: the second
    encoding_declared: bool = True  # in the header: what is not UTF-8 by it, and looks so, is told


STABO_DELIMITED = ScanRules()
STABO_FIXED = ScanRules(
    document_after=lambda data, place: data.find(b"\n10", place), is_trailer=lambda line: line.startswith(b"99")
)


def stabo_rules(start: bytes) -> ScanRules:
    """Those of the variant that a file begins as: a separator behind the type of the header, or none."""
    return STABO_DELIMITED if start.removeprefix(_BOM)[2:3] == b"|" else STABO_FIXED


class _Scanner:
    def __init__(self, file: str, range_bytes: int, rules: ScanRules) -> None:
        self.file = file
        self.range_bytes = range_bytes
        self.rules = rules
        forbidden = b"[" + re.escape(rules.controls) + b"]|" if rules.controls else b""
        self.control = re.compile(forbidden + b"\r(?!\n)")
        self.lines = 0  # complete lines so far
        self.offset = 0
        self.findings: list[Finding] = []
        self.found: dict[str, int] = {}
        self.line_end: bytes | None = None
        self.header = b""
        self.ranges: list[ByteRange] = []
        self.range_start: tuple[int, int] | None = None  # offset, line
        self.utf8: bool | None = None  # None until a character beyond ASCII is seen

    def note(self, code: str, line: int, kind: str, **values: str) -> None:
        self.found[kind] = self.found.get(kind, 0) + 1
        if self.found[kind] <= MAX_FINDINGS_OF_A_KIND:
            self.findings.append(Finding(code=code, level=Level.FILE, file=self.file, line=line, values=values))

    def piece(self, data: bytes) -> None:
        """Take in whole lines (the last of the file may lack its end)."""
        if not self.header:
            cut = data.find(b"\n") + 1 or len(data)
            self.header = data[:cut]
            self.range_start = self.rules.first_range or (cut, 2)
            # Declared as UTF-8 the reader decodes it, and says what does not.
            if not self.rules.encoding_declared or _declares_utf8(self.header):
                self.utf8 = False
        if self.utf8 is not False and not data.isascii():
            self.utf8 = _is_utf8(data)
        newlines = data.count(b"\n")
        self._controls(data, newlines)
        self._blank_lines(data)
        self._long_lines(data)
        self._cut(data)
        self.lines += newlines + (not data.endswith(b"\n"))
        self.offset += len(data)

    def _line_of(self, data: bytes, position: int) -> int:
        return self.lines + 1 + data.count(b"\n", 0, position)

    def _controls(self, data: bytes, newlines: int) -> None:
        returns = data.count(b"\r")
        pairs = data.count(b"\r\n") if returns else 0
        if pairs != returns or len(data.translate(None, self.rules.controls)) != len(data):
            for found in self.control.finditer(data):
                code = data[found.start()]
                what = _NAMES.get(code, f"carattere di controllo {code:#04x}")
                self.note("FLS-027", self._line_of(data, found.start()), what, cosa=what)
                if self.found[what] > MAX_FINDINGS_OF_A_KIND:
                    break
        if newlines:
            if self.line_end is None:
                first = data.find(b"\n")
                self.line_end = b"\r\n" if data[:first].endswith(b"\r") else b"\n"
                if self.line_end not in self.rules.line_ends:
                    self.note("FLS-027", self._line_of(data, first), "fine riga", cosa="fine riga non previsto")
            if pairs not in {0, newlines} or (pairs > 0) != (self.line_end == b"\r\n"):
                self.note("FLS-027", self._other_end(data), "fine riga", cosa="fine riga diverso dalle altre")

    def _other_end(self, data: bytes) -> int:
        """Number of the first line that ends otherwise than the first of the file."""
        pattern = rb"(?<!\r)\n" if self.line_end == b"\r\n" else b"\r\n"
        found = re.search(pattern, data)
        return self._line_of(data, found.start() if found else 0)

    def _blank_lines(self, data: bytes) -> None:
        if self.rules.blank_lines:
            return
        if data[:1] in {b"\n", b"\r"} or b"\n\n" in data or (self.line_end == b"\r\n" and b"\n\r" in data):
            for found in _BLANK.finditer(data):
                self.note("FLS-027", self._line_of(data, found.start()), "vuota", cosa="riga vuota")
                if self.found["vuota"] > MAX_FINDINGS_OF_A_KIND:
                    break

    def _long_lines(self, data: bytes) -> None:
        """Jump from one line end to the last within reach: a line that is too long has none."""
        position, size = 0, len(data)
        reach = MAX_LINE_CHARACTERS + 2
        while position + reach < size:
            end = data.rfind(b"\n", position, position + reach)
            if end < 0:
                end = data.find(b"\n", position)
                end = size if end < 0 else end
                self._measure(data[position:end], self._line_of(data, position))
            position = end + 1
        if size - position > MAX_LINE_CHARACTERS and b"\n" not in data[position:-1]:
            self._measure(data[position:], self._line_of(data, position))

    def _measure(self, line: bytes, number: int) -> None:
        line = line.rstrip(b"\r\n")
        try:
            length = len(line.decode())
        except UnicodeDecodeError:
            length = len(line)
        if length > MAX_LINE_CHARACTERS:
            self.note("FLS-009", number, "lunga", riga=str(number), n=str(length))

    def _cut(self, data: bytes) -> None:
        """End the open range at each record 10 that is far enough from its start."""
        counted, line = 0, self.lines + 1
        while self.range_start is not None:
            start, first_line = self.range_start
            at = self.rules.document_after(data, max(start + self.range_bytes - self.offset - 1, 0))
            if at < 0:
                break
            line += data.count(b"\n", counted, at + 1)
            counted = at + 1
            self.ranges.append(ByteRange(start=start, end=self.offset + at + 1, first_line=first_line))
            self.range_start = (self.offset + at + 1, line)
        if self.range_start is not None and self.offset + len(data) - self.range_start[0] > self.range_bytes + _APART:
            self._end_range(self.offset + len(data), self.lines + 1 + data.count(b"\n"))

    def _end_range(self, end: int, next_line: int) -> None:
        """End the open range without a record 10: no document is that long, so nothing good is cut."""
        self.close(end)
        self.range_start = (end, next_line)

    def skip(self, data: bytes) -> None:
        """Part of a line that is longer than anything else: told, and in no range, so that it is never held whole."""
        self.note("FLS-009", self.lines + 1, "lunga", riga=str(self.lines + 1), n=str(len(data)))
        self.close(self.offset)
        self.offset += len(data)
        self.lines += 1
        self.range_start = (self.offset, self.lines + 1)
        self.header = self.header or data[:_TAIL]

    def check_end(self, source: BinaryIO, size: int) -> None:
        """The end of the last line, where the layout says whether it has one."""
        wanted = self.rules.final_line_end
        if wanted != "optional" and size:
            source.seek(size - 1)
            if (source.read(1) == b"\n") != (wanted == "required"):
                told = "manca l'ultimo fine riga" if wanted == "required" else "fine riga in fondo al file"
                self.note("FLS-027", self.lines, "fine", cosa=told)

    def close(self, end: int) -> None:
        if self.range_start is not None and self.range_start[0] < end:
            start, first_line = self.range_start
            self.ranges.append(ByteRange(start=start, end=end, first_line=first_line))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _declares_utf8(header: bytes) -> bool:
    if _DECLARED_UTF8 in header:
        return True
    encoding = header.removeprefix(_BOM)[FIXED_ENCODING]
    return header.removeprefix(_BOM)[2:3] != b"|" and encoding.strip() == b"UTF-8"


def scan(
    source: BinaryIO, *, file: str = "", range_bytes: int = RANGE_BYTES, rules: ScanRules | None = None
) -> FlowScan:
    """Scan a seekable flow file. `range_bytes` is the least size of a range (the last may be shorter).

    Without `rules` it is STABO v1, of the variant that it begins as.
    """
    size = source.seek(0, 2)
    if rules is None:
        source.seek(0)
        rules = stabo_rules(source.read(len(_BOM) + 3))
    trailer_start, trailer = _last_record(source, size, rules)
    scanner = _Scanner(file, range_bytes, rules)
    digest = hashlib.sha256()
    for data, whole in _pieces(source, trailer_start):
        digest.update(data)
        if whole:
            scanner.piece(data)
        else:
            scanner.skip(data)
    scanner.close(trailer_start)
    if trailer:
        scanner.piece(trailer)
    if scanner.lines > MAX_LINES:
        scanner.note("FLS-027", MAX_LINES + 1, "righe", cosa=f"più di {MAX_LINES} righe")
    scanner.check_end(source, size)
    last_line = trailer[: trailer.find(b"\n") + 1] or trailer
    return FlowScan(
        header=scanner.header,
        trailer=last_line,
        trailer_line=scanner.lines - trailer.count(b"\n", len(last_line)),
        lines=scanner.lines,
        sha256=digest.hexdigest(),
        looks_like_utf8=scanner.utf8 is True,
        ranges=tuple(scanner.ranges),
        findings=tuple(scanner.findings),
    )


def _last_record(source: BinaryIO, size: int, rules: ScanRules) -> tuple[int, bytes]:
    """Where the trailer starts, and the trailer with any blank lines after it, without a final Ctrl-Z.

    Without a trailer: the end of the file, and nothing.
    """
    start = max(size - _TAIL, 0)
    source.seek(start)
    tail = source.read(size - start)
    if tail.endswith(_CTRL_Z):
        tail = tail[:-1]
        size -= 1
    filled = len(tail.rstrip(b"\r\n "))
    at = tail.rfind(b"\n", 0, filled) + 1
    if rules.is_trailer(tail[at:].rstrip(b"\r\n")) and (at or not start):
        return start + at, tail[at:]
    return size, b""


def _pieces(source: BinaryIO, end: int) -> Iterator[tuple[bytes, bool]]:
    """Chunks of whole lines up to `end`, the last as it is. A line that outgrows a chunk comes apart, marked False."""
    source.seek(0)
    rest, left = b"", end
    while left:
        data = rest + source.read(min(_CHUNK, left))
        if len(data) == len(rest):
            break  # the file became shorter meanwhile
        left -= len(data) - len(rest)
        cut = data.rfind(b"\n") + 1 if left else len(data)
        if not cut:
            yield data, False
            cut = len(data)
        elif cut:
            yield data[:cut], True
        rest = data[cut:]
    if rest:
        yield rest, True
