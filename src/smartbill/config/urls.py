"""Addresses: customers by company host or path, staff, providers' calls."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path

from smartbill.web import health


def root(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/backoffice/")


urlpatterns: list[URLPattern | URLResolver] = [
    path("", root),
    path("backoffice/", include("smartbill.web.backoffice.urls")),
    path("health/alive", health.alive),
    path("health/ready", health.ready),
    path("", include("smartbill.web.portal.urls")),
]
