"""The door of the staff pages, for every address under `/backoffice/`: who is not signed in, has been away for too long
or still lacks the second factor goes no further."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import StaffPlace, staff_places
from smartbill.web.uploads import await_upload, awaited_size

PREFIX = "/backoffice/"

#: A session ends after so long without a page asked for, and after so long in any case (ASVS 7.3).
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
#: The time of the last page is written down at most this often.
_STAMP_EVERY = timedelta(seconds=60)
_SINCE, _SEEN = "staff_since", "staff_seen"

#: Pages for whoever is not signed in.
_OPEN = frozenset({"account_login", "account_logout", "account_inactive", "mfa_authenticate"})
#: Pages on the way to a second factor.
_ENROLMENT = frozenset({"account_reauthenticate", "mfa_activate_totp"})
_NEEDS_SECOND_FACTOR = frozenset({Role.MANAGER, Role.OPERATOR})


class StaffDoor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if request.method == "POST" and request.user.is_authenticated:
            await_upload(request, awaited_size(request.path_info))
        response = self.get_response(request)
        if response.status_code == 404:
            response = render(request, "staff/not_found.html", status=404, using="staff")
        response.headers.setdefault("Cache-Control", "private, no-store")
        # With `no-referrer` browsers send `Origin: null` with our own forms, which the check of their token refuses.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.path_info.startswith(PREFIX):
            return None
        name = request.resolver_match.url_name if request.resolver_match else None
        if request.user.is_authenticated and not _still_valid(request, timezone.now()):
            logout(request)
            messages.info(request, gettext("La sessione è scaduta: acceda di nuovo."))
        if name in _OPEN:
            return None
        if not request.user.is_authenticated:
            return _to_login(request)
        places = staff_places(request.user.pk)
        request.staff_places = places  # type: ignore[attr-defined]
        if name not in _ENROLMENT and needs_second_factor(places) and not is_mfa_enabled(request.user):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return None


def needs_second_factor(places: tuple[StaffPlace, ...]) -> bool:
    """Whoever can approve, export or administer anywhere signs in with two factors everywhere (R30)."""
    return any(place.role in _NEEDS_SECOND_FACTOR for place in places)


def places_of(request: HttpRequest) -> tuple[StaffPlace, ...]:
    places: tuple[StaffPlace, ...] = getattr(request, "staff_places", ())
    return places


def _still_valid(request: HttpRequest, now: datetime) -> bool:
    session = request.session
    since = datetime.fromtimestamp(session.get(_SINCE, now.timestamp()), UTC)
    seen = datetime.fromtimestamp(session.get(_SEEN, now.timestamp()), UTC)
    if now - since > ABSOLUTE or now - seen > IDLE:
        return False
    if _SINCE not in session:
        session[_SINCE] = now.timestamp()
    # A page left open that asks for its progress by itself is nobody at the desk.
    by_itself = bool(request.htmx)  # type: ignore[attr-defined]
    if not by_itself and (_SEEN not in session or now - seen > _STAMP_EVERY):
        session[_SEEN] = now.timestamp()
    return True


def _to_login(request: HttpRequest) -> HttpResponse:
    login = reverse("account_login")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(login)
    wanted = request.get_full_path() if request.method == "GET" else PREFIX
    return redirect_to_login(wanted, login)
