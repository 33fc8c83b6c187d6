"""The process that compiles: orders on its input, documents on its output, until the input ends.

Apart, so that whatever a document costs in time and memory, and whatever fails in native code, ends here. It has
limits of its own, reads nothing but the templates, and reaches no network: the templates use no packages.
"""

import re
import resource
import shutil
import sys
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import typst

from smartbill.adapters.pdf.legible import FONTS
from smartbill.adapters.pdf.wire import Answer, Order, receive, send

TEMPLATES = Path(__file__).parent / "templates"

#: Both at once: archival with an attachment, and accessible.
_STANDARDS: Final[tuple[Literal["a-3a"], Literal["ua-1"]]] = ("a-3a", "ua-1")

_MEMORY_BYTES = 2 * 1024**3  # of addresses; a bill of 500 supplies, 660 pages, takes 1.3 GB
_FILE_BYTES = 256 * 1024**2
_LOGOS = 64

#: A document of nothing but the logo: a logo that can't be drawn is left out, not the bill.
_PROBE = b"""#set document(title: "Logo")
#image(bytes(sys.inputs.logo), format: "svg", height: 13mm, alt: "Logo")"""


class Compiling:
    """Compiles with the templates and fonts of this program, nothing else of the machine."""

    def __init__(self, folder: Path) -> None:
        for template in TEMPLATES.glob("*.typ"):
            shutil.copy(template, folder)
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
        self._main = str(folder / "bill.typ")
        self._attachment = folder / "attachment"
        self._attachment.write_bytes(b"")
        self._compiler = typst.Compiler(
            self._main, root=str(folder), font_paths=fonts, ignore_system_fonts=True,
            package_path=str(folder / "none"), package_cache_path=str(folder / "none"),
        )  # fmt: skip
        self._logos: OrderedDict[bytes, bool] = OrderedDict()

    def pdf(self, order: Order) -> bytes:
        """Raises typst.TypstError."""
        self._attachment.write_bytes(order.attachment)
        logo = order.logo if order.logo and self._drawable(order.logo) else ""
        made = self._compiler.compile(
            self._main,
            format="pdf",
            sys_inputs=order.inputs | {"logo": logo},
            pdf_standards=[*_STANDARDS],
            timestamp=order.timestamp,
        )
        assert isinstance(made, bytes)
        return made

    def _drawable(self, logo: str) -> bool:
        key = sha256(logo.encode()).digest()
        if key not in self._logos:
            try:
                self._compiler.compile(_PROBE, format="pdf", sys_inputs={"logo": logo}, pdf_standards=[*_STANDARDS])
                self._logos[key] = True
            except typst.TypstError:
                self._logos[key] = False
            while len(self._logos) > _LOGOS:
                self._logos.popitem(last=False)
        return self._logos[key]


def _problem(error: typst.TypstError) -> str:
    """What the compiler says, without the texts of the bill that it may quote."""
    return re.sub(r"`[^`]*`|\"[^\"]*\"", "…", error.message)[:300]


def main() -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    with TemporaryDirectory(prefix="smartbill-pdf-") as folder:
        compiling = Compiling(Path(folder))
        while (order := receive(sys.stdin.buffer, Order)) is not None:
            try:
                answer = Answer(pdf=compiling.pdf(order))
            except typst.TypstError as error:
                answer = Answer(problem=_problem(error))
            send(sys.stdout.buffer, answer)


if __name__ == "__main__":
    main()
