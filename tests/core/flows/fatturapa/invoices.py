"""Utility e-invoices made for tests; the people and companies are invented."""

from typing import Any

from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.value import Finding, ReadBill, RefusedDocument

NAMESPACE = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
POD = "IT001E12345678"
PDR = "00880001234567"

HEADER = """<FatturaElettronicaHeader>
<DatiTrasmissione><CodiceDestinatario>0000000</CodiceDestinatario></DatiTrasmissione>
<CedentePrestatore><DatiAnagrafici/></CedentePrestatore>
<CessionarioCommittente><DatiAnagrafici><CodiceFiscale>VRDNNA80A41F205K</CodiceFiscale>
<Anagrafica><Nome>Anna</Nome><Cognome>Prova</Cognome></Anagrafica></DatiAnagrafici>
<Sede><Indirizzo>Via Inventata</Indirizzo><NumeroCivico>1</NumeroCivico><CAP>20100</CAP><Comune>Milano</Comune>
<Provincia>MI</Provincia><Nazione>IT</Nazione></Sede></CessionarioCommittente>
</FatturaElettronicaHeader>"""


def line(
    description: str = "Spesa per la materia energia",
    total: str = "100.00",
    *,
    quantity: str = "",
    unit: str = "",
    rate: str = "10.00",
    codes: str = "",
    extra: str = "",
    period: tuple[str, str] | None = ("2026-01-01", "2026-02-28"),
) -> str:
    measured = f"<Quantita>{quantity}</Quantita>" if quantity else ""
    measured += f"<UnitaMisura>{unit}</UnitaMisura>" if unit else ""
    if period:
        measured += f"<DataInizioPeriodo>{period[0]}</DataInizioPeriodo><DataFinePeriodo>{period[1]}</DataFinePeriodo>"
    nature = "<Natura>N1</Natura>" if rate == "0.00" else ""
    return (
        f"<DettaglioLinee><NumeroLinea>1</NumeroLinea>{codes}<Descrizione>{description}</Descrizione>{measured}"
        f"<PrezzoUnitario>1.00</PrezzoUnitario><PrezzoTotale>{total}</PrezzoTotale><AliquotaIVA>{rate}</AliquotaIVA>"
        f"{nature}{extra}</DettaglioLinee>"
    )


def summary(taxable: str = "100.00", vat: str = "10.00", rate: str = "10.00", *, extra: str = "") -> str:
    return (
        f"<DatiRiepilogo><AliquotaIVA>{rate}</AliquotaIVA><ImponibileImporto>{taxable}</ImponibileImporto>"
        f"<Imposta>{vat}</Imposta>{extra}</DatiRiepilogo>"
    )


def payment(amount: str = "110.00", due: str = "2026-04-01", method: str = "MP05", *, extra: str = "") -> str:
    date = f"<DataScadenzaPagamento>{due}</DataScadenzaPagamento>" if due else ""
    return (
        f"<DettaglioPagamento><ModalitaPagamento>{method}</ModalitaPagamento>{date}"
        f"<ImportoPagamento>{amount}</ImportoPagamento>{extra}</DettaglioPagamento>"
    )


def body(
    *,
    lines: str = "",
    summaries: str = "",
    payments: str | None = None,
    total: str = "110.00",
    kind: str = "TD01",
    number: str = "B051/539",
    issued: str = "2026-03-10",
    general: str = "",
    after_general: str = "",
    attachments: str = "",
) -> str:
    declared = f"<ImportoTotaleDocumento>{total}</ImportoTotaleDocumento>" if total else ""
    paid = payment() if payments is None else payments
    paid = f"<DatiPagamento><CondizioniPagamento>TP02</CondizioniPagamento>{paid}</DatiPagamento>" if paid else ""
    return (
        f"<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>{kind}</TipoDocumento>"
        f"<Divisa>EUR</Divisa><Data>{issued}</Data><Numero>{number}</Numero>{general}{declared}"
        f"</DatiGeneraliDocumento>{after_general}</DatiGenerali>"
        f"<DatiBeniServizi>{lines or line(codes=pod_code())}{summaries or summary()}</DatiBeniServizi>"
        f"{paid}{attachments}</FatturaElettronicaBody>"
    )


def pod_code(code: str = POD, kind: str = "POD") -> str:
    return f"<CodiceArticolo><CodiceTipo>{kind}</CodiceTipo><CodiceValore>{code}</CodiceValore></CodiceArticolo>"


def management(kind: str, text: str) -> str:
    return (
        f"<AltriDatiGestionali><TipoDato>{kind}</TipoDato><RiferimentoTesto>{text}</RiferimentoTesto>"
        "</AltriDatiGestionali>"
    )


def invoice(
    *bodies: str, header: str = HEADER, version: str = "FPR12", namespace: str = NAMESPACE, encoding: str = "UTF-8"
) -> bytes:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<p:FatturaElettronica xmlns:p="{namespace}" '
        f'versione="{version}">{header}{"".join(bodies)}</p:FatturaElettronica>'
    ).encode(encoding)


class Outcome:
    """What a file gave, sorted."""

    def __init__(self, data: bytes, *, file: str = "IT01_1.xml", first_seq: int = 1, **rules: Any) -> None:
        self.all = list(read_invoice_file(data, file=file, first_seq=first_seq, **rules))
        self.bills = [item for item in self.all if isinstance(item, ReadBill)]
        self.refused = [item for item in self.all if isinstance(item, RefusedDocument)]
        self.findings = [item for item in self.all if isinstance(item, Finding)]
        self.codes = [finding.code for finding in self.findings]
