"""The customer's pages, by link and without a login. A GET or HEAD changes nothing but the event log."""

from collections.abc import Callable
from functools import wraps

import structlog
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from smartbill.core.bill.calendar import due_calendar
from smartbill.core.tickets.agents import known_agent
from smartbill.core.tickets.steps import Step
from smartbill.usecases.kept_files import FaultyFile, kept_file
from smartbill.usecases.paper.order import Ordered, order
from smartbill.usecases.portal.companies import CompanyFace, company_at
from smartbill.usecases.portal.open_ticket import Closed, Guest, OpenTicket, open_ticket, record_beacon
from smartbill.web.clients import address_group, client_address
from smartbill.web.portal import content
from smartbill.web.portal.answers import PIXEL, page, sealed, sheet_answer
from smartbill.web.portal.content import Place
from smartbill.web.portal.guesses import wrong_tickets

_log = structlog.get_logger("smartbill.portal")

#: A page asked for with this is shown also to an agent that we take for a preview.
_SHOW = "apri"


def _step(step: Step) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view that is given the open ticket; everybody else gets a kind page and the reason."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @require_safe
        @wraps(view)
        def opened(request: HttpRequest, *, token: str, code: str | None = None, **rest: int) -> HttpResponseBase:
            home = f"/c/{code}" if code is not None else ""
            face = company_at(_host(request), code)
            if face is None:
                return _closed(request, None, "", Closed.UNKNOWN)
            guest = _guest(request)
            ticket = open_ticket(
                face.entry.id,
                token,
                step,
                guest=None if request.method == "HEAD" else guest,
                now=timezone.now(),
                makes_pdf=face.paper.make_pdf,
            )
            if isinstance(ticket, Closed):
                return _closed(request, face, home, ticket)
            if guest.agent.preview and _SHOW not in request.GET:
                return _preview(request, face, home)
            return view(request, face, Place(home, f"{home}/t/{token}"), ticket, **rest)

        return opened

    return decorate


@_step(Step.SUMMARY)
def summary(request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket) -> HttpResponse:
    frame = content.ticket_frame(face, place, ticket, Step.SUMMARY)
    return page(request, "summary.html", frame | content.summary(ticket, timezone.now()))


@_step(Step.AMOUNTS)
def amounts(request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket) -> HttpResponse:
    frame = content.ticket_frame(face, place, ticket, Step.AMOUNTS)
    return page(request, "amounts.html", frame | content.amounts(ticket))


@_step(Step.CONSUMPTION)
def consumption(
    request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket, seq: int | None = None
) -> HttpResponse:
    shown = content.consumption(ticket, seq)
    if shown is None:
        return _closed(request, face, place.home, Closed.UNKNOWN)
    return page(request, "consumption.html", content.ticket_frame(face, place, ticket, Step.CONSUMPTION) | shown)


@_step(Step.DETAILS)
def details(request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket) -> HttpResponse:
    frame = content.ticket_frame(face, place, ticket, Step.DETAILS)
    return page(request, "details.html", frame | content.details(ticket))


@_step(Step.PDF)
def pdf(request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket) -> HttpResponseBase:
    if ticket.pdf is None:
        return _pdf_ordered(request, face, place, ticket)
    try:
        file = kept_file(face.entry.id, ticket.pdf.digest)
    except FaultyFile as faulty:
        _log.error("file of a bill is faulty", company=face.entry.code, digest=ticket.pdf.digest, fault=faulty.fault)
        return _closed(request, face, place.home, Closed.UNKNOWN)
    response = StreamingHttpResponse(file.pieces, content_type="application/pdf")
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = f'attachment; filename="bolletta_{_file_part(ticket)}.pdf"'
    return sealed(response)


def _pdf_ordered(request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket) -> HttpResponseBase:
    """There is none yet. It is made for whoever asks for it; a program that only looks (HEAD) orders nothing."""
    coming = Ordered.COMING
    if request.method != "HEAD":
        coming = order(face.entry.id, ticket.bill_id, now=timezone.now())
    if coming is Ordered.READY:
        return HttpResponseRedirect(f"{place.ticket}/bolletta.pdf")
    failed = coming is Ordered.FAILED
    sentences = (
        [_("Non siamo riusciti a preparare il PDF di questa bolletta."), _("Importi e consumi sono nella pagina.")]
        if failed
        else [_("Ci vuole qualche secondo: poi lo apra da qui.")]
    )
    context = {
        "title": _("Il PDF non è disponibile") if failed else _("Il PDF è in preparazione"),
        "mark": "warn" if failed else "clock",
        "sentences": sentences,
        "again": place.ticket if failed else f"{place.ticket}/bolletta.pdf",
        "again_text": _("Apri la bolletta") if failed else _("Apri il PDF"),
    }
    frame = content.company_frame(face, place.home)
    return page(request, "closed.html", frame | context, status=503 if failed else 202)


@_step(Step.CALENDAR)
def calendar(request: HttpRequest, face: CompanyFace, place: Place, ticket: OpenTicket) -> HttpResponse:
    made = due_calendar(ticket.bill, company_code=face.entry.code, company_name=face.name, now=timezone.now())
    if made is None:
        return _closed(request, face, place.home, Closed.UNKNOWN)
    response = HttpResponse(made, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="scadenza_{_file_part(ticket)}.ics"'
    return sealed(response)


@require_safe
def beacon(request: HttpRequest, *, token: str, code: str | None = None) -> HttpResponse:
    """The page's own image: that it is fetched tells that a browser has drawn the page. The same for everybody."""
    face = company_at(_host(request), code)
    if face is not None and request.method != "HEAD":
        record_beacon(face.entry.id, token, guest=_guest(request), now=timezone.now())
    return sealed(HttpResponse(PIXEL, content_type="image/gif"))


@require_safe
def stylesheet(request: HttpRequest, *, name: str, code: str | None = None) -> HttpResponse:
    """The stylesheet of the company, or the neutral one of pages without a company."""
    return sheet_answer(request, company_at(_host(request), code), name)


@require_safe
def nowhere(request: HttpRequest, *, token: str, rest: str, code: str | None = None) -> HttpResponse:
    """An address below a ticket that is none of its pages: the answer of an unknown ticket, whatever the token."""
    face = company_at(_host(request), code)
    return _closed(request, face, f"/c/{code}" if code is not None and face else "", Closed.MALFORMED)


@require_safe
def doorstep(request: HttpRequest, *, code: str | None = None) -> HttpResponse:
    """Where a link ends that was cut short before its ticket: what to do instead."""
    face = company_at(_host(request), code)
    if face is None:
        return not_found(request)
    context = {
        "title": _("Le bollette si aprono da qui"),
        "mark": "info",
        "sentences": [_("Per leggere la sua bolletta apra il link del messaggio che ha ricevuto.")],
        "again": "",
    }
    home = f"/c/{code}" if code is not None else ""
    return page(request, "closed.html", content.company_frame(face, home) | context)


def root(request: HttpRequest) -> HttpResponse:
    """A company's own host is for its customers, the installation's for staff."""
    if company_at(_host(request), None) is not None:
        return doorstep(request)
    return HttpResponseRedirect("/backoffice/")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Addresses that are no page of anything."""
    context = {
        "title": _("Non troviamo questa pagina"),
        "mark": "info",
        "sentences": [_("Il link potrebbe essere incompleto: apra di nuovo quello del messaggio che ha ricevuto.")],
        "again": "",
    }
    face = company_at(_host(request), None)
    return page(request, "closed.html", content.company_frame(face, "") | context, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """A mistake of ours; the log has it. Asks nothing of the database, which may be what failed."""
    context = {
        "title": _("Qualcosa non ha funzionato"),
        "mark": "warn",
        "sentences": [_("L’errore è nostro e ne siamo informati. Riprovi fra qualche minuto.")],
        "again": "",
    }
    return page(request, "closed.html", content.company_frame(None, "") | context, status=500)


def _host(request: HttpRequest) -> str:
    return request.get_host().rpartition("]")[0] or request.get_host().partition(":")[0]


def _guest(request: HttpRequest) -> Guest:
    user_agent = request.META.get("HTTP_USER_AGENT", "")
    return Guest(client_address=client_address(request), user_agent=user_agent, agent=known_agent(user_agent))


def _file_part(ticket: OpenTicket) -> str:
    """The number of the document as a part of a file name: letters, digits, `-` and `_`."""
    number = ticket.bill.display_number
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign == "-") else "_" for sign in number)


def _closed(request: HttpRequest, face: CompanyFace | None, home: str, reason: Closed) -> HttpResponse:
    """A kind page. A stranger learns nothing: malformed and unknown are the same page, byte for byte."""
    status, mark = 410, "clock"
    sentences: list[str]
    if reason in (Closed.MALFORMED, Closed.UNKNOWN):
        if wrong_tickets.too_many(address_group(client_address(request))):
            title, status = _("Troppi tentativi"), 429
            sentences = [_("Da questo indirizzo sono arrivati molti link non validi. Riprovi tra un minuto.")]
        else:
            title, status = _("Non troviamo questa pagina"), 404
            sentences = [
                _("Il link potrebbe essere incompleto: apra di nuovo quello del messaggio che ha ricevuto."),
                _("Se l’ha copiato a mano, controlli che ci siano tutti i caratteri."),
            ]
        mark = "info"
    elif reason is Closed.EXPIRED:
        title = _("Questo link è scaduto")
        sentences = [
            _("Per sicurezza il link a una bolletta vale per un tempo limitato."),
            _how_to_ask(face),
        ]
    elif reason is Closed.REVOKED:
        title = _("Questo link non è più attivo")
        sentences = [_("Il link è stato annullato, di solito perché ne è stato inviato uno nuovo."), _how_to_ask(face)]
    else:
        title = _("Questa bolletta è stata ritirata")
        sentences = [
            _("La bolletta è stata ritirata per una verifica: non la paghi."),
            _("Se ne serve una nuova, la riceverà con un altro messaggio."),
        ]
    frame = content.company_frame(face, home)
    context = {"title": title, "mark": mark, "sentences": sentences, "again": ""}
    response = page(request, "closed.html", frame | context, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    return response


def _how_to_ask(face: CompanyFace | None) -> str:
    if face and (face.look.phone or face.look.support_email):
        return _("Per riceverne uno nuovo si rivolga a %(company)s, ai recapiti qui sotto.") % {"company": face.name}
    return _("Per riceverne uno nuovo si rivolga alla sua azienda.")


def _preview(request: HttpRequest, face: CompanyFace, home: str) -> HttpResponse:
    """What programs see that look at links by themselves: whose bill it would be, and nothing of the bill."""
    context = {
        "title": _("La tua bolletta"),
        "mark": "other",
        "sentences": [_("La bolletta si apre con il browser.")],
        "again": f"{request.path}?{_SHOW}",
    }
    return page(request, "closed.html", content.company_frame(face, home) | context)
