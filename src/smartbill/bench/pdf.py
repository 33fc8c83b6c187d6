"""Bills of all services as PDF, against the same bills by WeasyPrint in the same run, and what checkers say of both."""

import io
import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path
from statistics import median

import msgspec
import pikepdf
from msgspec import Struct

from smartbill.adapters.pdf.legible import FONTS
from smartbill.adapters.pdf.typesetter import Typesetter, prepared
from smartbill.bench.peers.environment import peers_python
from smartbill.bench.processes import processor_seconds
from smartbill.core.bill.document import document_json
from smartbill.core.bill.value import Bill
from smartbill.core.company.documents import Look, Paper, Slips
from smartbill.core.flows.sample import SampleSpec, write_sample
from smartbill.core.flows.stabo.flow import FlowReader
from smartbill.core.flows.value import ReadBill
from smartbill.core.paper.paper import bill_paper
from smartbill.core.paper.value import Paper as PaperValue
from smartbill.core.ports.pdf import Attachment

#: Run by the peers' Python; what it needs is not in ours.
_PEER = Path(__file__).parent / "peers" / "weasyprint_bills.py"
_ISSUED = date(2026, 7, 6)
_COMPANY = "Luce e Gas di Prova S.p.A."
_SLIPS = Slips(pagopa=True, creditor_code="07550120013", iban="IT60X0542811101000000123456", epc_qr=True)


class PdfFigures(Struct, frozen=True, kw_only=True):
    """Medians over bills and rounds, in milliseconds a document, on one document after the other."""

    bills: int
    rounds: int
    milliseconds: float
    peer_milliseconds: float
    times_peer: float
    # Processor time: the measure that holds on a machine shared with other work.
    processor_milliseconds: float
    peer_processor_milliseconds: float
    processor_times_peer: float
    pages: float
    bytes_a_document: int
    peer_bytes_a_document: int
    standards: str
    peer_standards: str
    checked: int  # documents handed to the checkers
    outloud_errors: int
    peer_outloud_errors: int
    pdfua_errors: int
    peer_pdfua_errors: int
    qpdf_problems: int
    peer_qpdf_problems: int


def measure_pdf(folder: Path, *, bills: int, rounds: int, check: int, say: Callable[[str], object]) -> PdfFigures:
    """Make `bills` documents `rounds` times by both; leave the files in `folder`. Raises NoPeers."""
    python = peers_python()
    found = _bills(bills)
    papers = [_paper(bill) for bill in found]
    (folder / "papers.json").write_bytes(msgspec.json.encode([prepared(paper) for paper in papers]))
    for font in FONTS.glob("*.ttf"):
        shutil.copy(font, folder)
    ours: list[float] = []
    theirs: list[float] = []
    with (
        Typesetter() as typesetter,
        subprocess.Popen([python, _PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer,
    ):
        assert peer.stdin is not None
        assert peer.stdout is not None
        peer.stdin.write(f"{folder / 'papers.json'}\n{folder}\n")
        processor = peer_processor = 0.0
        for number in range(rounds + 1):  # the first warms up
            before = time.process_time() + _processor(typesetter.process_id)
            mine = [_timed(typesetter, bill, paper, folder / f"ours-{n}.pdf")
                    for n, (bill, paper) in enumerate(zip(found, papers, strict=True))]  # fmt: skip
            used = time.process_time() + _processor(typesetter.process_id) - before
            before = _processor(peer.pid)
            peer.stdin.write("round\n")
            peer.stdin.flush()
            other = json.loads(peer.stdout.readline())
            if number:
                processor += used
                peer_processor += _processor(peer.pid) - before
                ours += mine
                theirs += other
                say(f"Giro {number} di {rounds}: {_ms(mine)} ms contro {_ms(other)} ms")
        peer.stdin.close()
    checked = range(min(check, bills))
    files = {who: [folder / f"{who}-{n}.pdf" for n in range(bills)] for who in ("ours", "peer")}
    some = {who: [files[who][n] for n in checked] for who in files}
    return PdfFigures(
        bills=bills,
        rounds=rounds,
        milliseconds=_ms(ours),
        peer_milliseconds=_ms(theirs),
        times_peer=round(median(theirs) / median(ours), 2),
        processor_milliseconds=round(processor / len(ours) * 1000, 1),
        peer_processor_milliseconds=round(peer_processor / len(theirs) * 1000, 1),
        processor_times_peer=round(peer_processor / processor, 2),
        pages=round(median(_pages(file) for file in files["ours"]), 1),
        bytes_a_document=int(median(file.stat().st_size for file in files["ours"])),
        peer_bytes_a_document=int(median(file.stat().st_size for file in files["peer"])),
        standards="PDF/A-3a, PDF/UA-1",
        peer_standards="PDF/UA-1",
        checked=len(checked),
        outloud_errors=_outloud(python, some["ours"]),
        peer_outloud_errors=_outloud(python, some["peer"]),
        pdfua_errors=_pdfua(python, some["ours"]),
        peer_pdfua_errors=_pdfua(python, some["peer"]),
        qpdf_problems=_qpdf(some["ours"]),
        peer_qpdf_problems=_qpdf(some["peer"]),
    )


def _bills(count: int) -> list[Bill]:
    """The first bills of a realistic flow of all services, with a year of history."""
    out = io.BytesIO()
    summary = write_sample(SampleSpec(company_code="BENCH", bills=count, seed=1, issue_date=_ISSUED), out)
    with zipfile.ZipFile(out) as archive:
        flow = io.BytesIO(archive.read(summary.flow_file))
    reader = FlowReader(flow, file=summary.flow_file, now=datetime.combine(_ISSUED, time_of_day(9), UTC))
    return [outcome.bill for outcome in reader if isinstance(outcome, ReadBill)]


def _paper(bill: Bill) -> PaperValue:
    return bill_paper(
        bill, company=_COMPANY, vat_number="07550120013", look=Look(brand_color="#00509d"), settings=Paper(),
        slips=_SLIPS,
    )  # fmt: skip


def _timed(typesetter: Typesetter, bill: Bill, paper: PaperValue, file: Path) -> float:
    """From the ready document to the file's bytes, the codes drawn and the way to the other process and back."""
    attachment = Attachment(
        name="bolletta.json", media_type="application/json", relationship="data", description="Dati della bolletta",
        content=document_json(bill),
    )  # fmt: skip
    begun = time.perf_counter()
    pdf = typesetter.pdf(paper, attachment, timestamp=0)
    seconds = time.perf_counter() - begun
    file.write_bytes(pdf)
    return seconds


def _processor(process_id: int | None) -> float:
    return processor_seconds(process_id) if process_id is not None else 0.0


def _ms(seconds: list[float]) -> float:
    return round(median(seconds) * 1000, 1)


def _pages(file: Path) -> int:
    with pikepdf.open(file) as document:
        return len(document.pages)


def _outloud(python: Path, files: list[Path]) -> int:
    done = _said(python, "outloud", "--quiet", "--fail-on", "never", "--json", "-", *map(str, files))
    return sum(result["counts"]["error"] for result in json.loads(done)["results"])


def _pdfua(python: Path, files: list[Path]) -> int:
    reports = [json.loads(_said(python, "pdfua", "check", "--format", "json", str(file))) for file in files]
    return sum(report["summary"]["errors"] for report in reports)


def _qpdf(files: list[Path]) -> int:
    problems = 0
    for file in files:
        with pikepdf.open(file) as document:
            problems += len(document.check_pdf_syntax())
    return problems


def _said(python: Path, program: str, *arguments: str) -> str:
    """What a checker of the peers' environment writes; that it finds something is its answer, not its failure."""
    command = [str(python.parent / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    return done.stdout[done.stdout.index("{") :]
