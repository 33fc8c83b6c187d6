"""Ricerca fatture, and the PDF of a bill."""

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from smartbill.database.keyset import Page
from smartbill.usecases.staff.bills import BillLine, look_at_bills, open_pdf
from smartbill.web.backoffice.forms import BillSearch
from smartbill.web.backoffice.pages import cursors, desk_of, show, staff_page

_log = structlog.get_logger("smartbill.backoffice")


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
def bill_pdf(request: HttpRequest, bill_id: int) -> HttpResponseBase:
    try:
        opened = open_pdf(desk_of(request).actor, bill_id, now=timezone.now())
    except FileNotFoundError:
        _log.error("file of a bill is missing", bill=bill_id)
        raise Http404 from None
    if opened is None:
        raise Http404
    name, pdf = opened
    response = StreamingHttpResponse(pdf.pieces, content_type="application/pdf")
    response.headers["Content-Length"] = str(pdf.size)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
