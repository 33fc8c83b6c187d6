"""Addresses: customers by company host or path, staff, providers' calls."""

from django.urls import URLPattern, URLResolver, include, path

from smartbill.web import health

handler404 = "smartbill.web.portal.views.not_found"
handler500 = "smartbill.web.portal.views.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("backoffice/", include("smartbill.web.backoffice.urls")),
    path("health/alive", health.alive),
    path("health/ready", health.ready),
    path("", include("smartbill.web.portal.urls")),
]
