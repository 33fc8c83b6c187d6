"""What staff are told about a contacts file: figures and where to look, nobody's address."""

from smartbill.core.contacts.report import Outcome
from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.contact_notices import ContactFileEvent, ContactFileNews, contact_file_notice


def test_a_file_that_was_taken() -> None:
    notice = contact_file_notice(
        ContactFileNews(
            event=ContactFileEvent.TAKEN,
            company="Acme Energia",
            file="CONTATTI\n_1.csv",
            rows=120,
            refused=2,
            outcome=Outcome(new=3, changed=4, unchanged=100, unknown=11, withdrawn=1),
            counts=[CodeCount("CSV-509", Level.ROW, 2)],
            address="http://localhost/x/",
        )
    )
    assert notice.subject == "Acme Energia: recapiti aggiornati"
    assert notice.text == (
        "Il file «CONTATTI_1.csv» di Acme Energia è stato letto e i suoi recapiti sono in uso.\n\n"
        "Righe 120, scartate 2. Clienti: nuovi 3, modificati 4, invariati 100, con un consenso ritirato 1. "
        "Righe di clienti non ancora conosciuti: 11.\n\n"
        "Segnalazioni:\n- CSV-509 (riga scartata), 2: Riga …: numero alterato dal foglio di calcolo («…»).\n"
        "  Esportare la colonna come testo: il foglio di calcolo ha cambiato il numero.\n\n"
        "Le righe scartate si scaricano dalla pagina del file: si correggono e si inviano di nuovo.\n\n"
        "Dettagli: http://localhost/x/\n"
    )


def test_a_file_that_was_refused_says_why() -> None:
    cause = Finding(code="CSV-503", level=Level.FILE, values={"n": "9", "tot": "10"})
    notice = contact_file_notice(
        ContactFileNews(
            event=ContactFileEvent.REFUSED,
            company="Acme Energia",
            file="CONTATTI_1.csv",
            rows=10,
            refused=9,
            outcome=Outcome(),
            causes=[cause],
            counts=[CodeCount("CSV-503", Level.FILE, 1)],
        )
    )
    assert notice.subject == "Acme Energia: file di recapiti respinto"
    assert notice.text.split("\n\n")[1:3] == [
        "Righe 10, scartate 9.",
        "Segnalazioni:\n- CSV-503: Recapiti: troppe righe scartate (9 su 10), file respinto.",
    ]
