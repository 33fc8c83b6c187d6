"""The report of a job in the company's `/esiti`, and how far a reading is."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import msgspec

from smartbill.apps.intake.models import Finding, Job, ReadBlock
from smartbill.core.flows.value import BlockTotals
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.usecases.intake.decide import take_held
from smartbill.usecases.outcomes import open_outcome, outcome_named, outcomes_of
from smartbill.usecases.progress import ReadingProgress, job_progress
from smartbill.usecases.report import report_of
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import NOW, life, sample
from tests.worker import run_tasks


def read(owner: CompanyFixture, name: str) -> str:
    found = outcome_named(owner.id, name, NOW)
    assert found is not None
    with open_outcome(owner.id, found.id) as file:
        return file.read().decode("utf-8-sig")


def test_a_decided_job_leaves_its_report(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, faults=("DOC-201",)), tmp_path)
    names = ["ACME_2026_1_esito.csv", "ACME_2026_1_esito.json"]
    assert [each.name for each in outcomes_of(acme.id, NOW)] == names
    rows = csv.DictReader(io.StringIO(read(acme, names[0]), newline=""), delimiter=";")
    (row,) = [row for row in rows if row["codice"] == "DOC-201"]
    assert (row["job"], row["livello"], row["record"]) == ("ACME_2026_1", "documento", "10")
    assert row["progressivo"].isdecimal()
    assert (
        row["cosa_fare"] == "Ricalcolare gli importi del documento alla fonte e inviarlo di nuovo in un flusso nuovo."
    )
    found = json.loads(read(acme, names[1]))
    assert (found["stato"], found["bollette"], found["scartate"], found["conteggi"]["DOC-201"]) == ("held", 19, 1, 1)
    assert "".join(report_of(acme.id, job.code, as_json=False)) == "\ufeff" + read(acme, names[0])
    take_held(acme.operator, job.code, "", NOW)
    run_tasks()
    assert json.loads(read(acme, names[1]))["stato"] == "published"


def test_cells_are_no_formulas(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, faults=("DOC-201",)), tmp_path)
    with company(acme.id):
        Finding.objects.filter(code="DOC-201").update(document="=cmd|'/C calc'!A0", field="@SUM(A1)")
    text = "".join(report_of(acme.id, job.code, as_json=False)).removeprefix("\ufeff")
    (row,) = [row for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";") if row["codice"] == "DOC-201"]
    assert (row["documento"], row["campo"]) == ("'=cmd|'/C calc'!A0", "'@SUM(A1)")


def test_how_far_a_reading_is_and_how_long_it_takes_still(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, bills=40), tmp_path)
    with company(acme.id):
        Job.objects.filter(pk=job.pk).update(state=JobState.READING, published_at=None)
        ReadBlock.objects.filter(job=job).delete()
        for block in (1, 2, 3, 4):
            ReadBlock.objects.create(company_id=acme.id, job=job, block=block, kind="flow", start=0, end=1)
        waiting = job_progress(job.code, now=NOW)
        assert waiting is not None
        assert waiting.reading == ReadingProgress(
            parts=4, parts_read=0, bills=0, bills_total=40, per_second=None, seconds_left=None
        )
        ReadBlock.objects.filter(job=job, block=1).update(
            read_at=NOW, totals=msgspec.json.encode(BlockTotals(bills=9, credit_notes=1))
        )
        going = job_progress(job.code, now=job.received_at + timedelta(seconds=20))
        assert going is not None
        assert going.reading == ReadingProgress(
            parts=4, parts_read=1, bills=10, bills_total=40, per_second=0.5, seconds_left=60
        )
        Job.objects.filter(pk=job.pk).update(state=JobState.PUBLISHED)
        over = job_progress(job.code, now=NOW)
        assert over is not None
        assert over.reading is None
        assert job_progress("ACME_2026_77", now=NOW) is None
