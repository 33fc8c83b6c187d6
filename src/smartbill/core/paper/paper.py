"""A bill and a company's settings become one document: what it says, in the order that it is read in."""

from urllib.parse import quote

from smartbill.core.bill.value import ArrearsState, Bill, BillKind, NoticeKind, Service
from smartbill.core.company.documents import Look, Slips
from smartbill.core.company.documents import Paper as PaperSettings
from smartbill.core.look.colors import derived_colors
from smartbill.core.paper.costs import details_of, receipt_of, shares_of
from smartbill.core.paper.payment import due_of, pay_facts, slip_sheets
from smartbill.core.paper.supplies import overview_of, supply_parts
from smartbill.core.paper.value import Colors, Company, Fact, Facts, Message, Paper, Words
from smartbill.core.paper.words import Say, bill_period, kind_of, mail_lines, name_of, place
from smartbill.core.wording import dates, numbers, terms
from smartbill.core.wording.marking import msgid

_STRONG = frozenset({NoticeKind.ARREARS, NoticeKind.SAFETY, NoticeKind.LIMITATION})

_NOTICES = {
    NoticeKind.GENERAL: msgid("Comunicazione"),
    NoticeKind.LIMITATION: msgid("Prescrizione biennale"),
    NoticeKind.RECALCULATION: msgid("Ricalcolo"),
    NoticeKind.ARREARS: msgid("Pagamenti"),
    NoticeKind.SOCIAL_BONUS: msgid("Bonus sociale"),
    NoticeKind.SAFETY: msgid("Sicurezza"),
    NoticeKind.SELF_READING: msgid("Autolettura"),
}


def bill_paper(
    bill: Bill,
    *,
    company: str,
    vat_number: str,
    look: Look,
    settings: PaperSettings,
    slips: Slips,
    say: Say = str,
    language: str = "it",
) -> Paper:
    """The document of a bill. `say` translates our own sentences into `language`.

    The same bill and settings give the same document, whenever it is made. Raises ValueError for a bad brand colour.
    """
    name = look.display_name or company
    kind = kind_of(say, bill)
    palette = derived_colors(look.brand_color).light
    return Paper(
        language=language,
        title=f"{kind} {bill.display_number} · {name}",
        kind=kind,
        number=_numbered(bill, say),
        running=f"{kind} {bill.display_number}",
        description=" ".join(filter(None, (_numbered(bill, say), bill_period(bill)))),
        words=_words(say),
        company=Company(
            name=name,
            logo=look.logo_svg,
            imprint=" · ".join(filter(None, (company, f"P. IVA {vat_number}" if vat_number else "", settings.imprint))),
            footer=company,
            contacts=_contacts(bill, look, say),
        ),
        colors=Colors(ink=palette.ink, fill=palette.fill, on_fill=palette.on_fill, soft=palette.soft, mid=palette.mid),
        head=_head(bill, say),
        customer=_customer(bill, say),
        mail=mail_lines(bill.customer),
        due=due_of(bill, say),
        pay=pay_facts(bill, say),
        state=tuple(_state(bill, say)),
        shares=shares_of(bill, say),
        overview=overview_of(bill, say),
        receipt=receipt_of(bill, say),
        supplies=supply_parts(bill, say),
        details=details_of(bill, say),
        messages=tuple(_messages(bill, say)),
        sheets=slip_sheets(bill, slips, company=company, say=say),
        heads={
            "costs": say(msgid("Quanto costa e perché")),
            "supplies": say(msgid("Consumi e letture")),
            "messages": say(msgid("Comunicazioni")),
            "details": say(msgid("Elementi di dettaglio")),
        },
    )


def _numbered(bill: Bill, say: Say) -> str:
    told = {"number": bill.display_number, "day": dates.long_date(bill.issue_date)}
    return say(msgid("n. %(number)s del %(day)s")) % told


def _words(say: Say) -> Words:
    return Words(
        page=say(msgid("Pagina {page} di {pages}")),
        customer=say(msgid("Intestatario della bolletta")),
        due_date=say(msgid("Scadenza")),
        creditor=say(msgid("Creditore")),
        debtor=say(msgid("Eseguito da")),
        subject=say(msgid("Causale")),
        receipt=say(msgid("Ricevuta di versamento")),
        deposit=say(msgid("Ricevuta di accredito")),
        account=say(msgid("sul C/C n.")),
    )


def _head(bill: Bill, say: Say) -> tuple[Fact, ...]:
    billing = name_of(say, bill.billing_kind, terms.BILLING_KINDS) if bill.billing_kind else ""
    told = (
        Fact(say(msgid("Periodo")), bill_period(bill)),
        Fact(say(msgid("Consumi fatturati")), billing),
        Fact(say(msgid("Fattura elettronica")), bill.einvoice_number),
    )
    return tuple(fact for fact in told if fact.text)


def _customer(bill: Bill, say: Say) -> Facts:
    customer = bill.customer
    told = (
        Fact(say(msgid("Intestatario")), customer.full_name),
        Fact(say(msgid("Codice cliente")), customer.code, code=True),
        Fact(say(msgid("Codice fiscale")), customer.fiscal_code, code=True),
        Fact(say(msgid("Partita IVA")), customer.vat_number, code=True),
        Fact(say(msgid("Indirizzo")), place(customer.address)),
        Fact(say(msgid("Codice destinatario")), customer.recipient_code, code=True),
        Fact(say(msgid("PEC")), customer.pec),
    )
    return Facts(say(msgid("Cliente")), tuple(fact for fact in told if fact.text))


def _contacts(bill: Bill, look: Look, say: Say) -> Facts:
    facts = [
        Fact(say(msgid("Servizio clienti")), " · ".join(filter(None, (look.phone, look.phone_hours)))),
        Fact(say(msgid("E-mail e reclami")), look.support_email, href=_mailto(look.support_email)),
        Fact(say(msgid("Sito")), look.website, href=_web_address(look.website)),
    ]
    emergencies = dict.fromkeys(
        (supply.service, supply.emergency_phone) for supply in bill.supplies if supply.emergency_phone
    )
    for service, phone in sorted(emergencies, key=lambda entry: (entry[0] is not Service.GAS, entry))[:4]:
        if service is Service.GAS:
            label = say(msgid("Pronto intervento gas, sempre attivo"))
        else:
            label = say(msgid("Guasti %(service)s")) % {"service": name_of(say, service, terms.SERVICES).lower()}
        facts.append(Fact(label, phone))
    return Facts(say(msgid("Contatti")), tuple(fact for fact in facts if fact.text))


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe='@')}" if "@" in address else ""


def _web_address(text: str) -> str:
    """The text where it is the address of a web page, else empty."""
    return text if text.startswith(("https://", "http://")) and text.isascii() and text.isprintable() else ""


def _state(bill: Bill, say: Say) -> list[str]:
    told = []
    arrears = bill.arrears
    if arrears and arrears.state is ArrearsState.UNPAID and arrears.amount is not None:
        amount = {
            "amount": numbers.euro(arrears.amount),
            "day": dates.long_date(arrears.as_of) if arrears.as_of else "",
        }
        sentence = (
            msgid("Bollette precedenti: al %(day)s risultano %(amount)s non ancora pagati.")
            if arrears.as_of
            else msgid("Bollette precedenti: risultano %(amount)s non ancora pagati.")
        )
        told.append(say(sentence) % amount)
        told.append(say(msgid("Non sono compresi nell’importo di questa bolletta.")))
    elif arrears and arrears.state is ArrearsState.ALL_PAID and arrears.as_of:
        day = {"day": dates.long_date(arrears.as_of)}
        told.append(say(msgid("Le bollette precedenti risultano pagate (al %(day)s).")) % day)
    if bill.corrects and bill.corrects.number:
        number = "/".join(filter(None, (bill.corrects.series, bill.corrects.number)))
        day_told = dates.long_date(bill.corrects.issue_date) if bill.corrects.issue_date else ""
        sentence = (
            msgid("Corregge il documento %(number)s del %(day)s.")
            if day_told
            else msgid("Corregge il documento %(number)s.")
        )
        told.append(say(sentence) % {"number": number, "day": day_told})
    if bill.kind is BillKind.NOTICE:
        told.append(say(msgid("Questo avviso non ha valore fiscale.")))
    return told


def _messages(bill: Bill, say: Say) -> list[Message]:
    messages = []
    for notice in bill.notices:
        when = dates.period(notice.date_from, notice.date_to) if notice.date_from and notice.date_to else ""
        title = name_of(say, notice.kind, _NOTICES)
        messages.append(
            Message(
                title=f"{title} · {when}" if when else title,
                text=notice.text,
                language=_language_tag(notice.language),
                strong=notice.kind in _STRONG,
            )
        )
    return messages


def _language_tag(code: str) -> str:
    """A code that a document can name; Italian where the flow's is none."""
    return code.lower() if code.isascii() and code.isalpha() and len(code) in (2, 3) else "it"
