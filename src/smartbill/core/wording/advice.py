"""What to do about a finding: one Italian sentence for each code, beside the one that says what is wrong."""

from collections.abc import Callable

_SEND_AGAIN = "Ricreare l'archivio e inviarlo di nuovo."
_EXPORT = "Correggere la procedura che produce il flusso e inviarlo di nuovo."
_FIELD = "Correggere il campo alla riga indicata e inviare di nuovo il documento in un flusso nuovo."
_SUMS = "Ricalcolare gli importi del documento alla fonte e inviarlo di nuovo in un flusso nuovo."
_INVOICE = "Rigenerare la fattura elettronica e inviarla di nuovo in un archivio nuovo."
_LOOK = "Nulla è fermo: controllare il dato alla fonte."
_CONTACT = "Correggere il recapito nell'anagrafica e inviare di nuovo il file dei recapiti."

#: The longest beginning of a code that is here gives the advice.
ADVICE: dict[str, str] = {
    "ZIP": _SEND_AGAIN,
    "ZIP-003": "Dividere il flusso in più archivi, ognuno con il proprio identificativo.",
    "ZIP-004": "Dividere i PDF in archivi aggiuntivi PDF_<flusso>_<n>.zip.",
    "ZIP-011": "Il file non serve: si può togliere dall'archivio.",
    "ZIP-012": "Non occorre fare nulla: il file era già stato preso.",
    "ZIP-013": "Inviare il flusso a cui i PDF appartengono, o controllare il nome del file.",
    "ZIP-014": "Controllare che i PDF non manchino; altrimenti ritirare la lavorazione e inviare di nuovo tutto.",
    "ZIP-015": "Controllare che cosa contiene l'archivio e inviarlo di nuovo con i PDF.",
    "FLS": _EXPORT,
    "FLS-005": "Il file è forse arrivato a metà: esportarlo di nuovo per intero e inviarlo di nuovo.",
    "FLS-007": "Controllare che il flusso sia stato messo nell'area dell'azienda giusta.",
    "FLS-010": "Usare un identificativo di flusso nuovo, o far ritirare la lavorazione precedente.",
    "FLS-024": "Il file è cambiato dopo l'esportazione: inviarlo di nuovo senza modificarlo.",
    "FLS-025": "Un errore si ripete in molti documenti: correggere la causa e inviare di nuovo l'intero flusso.",
    "FLS-029": "Avvisare chi gestisce il servizio; poi far leggere di nuovo la consegna.",
    "REC": _FIELD,
    "REC-101": "Controllare il numero dei campi e i separatori della riga, poi inviare di nuovo il documento.",
    "REC-108": "Tenere insieme i record di un documento, nel loro ordine.",
    "REC-110": "Tenere i record di un documento in ordine di tipo.",
    "DOC": _SUMS,
    "DOC-206": "Indicare la scadenza del documento e inviarlo di nuovo in un flusso nuovo.",
    "DOC-207": "Correggere la scadenza del documento e inviarlo di nuovo in un flusso nuovo.",
    "DOC-208": "Correggere il periodo di fatturazione e inviare di nuovo il documento.",
    "DOC-209": "Scrivere un solo record 11 per documento.",
    "DOC-210": "Aggiungere il punto di fornitura (record 12).",
    "DOC-211": "Correggere il codice nell'anagrafica e inviare di nuovo il documento.",
    "DOC-212": "Usare lo stesso codice anagrafico in tutti i record del documento.",
    "DOC-213": "Scegliere una sola modalità: addebito diretto o pagamento online.",
    "DOC-220": "Verificare le letture: se il contatore ha fatto il giro, indicarlo nel record.",
    "DOC-260": "Non occorre fare nulla: la bolletta in vigore è identica.",
    "DOC-261": "Se la bolletta va cambiata, chiedere all'operatore di aprire una sostituzione e inviarla di nuovo.",
    "DOC-262": "Togliere il documento ripetuto e inviare quello giusto in un flusso nuovo.",
    "DOC-263": "Non occorre fare nulla: la sostituzione è stata aperta dall'operatore.",
    "DOC-301": "Aggiungere il file all'archivio, con il nome annunciato, e inviare di nuovo il documento.",
    "DOC-302": "Rigenerare il PDF e inviare di nuovo il documento.",
    "DOC-303": "Il PDF non è quello annunciato: inviare quello giusto.",
    "DOC-304": "Produrre un PDF per ogni documento.",
    "DOC-305": "Produrre il PDF senza JavaScript né azioni automatiche.",
    "WRN": _LOOK,
    "WRN-401": "Il cliente ha poco tempo per pagare: verificare che la scadenza sia voluta.",
    "WRN-406": "Il PDF non ha un documento: controllare il nome del file.",
    "WRN-407": "Il cliente non riceverà nulla di digitale: caricare un recapito o spedire per posta.",
    "WRN-408": "Controllare letture e conguagli prima di inviare.",
    "WRN-409": "Il PDF è accettato: togliere gli allegati se non servono.",
    "CSV": _CONTACT,
    "CSV-501": "Aggiungere la colonna e caricare di nuovo il file dei recapiti.",
    "CSV-502": "Salvare il file con il punto e virgola come separatore.",
    "CSV-503": "Correggere le righe segnalate e caricare di nuovo il file dei recapiti.",
    "CSV-509": "Esportare la colonna come testo: il foglio di calcolo ha cambiato il numero.",
    "CSV-510": "Lasciare una sola riga per cliente.",
    "CSV-511": "Verificare che il recapito sia davvero di più clienti.",
    "CSV-512": "Verificare il codice: il cliente non ha ancora bollette qui.",
    "XML": _INVOICE,
    "XML-608": _LOOK,
    "XML-610": _LOOK,
    "XML-611": "Controllare i pagamenti indicati nella fattura prima del benestare.",
}


def _same(sentence: str) -> str:
    return sentence


def advice(code: str, translate: Callable[[str], str] = _same) -> str:
    """What to do about a finding of this code; empty for a code that nobody knows."""
    sentence = ADVICE.get(code) or ADVICE.get(code.partition("-")[0], "")
    return translate(sentence) if sentence else ""
