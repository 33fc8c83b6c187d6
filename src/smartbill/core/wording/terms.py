"""The words that the bill's codes have on pages (Italian, translated where they are shown), and what they mean.

Names and explanations: glossary of the 2025 bill (ARERA 315/2024/R/com, 204/2025/R/com), water 586/2012/R/idr.
"""

from collections.abc import Mapping

from smartbill.core.bill.value import (
    BillingKind,
    BillKind,
    Destination,
    MeterEvent,
    Quality,
    ReadingKind,
    Section,
    Service,
)
from smartbill.core.wording.marking import msgid

SERVICES: Mapping[Service, str] = {
    Service.ELECTRICITY: msgid("Luce"),
    Service.GAS: msgid("Gas"),
    Service.WATER: msgid("Acqua"),
    Service.OTHER: msgid("Altri servizi"),
}

BILL_KINDS: Mapping[BillKind, str] = {
    BillKind.INVOICE: msgid("Bolletta"),
    BillKind.CREDIT_NOTE: msgid("Nota di credito"),
    BillKind.DEBIT_NOTE: msgid("Nota di debito"),
    BillKind.NOTICE: msgid("Avviso"),
}

BILLING_KINDS: Mapping[BillingKind, str] = {
    BillingKind.PERIODIC: msgid("su letture effettive"),
    BillingKind.ESTIMATE: msgid("in acconto, su consumi stimati"),
    BillingKind.MIXED: msgid("in parte su letture, in parte su stime"),
    BillingKind.RECALCULATION: msgid("conguaglio"),
    BillingKind.CLOSING: msgid("di chiusura"),
    BillingKind.OTHER: msgid("altro"),
}

SECTIONS: Mapping[Section, str] = {
    Section.USAGE: msgid("Quota per consumi"),
    Section.FIXED: msgid("Quota fissa"),
    Section.POWER: msgid("Quota potenza"),
    Section.WATER_SUPPLY: msgid("Acquedotto"),
    Section.SEWERAGE: msgid("Fognatura"),
    Section.TREATMENT: msgid("Depurazione"),
    Section.EQUALISATION: msgid("Componenti perequative"),
    Section.RECALCULATION: msgid("Ricalcoli"),
    Section.DISCOUNT: msgid("Sconti"),
    Section.EXCISE: msgid("Accise e addizionali"),
    Section.STAMP_DUTY: msgid("Imposta di bollo"),
    Section.VAT: msgid("IVA"),
    Section.BONUS: msgid("Bonus sociale"),
    Section.SERVICES: msgid("Altri prodotti e servizi"),
    Section.OTHER: msgid("Altre partite"),
    Section.LATE_INTEREST: msgid("Interessi di mora"),
    Section.DEPOSIT: msgid("Deposito cauzionale"),
    Section.TV_LICENCE: msgid("Canone TV"),
    Section.CREDIT: msgid("Credito precedente"),
    Section.INSTALMENTS: msgid("Rate di piani precedenti"),
    Section.SPLIT_VAT: msgid("IVA non dovuta (scissione dei pagamenti)"),
    Section.WITHHOLDING: msgid("Ritenuta"),
    Section.ROUNDING: msgid("Arrotondamento"),
}

#: "Che cos'è?": one sentence each.
EXPLANATIONS: Mapping[Section, str] = {
    Section.USAGE: msgid("Quello che dipende da quanto ha consumato: energia, trasporto e oneri per ogni unità."),
    Section.FIXED: msgid("Si paga a tempo, per ogni mese di contratto, anche senza consumi."),
    Section.POWER: msgid("Si paga per la potenza impegnata del contatore, in kW, anche senza consumi."),
    Section.WATER_SUPPLY: msgid("L’acqua fornita: una quota per ogni metro cubo, a scaglioni, e una quota fissa."),
    Section.SEWERAGE: msgid("La raccolta delle acque usate, in proporzione all’acqua consumata."),
    Section.TREATMENT: msgid("La depurazione delle acque usate, in proporzione all’acqua consumata."),
    Section.EQUALISATION: msgid(
        "Componenti (UI) che finanziano interventi comuni a tutto il servizio idrico nazionale."
    ),
    Section.RECALCULATION: msgid("Differenze su bollette già emesse, dopo letture effettive o nuovi prezzi."),
    Section.DISCOUNT: msgid("Riduzioni previste dalla sua offerta."),
    Section.EXCISE: msgid("Imposte sulla quantità consumata, versate allo Stato e agli enti locali."),
    Section.STAMP_DUTY: msgid("Imposta dovuta sui documenti senza IVA sopra l’importo di legge."),
    Section.VAT: msgid("Imposta sul valore aggiunto, calcolata sull’imponibile con l’aliquota di legge."),
    Section.BONUS: msgid("Riduzione riconosciuta alle famiglie che ne hanno diritto."),
    Section.SERVICES: msgid("Prodotti e servizi diversi dalla fornitura."),
    Section.OTHER: msgid("Voci che non riguardano il consumo del periodo."),
    Section.LATE_INTEREST: msgid("Interessi per pagamenti arrivati dopo la scadenza."),
    Section.DEPOSIT: msgid("Somma a garanzia, restituita alla fine del contratto."),
    Section.TV_LICENCE: msgid("Il canone di abbonamento alla televisione, addebitato in bolletta per legge."),
    Section.CREDIT: msgid("Un credito di bollette precedenti usato in questa, o lasciato per la prossima."),
    Section.INSTALMENTS: msgid("Rate di un piano di pagamento già concordato."),
    Section.SPLIT_VAT: msgid("L’IVA è versata allo Stato direttamente dal cliente: non fa parte del totale da pagare."),
    Section.WITHHOLDING: msgid(
        "Non è uno sconto: è la parte che il cliente trattiene e versa al fisco per conto del fornitore."
    ),
    Section.ROUNDING: msgid("Differenza per arrivare a un importo tondo, compensata nella prossima bolletta."),
}

DESTINATIONS: Mapping[Destination, str] = {
    Destination.SALE: msgid("vendita"),
    Destination.NETWORK: msgid("rete"),
    Destination.SYSTEM_CHARGES: msgid("oneri di sistema"),
}

QUALITIES: Mapping[Quality, str] = {
    Quality.READ: msgid("rilevato"),
    Quality.ESTIMATED: msgid("stimato"),
    Quality.SELF_READ: msgid("da autolettura"),
    Quality.PRO_DIE: msgid("calcolato pro die"),
    Quality.MIXED: msgid("in parte stimato"),
    Quality.UNKNOWN: "",  # an electronic invoice does not tell
}

READING_KINDS: Mapping[ReadingKind, str] = {
    ReadingKind.READ: msgid("rilevata"),
    ReadingKind.ESTIMATED: msgid("stimata"),
    ReadingKind.SELF_READ: msgid("autolettura"),
    ReadingKind.INSTALLATION: msgid("installazione"),
    ReadingKind.FINAL: msgid("rimozione"),
}

METER_EVENTS: Mapping[MeterEvent, str] = {
    MeterEvent.REPLACED: msgid("contatore sostituito"),
    MeterEvent.TARIFF_CHANGE: msgid("cambio di tariffa"),
}

#: When a band applies (ARERA 181/06, in force).
BAND_HOURS: Mapping[str, str] = {
    "F1": msgid("lunedì–venerdì 8–19"),
    "F2": msgid("lunedì–venerdì 7–8 e 19–23, sabato 7–23"),
    "F3": msgid("notte 23–7, domenica e festivi"),
    "F23": msgid("sera, notte, fine settimana e festivi"),
    "F0": msgid("tutte le ore"),
}

USE_TYPES: Mapping[str, str] = {
    "DR": msgid("Domestico residente"),
    "DN": msgid("Domestico non residente"),
    "CO": msgid("Condominio"),
    "AU": msgid("Altri usi"),
    "IP": msgid("Illuminazione pubblica"),
    "PA": msgid("Uso pubblico"),
    "AG": msgid("Agricolo"),
    "IN": msgid("Industriale"),
    "AR": msgid("Artigianale o commerciale"),
}

MARKETS: Mapping[str, str] = {
    "L": msgid("Mercato libero"),
    "M": msgid("Maggior tutela"),
    "G": msgid("Tutele graduali"),
    "V": msgid("Tutela della vulnerabilità"),
    "S": msgid("Salvaguardia"),
    "D": msgid("Fornitura di ultima istanza"),
    "R": msgid("Servizio regolato"),
}

#: Ways of payment of the FatturaPA (ModalitaPagamento) that a customer may meet.
METHODS: Mapping[str, str] = {
    "MP01": msgid("Contanti"),
    "MP02": msgid("Assegno"),
    "MP05": msgid("Bonifico"),
    "MP07": msgid("Bollettino bancario"),
    "MP08": msgid("Carta di pagamento"),
    "MP09": msgid("Addebito diretto (RID)"),
    "MP10": msgid("Addebito diretto (RID utenze)"),
    "MP11": msgid("Addebito diretto (RID veloce)"),
    "MP12": msgid("Ricevuta bancaria"),
    "MP13": msgid("MAV"),
    "MP16": msgid("Domiciliazione bancaria"),
    "MP17": msgid("Domiciliazione postale"),
    "MP18": msgid("Bollettino postale"),
    "MP19": msgid("Addebito diretto SEPA"),
    "MP20": msgid("Addebito diretto SEPA CORE"),
    "MP21": msgid("Addebito diretto SEPA B2B"),
    "MP23": msgid("pagoPA"),
}
