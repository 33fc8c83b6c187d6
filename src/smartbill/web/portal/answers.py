"""Answers of the customer's pages: sealed headers, compressed here, the stylesheet of the company."""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import engines

from smartbill.core.look.sheet import Sheet, company_sheet
from smartbill.usecases.portal.companies import CompanyFace

Answer = TypeVar("Answer", bound=HttpResponseBase)

#: No script at all; forms and frames have no place on these pages.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_FOR_EVER = "public, max-age=31536000, immutable"

#: 43 bytes: one transparent pixel.
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")

_BASE_SHEET = Path(__file__).resolve().parents[1] / "static" / "portal.css"


@lru_cache(maxsize=1)
def _base_sheet() -> str:
    return _squeezed(_BASE_SHEET.read_text())


@lru_cache(maxsize=512)
def _sheet(version: int, brand_color: str) -> Sheet:
    return company_sheet(version=version, brand_color=brand_color, base=_base_sheet())


@lru_cache(maxsize=512)
def _packed_sheet(version: int, brand_color: str, encoding: str) -> bytes:
    return _packed(_sheet(version, brand_color).text.encode(), encoding, quality=11)


#: What pages have before a company is known.
_NEUTRAL_COLOR = "#3d4a5c"


def sheet_of(face: CompanyFace | None) -> Sheet:
    return _sheet(*_sheet_key(face))


def sheet_answer(request: HttpRequest, face: CompanyFace | None, name: str) -> HttpResponse:
    """The stylesheet now in force; kept for ever only under its own name."""
    response = _packed_answer(request, "text/css; charset=utf-8")
    response.content = _packed_sheet(*_sheet_key(face), _encoding(request))
    response["Cache-Control"] = _FOR_EVER if name == sheet_of(face).name else "no-store"
    return response


def page(request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """A page of the portal, private and sealed."""
    text = engines["portal"].get_template(template).render(context)
    response = _packed_answer(request, "text/html; charset=utf-8", status=status)
    response.content = _packed(text.encode(), _encoding(request), quality=5)
    return sealed(response)


def sealed(response: Answer) -> Answer:
    """The address is a secret and the content personal: nothing keeps, frames, indexes or passes it on."""
    response["Content-Security-Policy"] = _POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _sheet_key(face: CompanyFace | None) -> tuple[int, str]:
    return (face.look_version, face.look.brand_color) if face else (0, _NEUTRAL_COLOR)


def _packed_answer(request: HttpRequest, content_type: str, *, status: int = 200) -> HttpResponse:
    response = HttpResponse(content_type=content_type, status=status)
    response["Vary"] = "Accept-Encoding"
    encoding = _encoding(request)
    if encoding:
        response["Content-Encoding"] = encoding
    return response


def _encoding(request: HttpRequest) -> str:
    offered = {part.split(";")[0].strip() for part in request.META.get("HTTP_ACCEPT_ENCODING", "").lower().split(",")}
    return "br" if "br" in offered else "gzip" if "gzip" in offered else ""


def _packed(content: bytes, encoding: str, *, quality: int) -> bytes:
    """Nothing that a stranger sends is repeated in a page, so packing tells nothing about its secrets."""
    if encoding == "br":
        return bytes(brotli.compress(content, mode=brotli.MODE_TEXT, quality=quality, lgwin=18))
    if encoding == "gzip":
        return gzip.compress(content, compresslevel=6, mtime=0)
    return content


def _squeezed(css: str) -> str:
    """The stylesheet without comments and indentation."""
    without: list[str] = []
    for piece in css.split("/*"):
        without.append(piece.partition("*/")[2] if without else piece)
    return "".join(line.strip() for line in "".join(without).splitlines())
