"""Addresses of the customer's pages: under a company's own host, or under `/c/<code>/` of the installation."""

from django.urls import URLPattern, path

from smartbill.web.portal import views

_PREFIXES = ("", "c/<str:code>/")


def _patterns(prefix: str) -> list[URLPattern]:
    ticket = f"{prefix}t/<str:token>"
    return [
        path(f"{prefix}t/", views.doorstep),
        path(ticket, views.summary),
        path(f"{ticket}/", views.summary),
        path(f"{ticket}/importi", views.amounts),
        path(f"{ticket}/consumi", views.consumption),
        path(f"{ticket}/consumi/<int:seq>", views.consumption),
        path(f"{ticket}/dati", views.details),
        path(f"{ticket}/bolletta.pdf", views.pdf),
        path(f"{ticket}/scadenza.ics", views.calendar),
        path(f"{ticket}/b.gif", views.beacon),
        path(f"{ticket}/<path:rest>", views.nowhere),
        path(f"{prefix}look/<str:name>.css", views.stylesheet),
    ]


urlpatterns: list[URLPattern] = [
    path("", views.root),
    path("c/<str:code>/", views.doorstep),
    *(pattern for prefix in _PREFIXES for pattern in _patterns(prefix)),
]
