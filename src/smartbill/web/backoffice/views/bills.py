"""Ricerca fatture, the page of one bill, and its files."""

from collections.abc import Callable

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.database.keyset import Page
from smartbill.usecases.actor import Actor
from smartbill.usecases.intake.bills import withdraw_bill_by_id
from smartbill.usecases.kept_files import FaultyFile, KeptFile
from smartbill.usecases.paper.order import Ordered
from smartbill.usecases.staff.bills import BillLine, look_at_bill, look_at_bills, open_file, open_pdf
from smartbill.web.backoffice.accounts import require_fresh_second_factor
from smartbill.web.backoffice.forms import BillSearch, note_of
from smartbill.web.backoffice.pages import Crumb, cursors, desk_of, show, staff_act, staff_page

_log = structlog.get_logger("smartbill.backoffice")

#: An e-invoice and what it has inside are handed on as they came: never shown by the browser as a page of ours.
_CONTENT_TYPES = {
    "pdf": "application/pdf",
    "made": "application/pdf",
    "einvoice": "application/octet-stream",
    "attachment": "application/octet-stream",
}


@staff_page(by_use_case=True)
def bills(request: HttpRequest) -> HttpResponse:
    form = BillSearch(request.GET)
    page: Page[BillLine] = Page([])
    if form.is_valid():
        page = look_at_bills(desk_of(request).actor, form.filters(), now=timezone.now(), **cursors(request))
    return show(
        request, "staff/bills.html", {"form": form, "page": page}, title=gettext("Ricerca fatture"), section="bills"
    )


@staff_page(by_use_case=True)
def bill(request: HttpRequest, bill_id: int) -> HttpResponse:
    actor = desk_of(request).actor
    sheet = look_at_bill(actor, bill_id, now=timezone.now())
    if sheet is None:
        raise Http404
    document = sheet.line.document
    return show(
        request,
        "staff/bill.html",
        {
            "sheet": sheet,
            "line": sheet.line,
            "bill": sheet.bill,
            "withdraws": sheet.fate is None and actor.at_least(Role.MANAGER),
        },
        title=gettext("Fattura %(document)s") % {"document": document},
        section="bills",
        crumbs=[Crumb(document)],
    )


@staff_act(role=Role.MANAGER, back_to="bill")
def withdraw(request: HttpRequest, bill_id: int) -> str:
    require_fresh_second_factor(request)
    withdraw_bill_by_id(desk_of(request).actor, bill_id, reason=note_of(request), now=timezone.now())
    return gettext("La bolletta è ritirata: i suoi collegamenti non si aprono più.")


@staff_page(by_use_case=True)
def bill_pdf(request: HttpRequest, bill_id: int) -> HttpResponseBase:
    return _file(request, bill_id, "pdf", lambda actor: open_pdf(actor, bill_id, now=timezone.now()))


@staff_page(by_use_case=True)
def bill_file(request: HttpRequest, bill_id: int, kind: str, n: int) -> HttpResponseBase:
    return _file(request, bill_id, kind, lambda actor: open_file(actor, bill_id, kind=kind, n=n, now=timezone.now()))


def _file(
    request: HttpRequest,
    bill_id: int,
    kind: str,
    opening: Callable[[Actor], tuple[str, KeptFile] | Ordered | None],
) -> HttpResponseBase:
    try:
        opened = opening(desk_of(request).actor)
    except FaultyFile as faulty:
        _log.error("file of a bill is faulty", bill=bill_id, kind=kind, fault=faulty.fault)
        return show(
            request,
            "staff/file_faulty.html",
            {"fault": faulty.fault, "bill_id": bill_id},
            title=gettext("File non consegnato"),
            section="bills",
            crumbs=[Crumb(gettext("File non consegnato"))],
        )
    if opened is None:
        raise Http404
    if isinstance(opened, Ordered):
        context = {"failed": opened is Ordered.FAILED}
        title = gettext("PDF della bolletta")
        return show(request, "staff/bill_pdf.html", context, title=title, section="bills", crumbs=[Crumb(title)])
    name, file = opened
    response = StreamingHttpResponse(file.pieces, content_type=_CONTENT_TYPES[kind])
    response.headers["Content-Length"] = str(file.size)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
