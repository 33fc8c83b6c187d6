"""The way in, and what needs somebody now."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from smartbill.usecases.staff.jobs import JobFilters, jobs_found, jobs_waiting
from smartbill.web.backoffice.door import places_of
from smartbill.web.backoffice.pages import show, staff_page


@require_safe
def entrance(request: HttpRequest) -> HttpResponse:
    """To the only company, or a choice of companies."""
    places = places_of(request)
    if len(places) == 1:
        return HttpResponseRedirect(reverse("dashboard", kwargs={"company": places[0].code}))
    return render(request, "staff/entrance.html", {"title": gettext("Aziende"), "places": places}, using="staff")


@staff_page()
def dashboard(request: HttpRequest) -> HttpResponse:
    context = {"waiting": jobs_waiting(), "latest": jobs_found(JobFilters(), size=8).rows}
    return show(request, "staff/dashboard.html", context, title=gettext("Dashboard"), section="dashboard")
