"""Consegne: what came in and what became of it; the page that uploads a flow and goes on where it stopped."""

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.area.page_uploads import (
    SMALL_FILE,
    BrokenPiece,
    UploadFacts,
    WrongPiece,
    begin,
    cancel,
    expected_length,
    keep_piece,
    receive_small,
    upload_facts,
    waiting_uploads,
)
from smartbill.usecases.staff.deliveries import deliveries_found, stranded_files, uploads_of_page
from smartbill.web.backoffice.pages import Crumb, address, cursors, desk_of, show, staff_act, staff_call, staff_page


@staff_page()
def deliveries(request: HttpRequest) -> HttpResponse:
    context = {
        "page": deliveries_found(**cursors(request)),
        "stranded": stranded_files(),
        "uploads": uploads_of_page(),
        "may_upload": desk_of(request).actor.at_least(Role.EDITOR),
    }
    return show(request, "staff/deliveries.html", context, title=gettext("Consegne"), section="deliveries")


@staff_page(role=Role.EDITOR)
def upload(request: HttpRequest) -> HttpResponse:
    context = {"waiting": waiting_uploads(), "small_file": SMALL_FILE}
    title = gettext("Carica un flusso")
    return show(request, "staff/upload.html", context, title=title, section="deliveries", crumbs=[Crumb(title)])


@staff_act(role=Role.EDITOR, back_to="deliveries")
def upload_file(request: HttpRequest) -> str:
    """The plain form: a small file in one go."""
    file = request.FILES.get("file")
    if file is None:
        raise NotPossible(gettext("Scegliere un file."))
    received = receive_small(desk_of(request).actor, file.name or "", file.chunks(), timezone.now())
    if received.duplicate:
        raise NotPossible(received.message)
    if received.message:
        return received.message
    if received.job_code is None:
        return gettext("Il file dei recapiti è ricevuto.")
    return gettext("Il file è ricevuto: la lavorazione {job} è aperta.").format(job=received.job_code)


@staff_call(role=Role.EDITOR, methods=("GET", "POST"))
def upload_begin(request: HttpRequest) -> HttpResponse:
    """GET: the token that the session has now (another after signing in anew). POST `name`, `size`: an upload."""
    if request.method == "GET":
        return JsonResponse({"token": get_token(request)})
    size = request.POST.get("size", "")
    if not (size.isascii() and size.isdigit() and len(size) < 20):
        raise NotPossible(gettext("La dimensione del file manca."))
    return _told(request, begin(desk_of(request).actor, request.POST.get("name", ""), int(size), timezone.now()))


@staff_call(role=Role.EDITOR, methods=("GET", "PATCH", "DELETE"))
def upload_piece(request: HttpRequest, upload: str) -> HttpResponse:
    """GET: how far it is. PATCH with `Upload-Offset` and the bytes: the next piece. DELETE: give it up.

    A piece that is not the next one is answered with what is, 409; one that came broken with 422: it may come again.
    """
    actor = desk_of(request).actor
    if request.method == "DELETE":
        cancel(actor, upload, timezone.now())
        return JsonResponse({})
    facts = upload_facts(actor, upload)
    return _told(request, facts) if request.method == "GET" else _next_piece(request, facts)


def _next_piece(request: HttpRequest, facts: UploadFacts) -> HttpResponse:
    offset, length = (_number(request.headers.get(name, "")) for name in ("Upload-Offset", "Content-Length"))
    if offset != facts.offset or not length or length != expected_length(facts):
        return _told(request, facts, status=409)
    body, digest = _body(request, length), request.headers.get("Upload-Digest", "")
    actor, now = desk_of(request).actor, timezone.now()
    try:
        return _told(request, keep_piece(actor, facts.code, offset=offset, body=body, digest=digest, now=now))
    except WrongPiece as wrong:
        return _told(request, wrong.facts, status=409)
    except BrokenPiece:
        return _told(request, facts, status=422)


def _body(request: HttpRequest, length: int) -> bytes:
    """What came of the body, at most `length` bytes: the line may end in between."""
    pieces: list[bytes] = []
    left = length
    try:
        while left and (piece := request.read(left)):
            pieces.append(piece)
            left -= len(piece)
    except OSError:
        return b""
    return b"".join(pieces)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _told(request: HttpRequest, facts: UploadFacts, *, status: int = 200) -> JsonResponse:
    plain = msgspec.to_builtins(facts)
    plain["address"] = address(request, "upload_piece", upload=facts.code)
    plain["job_address"] = address(request, "job", code=facts.job) if facts.job else ""
    return JsonResponse(plain, status=status)
