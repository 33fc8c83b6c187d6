"""A company's own layouts: drafts and versions, and jobs that are read by them, the same as a trial reads them."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from smartbill.adapters.files.shipped import library_sample, library_text
from smartbill.apps.archive.models import BillFile, DocumentKey
from smartbill.apps.companies.operations import publish_draft, save_draft
from smartbill.apps.companies.queries import published_layouts
from smartbill.apps.intake.models import Job, ReadBlock
from smartbill.core.bill.document import decode_document
from smartbill.core.company.documents import LAYOUT_SECTION, FlowLayout
from smartbill.core.flows.sample import Layout, SampleSpec
from smartbill.core.flows.sample.documents import documents
from smartbill.core.flows.sample.pdf import bill_pdf
from smartbill.core.wording.findings import message
from smartbill.database.context import company
from smartbill.usecases.intake import described, opening
from smartbill.usecases.intake.again import process_again
from smartbill.usecases.layouts.choice import layouts_on
from smartbill.usecases.layouts.trying import SampleFile, try_layout
from smartbill.usecases.layouts.versions import layout_of_company, publish_layout, save_layout, set_validity
from smartbill.usecases.progress import totals_read
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import NOW, archive, drop_bytes, life, sample
from tests.worker import run_tasks

FOLDER = Path(__file__).resolve().parents[3] / "layouts"
LATER = NOW + timedelta(days=31)
EXAMPLES = ["valmarina", "borgoprova", "lumengas"]


def text_of(name: str) -> str:
    text = library_text(name)
    assert text is not None
    return text


def sample_of(name: str) -> SampleFile:
    path = library_sample(name)
    assert path is not None
    return SampleFile(path.name, path.read_bytes())


def publish(owner: CompanyFixture, text: str, sample: SampleFile, *, valid_from: date | None = None) -> int:
    """Draft, trial and publishing; the version."""
    name = save_layout(owner.editor, text, now=NOW)
    set_validity(owner.editor, name, valid_from=valid_from, now=NOW)
    assert try_layout(owner.editor, text, sample, name=name, now=NOW).refused == 0
    with company(owner.id):
        entry = layout_of_company(name)
    assert entry is not None
    assert entry.draft is not None
    publish_layout(owner.manager, name, entry.draft.version, now=NOW)
    return entry.draft.version


def publish_example(owner: CompanyFixture, name: str, **rest: date) -> int:
    return publish(owner, text_of(name), sample_of(name), **rest)


def told(name: str) -> list[dict[str, object]]:
    return json.loads((FOLDER / name / "expected.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def renamed(content: bytes, owner: CompanyFixture, code: str) -> bytes:
    """An example's flow, headed to the company of the test."""
    return content.replace(code.ljust(10).encode(), owner.code.ljust(10).encode(), 1)


def example(owner: CompanyFixture, name: str, place: int = 0) -> dict[str, bytes]:
    file = str(told(name)[place]["file"])
    content = (FOLDER / name / file).read_bytes()
    content = renamed(content, owner, "VALMARINA").replace(b'azienda="LUMENGAS"', f'azienda="{owner.code}"'.encode())
    return {file: content}


def job_of(owner: CompanyFixture, code: str) -> Job:
    with company(owner.id):
        return Job.objects.get(code=code)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_flow_of_the_companys_own_layout_is_published(
    name: str, acme: CompanyFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "RANGE_BYTES", 4_000)
    monkeypatch.setattr(described, "_XML_DOCUMENTS", 3)
    version = publish_example(acme, name)
    received = drop_bytes(acme, archive(example(acme, name)), tmp_path, now=LATER)
    run_tasks()
    job = job_of(acme, str(received.job_code))
    assert (job.state, job.layout, job.layout_version) == ("published", f"{layout_id(name)}", version)
    with company(acme.id):
        assert ReadBlock.objects.filter(job=job, kind="flow").count() > 1
        keys = DocumentKey.objects.select_related("bill").order_by("bill__line")
        read = [
            {"document": key.bill.display_number, "total_bill": f"{Decimal(key.bill.total_bill) / 100:.2f}"}
            for key in keys
        ]
        bills = {bill.source for bill in (decode_document(bytes(key.bill.document)) for key in keys)}
        due = sum(Decimal(key.bill.total_due) for key in keys) / 100
        assert sum(part.sum_total_due for part in totals_read(job.pk)) == due != 0
    accepted = told(name)[0]["accepted"]
    assert isinstance(accepted, list)
    assert read == [{"document": each["document"], "total_bill": each["total_bill"]} for each in accepted]
    assert bills == {layout_id(name)}


def test_a_job_adds_up_to_its_bills_where_the_layout_tells_no_total_to_pay(
    acme: CompanyFixture, tmp_path: Path
) -> None:
    folder = Path(__file__).resolve().parents[2] / "layouts" / "metano"
    content = (folder / "MTP01_20261102.DAT").read_bytes()
    for day, earlier in (("1030", "0630"), ("1031", "0630"), ("0901", "0501"), ("0831", "0430"), ("1204", "0904")):
        content = content.replace(f"2026{day}".encode(), f"2026{earlier}".encode())
    sample = SampleFile("MTP01_20261102.DAT", content)
    publish(acme, (folder / "descriptor.toml").read_text(encoding="utf-8"), sample)
    received = drop_bytes(acme, archive({sample.name: sample.content}), tmp_path, now=LATER)
    run_tasks()
    job = job_of(acme, str(received.job_code))
    assert (job.state, job.bills, job.refused) == ("published", 10, 0)
    with company(acme.id):
        assert sum(part.sum_total_due for part in totals_read(job.pk)) == Decimal("1145.95")


def layout_id(name: str) -> str:
    return {"valmarina": "valmarina-spool", "borgoprova": "borgoprova-csv", "lumengas": "lumengas-emissione"}[name]


@pytest.mark.parametrize(("name", "place"), [("valmarina", 1), ("borgoprova", 1), ("lumengas", 1), ("lumengas", 2)])
def test_findings_of_a_job_are_those_of_a_trial(
    name: str, place: int, acme: CompanyFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "RANGE_BYTES", 4_000)
    publish_example(acme, name)
    received = drop_bytes(acme, archive(example(acme, name, place)), tmp_path, now=LATER)
    run_tasks()
    findings = told(name)[place]["findings"]
    assert isinstance(findings, list)
    twice = "DOC-262"  # the archive's own finding names no field
    wanted = sorted((f["code"], f["line"], f["field"], f["message"]) for f in findings if f["code"] != twice)
    with company(acme.id):
        rows = Job.objects.get(code=received.job_code).findings.all()
        read = sorted(
            (row.code, row.line, row.field, message(row.value))
            for row in rows
            if row.code not in {twice, "WRN-407"} and row.code != "FLS-025"
        )
    assert read == [each for each in wanted if each[0] != "FLS-025"]


def test_pdfs_are_paired_with_a_described_flow(acme: CompanyFixture, tmp_path: Path) -> None:
    publish_example(acme, "valmarina")
    files = example(acme, "valmarina")
    files["A01_301.pdf"] = _pdf()
    drop_bytes(acme, archive(files), tmp_path, now=LATER)
    run_tasks()
    with company(acme.id):
        named = BillFile.objects.filter(kind="pdf").values_list("bill__display_number", "name")
        assert list(named) == [("A01/301", "A01_301.pdf")]


def _pdf() -> bytes:
    spec = SampleSpec(company_code="ACME", bills=1, seed=1, issue_date=date(2026, 7, 6))
    return bill_pdf(next(iter(documents(spec))), spec)


def test_a_mended_layout_reads_the_file_again(acme: CompanyFixture, tmp_path: Path) -> None:
    """The flow of the next emission calls its total otherwise: refused, mended, processed again, published."""
    text, sample = text_of("borgoprova"), sample_of("borgoprova")
    wrong = text.replace('{ name = "total_bill", column = "TOTALE"', '{ name = "total_bill", column = "TOT"')
    assert wrong != text
    old = SampleFile(sample.name, sample.content.replace(b";TOTALE;DA_PAGARE", b";TOT;DA_PAGARE"))
    first = publish(acme, wrong, old)
    received = drop_bytes(acme, archive(example(acme, "borgoprova")), tmp_path, now=LATER)
    run_tasks()
    assert job_of(acme, str(received.job_code)).state == "refused"
    with company(acme.id):
        row = Job.objects.get(code=received.job_code).findings.get(code="REC-112")
        assert (row.record, row.field, message(row.value)) == (
            "FT", "TOT", "Riga 2: manca la colonna «TOT» nella riga di intestazione del record «FT».",
        )  # fmt: skip
    second = publish(acme, text, sample)
    code = process_again(acme.operator, str(received.job_code), note="tracciato corretto", now=LATER)
    run_tasks()
    job = job_of(acme, code)
    assert (job.state, job.layout_version, second > first) == ("published", second, True)


def test_a_layout_counts_from_its_day_on(acme: CompanyFixture, tmp_path: Path) -> None:
    """Until its first day the version before is used, or none."""
    publish_example(acme, "valmarina", valid_from=LATER.date() + timedelta(days=1))
    early = drop_bytes(acme, archive(example(acme, "valmarina")), tmp_path, now=LATER)
    run_tasks()
    assert job_of(acme, str(early.job_code)).state == "refused"
    code = process_again(acme.operator, str(early.job_code), note="", now=LATER + timedelta(days=1))
    run_tasks()
    assert (job_of(acme, code).state, job_of(acme, code).layout_version) == ("published", 1)
    publish(acme, text_of("valmarina") + "# seconda\n", sample_of("valmarina"), valid_from=date(2027, 1, 1))
    with company(acme.id):
        assert layouts_on(date(2026, 12, 31)).versions == {"valmarina-spool": 1}
        assert layouts_on(date(2027, 1, 1)).versions == {"valmarina-spool": 2}


def test_stabo_is_read_beside_the_companys_own(acme: CompanyFixture, tmp_path: Path) -> None:
    for name in EXAMPLES:
        publish_example(acme, name)
    assert life(acme, sample(acme), tmp_path).state == "published"


def test_the_texts_that_a_layout_extends_are_kept_with_it(acme: CompanyFixture) -> None:
    publish_example(acme, "valmarina")
    child = '[layout]\nid = "valmarina-due"\nextends = "valmarina-spool"\nversion = "2"\n'
    publish(acme, child, sample_of("valmarina"))
    with company(acme.id):
        kept = next(each for each in published_layouts() if each.name == "valmarina-due")
    assert kept.layout.bases == {"valmarina-spool": text_of("valmarina")}


def test_a_layout_that_cannot_be_used_any_more_refuses_the_job(acme: CompanyFixture, tmp_path: Path) -> None:
    publish_example(acme, "valmarina")
    with company(acme.id):
        save_draft(LAYOUT_SECTION + "valmarina-spool", FlowLayout(text="[layout]"), by="prova")
        publish_draft(LAYOUT_SECTION + "valmarina-spool", by="prova", now=NOW)
    received = drop_bytes(acme, archive(example(acme, "valmarina")), tmp_path, now=LATER)
    run_tasks()
    assert job_of(acme, str(received.job_code)).state == "refused"
    with company(acme.id):
        findings = Job.objects.get(code=received.job_code).findings.all()
        assert [row.code for row in findings] == ["FLS-028", "ZIP-011"]


def test_another_companys_layouts_are_not_seen(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    publish_example(acme, "valmarina")
    with company(hydra.id):
        assert layouts_on(LATER.date()).layouts == ()


def test_small_files_are_read_one_by_one(acme: CompanyFixture, tmp_path: Path) -> None:
    """An archive of many XML files, each a flow of its own."""
    (file,) = example(acme, "lumengas").items()
    text = text_of("lumengas").replace("max_files = 1", "max_files = 0")
    publish(acme, text, sample_of("lumengas"))
    job = life(acme, archive({file[0]: file[1]}), tmp_path)
    assert (job.state, job.bills, job.layout) == ("published", 14, "lumengas-emissione")


def test_stabo_in_fixed_width_is_published(acme: CompanyFixture, tmp_path: Path) -> None:
    assert life(acme, sample(acme, layout=Layout.STABO_FIXED), tmp_path).state == "published"
