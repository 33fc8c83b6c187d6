"""What every staff page shares: who asks, for which company, with which role; the frame around the content."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypedDict

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from msgspec import Struct

from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import StaffPlace
from smartbill.core.states.moves import MoveNotAllowed
from smartbill.database.context import company as company_context
from smartbill.usecases.actor import Actor, NotAllowed, NotPossible
from smartbill.web.backoffice.door import places_of

View = Callable[..., HttpResponseBase]


class Desk(Struct, frozen=True):
    """A signed-in person in one of the companies where there is a place for them."""

    actor: Actor
    place: StaffPlace
    places: tuple[StaffPlace, ...]


class Crumb(Struct, frozen=True):
    label: str
    address: str = ""  # empty: the page itself


class MenuEntry(Struct, frozen=True):
    label: str
    address: str
    current: bool


#: Name of the page's address, its label (the words of the original screens).
_MENU = (
    ("dashboard", gettext_lazy("Dashboard")),
    ("bills", gettext_lazy("Ricerca fatture")),
    ("jobs", gettext_lazy("Ricerca job")),
    ("deliveries", gettext_lazy("Consegne")),
    ("tickets", gettext_lazy("Ricerca ticket")),
    ("statistics", gettext_lazy("Stat. ticket")),
    ("contacts", gettext_lazy("Contatti")),
    ("layouts", gettext_lazy("Impostazioni: tracciati")),
)


def desk_of(request: HttpRequest) -> Desk:
    desk: Desk = request.desk  # type: ignore[attr-defined]
    return desk


def _seat(request: HttpRequest, company: str, role: Role) -> Desk:
    """Raises Http404 for a company where the person has no place, PermissionDenied for too small a role."""
    places = places_of(request)
    place = next((place for place in places if place.code == company), None)
    if place is None:
        raise Http404
    actor = Actor(
        company_id=place.company_id,
        email=request.user.email,  # type: ignore[union-attr]
        role=place.role,
        own_operator=place.own_operator,
    )
    if not actor.at_least(role):
        raise PermissionDenied
    desk = Desk(actor, place, places)
    request.desk = desk  # type: ignore[attr-defined]
    return desk


def staff_page(*, role: Role = Role.VIEWER, by_use_case: bool = False) -> Callable[[View], View]:
    """A page that is looked at. It reads inside the company's transaction; `by_use_case`: a use case opens that."""

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def page(request: HttpRequest, company: str, **kwargs: Any) -> HttpResponseBase:
            desk = _seat(request, company, role)
            if by_use_case:
                return view(request, **kwargs)
            with company_context(desk.actor.company_id):
                return view(request, **kwargs)

        page.staff_role = role  # type: ignore[attr-defined]
        return page

    return decorate


def staff_form(*, role: Role, write: Role) -> Callable[[View], View]:
    """A page with a form that comes back with it: looked at by `role`, sent by `write`. Use cases open transactions."""

    def decorate(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def page(request: HttpRequest, company: str, **kwargs: Any) -> HttpResponseBase:
            _seat(request, company, write if request.method == "POST" else role)
            return view(request, **kwargs)

        page.staff_role = role  # type: ignore[attr-defined]
        page.staff_form = write  # type: ignore[attr-defined]
        return page

    return decorate


def staff_act(*, role: Role, back_to: str) -> Callable[[Callable[..., str | HttpResponse]], View]:
    """Something done by POST. The view calls a use case and returns what to say; then the page `back_to` is shown,
    with that or with the reason why not. A view that shows what must not be kept anywhere returns the page itself."""

    def decorate(view: Callable[..., str | HttpResponse]) -> View:
        @require_POST
        @wraps(view)
        def act(request: HttpRequest, company: str, **kwargs: Any) -> HttpResponseBase:
            _seat(request, company, role)
            try:
                done = view(request, **kwargs)
                if isinstance(done, HttpResponse):
                    return done
                messages.success(request, done)
            except (NotAllowed, NotPossible) as refusal:
                messages.error(request, str(refusal))
            except MoveNotAllowed:
                messages.error(
                    request, gettext_lazy("Lo stato nel frattempo è cambiato: l'operazione non è più possibile.")
                )
            return HttpResponseRedirect(reverse(back_to, kwargs={"company": company, **kwargs}))

        act.staff_role = role  # type: ignore[attr-defined]
        act.staff_act = True  # type: ignore[attr-defined]
        return act

    return decorate


def staff_call(*, role: Role, methods: Sequence[str]) -> Callable[[View], View]:
    """Something that a script of ours asks for. Answers JSON, also where it is not possible: `error`, in Italian."""

    def decorate(view: View) -> View:
        @require_http_methods(list(methods))
        @wraps(view)
        def call(request: HttpRequest, company: str, **kwargs: Any) -> HttpResponseBase:
            _seat(request, company, role)
            try:
                return view(request, **kwargs)
            except (NotAllowed, NotPossible) as refusal:
                return JsonResponse({"error": str(refusal)}, status=409)

        call.staff_role = role  # type: ignore[attr-defined]
        call.staff_call = True  # type: ignore[attr-defined]
        return call

    return decorate


class Cursors(TypedDict):
    after: str
    before: str


def cursors(request: HttpRequest) -> Cursors:
    """Where in a list the page begins, as its address says."""
    return {"after": request.GET.get("after", ""), "before": request.GET.get("before", "")}


def address(request: HttpRequest, name: str, **kwargs: object) -> str:
    """The address of a page of the company at hand."""
    return reverse(name, kwargs={"company": desk_of(request).place.code, **kwargs})


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    section: str,
    crumbs: Sequence[Crumb] = (),
) -> HttpResponse:
    """Render a page in its frame. `section`: the menu entry it belongs to; `crumbs`: from there to the page."""
    desk = desk_of(request)
    entries = [MenuEntry(str(label), address(request, name), current=name == section) for name, label in _MENU]
    section_label = next(entry for entry in entries if entry.current)
    path = [Crumb("Dashboard", address(request, "dashboard")), Crumb("Bolletta Smart")]
    if section != "dashboard":
        path.append(Crumb(section_label.label, section_label.address if crumbs else ""))
    frame = {"title": title, "menu": entries, "crumbs": [*path, *crumbs], "desk": desk, "section": section}
    return render(request, template, frame | context, using="staff")
