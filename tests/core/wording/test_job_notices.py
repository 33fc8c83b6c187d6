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
    assert "- WRN-401 (avviso), 12: Documento …: scadenza a meno di 20 giorni dall'emissione." in lines
    assert lines[-1] == "Dettagli: http://localhost:8000/backoffice/ACME/job/ACME_2026_1/"
