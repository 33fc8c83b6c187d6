"""The checks before the go-ahead of a job: the bills that one of them found, and accepting what it found."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.core.checks.value import OF_THE_JOB, Check
from smartbill.core.wording.checks import ADVICE, NAMES
from smartbill.usecases.checks import accept_check, checked_exported, look_at_checked
from smartbill.usecases.staff.jobs import job_page
from smartbill.web.backoffice.downloads import csv_download
from smartbill.web.backoffice.forms import note_of
from smartbill.web.backoffice.pages import Crumb, address, cursors, desk_of, show, staff_act, staff_page
from smartbill.web.backoffice.tags import cents

#: What the figure beside a bill is, where the check has one.
_FIGURES = {
    Check.UNUSUAL: "Media del cliente (€)",
    Check.DUE_PAST: "Giorni dalla scadenza",
    Check.DUE_NEAR: "Giorni alla scadenza",
    Check.SHARED_ADDRESS: "Clienti con lo stesso recapito",
}


def _check(name: str) -> Check:
    try:
        check = Check(name)
    except ValueError:
        raise Http404 from None
    if check in OF_THE_JOB:
        raise Http404
    return check


@staff_page()
def checked(request: HttpRequest, code: str, check: str) -> HttpResponse:
    found = _check(check)
    now = timezone.now()
    job = job_page(code, now=now)
    if job is None or job.checks is None:
        raise Http404
    line = next((line for line in job.checks.lines if line.check is found), None)
    page = look_at_checked(desk_of(request).actor, job.id, code, found, now=now, **cursors(request))
    context = {
        "job": job,
        "check": found,
        "line": line,
        "page": page,
        "figure": gettext(_FIGURES[found]) if found in _FIGURES else "",
        "in_cents": found is Check.UNUSUAL,
        "advice": gettext(ADVICE[found]),
    }
    name = gettext(NAMES[found])
    crumbs = [Crumb(code, address(request, "job", code=code)), Crumb(name)]
    return show(request, "staff/job_checked.html", context, title=f"{name} – {code}", section="jobs", crumbs=crumbs)


@staff_page(by_use_case=True)
def checked_csv(request: HttpRequest, code: str, check: str) -> HttpResponseBase:
    found = _check(check)
    rows = checked_exported(desk_of(request).actor, code, found, now=timezone.now())
    if rows is None:
        raise Http404
    head = [
        gettext(name)
        for name in (
            "Documento", "Data emissione", "Scadenza", "Importo (€)", "Codice anagrafico", "Utenza",
            _FIGURES.get(found, "Valore"), "Altro documento",
        )
    ]  # fmt: skip
    cells = (
        (
            row.document,
            f"{row.issue_date:%d/%m/%Y}",
            f"{row.due_date:%d/%m/%Y}" if row.due_date else "",
            cents(row.total_due),
            row.customer_code,
            row.customer_name,
            "" if row.figure is None else cents(row.figure) if found is Check.UNUSUAL else row.figure,
            row.other_document,
        )
        for row in rows
    )
    return csv_download(f"controllo_{code}_{found.value}.csv", head, cells)


@staff_act(role=Role.MANAGER, back_to="job")
def accept(request: HttpRequest, code: str) -> str:
    check = request.POST.get("check", "")
    accept_check(desk_of(request).actor, code, check, note=note_of(request), now=timezone.now())
    return gettext("L'esito del controllo è accettato.")
