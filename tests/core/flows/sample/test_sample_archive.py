"""The archive of a sample: same bytes, flat memory, PDFs, contacts, electronic invoices, faults of files."""

import csv
import hashlib
import io
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal

import pikepdf
import pytest
from lxml import etree

from smartbill.core.flows.sample import Layout, SampleError, SampleSpec, SampleSummary, write_sample

TODAY = date(2026, 7, 6)


def sample(**changes: object) -> tuple[zipfile.ZipFile, SampleSummary]:
    out = io.BytesIO()
    spec = SampleSpec(**({"company_code": "PROVA", "bills": 30, "seed": 1, "issue_date": TODAY} | changes))
    summary = write_sample(spec, out)
    return zipfile.ZipFile(out), summary


def records(archive: zipfile.ZipFile, summary: SampleSummary, kind: str) -> list[list[str]]:
    lines = archive.read(summary.flow_file).decode().split("\r\n")
    return [line.split("|") for line in lines if line.startswith(f"{kind}|")]


def content(**changes: object) -> bytes:
    out = io.BytesIO()
    write_sample(SampleSpec(**({"company_code": "PROVA", "bills": 300, "seed": 1, "issue_date": TODAY} | changes)), out)
    return out.getvalue()


@pytest.mark.parametrize("changes", [{}, {"pdf": True, "contacts_csv": True}, {"layout": Layout.FATTURAPA}])
def test_same_seed_same_bytes(changes: dict[str, object]) -> None:
    assert content(**changes) == content(**changes)
    assert content(**changes) != content(**changes, seed=2)


def test_another_sample_is_another_flow() -> None:
    names = {sample(seed=seed, bills=bills)[1].flow_file for seed in (1, 2) for bills in (10, 11)}
    assert len(names) == 4
    assert sample(flow_id="PROVA-1")[1].flow_file == "STABO_PROVA_PROVA-1.txt"


class Discard(io.RawIOBase):
    """A seekable place that keeps nothing."""

    def __init__(self) -> None:
        self.place = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset
        return offset

    def write(self, data: bytes) -> int:
        self.place += len(data)
        return len(data)


def peak(bills: int) -> int:
    tracemalloc.start()
    write_sample(SampleSpec(company_code="PROVA", bills=bills, seed=1, issue_date=TODAY), Discard())
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


def test_memory_does_not_grow_with_the_bills() -> None:
    peak(100)  # imports and caches
    assert peak(4000) - peak(1000) < 2_000_000  # 3,000 bills are 9 MB of text; a bill of 200 supplies is half of one


def test_pdfs_are_real_and_hold_the_amounts() -> None:
    archive, summary = sample(pdf=True)
    bills = records(archive, summary, "10")
    assert (summary.pdf_files, records(archive, summary, "99")[0][14]) == (30, "30")
    for bill in bills:
        data = archive.read(bill[26])
        assert hashlib.sha256(data).hexdigest() == bill[27]
        assert len(data) < 8000
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert pdf.check_pdf_syntax() == []
            assert len(pdf.pages) == 2
            first = pdf.pages[0].Contents.read_bytes().decode("cp1252")
        assert f"(TOTALE DA PAGARE: {bill[15]} €) Tj" in first
        assert f"({bill[3]}" not in first
        assert f"{bill[3]}/{bill[4]} del 06/07/2026) Tj" in first


def test_contacts_leave_the_flow() -> None:
    inside, summary = sample(bills=200)
    outside, told = sample(bills=200, contacts_csv=True)
    assert records(outside, told, "50") == []
    with outside.open("CONTATTI_PROVA_20260706.csv") as entry:
        rows = list(csv.DictReader(io.TextIOWrapper(entry, "utf-8", newline=""), delimiter=";"))
    assert len(rows) == told.contacts
    assert {row["codice_anagrafico"] for row in rows} == {record[2] for record in records(inside, summary, "50")}
    emails = {record[4] for record in records(inside, summary, "50") if record[3] == "E"}
    assert {row["email"] for row in rows if row["email"]} == emails


def test_electronic_invoices_add_up() -> None:
    archive, summary = sample(bills=300, layout=Layout.FATTURAPA)
    names = [name for name in archive.namelist() if name.endswith(".xml")]
    assert len(names) == 300
    assert summary.bills + summary.credit_notes == 300
    for name in names:
        invoice = etree.fromstring(archive.read(name))
        rates = list(invoice.iter("DatiRiepilogo"))
        lines = sum(Decimal(line.findtext("PrezzoTotale")) for line in invoice.iter("DettaglioLinee"))
        bases = sum(Decimal(rate.findtext("ImponibileImporto")) for rate in rates)
        taxes = sum(Decimal(rate.findtext("Imposta")) for rate in rates)
        total = Decimal(invoice.findtext(".//ImportoTotaleDocumento"))
        assert (lines, bases + taxes) == (bases, total)
        assert invoice.findtext(".//TipoDocumento") != "TD04" or total > 0
        split = taxes if invoice.findtext(".//EsigibilitaIVA") == "S" else 0
        paid = sum(Decimal(term.text) for term in invoice.iter("ImportoPagamento"))
        assert paid in {total - split, 0}
        assert all(Decimal(quantity.text) >= 0 for quantity in invoice.iter("Quantita"))
    codes = {
        etree.fromstring(archive.read(name)).findtext(".//CessionarioCommittente//CodiceFiscale") for name in names
    }
    with archive.open("CONTATTI_PROVA_20260706.csv") as entry:
        rows = list(csv.DictReader(io.TextIOWrapper(entry, "utf-8", newline=""), delimiter=";"))
    assert {row["codice_fiscale"] for row in rows} < codes


def test_faults_of_files() -> None:
    archive, summary = sample(
        pdf=True, faults=("DOC-301", "DOC-302", "DOC-303", "DOC-304", "DOC-305", "ZIP-011")
    )  # fmt: skip
    bills = records(archive, summary, "10")
    names = set(archive.namelist())
    present = [name for name in names if name.endswith(".pdf")]
    assert names - set(present) == {summary.flow_file, "LEGGIMI.doc"}
    assert len(present) == summary.pdf_files == int(records(archive, summary, "99")[0][14]) == 28
    claimed = [bill[26] for bill in bills]
    assert [len([name for name in claimed if name not in names]), len(claimed) - len(set(claimed))] == [1, 1]
    contents = {name: archive.read(name) for name in present}
    broken = [name for name, data in contents.items() if not data.startswith(b"%PDF-")]
    active = [name for name, data in contents.items() if b"/JavaScript" in data]
    assert [len(broken), len(active)] == [1, 1]
    with pikepdf.open(io.BytesIO(contents[active[0]])) as pdf:
        assert pdf.Root.OpenAction.S == "/JavaScript"
        assert pdf.check_pdf_syntax() == []
    wrong = [
        bill for bill in bills
        if bill[27] and bill[26] in contents and hashlib.sha256(contents[bill[26]]).hexdigest() != bill[27]
    ]  # fmt: skip
    assert [bill[27] for bill in wrong] == ["0" * 64]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bills": 0}, "Il numero di bollette deve essere tra 1 e 999999."),
        ({"faults": ("DOC-301",)}, "Gli errori DOC-301…305 riguardano i PDF: aggiungere --pdf."),
        ({"bills": 1, "faults": ("DOC-262",)}, "Troppo poche bollette per gli errori DOC-262: aumentare --bills."),
        ({"series": "b 51"}, "Il sezionale ha da 1 a 10 lettere maiuscole o cifre."),
        ({"layout": Layout.FATTURAPA, "pdf": True}, "I PDF accompagnano solo il tracciato stabo."),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_is_written(changes: dict[str, object], message: str) -> None:
    out = io.BytesIO()
    with pytest.raises(SampleError) as caught:
        write_sample(
            SampleSpec(**({"company_code": "PROVA", "bills": 30, "seed": 1, "issue_date": TODAY} | changes)), out
        )
    assert (str(caught.value), out.getvalue()) == (message, b"")
