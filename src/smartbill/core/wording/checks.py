"""What staff read about the checks before the go-ahead: a name, and what to do."""

from smartbill.core.checks.value import Check

NAMES: dict[str, str] = {
    Check.DOUBLE: "Possibili doppi",
    Check.TOTALS: "Totali che non tornano",
    Check.AMOUNT_NEGATIVE: "Importi negativi",
    Check.AMOUNT_ZERO: "Importi a zero",
    Check.UNUSUAL: "Importi insoliti per il cliente",
    Check.TOTAL_CHANGE: "Totale diverso dall'ultima lavorazione",
    Check.DUE_PAST: "Scadenze già passate",
    Check.DUE_NEAR: "Scadenze troppo vicine",
    Check.NO_WAY_TO_PAY: "Importi senza un modo di pagarli",
    Check.PDF_MISSING: "Bollette senza PDF",
    Check.SUPPLY_NEW: "Forniture mai viste prima",
    Check.NO_CONTACT: "Nessun recapito digitale",
    Check.NO_CONSENT: "Il cliente non ha dato il consenso",
    Check.OTHER_CHANNEL: "Recapiti solo su canali non attivi",
    Check.WANTS_PAPER: "Il cliente vuole la bolletta per posta",
    Check.SHARED_ADDRESS: "Stesso recapito per più clienti",
}

ADVICE: dict[str, str] = {
    Check.DOUBLE: "Stessa fornitura, stesso periodo e stesso importo di un'altra bolletta in vigore: "
    "ritirare quella di troppo.",
    Check.TOTALS: "I pagamenti del documento non danno il suo totale: controllare con chi ha emesso la fattura.",
    Check.AMOUNT_NEGATIVE: "Sono bollette a credito e non note di credito: verificare che sia voluto.",
    Check.AMOUNT_ZERO: "Non c'è nulla da pagare: verificare che sia voluto.",
    Check.UNUSUAL: "Molto sopra la media del cliente negli ultimi dodici mesi: controllare letture e conguagli.",
    Check.TOTAL_CHANGE: "Confrontare il numero di bollette e il totale con l'emissione precedente.",
    Check.DUE_PAST: "Il cliente riceverebbe una bolletta già scaduta: concordare una nuova scadenza.",
    Check.DUE_NEAR: "Resta poco tempo per pagare: inviare presto.",
    Check.NO_WAY_TO_PAY: "Né bollettino, né addebito diretto, né pagamento online: controllare le modalità.",
    Check.PDF_MISSING: "Le altre bollette della lavorazione hanno il PDF: chiederlo, o lasciare che si produca qui.",
    Check.SUPPLY_NEW: "Forniture nuove, o codici scritti in un altro modo: controllarne alcune.",
    Check.NO_CONTACT: "Non riceveranno nulla: caricare i recapiti o spedire per posta.",
    Check.NO_CONSENT: "Non riceveranno nulla: spedire per posta.",
    Check.OTHER_CHANNEL: "Non riceveranno nulla: attivare il canale o spedire per posta.",
    Check.WANTS_PAPER: "Non riceveranno nulla di digitale: spedire per posta.",
    Check.SHARED_ADDRESS: "Un recapito con più intestatari può essere un errore di chi lo ha registrato.",
}
