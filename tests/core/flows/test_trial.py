"""Trial read of archives: PDFs, e-invoices beside the flow, documents told twice, too many refused."""

import hashlib
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

from smartbill.core.flows.formats import FORMATS
from smartbill.core.flows.trial import Trial, TrialReader, shortest
from smartbill.core.wording.findings import message
from tests.core.flows.stabo.example import LINES, NOW, content, edited, with_trailer
from tests.core.flows.test_pdf_check import made

FLOW = "STABO_ACQUALUCE_ACQUALUCE-2026-0027.txt"
PDF = made()
PDFS = {"B051_601.pdf": PDF, "I051_1187.pdf": PDF}


def tried(lines: Sequence[str], files: dict[str, bytes] = PDFS, *, flow: str = FLOW, company: str = "") -> Trial:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(flow, content(lines))
        for name, data in files.items():
            target.writestr(name, data)
    return TrialReader(file="a.zip", now=NOW, company_code=company).archive(archive, BytesIO())


def told(trial: Trial) -> list[tuple[str, str]]:
    return [(finding.code, message(finding)) for finding in trial.findings]


def test_example_with_its_pdfs() -> None:
    trial = tried(LINES, company="ACQUALUCE")
    assert told(trial) == []
    assert [document.document for document in trial.accepted] == ["B051/601", "I051/1187"]
    assert [supply.consumption for document in trial.accepted for supply in document.supplies] == ["412", "48"]


def test_bare_flow_says_that_pdfs_were_not_checked() -> None:
    trial = TrialReader(file=FLOW, now=NOW).bare(BytesIO(content(LINES)), layout=FORMATS["stabo"])
    assert told(trial) == [("WRN-410", "I PDF non sono stati controllati: il file del flusso è fuori dall'archivio.")]
    assert (len(trial.accepted), trial.refuses_something) == (2, False)


def test_file_name_and_header_agree() -> None:
    assert told(tried(LINES, flow="STABO_ALTRA_1.txt")) == [
        ("WRN-410", f"Il nome del file «STABO_ALTRA_1.txt» non corrisponde alla testata (atteso «{FLOW}»).")
    ]


def test_missing_pdf_and_one_too_many() -> None:
    trial = tried(LINES, {"B051_601.pdf": PDF, "altro.pdf": PDF})
    assert sorted(told(trial)) == [
        ("DOC-301", "Documento I051/1187: manca il PDF «I051_1187.pdf»."),
        ("WRN-406", "PDF senza bolletta: «altro.pdf»."),
    ]
    assert [document.document for document in trial.accepted] == ["B051/601"]


def test_number_of_pdfs_is_that_of_the_trailer() -> None:
    trial = tried(LINES, {**PDFS, "altro.pdf": PDF})
    assert ("FLS-023", "I record di tipo PDF sono 3, la coda ne dichiara 2.") in told(trial)
    assert trial.accepted == ()


def test_pdf_by_pattern_and_with_case_ignored() -> None:
    assert told(tried(edited((2, 27, ""), (37, 27, "i051_1187.PDF")))) == []


def test_one_pdf_for_two_documents() -> None:
    trial = tried(edited((37, 27, "B051_601.pdf"), (63, 15, "1")), {"B051_601.pdf": PDF})
    sentence = "Il PDF «B051_601.pdf» è collegato a più documenti."
    assert told(trial) == [("DOC-304", sentence), ("DOC-304", sentence)]
    assert trial.accepted == ()


def test_digest_of_the_pdf() -> None:
    right = hashlib.sha256(PDF).hexdigest()
    assert told(tried(edited((2, 28, right)))) == []
    assert told(tried(edited((2, 28, right), (37, 28, "0" * 64)))) == [
        ("DOC-303", "Documento I051/1187: l'impronta del PDF non coincide.")
    ]


def test_pdf_that_is_none() -> None:
    trial = tried(LINES, {**PDFS, "B051_601.pdf": b"text"})
    assert told(trial) == [("DOC-302", "Documento B051/601: il file «B051_601.pdf» non è un PDF valido.")]
    assert len(trial.accepted) == 1


def test_einvoice_that_is_announced_is_there() -> None:
    lines = edited((2, 26, "IT05550120835_1.xml"))
    assert told(tried(lines)) == [("DOC-301", "Documento B051/601: manca il PDF «IT05550120835_1.xml».")]
    assert told(tried(lines, {**PDFS, "IT05550120835_1.xml": b"<a/>"})) == []


def copies(count: int, *, same_number: bool = False, wrong: int = 0) -> list[str]:
    """A flow without PDFs, of copies of the water bill, of which the first `wrong` have a wrong total."""
    lines = edited((1, 12, "I"), (1, 14, "N"))[:1]
    for seq in range(1, count + 1):
        for line in LINES[36:62]:
            fields = line.split("|")
            fields[1] = str(seq)
            if fields[0] == "10":
                fields[4] = "7" if same_number else str(seq)
                fields[9] = "?" if seq <= wrong else fields[9]
            lines.append("|".join(fields))
    trailer = with_trailer(lines)[-1].split("|")
    cents = 9645 * count
    trailer[4], trailer[5], trailer[14] = f"{cents // 100},{cents % 100:02}", f"{96 * count},00", "0"
    return [*lines, "|".join(trailer)]


def test_document_told_twice_refuses_both() -> None:
    sentence = "Documento I051/7 presente due volte nello stesso flusso."
    trial = tried(copies(2, same_number=True), {})
    assert told(trial) == [("DOC-262", sentence), ("DOC-262", sentence)]
    assert trial.accepted == ()


def test_share_of_refused_documents() -> None:
    ten = tried(copies(30, wrong=10), {})
    assert ({code for code, _ in told(ten)}, len(ten.accepted)) == ({"REC-105"}, 20)
    eleven = tried(copies(30, wrong=11), {})
    assert ("FLS-025", "Scartate 11 bollette su 30: oltre la soglia, flusso respinto.") in told(eleven)
    assert (eleven.accepted, eleven.refuses_file) == ((), True)


def test_unreadable_archive() -> None:
    trial = TrialReader(file="a.zip", now=NOW).archive(BytesIO(b"x"), BytesIO())
    assert told(trial) == [("ZIP-001", "L'archivio «a.zip» non è un file ZIP leggibile.")]


def test_shortest_form_of_a_quantity() -> None:
    assert [shortest(Decimal(text)) for text in ("412.00", "100", "0.50", "0.000", "-0.0", "1200.10")] == [
        "412", "100", "0.5", "0", "0", "1200.1",
    ]  # fmt: skip
