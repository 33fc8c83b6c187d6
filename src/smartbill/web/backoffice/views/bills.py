"""Ricerca fatture."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from smartbill.database.keyset import Page
from smartbill.usecases.staff.bills import BillLine, bills_found
from smartbill.web.backoffice.forms import BillSearch
from smartbill.web.backoffice.pages import show, staff_page


@staff_page()
def bills(request: HttpRequest) -> HttpResponse:
    form = BillSearch(request.GET)
    page: Page[BillLine] = Page([])
    if form.is_valid():
        page = bills_found(form.filters(), after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return show(
        request, "staff/bills.html", {"form": form, "page": page}, title=gettext("Ricerca fatture"), section="bills"
    )
