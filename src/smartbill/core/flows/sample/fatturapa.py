"""Plain FatturaPA invoices of the same documents: poorer than the flow, as real ones are.

FPR12, or FPA12 where the customer is a public body. Element order: schema 1.2.
"""

from xml.sax.saxutils import escape

from smartbill.core.flows.sample.document import Document
from smartbill.core.flows.sample.lines import Line
from smartbill.core.flows.sample.numbers import MICRO
from smartbill.core.flows.sample.spec import SampleSpec
from smartbill.core.flows.sample.supplies import Supply

_NAMESPACE = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
_DOCUMENT_TYPES = {"F": "TD01", "N": "TD04", "D": "TD05"}
_POINTS = {"E": "POD", "G": "PDR", "I": "UTENZA"}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def invoice_file_name(spec: SampleSpec, document: Document) -> str:
    return f"IT{spec.vat}_{_progressive(document.seq)}.xml"


def invoice_xml(spec: SampleSpec, document: Document) -> bytes:
    """One invoice file with one body; a credit note has positive amounts, as the rules of TD04 want."""
    version = "FPA12" if document.customer.kind == "P" else "FPR12"
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<p:FatturaElettronica versione="{version}" xmlns:p="{_NAMESPACE}">\n'
        f"<FatturaElettronicaHeader>\n{_transmission(spec, document, version)}{_seller(spec)}{_buyer(document)}"
        "</FatturaElettronicaHeader>\n"
        f"<FatturaElettronicaBody>\n{_general(document)}{_goods(document)}{_payment(document)}"
        "</FatturaElettronicaBody>\n</p:FatturaElettronica>\n"
    )
    return text.replace("’", "'").encode()  # the schema allows Latin-1 characters only


def _progressive(number: int) -> str:
    text = ""
    for _ in range(5):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


def _iso(text: str) -> str:
    return f"{text[4:]}-{text[2:4]}-{text[:2]}"


def _amount(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _transmission(spec: SampleSpec, document: Document, version: str) -> str:
    customer = document.customer
    return (
        f"<DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>{spec.vat}</IdCodice></IdTrasmittente>"
        f"<ProgressivoInvio>{_progressive(document.seq)}</ProgressivoInvio>"
        f"<FormatoTrasmissione>{version}</FormatoTrasmissione>"
        f"<CodiceDestinatario>{customer.recipient_code}</CodiceDestinatario></DatiTrasmissione>\n"
    )


def _seller(spec: SampleSpec) -> str:
    return (
        f"<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{spec.vat}</IdCodice>"
        f"</IdFiscaleIVA><Anagrafica><Denominazione>Azienda di prova {spec.company_code}</Denominazione></Anagrafica>"
        "<RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici><Sede><Indirizzo>Via delle Prove 1</Indirizzo>"
        "<CAP>95991</CAP><Comune>Borgo Esempio</Comune><Provincia>CT</Provincia><Nazione>IT</Nazione></Sede>"
        "</CedentePrestatore>\n"
    )


def _buyer(document: Document) -> str:
    customer = document.customer
    postcode, city, province = customer.town
    vat = f"<IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{customer.vat_number}</IdCodice></IdFiscaleIVA>"
    name = (
        f"<Nome>{escape(customer.first_name)}</Nome><Cognome>{escape(customer.name)}</Cognome>"
        if customer.kind == "F"
        else f"<Denominazione>{escape(customer.name)}</Denominazione>"
    )
    return (
        f"<CessionarioCommittente><DatiAnagrafici>{vat if customer.vat_number else ''}"
        f"<CodiceFiscale>{customer.fiscal_code}</CodiceFiscale><Anagrafica>{name}</Anagrafica></DatiAnagrafici>"
        f"<Sede><Indirizzo>{escape(customer.street)}</Indirizzo><NumeroCivico>{customer.street_no}</NumeroCivico>"
        f"<CAP>{postcode}</CAP><Comune>{city}</Comune><Provincia>{province}</Provincia><Nazione>IT</Nazione></Sede>"
        "</CessionarioCommittente>\n"
    )


def _general(document: Document) -> str:
    total = document.total_bill * document.tree.sign
    linked = ""
    if document.reference != "||":
        series, number, day = document.reference.split("|")
        linked = (
            f"<DatiFattureCollegate><IdDocumento>{series}/{number}</IdDocumento><Data>{_iso(day)}</Data>"
            "</DatiFattureCollegate>"
        )
    return (
        f"<DatiGenerali><DatiGeneraliDocumento><TipoDocumento>{_DOCUMENT_TYPES[document.kind]}</TipoDocumento>"
        f"<Divisa>EUR</Divisa><Data>{_iso(document.issue_day)}</Data>"
        f"<Numero>{document.series}/{document.number}</Numero>"
        f"<ImportoTotaleDocumento>{_amount(total)}</ImportoTotaleDocumento></DatiGeneraliDocumento>{linked}"
        "</DatiGenerali>\n"
    )


def _goods(document: Document) -> str:
    sign = document.tree.sign
    points = {supply.seq: supply for supply in document.supplies}
    leaves = [
        line for line in document.tree.lines if line.role == "L" and line.scope == "B" and line.section != "IVA"
    ]  # fmt: skip
    main = document.supplies[0]
    details = "".join(
        _detail(number, line, sign, points.get(line.supply, main)) for number, line in enumerate(leaves, 1)
    )  # fmt: skip
    sums: dict[tuple[int, str], int] = {}
    for line in leaves:
        key = line.rate or 0, line.nature
        sums[key] = sums.get(key, 0) + line.amount * sign
    taxes = {line.rate: line.amount * sign for line in document.tree.lines if line.section == "IVA"}
    due = "S" if document.split_payment else "I"
    summary = "".join(
        f"<DatiRiepilogo><AliquotaIVA>{_amount(rate)}</AliquotaIVA>{f'<Natura>{nature}</Natura>' if nature else ''}"
        f"<ImponibileImporto>{_amount(base)}</ImponibileImporto><Imposta>{_amount(taxes.get(rate, 0))}</Imposta>"
        f"{'' if nature else f'<EsigibilitaIVA>{due}</EsigibilitaIVA>'}</DatiRiepilogo>\n"
        for (rate, nature), base in sums.items()
    )
    return f"<DatiBeniServizi>\n{details}{summary}</DatiBeniServizi>\n"


def _detail(number: int, line: Line, sign: int, supply: Supply) -> str:
    """`Quantita` has no sign: a negative line has a negative price."""
    amount, measured = line.amount * sign, ""
    unit_price = _amount(amount)
    if line.quantity is not None and line.price is not None:
        quantity = abs(line.quantity)
        measured = (
            f"<Quantita>{quantity // MICRO}.{quantity % MICRO:06d}</Quantita><UnitaMisura>{line.unit}</UnitaMisura>"
        )
        unit_price = f"{line.price.scaled // 10**8}.{line.price.scaled % 10**8:08d}"
    span = ""
    if line.span != "|":
        start, end = line.span.split("|")
        span = f"<DataInizioPeriodo>{_iso(start)}</DataInizioPeriodo><DataFinePeriodo>{_iso(end)}</DataFinePeriodo>"
    nature = f"<Natura>{line.nature}</Natura>" if line.nature else ""
    return (
        f"<DettaglioLinee><NumeroLinea>{number}</NumeroLinea><CodiceArticolo><CodiceTipo>{_POINTS[supply.service]}"
        f"</CodiceTipo><CodiceValore>{supply.point_code}</CodiceValore></CodiceArticolo>"
        f"<Descrizione>{escape(line.description)}</Descrizione>{measured}{span}"
        f"<PrezzoUnitario>{unit_price}</PrezzoUnitario><PrezzoTotale>{_amount(amount)}</PrezzoTotale>"
        f"<AliquotaIVA>{_amount(line.rate or 0)}</AliquotaIVA>{nature}</DettaglioLinee>\n"
    )


def _payment(document: Document) -> str:
    terms = [term for term in document.terms.terms if term.tail[0] != "A"]
    if not terms:
        return ""
    condition = "TP01" if len(terms) > 1 else "TP02"
    details = "".join(
        f"<DettaglioPagamento><ModalitaPagamento>{term.method}</ModalitaPagamento>"
        f"<DataScadenzaPagamento>{_iso(term.due_day)}</DataScadenzaPagamento>"
        f"<ImportoPagamento>{_amount(term.amount)}</ImportoPagamento></DettaglioPagamento>"
        for term in terms
    )
    return f"<DatiPagamento><CondizioniPagamento>{condition}</CondizioniPagamento>{details}</DatiPagamento>\n"
