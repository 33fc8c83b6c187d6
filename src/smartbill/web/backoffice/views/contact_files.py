"""Contacts files: uploaded, looked at before they count, taken or dropped; their refused rows handed out."""

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.core.states.contact_file import ContactFileState
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.intake.contact_files import drop_contact_file, take_contact_file
from smartbill.usecases.staff.contact_files import file_state, files_found, look_at_file, open_rejects
from smartbill.usecases.staff.uploads import receive_upload
from smartbill.web.backoffice.forms import NoteForm, UploadForm
from smartbill.web.backoffice.pages import Crumb, address, cursors, desk_of, show, staff_act, staff_page

_log = structlog.get_logger("smartbill.backoffice")
_PIECE = 1 << 20
#: States in which the page asks for itself again.
_MOVING = frozenset({ContactFileState.RECEIVED, ContactFileState.TAKING})


@staff_page()
def contact_files(request: HttpRequest) -> HttpResponse:
    actor = desk_of(request).actor
    context = {
        "page": files_found(**cursors(request)),
        "upload": UploadForm() if actor.at_least(Role.EDITOR) else None,
    }
    crumbs = [Crumb(gettext("File dei recapiti"))]
    title = gettext("File dei recapiti")
    return show(request, "staff/contact_files.html", context, title=title, section="contacts", crumbs=crumbs)


@staff_page(by_use_case=True)
def contact_file(request: HttpRequest, file_id: int) -> HttpResponse:
    actor = desk_of(request).actor
    found = look_at_file(actor, file_id, now=timezone.now())
    if found is None:
        raise Http404
    crumbs = [Crumb(gettext("File dei recapiti"), address(request, "contact_files")), Crumb(found.line.name)]
    context = {
        "file": found.line,
        "found": found,
        "report": found.report,
        "outcome": found.report.outcome,
        "moving": found.line.state in _MOVING,
        "may_decide": found.line.state is ContactFileState.WAITING and actor.at_least(Role.EDITOR),
    }
    return show(request, "staff/contact_file.html", context, title=found.line.name, section="contacts", crumbs=crumbs)


@staff_page()
def state(request: HttpRequest, file_id: int) -> HttpResponse:
    """Asked by the page while the file is being read: nothing to say until that is over, then all of it anew."""
    found = file_state(file_id)
    if found is None:
        raise Http404
    response = HttpResponse(status=204)
    if found not in _MOVING:
        response.headers["HX-Refresh"] = "true"
    return response


@staff_page(by_use_case=True)
def rejects(request: HttpRequest, file_id: int) -> HttpResponseBase:
    try:
        opened = open_rejects(desk_of(request).actor, file_id, now=timezone.now())
    except FileNotFoundError:
        _log.error("rejects of a contacts file are missing", file=file_id)
        raise Http404 from None
    if opened is None:
        raise Http404
    name, content = opened
    response = StreamingHttpResponse(content.pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Length"] = str(content.size)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@staff_act(role=Role.EDITOR, back_to="contact_files")
def upload(request: HttpRequest) -> str:
    form = UploadForm(request.POST, request.FILES)
    if getattr(request, "upload_too_large", False):
        raise NotPossible(gettext("Il file supera i 200 MB: lo divida, o lo invii per SFTP in più parti."))
    if not form.is_valid():
        raise NotPossible(" ".join(str(error) for errors in form.errors.values() for error in errors))
    file = form.cleaned_data["file"]
    received = receive_upload(desk_of(request).actor, file.name, file.chunks(_PIECE), now=timezone.now())
    if received.duplicate:
        raise NotPossible(received.message)
    return gettext("Il file è ricevuto: appena letto, la sua pagina mostra che cosa cambierebbe.")


@staff_act(role=Role.EDITOR, back_to="contact_file")
def take(request: HttpRequest, file_id: int) -> str:
    take_contact_file(desk_of(request).actor, file_id, now=timezone.now())
    return gettext("I recapiti del file vengono applicati.")


@staff_act(role=Role.EDITOR, back_to="contact_file")
def drop(request: HttpRequest, file_id: int) -> str:
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise NotPossible(" ".join(str(error) for error in form.errors["note"]))
    drop_contact_file(desk_of(request).actor, file_id, note=form.cleaned_data["note"], now=timezone.now())
    return gettext("Il file è scartato: nessun recapito è cambiato.")
