"""Our side of the compiling process: starts it, gives it orders, ends it when it takes too long."""

import contextlib
import subprocess
import sys
from threading import Event, Lock, Timer
from types import TracebackType
from typing import Any, Self

import msgspec

from smartbill.adapters.pdf.codes import code_svg
from smartbill.adapters.pdf.legible import legible
from smartbill.adapters.pdf.wire import Answer, Order, receive, send
from smartbill.core.paper.value import Paper
from smartbill.core.ports.pdf import Attachment, CannotTypeset, TooLarge

#: A bill with 500 supplies takes some ten seconds.
_SECONDS = 60.0
#: A process that something else ends costs the bill no PDF: it may be an accident.
_TRIES = 2
#: A process is ended after so many documents: what its caches hold goes with it.
_DOCUMENTS = 400
#: What a larger document took in memory is given back by ending the process.
_LARGE_BYTES = 4 * 1024**2
#: The plain values of a document; the largest real bill has some 8 MB.
_MOST_BYTES = 32 * 1024**2


class _Ended(Exception):
    """Something else than we has ended the process: the system, when memory ran out, or whoever may."""


class Typesetter:
    """A `core.ports.pdf.Typesetter`. One document at a time; threads wait for each other. Close it when done."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def pdf(self, paper: Paper, attachment: Attachment, *, timestamp: int) -> bytes:
        order = _order(paper, attachment, timestamp)
        with self._lock:
            for _ in range(_TRIES):
                with contextlib.suppress(_Ended):
                    return self._answered(order)
        raise _too_large()

    @property
    def process_id(self) -> int | None:
        """Of the process that compiles, while there is one."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _answered(self, order: Order) -> bytes:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        late = Event()
        watch = Timer(self._seconds, _end, (process, late))
        watch.start()
        try:
            send(process.stdin, order)
            answer = receive(process.stdout, Answer)
        except OSError:
            answer = None
        finally:
            watch.cancel()
        self._made += 1
        if answer is None:
            code = process.wait()
            self.close()
            if code > 0:
                raise CannotTypeset(f"the compiling process ended by itself, with code {code}")
            raise _too_large() if late.is_set() else _Ended
        if self._made >= _DOCUMENTS or len(answer.pdf) > _LARGE_BYTES:
            self.close()
        if answer.problem:
            raise CannotTypeset(answer.problem)
        return answer.pdf

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._made = 0
            command = [sys.executable, "-m", "smartbill.adapters.pdf.compiling"]
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process


def _end(process: subprocess.Popen[bytes], late: Event) -> None:
    late.set()
    process.kill()


def _too_large() -> TooLarge:
    return TooLarge("the document took more time or memory than one may have")


def prepared(paper: Paper) -> dict[str, Any]:
    """The plain values that a template is given: printable texts, drawn codes."""
    plain: dict[str, Any] = legible(msgspec.to_builtins(paper))
    plain["company"].pop("logo")
    for sheet, plain_sheet in zip(paper.sheets, plain["sheets"], strict=True):
        for slip, plain_slip in zip(sheet.slips, plain_sheet["slips"], strict=True):
            for code, plain_code in zip(slip.codes, plain_slip["codes"], strict=True):
                plain_code["text"] = code_svg(code)
    return plain


def _order(paper: Paper, attachment: Attachment, timestamp: int) -> Order:
    text = msgspec.json.encode(prepared(paper)).decode()
    if len(text) > _MOST_BYTES:
        raise TooLarge("the document has more text than one may have")
    return Order(
        inputs={
            "paper": text,
            "attachment-name": attachment.name,
            "attachment-type": attachment.media_type,
            "attachment-relationship": attachment.relationship,
            "attachment-description": legible(attachment.description),
        },
        attachment=attachment.content,
        logo=paper.company.logo,
        timestamp=timestamp,
    )
