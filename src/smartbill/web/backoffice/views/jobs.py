"""Ricerca job and the page of one job (lavorazione): its life, what was wrong, its sending."""

from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.queries import test_recipients
from smartbill.apps.tickets.models import UnreachedBill
from smartbill.core.flows.ledger import MAX_ROWS, MAX_ROWS_PER_CODE
from smartbill.core.states.job import Stage
from smartbill.database.keyset import Page
from smartbill.usecases.progress import job_progress
from smartbill.usecases.report import report_csv, report_json
from smartbill.usecases.staff.exports import ReportTaken, report_taken
from smartbill.usecases.staff.findings import FindingFilters, FindingLine, findings_found
from smartbill.usecases.staff.job_customers import trial_messages, unreached_found
from smartbill.usecases.staff.jobs import (
    JobLine,
    JobPage,
    audit_of,
    entries_found,
    job_page,
    jobs_found,
)
from smartbill.usecases.staff.out_of_force import ended_found
from smartbill.usecases.staff.refused import look_at_refused
from smartbill.web.backoffice.downloads import text_download
from smartbill.web.backoffice.forms import FindingSearch, JobSearch, TrialForm
from smartbill.web.backoffice.offers import offers
from smartbill.web.backoffice.pages import Crumb, address, cursors, desk_of, show, staff_page

#: Stages in which the page asks for the progress again by itself.
_MOVING = frozenset({Stage.RECEIVED, Stage.READING, Stage.READY, Stage.TESTING, Stage.SENDING})


def _job_or_404(code: str) -> JobPage:
    job = job_page(code, now=timezone.now())
    if job is None:
        raise Http404
    return job


@staff_page()
def jobs(request: HttpRequest) -> HttpResponse:
    form = JobSearch(request.GET)
    page: Page[JobLine] = jobs_found(form.filters(), **cursors(request)) if form.is_valid() else Page([])
    return show(request, "staff/jobs.html", {"form": form, "page": page}, title=gettext("Ricerca job"), section="jobs")


@staff_page()
def job(request: HttpRequest, code: str) -> HttpResponse:
    job = _job_or_404(code)
    offered = offers(job, desk_of(request).actor)
    messages = trial_messages(desk_of(request).actor, job, now=timezone.now())
    context = {
        "job": job,
        "findings": findings_found(job.id, FindingFilters(), size=5),
        "trials": [(batch, messages[batch.id]) for batch in job.tests],
        "audit": audit_of(code),
        "moving": job.stage in _MOVING,
        "offers": offered,
        "trial_form": TrialForm(recipients=test_recipients()) if "test" in offered else None,
    }
    return show(request, "staff/job.html", context, title=code, section="jobs", crumbs=[Crumb(code)])


@staff_page()
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """The part of the job's page that changes by itself; unchanged, it is not sent again."""
    found = job_progress(code, now=timezone.now())
    if found is None:
        raise Http404
    stage = found.stage
    context = {
        "code": code,
        "stage": stage,
        "mass": found.mass,
        "reading": found.reading,
        "waiting": found.waiting,
        "moving": stage in _MOVING,
        "desk": desk_of(request),
    }
    text = render_to_string("staff/job_progress.html", context, request=request, using="staff")
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(text)
        if stage not in _MOVING:
            response.headers["HX-Refresh"] = "true"  # a step is over: the rest of the page is old
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@staff_page()
def findings(request: HttpRequest, code: str) -> HttpResponse:
    job = _job_or_404(code)
    form = FindingSearch(request.GET)
    page: Page[FindingLine] = Page([])
    if form.is_valid():
        page = findings_found(job.id, form.filters(), **cursors(request))
    crumbs = [Crumb(code, address(request, "job", code=code)), Crumb(gettext("Segnalazioni"))]
    context = {"job": job, "form": form, "page": page, "most": MAX_ROWS, "most_of_code": MAX_ROWS_PER_CODE}
    return show(
        request,
        "staff/job_findings.html",
        context,
        title=gettext("Segnalazioni di {job}").format(job=code),
        section="jobs",
        crumbs=crumbs,
    )


def _report(request: HttpRequest, code: str) -> ReportTaken:
    form = FindingSearch(request.GET)
    taken = report_taken(desk_of(request).actor, code, form.filters(), now=timezone.now()) if form.is_valid() else None
    if taken is None:
        raise Http404
    return taken


@staff_page(by_use_case=True)
def findings_csv(request: HttpRequest, code: str) -> HttpResponseBase:
    lines = report_csv(code, _report(request, code).lines)
    return text_download(f"segnalazioni_{code}.csv", lines, "text/csv; charset=utf-8")


@staff_page(by_use_case=True)
def findings_json(request: HttpRequest, code: str) -> HttpResponseBase:
    taken = _report(request, code)
    return text_download(f"segnalazioni_{code}.json", report_json(taken.head, taken.lines), "application/json")


@staff_page()
def entries(request: HttpRequest, code: str) -> HttpResponse:
    job = _job_or_404(code)
    crumbs = [Crumb(code, address(request, "job", code=code)), Crumb(gettext("File ricevuti"))]
    context = {"job": job, "page": entries_found(job.id, **cursors(request))}
    title = gettext("File di {job}").format(job=code)
    return show(request, "staff/job_entries.html", context, title=title, section="jobs", crumbs=crumbs)


@staff_page()
def refused(request: HttpRequest, code: str) -> HttpResponse:
    """The documents that were not taken, each with what is wrong with it."""
    job = _job_or_404(code)
    page = look_at_refused(desk_of(request).actor, job.id, code, now=timezone.now(), **cursors(request))
    crumbs = [Crumb(code, address(request, "job", code=code)), Crumb(gettext("Documenti rifiutati"))]
    title = gettext("Documenti rifiutati di {job}").format(job=code)
    return show(
        request, "staff/job_refused.html", {"job": job, "page": page}, title=title, section="jobs", crumbs=crumbs
    )


@staff_page()
def out_of_force(request: HttpRequest, code: str) -> HttpResponse:
    """The bills that were withdrawn or replaced one by one."""
    job = _job_or_404(code)
    page = ended_found(job.id, **cursors(request))
    crumbs = [Crumb(code, address(request, "job", code=code)), Crumb(gettext("Bollette non più in vigore"))]
    title = gettext("Bollette non più in vigore di {job}").format(job=code)
    return show(
        request, "staff/job_out_of_force.html", {"job": job, "page": page}, title=title, section="jobs", crumbs=crumbs
    )


@staff_page()
def unreached(request: HttpRequest, code: str) -> HttpResponse:
    job = _job_or_404(code)
    reason = request.GET.get("reason", "")
    reason = reason if reason in UnreachedBill.Reason.values else ""
    context = {
        "job": job,
        "reason": reason,
        "reasons": UnreachedBill.Reason.choices,
        "page": unreached_found(desk_of(request).actor, job, now=timezone.now(), reason=reason, **cursors(request)),
    }
    crumbs = [Crumb(code, address(request, "job", code=code)), Crumb(gettext("Bollette senza recapito"))]
    title = gettext("Bollette senza recapito di {job}").format(job=code)
    return show(request, "staff/job_unreached.html", context, title=title, section="jobs", crumbs=crumbs)
