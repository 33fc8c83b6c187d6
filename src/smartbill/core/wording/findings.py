"""The Italian sentence of every finding. The sentences are the agreed ones of the flow format (8.3 and chapter 10).

A sentence is the source string of the translation catalogue as well, so it is looked up with its place-holders in it.
"""

import re
from collections.abc import Callable

from smartbill.core.flows.value import Finding

#: code -> sentence. Place-holders: `riga`, `campo`, `tipo`, `doc` are the place of the finding, the rest its values.
SENTENCES: dict[str, str] = {
    "ZIP-001": "L'archivio «{nome}» non è un file ZIP leggibile.",
    "ZIP-002": "L'archivio è cifrato: inviare un archivio senza password.",
    "ZIP-003": "L'archivio supera la dimensione massima ({limite}).",
    "ZIP-004": "L'archivio contiene troppi file ({n}, massimo {limite}).",
    "ZIP-005": "Il contenuto decompresso supera il limite ({limite}): possibile archivio malevolo.",
    "ZIP-006": "Nome di file non ammesso nell'archivio: «{nome}».",
    "ZIP-007": "L'archivio contiene un altro archivio: «{nome}».",
    "ZIP-008": "Nell'archivio ci sono due file con lo stesso nome: «{nome}».",
    "ZIP-009": "Metodo di compressione non ammesso per «{nome}».",
    "ZIP-010": "Il file «{nome}» è danneggiato (controllo CRC fallito).",
    "ZIP-011": "File non riconosciuto, ignorato: «{nome}».",
    "ZIP-012": "Archivio già ricevuto il {data}: nessuna nuova lavorazione.",
    "ZIP-013": "PDF per il flusso {valore}, non ancora arrivato: conservati in attesa del flusso.",
    "ZIP-014": "PDF per il flusso {valore} arrivati tardi: la sua lavorazione è già decisa, non sono stati letti.",
    "ZIP-015": "L'archivio «{nome}» non contiene PDF.",
    "FLS-001": "Nell'archivio manca il file del flusso STABO.",
    "FLS-002": "Nell'archivio ci sono più file di flusso: {nomi}.",
    "FLS-003": "Il file non è leggibile con la codifica dichiarata ({codifica}), riga {riga}.",
    "FLS-004": "Manca il record di testata {tipo} alla prima riga.",
    "FLS-005": "Manca il record di coda {tipo}: il file potrebbe essere incompleto.",
    "FLS-006": "Versione del tracciato non prevista: {valore}.",
    "FLS-007": "Il flusso è intestato all'azienda {valore}, diversa da quella dell'area SFTP.",
    "FLS-008": "Riga {riga}: tipo record «{valore}» sconosciuto.",
    "FLS-009": "Riga {riga} troppo lunga ({n} caratteri).",
    "FLS-010": "Identificativo flusso {valore} già elaborato il {data}.",
    "FLS-020": "La coda dichiara {atteso} righe, il file ne contiene {trovato}.",
    "FLS-021": "La coda dichiara {atteso} bollette, il file ne contiene {trovato}.",
    "FLS-022": "Il totale dichiarato in coda ({atteso}) non coincide con la somma delle bollette ({trovato}).",
    "FLS-023": "I record di tipo {tipo} sono {trovato}, la coda ne dichiara {atteso}.",
    "FLS-024": "L'impronta SHA-256 del file non coincide con quella dichiarata.",
    "FLS-025": "Scartate {n} bollette su {tot}: oltre la soglia, flusso respinto.",
    "FLS-026": "Riga {riga}: progressivo documento {trovato}, atteso {atteso}.",
    "FLS-027": "Riga {riga}: carattere o riga non ammessi ({cosa}).",
    "FLS-028": "Il tracciato «{nome}» dell'azienda non è utilizzabile: va corretto e pubblicato di nuovo.",
    "FLS-029": "La lettura del file non è riuscita entro {ore} ore: avvisare chi gestisce il servizio.",
    "REC-101": "Riga {riga}: numero di campi errato ({trovato}, attesi {atteso}).",
    "REC-102": "Riga {riga}, campo «{campo}»: valore obbligatorio mancante.",
    "REC-103": "Riga {riga}, campo «{campo}»: «{valore}» non è un numero valido.",
    "REC-104": "Riga {riga}, campo «{campo}»: «{valore}» non è una data valida.",
    "REC-105": "Riga {riga}, campo «{campo}»: valore «{valore}» non previsto.",
    "REC-106": "Riga {riga}, campo «{campo}»: testo troppo lungo ({n} caratteri, massimo {max}).",
    "REC-107": "Riga {riga}, campo «{campo}»: il formato di «{valore}» non è valido.",
    "REC-108": "Riga {riga}: il record {tipo} si riferisce al documento {valore}, che non è quello corrente.",
    "REC-109": "Riga {riga}: la fornitura {valore} non esiste in questo documento.",
    "REC-110": "Riga {riga}: il record {tipo} non può seguire il record {tipo2}.",
    "REC-111": "Documento {doc}: i record «{tipo}» sono {trovato}, previsti {atteso}.",
    "REC-112": "Riga {riga}: manca la colonna «{nome}» nella riga di intestazione del record «{tipo}».",
    "DOC-201": "Documento {doc}: il totale bolletta ({atteso}) non coincide con la somma delle voci ({trovato}).",
    "DOC-202": (
        "Documento {doc}: il totale da pagare ({atteso}) non coincide con totale bolletta e altre voci ({trovato})."
    ),
    "DOC-203": "Documento {doc}: imponibile e IVA non danno il totale bolletta.",
    "DOC-204": "Documento {doc}: il totale del gruppo «{voce}» non coincide con le sue voci.",
    "DOC-205": "Documento {doc}: le scadenze sommano {trovato}, il totale da pagare è {atteso}.",
    "DOC-206": "Documento {doc}: manca la scadenza, ma c'è un importo da pagare.",
    "DOC-207": "Documento {doc}: la scadenza precede l'emissione.",
    "DOC-208": "Documento {doc}: il periodo di fatturazione non è valido.",
    "DOC-209": "Documento {doc}: manca il cliente (record {tipo}) o è ripetuto.",
    "DOC-210": "Documento {doc}: nessun punto di fornitura (record {tipo}).",
    "DOC-211": "Documento {doc}: codice {tipo} «{valore}» non valido.",
    "DOC-212": "Documento {doc}: codice anagrafico diverso tra i record.",
    "DOC-213": "Documento {doc}: addebito diretto e pagamento online non possono essere entrambi attivi.",
    "DOC-214": "Documento {doc}: con scissione dei pagamenti l'IVA va sottratta dal totale da pagare.",
    "DOC-215": "Documento {doc}: l'albero delle voci non è valido (voce {voce}).",
    "DOC-216": "Documento {doc}: la scadenza ({trovato}) non è la prima rata ({atteso}).",
    "DOC-217": "Documento {doc}: fasce o quantità di consumo non coerenti (fornitura {n}).",
    "DOC-218": "Documento {doc}: nota di credito con totale positivo.",
    "DOC-220": "Documento {doc}: lettura attuale inferiore alla precedente senza giro contatore.",
    "DOC-260": "Documento {doc} già presente e identico: ignorato.",
    "DOC-261": "Documento {doc} già presente con contenuto diverso.",
    "DOC-263": "Documento {doc}: sostituisce la versione già presente.",
    "DOC-262": "Documento {doc} presente due volte nello stesso flusso.",
    "DOC-301": "Documento {doc}: manca il PDF «{nome}».",
    "DOC-302": "Documento {doc}: il file «{nome}» non è un PDF valido.",
    "DOC-303": "Documento {doc}: l'impronta del PDF non coincide.",
    "DOC-304": "Il PDF «{nome}» è collegato a più documenti.",
    "DOC-305": "Documento {doc}: il PDF contiene elementi attivi non ammessi.",
    "WRN-401": "Documento {doc}: scadenza a meno di 20 giorni dall'emissione.",
    "WRN-402": "Documento {doc}: la differenza tra le letture non corrisponde al consumo.",
    "WRN-403": "Documento {doc}: codice fiscale o partita IVA con carattere di controllo errato.",
    "WRN-404": "Documento {doc}: voce «{voce}», quantità per prezzo diversa dall'importo.",
    "WRN-405": "Documento {doc}: IVA diversa da quella attesa di {delta} euro.",
    "WRN-406": "PDF senza bolletta: «{nome}».",
    "WRN-407": "Documento {doc}: nessun recapito digitale per il cliente {codice}.",
    "WRN-408": "Importo insolito per il cliente {codice}: {valore} euro.",
    "WRN-409": "Documento {doc}: il PDF contiene file allegati.",
    "WRN-410": "Documento {doc}: valore da verificare nel campo «{campo}» ({valore}).",
    "CSV-501": "Recapiti: manca la colonna obbligatoria «{nome}».",
    "CSV-502": "Recapiti: separatore non riconosciuto.",
    "CSV-503": "Recapiti: troppe righe scartate ({n} su {tot}), file respinto.",
    "CSV-504": "Riga {riga}: codice anagrafico mancante.",
    "CSV-505": "Riga {riga}: numero di cellulare non valido.",
    "CSV-506": "Riga {riga}: il numero non è di un cellulare.",
    "CSV-507": "Riga {riga}: indirizzo e-mail non valido.",
    "CSV-508": "Riga {riga}: né cellulare né e-mail.",
    "CSV-509": "Riga {riga}: numero alterato dal foglio di calcolo («{valore}»).",
    "CSV-510": "Riga {riga}: codice {codice} già presente alla riga {riga2}, vale l'ultima.",
    "CSV-511": "Riga {riga}: lo stesso recapito è usato da {n} clienti.",
    "CSV-512": "Riga {riga}: codice anagrafico sconosciuto.",
    "CSV-513": "Recapiti: il file supera i limiti ({dettaglio}).",
    "XML-601": "Il file «{nome}» contiene una DTD: rifiutato per sicurezza.",
    "XML-602": "Il file «{nome}» non è XML ben formato (riga {riga}).",
    "XML-603": "Il file «{nome}» non è una fattura elettronica ordinaria (radice «{valore}»).",
    "XML-604": "Il file «{nome}» usa una versione non supportata ({valore}).",
    "XML-605": "La busta firmata «{nome}» non è leggibile.",
    "XML-606": "Fattura {doc}: manca l'elemento obbligatorio {elemento}.",
    "XML-607": "Fattura {doc}: il totale dichiarato ({atteso}) non coincide con il riepilogo IVA ({trovato}).",
    "XML-608": "Fattura {doc}: il file non rispetta lo schema ({dettaglio}).",
    "XML-609": "Fattura {doc}: tipo documento {valore} non gestito.",
    "XML-610": "Fattura {doc}: nessun POD/PDR/codice utenza riconosciuto.",
    "XML-611": "Fattura {doc}: i pagamenti ({trovato}) non coincidono con il totale ({atteso}).",
    "XML-612": "Il file «{nome}» supera la dimensione massima ({limite}).",
}

#: Warnings about the file as a whole, which name no document: (code, field) -> sentence.
FILE_SENTENCES: dict[tuple[str, str], str] = {
    ("FLS-001", "einvoices"): "Nell'archivio non c'è nessuna fattura elettronica.",
    ("WRN-403", "company_vat"): "Testata: la partita IVA «{valore}» ha il carattere di controllo errato.",
    (
        "WRN-410",
        "supplier",
    ): "Il file «{nome}» ha un cedente con partita IVA {valore}, che non è quella dell'azienda: controllare.",
    ("WRN-410", "created_at"): "Testata: il flusso è stato prodotto più di 90 giorni fa ({valore}).",
    (
        "WRN-410",
        "encoding",
    ): "Il file è dichiarato {valore} ma sembra UTF-8: letto come dichiarato, controllare gli accenti.",
    ("WRN-410", "services"): "Testata: i servizi dichiarati ({atteso}) non sono quelli delle forniture ({trovato}).",
    ("WRN-410", "totals"): "Totali di controllo non verificati: {n} bollette hanno importi illeggibili.",
    ("WRN-410", "file_name"): "Il nome del file «{valore}» non corrisponde alla testata (atteso «{atteso}»).",
    ("WRN-410", "pdf_included"): "I PDF non sono stati controllati: il file del flusso è fuori dall'archivio.",
    ("WRN-410", "column"): "Recapiti: colonna «{valore}» non riconosciuta, ignorata.",
    ("WRN-410", "channel"): "Riga {riga}: canale «{valore}» non previsto, ignorato.",
    ("WRN-410", "language"): "Riga {riga}: lingua «{valore}» non attiva, si usa l'italiano.",
    ("WRN-410", "consent"): "Riga {riga}: consenso «{valore}» non previsto, considerato non registrato.",
    ("WRN-410", "consent_date"): "Riga {riga}: data del consenso «{valore}» non valida, ignorata.",
    ("WRN-410", "email_domain"): "Riga {riga}: dominio «{valore}» forse errato, controllare l'indirizzo e-mail.",
    ("REC-101", "record_length"): "Riga {riga}: lunghezza errata ({trovato} caratteri, attesi {atteso}).",
    ("WRN-410", "name"): "Riga {riga}: la denominazione non è quella del cliente {codice}, controllare la riga.",
    ("WRN-410", "email_certified"): "Riga {riga}: la casella PEC non si usa come indirizzo e-mail, ignorata.",
}


#: a check that a layout descriptor declares under a code of its own
OWN_CHECK = "Riga {riga}, campo «{campo}»: controllo {codice} non superato (trovato {trovato}, atteso {atteso})."

#: Control characters, and those that turn the text around: values come from outside.
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def _same(sentence: str) -> str:
    return sentence


def message(finding: Finding, translate: Callable[[str], str] = _same) -> str:
    """The sentence that staff read. `translate` maps an Italian source string to the reader's language."""
    sentence = SENTENCES.get(finding.code, OWN_CHECK if "atteso" in finding.values else "")
    if not finding.document or finding.field == "record_length":
        sentence = FILE_SENTENCES.get((finding.code, finding.field), sentence)
    if not sentence:
        return finding.code
    values = _Values(riga=str(finding.line), campo=finding.field, tipo=finding.record, nome=finding.file)
    values["doc"] = finding.document or "–"
    values["codice"] = finding.code
    values.update(finding.values)
    told = translate(sentence).format_map(values)
    return told if told.isprintable() else _NOT_SHOWN.sub("�", told)
