"""Codes that machines read, as SVG: one path of black modules on white, with the quiet zone that readers need."""

from collections.abc import Sequence

import segno
from pystrich.code128 import Code128Encoder
from pystrich.datamatrix import DataMatrixData, DataMatrixEncoder

from smartbill.core.paper.value import Code, CodeKind

_QR_QUIET = 4
_MATRIX_QUIET = 2
_BARS_QUIET = 10


def code_svg(code: Code) -> str:
    """Raises ValueError for a text that the kind of code can't carry."""
    match code.kind:
        case CodeKind.QR:
            made = segno.make(code.text, error="m", boost_error=False, micro=False, version=code.version)
            return _svg([[bool(module) for module in row] for row in made.matrix], _QR_QUIET)
        case CodeKind.DATA_MATRIX:
            encoder = DataMatrixEncoder(DataMatrixData(code.text, encoding="ascii"), quiet_zone=0)
            rows = [line[::2] for line in encoder.get_ascii().splitlines()]  # a module is drawn with two signs
            return _svg([[sign == "X" for sign in row] for row in rows], _MATRIX_QUIET)
        case CodeKind.BARS:
            return _svg([[bar == "1" for bar in Code128Encoder(code.text).bars]], _BARS_QUIET, bars=True)


def _svg(rows: Sequence[Sequence[bool]], quiet: int, *, bars: bool = False) -> str:
    """Neighbours in a row are one rectangle. Bars have no quiet zone above and below, and take any height."""
    above = 0 if bars else quiet
    width, height = len(rows[0]) + 2 * quiet, len(rows) + 2 * above
    path = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and row[x + run] == row[x]:
                run += 1
            if row[x]:
                path.append(f"M{x + quiet} {y + above}h{run}v1h-{run}z")
            x += run
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f"{' preserveAspectRatio=' + chr(34) + 'none' + chr(34) if bars else ''}>"
        f'<path fill="#fff" d="M0 0h{width}v{height}H0z"/><path fill="#000" d="{"".join(path)}"/></svg>'
    )
