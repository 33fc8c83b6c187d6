"""Accessi SFTP: how the company signs in to its area, and who may change that. Passwords are shown once."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.database.context import company
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.area import access as accounts
from smartbill.usecases.area.host_keys import host_fingerprints
from smartbill.web.backoffice.accounts import require_fresh_second_factor
from smartbill.web.backoffice.pages import Crumb, desk_of, show, staff_act, staff_page


@staff_page(role=Role.EDITOR)
def access(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, username: str = "", password: str = "") -> HttpResponse:
    actor = desk_of(request).actor
    context = {
        "accounts": accounts.accounts_of(timezone.now()),
        "fingerprints": host_fingerprints(),
        "server": settings.SMARTBILL.public_sftp_address,
        "manages": actor.at_least(Role.MANAGER),
        "operates": actor.operates,
        "new_username": username,
        "new_password": password,
    }
    title = gettext("Accessi SFTP")
    return show(request, "staff/sftp_access.html", context, title=title, section="deliveries", crumbs=[Crumb(title)])


def _with_password(request: HttpRequest, username: str, password: str) -> HttpResponse:
    """The page, with the password: it is in no message, which the browser would keep."""
    with company(desk_of(request).actor.company_id):
        return _page(request, username=username, password=password)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def account_add(request: HttpRequest) -> HttpResponse:
    require_fresh_second_factor(request)
    username = _text(request, "username")
    password = accounts.add_account(desk_of(request).actor, username, timezone.now())
    return _with_password(request, username, password)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def account_close(request: HttpRequest) -> str:
    username = _text(request, "username")
    accounts.set_active(desk_of(request).actor, username, False, timezone.now())
    return gettext("L'accesso «{name}» è chiuso.").format(name=username)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def account_open(request: HttpRequest) -> str:
    username = _text(request, "username")
    accounts.set_active(desk_of(request).actor, username, True, timezone.now())
    return gettext("L'accesso «{name}» è di nuovo aperto.").format(name=username)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def key_add(request: HttpRequest) -> str:
    require_fresh_second_factor(request)
    username, key, label = (_text(request, name) for name in ("username", "key", "label"))
    shown = accounts.add_key(desk_of(request).actor, username, key, label, timezone.now())
    return gettext("La chiave {fingerprint} apre ora l'accesso «{name}».").format(fingerprint=shown, name=username)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def key_remove(request: HttpRequest) -> str:
    username, shown = _text(request, "username"), _text(request, "fingerprint")
    if accounts.remove_key(desk_of(request).actor, username, shown, timezone.now()):
        return gettext("La chiave è tolta. L'accesso «{name}» non ha più né chiavi né password.").format(name=username)
    return gettext("La chiave è tolta.")


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def password_new(request: HttpRequest) -> HttpResponse:
    require_fresh_second_factor(request)
    username = _text(request, "username")
    return _with_password(request, username, accounts.new_password(desk_of(request).actor, username, timezone.now()))


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def password_drop(request: HttpRequest) -> str:
    username = _text(request, "username")
    accounts.drop_password(desk_of(request).actor, username, timezone.now())
    return gettext("L'accesso «{name}» si apre ora solo con le chiavi.").format(name=username)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def unlock(request: HttpRequest) -> str:
    username = _text(request, "username")
    accounts.lift_locks(desk_of(request).actor, username, timezone.now())
    return gettext("I tentativi sbagliati di «{name}» non contano più.").format(name=username)


@staff_act(role=Role.MANAGER, back_to="sftp_access")
def quota(request: HttpRequest) -> str:
    username, gib, files = (_text(request, name) for name in ("username", "gib", "files"))
    if not (gib.isascii() and gib.isdigit() and files.isascii() and files.isdigit() and len(gib + files) < 12):
        raise NotPossible(gettext("Scrivere lo spazio in GiB e il numero di file con sole cifre."))
    accounts.set_quota(desk_of(request).actor, username, gib=int(gib), files=int(files), now=timezone.now())
    return gettext("Lo spazio di «{name}» è cambiato.").format(name=username)


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()[:20_000]
