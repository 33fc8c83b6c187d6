"""Impostazioni, Tracciati: the flow layouts of the company, written, tried on a file, published and restored."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext

from smartbill.apps.companies.models import Role
from smartbill.core.flows.descriptor.loading import no_library
from smartbill.core.wording.layout_help import layout_help as help_of_layouts
from smartbill.database.context import company
from smartbill.usecases.actor import NotAllowed, NotPossible
from smartbill.usecases.layouts.library import example_text, examples
from smartbill.usecases.layouts.trying import LayoutTry, SampleFile, try_layout
from smartbill.usecases.layouts.versions import (
    LayoutEntry,
    company_library,
    layout_of_company,
    layouts_of_company,
    mistakes_in,
    publish_layout,
    restore_layout,
    save_layout,
    set_validity,
)
from smartbill.web.backoffice.bill_preview import bill_pages
from smartbill.web.backoffice.layout_forms import (
    BLANK,
    BLANKS,
    LayoutForm,
    ValidityForm,
    VersionForm,
    carried,
    carried_back,
)
from smartbill.web.backoffice.pages import Crumb, address, desk_of, show, staff_act, staff_form, staff_page

#: Findings shown on the page; all are counted.
SHOWN_FINDINGS = 100


@staff_page()
def layouts(request: HttpRequest) -> HttpResponse:
    context = {
        "entries": layouts_of_company(),
        "examples": examples(),
        "may_write": desk_of(request).actor.at_least(Role.EDITOR),
    }
    return show(request, "staff/layouts.html", context, title=gettext("Tracciati"), section="layouts")


@staff_page()
def layout_help(request: HttpRequest) -> HttpResponse:
    """Every word that a descriptor may hold, with its meaning."""
    title = gettext("Come si scrive un tracciato")
    return show(
        request,
        "staff/layout_help.html",
        {"help": help_of_layouts()},
        title=title,
        section="layouts",
        crumbs=[Crumb(title)],
    )


@staff_form(role=Role.EDITOR, write=Role.EDITOR)
def new_layout(request: HttpRequest) -> HttpResponse:
    """The editor without a layout.

    `da`: the example, or the layout of the company, to begin with a copy of. `foglio`: the kind of a blank sheet.
    """
    if request.method == "POST":
        return _written(request, None)
    source = request.GET.get("da", "")
    with company(desk_of(request).actor.company_id):
        own = layout_of_company(source) if source else None
        text = (
            own.current.layout.text if own else example_text(source) or BLANKS.get(request.GET.get("foglio", ""), BLANK)
        )
        mistakes = mistakes_in(text, company_library()) if source else ()
    form = LayoutForm(initial={"text": text})
    return _page(request, form, None, mistakes=mistakes)


@staff_form(role=Role.VIEWER, write=Role.EDITOR)
def layout(request: HttpRequest, layout: str) -> HttpResponse:
    """One layout: editor, trial, versions. `versione`: an earlier one to look at."""
    with company(desk_of(request).actor.company_id):
        entry = layout_of_company(layout)
        library = company_library() if entry else no_library
    if entry is None:
        raise Http404
    if request.method == "POST":
        return _written(request, entry)
    wanted = request.GET.get("versione", "")
    seen = next((each for each in entry.versions if str(each.version) == wanted), entry.current)
    form = LayoutForm(initial={"text": seen.layout.text, "note": seen.layout.note})
    return _page(request, form, entry, mistakes=mistakes_in(seen.layout.text, library), seen=seen.version)


@staff_act(role=Role.MANAGER, back_to="layout")
def publish(request: HttpRequest, layout: str) -> str:
    form = _version_of(request)
    publish_layout(
        desk_of(request).actor,
        layout,
        form.cleaned_data["version"],
        note=form.cleaned_data["note"],
        now=timezone.now(),
    )
    return gettext(
        "Il tracciato è pubblicato: i prossimi flussi si leggono così. Si consegnano in un archivio ZIP, "
        "da «Consegne» o per SFTP."
    )


@staff_act(role=Role.EDITOR, back_to="layout")
def validity(request: HttpRequest, layout: str) -> str:
    form = ValidityForm(request.POST)
    if not form.is_valid():
        raise NotPossible(" ".join(str(error) for errors in form.errors.values() for error in errors))
    set_validity(desk_of(request).actor, layout, **form.cleaned_data, now=timezone.now())
    return gettext("I giorni di validità sono nella bozza: contano quando è pubblicata.")


@staff_act(role=Role.EDITOR, back_to="layout")
def restore(request: HttpRequest, layout: str) -> str:
    version = _version_of(request).cleaned_data["version"]
    restore_layout(desk_of(request).actor, layout, version, now=timezone.now())
    return gettext("La bozza è ora uguale alla versione {n}.").format(n=version)


def _version_of(request: HttpRequest) -> VersionForm:
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise NotPossible(gettext("La versione non è indicata bene, o la nota è troppo lunga."))
    return form


def _written(request: HttpRequest, entry: LayoutEntry | None) -> HttpResponse:
    """What was sent from the editor: tried, or kept as the draft. What was typed is never lost."""
    actor = desk_of(request).actor
    form = LayoutForm(request.POST, request.FILES)
    if getattr(request, "upload_too_large", False):
        form.add_error("sample", gettext("Il file è troppo grande per una prova: al massimo 5 MB."))
    with company(actor.company_id):
        library = company_library()
    if not form.is_valid():
        return _page(request, form, entry, status=400)
    text = form.cleaned_data["text"]
    if request.POST.get("do") == "save":
        try:
            name = save_layout(
                actor, text, name=entry.name if entry else "", note=form.cleaned_data["note"], now=timezone.now()
            )
        except (NotPossible, NotAllowed) as refusal:
            return _page(request, form, entry, mistakes=mistakes_in(text, library), problem=str(refusal))
        return HttpResponseRedirect(f"{address(request, 'layout', layout=name)}?salvata=1")
    mistakes = mistakes_in(text, library)
    sample = _sample(form.cleaned_data["sample"], request)
    if mistakes or sample is None:
        problem = "" if sample else gettext("Scelga il file su cui provare.")
        return _page(request, form, entry, mistakes=mistakes, sample=sample, problem=problem)
    tried = try_layout(
        actor,
        text,
        sample,
        name=entry.name if entry else "",
        show=form.cleaned_data["document"] or 1,
        now=timezone.now(),
    )
    return _page(request, form, entry, sample=sample, tried=tried)


def _validity(entry: LayoutEntry | None) -> ValidityForm | None:
    if entry is None:
        return None
    layout = entry.current.layout
    return ValidityForm(initial={"valid_from": layout.valid_from, "valid_to": layout.valid_to})


def _sample(upload: Any, request: HttpRequest) -> SampleFile | None:
    """The file chosen now, else the one that the page carries from the trial before."""
    if upload is not None:
        return SampleFile(name=(upload.name or "")[-100:], content=upload.read())
    return carried_back(request.POST)


def _page(
    request: HttpRequest,
    form: LayoutForm,
    entry: LayoutEntry | None,
    *,
    mistakes: tuple[str, ...] = (),
    problem: str = "",
    sample: SampleFile | None = None,
    tried: LayoutTry | None = None,
    seen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    desk = desk_of(request)
    actor = desk.actor
    title = entry.name if entry else gettext("Tracciato nuovo")
    bill = tried.bill if tried else None
    context = {
        "form": form,
        "entry": entry,
        "seen": seen,
        "mistakes": mistakes,
        "problem": problem,
        "sample": carried(sample),
        "tried": tried,
        "validity": _validity(entry),
        "findings": tried.findings[:SHOWN_FINDINGS] if tried else (),
        "pages": bill_pages(desk.place.code, bill, now=timezone.now()) if bill else (),
        "saved": "salvata" in request.GET,
        "may_write": actor.at_least(Role.EDITOR),
        "may_publish": actor.at_least(Role.MANAGER),
    }
    response = show(request, "staff/layout.html", context, title=title, section="layouts", crumbs=[Crumb(title)])
    response.status_code = status
    return response
