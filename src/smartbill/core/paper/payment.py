"""How to pay, on paper: the figure on the first page, the codes, the slips."""

from decimal import Decimal
from typing import TypedDict

from smartbill.core.bill.due import Due as DueFacts
from smartbill.core.bill.due import DueState, due
from smartbill.core.bill.value import Bill, CustomerKind, Term, TermKind
from smartbill.core.company.documents import Slips
from smartbill.core.paper.value import Code, CodeKind, Due, Fact, Facts, Slip, SlipKind, SlipSheet
from smartbill.core.paper.words import Say, name_of
from smartbill.core.slips import pagopa, postal, transfer
from smartbill.core.slips.check_digits import is_creditor_code
from smartbill.core.wording import dates, numbers, terms
from smartbill.core.wording.marking import msgid

#: Terms of one bill that get slips of their own.
_MOST_SHEETS = 24


def due_of(bill: Bill, say: Say) -> Due:
    """The figure on the first page. Paper does not know the day it is read on: nothing here depends on it."""
    found = due(bill, bill.issue_date)
    labels = {
        DueState.CREDIT: msgid("A suo credito"),
        DueState.NOTHING: msgid("Nulla da pagare"),
        DueState.DIRECT_DEBIT: msgid("Addebito automatico"),
    }
    return Due(
        label=say(labels.get(found.state, msgid("Totale da pagare"))),
        amount=numbers.euro(found.amount),
        when=_when(found, say),
        remarks=tuple(_remarks(bill, found, say)),
    )


def _when(found: DueFacts, say: Say) -> str:
    if found.state in {DueState.CREDIT, DueState.NOTHING} or found.due_date is None:
        return ""
    day = {"day": dates.weekday_date(found.due_date)}
    if found.next_instalment:
        amount = numbers.euro(found.next_instalment.amount)
        return say(msgid("%(amount)s entro %(day)s, con la prima rata")) % {**day, "amount": amount}
    if found.state is DueState.DIRECT_DEBIT:
        return say(msgid("sarà addebitato %(day)s")) % day
    return say(msgid("entro %(day)s")) % day


def _remarks(bill: Bill, found: DueFacts, say: Say) -> list[str]:
    if found.state is DueState.CREDIT:
        return [say(msgid("Non deve pagare nulla: l’importo le sarà rimborsato o scalato dalle prossime bollette."))]
    if found.state is DueState.NOTHING:
        return [say(msgid("Per questa bolletta non deve fare nulla."))]
    remarks = []
    if found.state is DueState.DIRECT_DEBIT:
        account = {"account": found.iban_masked}
        remarks.append(say(msgid("Sul conto %(account)s.")) % account if found.iban_masked else "")
        remarks.append(say(msgid("Non deve fare nulla: non paghi una seconda volta.")))
    if bill.total_due != bill.total_bill:
        remarks.append(
            say(msgid("Totale bolletta %(bill)s, altre voci %(other)s."))
            % {"bill": numbers.euro(bill.total_bill), "other": numbers.euro(bill.total_due - bill.total_bill)}
        )
    return [remark for remark in remarks if remark]


def pay_facts(bill: Bill, say: Say) -> Facts:
    """Terms and the codes to pay them by, as the flow told them."""
    found = due(bill, bill.issue_date)
    methods = dict.fromkeys(name_of(say, term.method, terms.METHODS) for term in bill.terms if term.method)
    facts = [Fact(say(msgid("Modalità")), ", ".join(methods))]
    for place_in_row, term in enumerate(found.instalments, 1):
        facts.append(Fact(say(msgid("Rata %(n)s")) % {"n": place_in_row}, _amount_by(term, say)))
    facts += [Fact(say(msgid("In alternativa, unica rata")), _amount_by(term, say)) for term in found.alternatives]
    for codes in found.codes:
        until = f" ({dates.short_date(codes.instalment)})" if codes.instalment and len(found.codes) > 1 else ""
        notice = codes.notice_code
        facts += [
            Fact(
                say(msgid("pagoPA, codice avviso")) + until,
                pagopa.spaced_notice_number(notice) if pagopa.is_notice_number(notice) else notice,
                code=True,
            ),
            Fact(say(msgid("CBILL, codice SIA")), codes.cbill_sia, code=True),
            Fact(say(msgid("Bollettino, codice cliente")) + until, codes.slip_code, code=True),
            Fact(say(msgid("Conto corrente postale")), codes.postal_account, code=True),
            Fact(say(msgid("Bonifico, IBAN")), spaced_iban(codes.creditor_iban), code=True),
        ]
    if found.codes and any(codes.creditor_iban for codes in found.codes):
        facts.append(Fact(say(msgid("Causale")), bill.display_number, code=True))
    facts += [Fact(say(msgid("Mandato")), term.mandate_id, code=True) for term in bill.terms if term.direct_debit]
    told = tuple(dict.fromkeys(fact for fact in facts if fact.text))
    return Facts(say(msgid("Come si paga")), told)


def spaced_iban(iban: str) -> str:
    """In groups of four, as people read it."""
    plain = "".join(iban.split())
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def slip_sheets(bill: Bill, slips: Slips, *, company: str, say: Say) -> tuple[SlipSheet, ...]:
    """One sheet for each term that is paid by slip; none for a debit, a credit, nothing to pay."""
    if not bill.slip_present or bill.direct_debit or bill.total_due <= 0:
        return ()
    terms_paid = [term for term in bill.terms if not term.direct_debit and term.amount > 0]
    marked = [term for term in terms_paid if term.slip_present]
    chosen = (marked or terms_paid)[:_MOST_SHEETS]
    sheets = []
    for term in chosen:
        made = tuple(_slips(bill, term, slips, company, say))
        if made:
            sheets.append(SlipSheet(_sheet_title(term, chosen, say), made))
    return tuple(sheets)


def _sheet_title(term: Term, chosen: list[Term], say: Say) -> str:
    instalments = [each for each in chosen if each.kind is TermKind.INSTALMENT]
    if term.kind is TermKind.INSTALMENT and len(instalments) > 1:
        n = {"n": instalments.index(term) + 1, "count": len(instalments)}
        return say(msgid("Per pagare: rata %(n)s di %(count)s")) % n
    if term.kind is TermKind.ALTERNATIVE:
        return say(msgid("Per pagare in unica rata"))
    return say(msgid("Per pagare"))


class _Common(TypedDict):
    amount: str
    when: str
    creditor: str
    debtor: str
    subject: str


def _slips(bill: Bill, term: Term, slips: Slips, company: str, say: Say) -> list[Slip]:
    common: _Common = {
        "amount": numbers.euro(term.amount),
        "when": dates.short_date(term.due_date) if term.due_date else "",
        "creditor": company,
        "debtor": bill.customer.full_name,
        "subject": _subject(bill, say),
    }
    found = (_notice(bill, term, slips, common, say), _postal(term, slips, common, say),
             _transfer(bill, term, slips, common, say))  # fmt: skip
    return [slip for slip in found if slip]


def _notice(bill: Bill, term: Term, slips: Slips, common: _Common, say: Say) -> Slip | None:
    number = term.notice_code
    if not (slips.pagopa and pagopa.is_notice_number(number) and is_creditor_code(slips.creditor_code)):
        return None
    codes = []
    try:
        text = pagopa.notice_qr(number=number, creditor_code=slips.creditor_code, amount=term.amount)
        codes.append(Code(kind=CodeKind.QR, text=text, version=4, description=_qr_description(say, common["amount"])))
        account = term.postal_account or slips.postal_account
        if account:
            text = pagopa.postal_data_matrix(
                number=number,
                creditor_code=slips.creditor_code,
                amount=term.amount,
                postal_account=account,
                debtor_code=_debtor_code(bill),
                debtor_name=bill.customer.full_name,
                subject=common["subject"],
            )
            description = say(msgid("Codice Data Matrix dell’avviso, per gli sportelli postali"))
            codes.append(Code(kind=CodeKind.DATA_MATRIX, text=text, description=description))
    except ValueError:  # an amount or an account that no notice can have: the number alone is printed
        codes = []
    facts = (
        Fact(say(msgid("Codice avviso")), pagopa.spaced_notice_number(number), code=True),
        Fact(say(msgid("Codice fiscale dell’ente creditore")), slips.creditor_code, code=True),
        Fact(say(msgid("Codice CBILL")), term.cbill_sia or slips.cbill_sia, code=True),
        Fact(say(msgid("Conto corrente postale")), term.postal_account or slips.postal_account, code=True),
    )
    return Slip(
        kind=SlipKind.NOTICE,
        title=say(msgid("Avviso di pagamento pagoPA")),
        facts=tuple(fact for fact in facts if fact.text),
        how=say(
            msgid(
                "Si paga dal sito o dall’app della propria banca, con le app di pagamento, in banca, in ricevitoria, "
                "dal tabaccaio e negli uffici postali: basta inquadrare il codice o dettare il codice avviso."
            )
        ),
        codes=tuple(codes),
        **common,
    )


def _qr_description(say: Say, amount: str) -> str:
    return say(msgid("Codice QR per pagare %(amount)s")) % {"amount": amount}


def _postal(term: Term, slips: Slips, common: _Common, say: Say) -> Slip | None:
    account, code, kind = term.postal_account or slips.postal_account, term.slip_code, slips.postal_type
    if not (kind and account and postal.is_customer_code(code)):
        return None
    try:
        line = postal.code_line(kind=kind, code=code, account=account, amount=term.amount, blanks=slips.postal_blanks)
        bars = (
            (postal.bar_code(kind=kind, code=code, account=account, amount=term.amount),)
            if kind == postal.WITH_AMOUNT
            else ()
        )
    except ValueError:
        return None
    description = say(msgid("Codice a barre del bollettino"))
    return Slip(
        kind=SlipKind.POSTAL,
        title=say(msgid("Bollettino postale")),
        facts=(
            Fact(say(msgid("Codice cliente")), code, code=True),
            Fact(say(msgid("Intestato a")), slips.postal_holder or common["creditor"]),
        ),
        how=say(msgid("Si paga negli uffici postali e dove si accettano i bollettini.")),
        codes=tuple(Code(kind=CodeKind.BARS, text=text, description=description) for text in bars),
        code_line=line,
        postal_type=kind,
        account=account,
        authorisation=slips.postal_authorisation,
        amount_given=kind == postal.WITH_AMOUNT,
        **common,
    )


def _transfer(bill: Bill, term: Term, slips: Slips, common: _Common, say: Say) -> Slip | None:
    iban = "".join((term.creditor_iban or slips.iban).split()).upper()
    if not iban:
        return None
    holder = slips.iban_holder or common["creditor"]
    reference = _reference(bill)
    codes: tuple[Code, ...] = ()
    if slips.epc_qr:
        try:
            text = transfer.epc_qr(name=holder, iban=iban, amount=term.amount, reference=reference)
            codes = (Code(kind=CodeKind.QR, text=text, description=_qr_description(say, common["amount"])),)
        except ValueError:  # no account, or an amount beyond a transfer: what can be written is written
            codes = ()
    facts = (
        Fact(say(msgid("IBAN")), spaced_iban(iban), code=True),
        Fact(say(msgid("Intestato a")), holder),
        Fact(say(msgid("Causale")), bill.display_number, code=True),
        Fact(say(msgid("Riferimento (RF)")), spaced_iban(reference), code=True),
    )
    return Slip(
        kind=SlipKind.TRANSFER,
        title=say(msgid("Bonifico bancario")),
        facts=tuple(fact for fact in facts if fact.text),
        how=say(msgid("Nel bonifico indichi la causale così com’è: serve a riconoscere il pagamento.")),
        codes=codes,
        **common,
    )


def _reference(bill: Bill) -> str:
    """A creditor reference made of year, series and number; none where they are too long for one."""
    plain = "".join(sign for sign in f"{bill.issue_date.year}{bill.series}{bill.number}" if sign.isalnum())
    try:
        return transfer.creditor_reference(plain.upper())
    except ValueError:
        return ""


def _subject(bill: Bill, say: Say) -> str:
    kind = name_of(say, bill.kind, terms.BILL_KINDS)
    told = {"kind": kind, "number": bill.display_number, "day": dates.short_date(bill.issue_date)}
    return say(msgid("%(kind)s n. %(number)s del %(day)s")) % told


def _debtor_code(bill: Bill) -> str:
    customer = bill.customer
    vat_number = customer.vat_number.removeprefix("IT")
    return customer.fiscal_code if customer.kind is CustomerKind.PERSON or not vat_number else vat_number


def _amount_by(term: Term, say: Say) -> str:
    amount = numbers.euro(Decimal(term.amount))
    if term.due_date is None:
        return amount
    return say(msgid("%(amount)s entro il %(day)s")) % {"amount": amount, "day": dates.short_date(term.due_date)}
