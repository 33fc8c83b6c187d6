"""The e-mails about a job: what refused a flow is told in full, the rest is counted."""

from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.job_notices import JobEvent, JobNews, job_notice


def test_a_refused_flow_is_told_with_its_reason() -> None:
    cause = Finding(
        code="FLS-022", level=Level.FILE, file="STABO.txt", line=63, values={"atteso": "225,03", "trovato": "225,02"}
    )
    notice = job_notice(
        JobNews(
            event=JobEvent.REFUSED,
            company="Acme Energia",
            code="ACME_2026_1",
            file="flusso.zip",
            causes=[cause],
            counts=[CodeCount("FLS-022", Level.FILE, 1), CodeCount("WRN-401", Level.WARNING, 12)],
            address="http://localhost:8000/backoffice/ACME/job/ACME_2026_1/",
        )
    )
    lines = notice.text.splitlines()
    assert (
        "- FLS-022: Il totale dichiarato in coda (225,03) non coincide con la somma delle bollette (225,02)." in lines
    )
    assert lines[
        lines.index("- WRN-401 (avviso), 12: Documento …: scadenza a meno di 20 giorni dall'emissione.") + 1
    ] == ("  Il cliente ha poco tempo per pagare: verificare che la scadenza sia voluta.")
    assert lines[-1] == "Dettagli: http://localhost:8000/backoffice/ACME/job/ACME_2026_1/"


def test_the_first_rows_are_told_by_their_place_alone() -> None:
    rows = [
        Finding(code="DOC-207", level=Level.DOCUMENT, line=n, record="10", field="due_date", document=f"A/{n}")
        for n in range(1, 31)
    ]
    counts = [CodeCount("DOC-207", Level.DOCUMENT, 30)]
    news = JobNews(
        event=JobEvent.HELD, company="Acme", code="ACME_2026_1", file="f.zip", bills=970, refused=30, rows=rows,
        counts=counts,
    )  # fmt: skip
    lines = job_notice(news).text.splitlines()
    assert lines.count("Le prime righe:") == 1
    assert [line for line in lines if line.startswith("- riga")] == [
        f"- riga {n}, record 10, campo due_date: DOC-207" for n in range(1, 21)
    ]
    assert "A/1" not in "\n".join(lines)


def test_a_refused_go_ahead_says_who_and_why() -> None:
    news = JobNews(
        event=JobEvent.NOT_APPROVED, company="Acme", code="ACME_2026_1", file="f.zip", by="capo@acme.example",
        note="Logo\nsbagliato",
    )  # fmt: skip
    notice = job_notice(news)
    assert notice.subject == "ACME_2026_1: benestare rifiutato"
    assert notice.text.splitlines()[0] == (
        "capo@acme.example ha rifiutato il benestare all'invio della lavorazione ACME_2026_1 di Acme. "
        "Motivo: Logo sbagliato"
    )
