"""Nothing is lost and nothing doubled: equal files, tasks that run twice, in any order, at the same time."""

import threading
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from smartbill.adapters.postgres.roles import DatabaseUrls
from smartbill.apps.archive.models import Bill, BillSupply, Contact, DocumentKey
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Company
from smartbill.apps.intake.models import Drop, Job, ReadBlock, StagedContact
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.usecases.intake import opening, reading
from smartbill.usecases.intake.opening import open_job
from smartbill.usecases.intake.publishing import publish_job, tidy_job
from smartbill.usecases.intake.reading import read_block
from smartbill.usecases.intake.receive import Received, receive_drop
from smartbill.usecases.sweeps.intake import sweep_intake
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import NOW, drop_bytes, life, sample
from tests.worker import run_tasks, waiting_tasks


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "RANGE_BYTES", 20_000)


def at_once(*calls: Callable[[], object]) -> None:
    """Run the calls at the same time, each on a connection of its own; raises what one of them raised."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        try:
            start.wait(10)
            call()
        except BaseException as error:  # told in the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


def opened(owner: CompanyFixture, folder: Path, *, bills: int = 40) -> tuple[Job, list[int]]:
    """A job whose reading is planned and not begun; the tasks are thrown away, the test calls them itself."""
    drop_bytes(owner, sample(owner, bills=bills), folder)
    with company(owner.id):
        job = Job.objects.get()
    open_job(company_id=owner.id, job_id=job.pk)
    with company(owner.id):
        blocks = list(ReadBlock.objects.order_by("block").values_list("block", flat=True))
    return job, blocks


def published_tasks() -> int:
    return sum(name == "intake.publish_job" for name, _ in waiting_tasks())


def figures(owner: CompanyFixture) -> tuple[int, ...]:
    with company(owner.id):
        return tuple(model.objects.count() for model in (Bill, BillSupply, StagedContact, DocumentKey, Contact))


def test_the_same_file_again_opens_no_second_job(acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path) -> None:
    content = sample(acme)
    first = drop_bytes(acme, content, tmp_path)
    second = drop_bytes(acme, content, tmp_path, name="di nuovo.zip")
    assert (second.job_code, second.duplicate) == (None, True)
    assert second.message == "Archivio già ricevuto il 06/07/2026 18:30: nessuna nuova lavorazione."
    assert drop_bytes(hydra, content, tmp_path).job_code == "HYDRA_2026_1"
    with company(acme.id):
        assert Job.objects.count() == 1
        original, again = Drop.objects.order_by("pk")
        assert (again.duplicate_of_id, original.job.code) == (original.pk, first.job_code)
    assert len([task for task in waiting_tasks() if task[0] == "intake.open_job"]) == 2


def test_two_equal_files_at_once_open_one_job(acme: CompanyFixture, tmp_path: Path) -> None:
    content = sample(acme)
    folders = [tmp_path / str(n) for n in range(4)]
    for folder in folders:
        folder.mkdir()
    at_once(*((lambda folder=folder: drop_bytes(acme, content, folder)) for folder in folders))
    with company(acme.id):
        assert (Drop.objects.count(), Job.objects.count()) == (4, 1)
        assert Drop.objects.filter(duplicate_of__isnull=False).count() == 3
        assert Job.objects.get().number == 1
    run_tasks()
    assert drop_bytes(acme, sample(acme, seed=2), tmp_path).job_code == "ACME_2026_2"


def test_a_refused_file_may_come_again(acme: CompanyFixture, tmp_path: Path) -> None:
    content = sample(acme, faults=("FLS-020",))
    assert life(acme, content, tmp_path).code == "ACME_2026_1"
    assert life(acme, content, tmp_path).code == "ACME_2026_2"


def test_a_file_of_an_account_that_was_deleted_is_received(acme: CompanyFixture, tmp_path: Path) -> None:
    content = sample(acme)
    path = tmp_path / "flusso.zip"
    path.write_bytes(content)
    received = receive_drop(
        company_id=acme.id,
        name=path.name,
        path=path,
        digest=sha256(content).hexdigest(),
        size=len(content),
        source="sftp",
        account_id=4711,
        now=NOW,
    )
    assert received == Received(job_code="ACME_2026_1", duplicate=False)
    with company(acme.id):
        assert Drop.objects.get().account_id is None
        assert Entry.objects.get().actor == "sftp"


def test_a_drop_that_is_not_committed_leaves_the_file_in_place(acme: CompanyFixture, tmp_path: Path) -> None:
    nobody = CompanyFixture(id=acme.id + 1, code="NONE")
    with pytest.raises(Company.DoesNotExist):
        drop_bytes(nobody, sample(acme), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert waiting_tasks() == []


@pytest.mark.usefixtures("small_blocks")
def test_every_task_may_run_twice(acme: CompanyFixture, tmp_path: Path) -> None:
    job, blocks = opened(acme, tmp_path)
    open_job(company_id=acme.id, job_id=job.pk)
    for block in (*blocks, *blocks):
        read_block(company_id=acme.id, job_id=job.pk, block=block)
    assert published_tasks() == 1
    publish_job(company_id=acme.id, job_id=job.pk)
    before = figures(acme)
    assert before[0] == before[3] == 40
    for block in blocks:
        read_block(company_id=acme.id, job_id=job.pk, block=block)
    publish_job(company_id=acme.id, job_id=job.pk)
    for _ in range(2):
        tidy_job(company_id=acme.id, job_id=job.pk)
    run_tasks()
    assert figures(acme) == before


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("order", list(permutations(range(3)))[1:])
def test_blocks_are_read_in_any_order(acme: CompanyFixture, tmp_path: Path, order: tuple[int, ...]) -> None:
    job, blocks = opened(acme, tmp_path, bills=16)
    first = blocks[: len(blocks) - 3]
    for block in (*first, *(blocks[-3:][place] for place in order)):
        assert published_tasks() == 0
        read_block(company_id=acme.id, job_id=job.pk, block=block)
    assert published_tasks() == 1
    publish_job(company_id=acme.id, job_id=job.pk)
    assert figures(acme)[0] == figures(acme)[3] == 16


@pytest.mark.usefixtures("small_blocks")
def test_blocks_that_finish_at_the_same_time_publish_once(acme: CompanyFixture, tmp_path: Path) -> None:
    job, blocks = opened(acme, tmp_path)
    at_once(
        *(
            (lambda block=block: read_block(company_id=acme.id, job_id=job.pk, block=block))
            for block in (*blocks, blocks[0])
        )
    )
    assert published_tasks() == 1
    at_once(*((lambda: publish_job(company_id=acme.id, job_id=job.pk)),) * 3)
    counts = figures(acme)
    assert counts[0] == counts[3] == 40


def test_two_flows_with_the_same_documents_at_once(acme: CompanyFixture, tmp_path: Path) -> None:
    jobs = []
    for flow_id in ("UNO", "DUE"):
        drop_bytes(acme, sample(acme, bills=10, flow_id=flow_id), tmp_path)
        with company(acme.id):
            job = Job.objects.order_by("-pk")[0]
            jobs.append(job.pk)
        open_job(company_id=acme.id, job_id=job.pk)
        read_block(company_id=acme.id, job_id=job.pk, block=1)
    at_once(*((lambda job_id=job_id: publish_job(company_id=acme.id, job_id=job_id)) for job_id in jobs))
    with company(acme.id):
        assert sorted(Job.objects.values_list("state", "bills", "skipped")) == [
            ("published", 0, 10),
            ("published", 10, 0),
        ]
        assert DocumentKey.objects.count() == 10


@pytest.mark.usefixtures("small_blocks")
def test_a_block_that_dies_before_its_commit_leaves_nothing(
    acme: CompanyFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, blocks = opened(acme, tmp_path)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_finish", die)
        with pytest.raises(KeyboardInterrupt):
            read_block(company_id=acme.id, job_id=job.pk, block=blocks[0])
    assert figures(acme)[:3] == (0, 0, 0)
    for block in blocks:
        read_block(company_id=acme.id, job_id=job.pk, block=block)
    publish_job(company_id=acme.id, job_id=job.pk)
    assert figures(acme)[3] == 40


@pytest.mark.usefixtures("small_blocks")
def test_the_sweep_puts_stopped_jobs_on_their_way(acme: CompanyFixture, tmp_path: Path) -> None:
    def forget_tasks() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")

    drop_bytes(acme, sample(acme, bills=40), tmp_path)
    late = NOW + timedelta(minutes=6)
    assert sweep_intake(now=late) == 0  # its task waits still
    forget_tasks()
    assert sweep_intake(now=NOW + timedelta(minutes=4)) == 0
    assert sweep_intake(now=late) == 1
    assert waiting_tasks() == [("intake.open_job", {"company_id": acme.id, "job_id": 1})]
    assert sweep_intake(now=late) == 0
    open_job(company_id=acme.id, job_id=1)
    read_block(company_id=acme.id, job_id=1, block=1)
    forget_tasks()
    assert sweep_intake(now=late + timedelta(minutes=6)) == 1
    assert {args["block"] for _, args in waiting_tasks()} == set(range(2, len(waiting_tasks()) + 2))
    for _, args in waiting_tasks():
        read_block(company_id=acme.id, job_id=1, block=args["block"])
    forget_tasks()
    assert sweep_intake(now=late + timedelta(minutes=12)) == 1
    run_tasks()
    with company(acme.id):
        assert Job.objects.get().state == JobState.PUBLISHED
    assert sweep_intake(now=late + timedelta(minutes=24)) == 0


def test_a_job_that_cannot_go_on_does_not_hold_up_the_others(
    db: DatabaseUrls, acme: CompanyFixture, tmp_path: Path
) -> None:
    for seed in (1, 2):
        drop_bytes(acme, sample(acme, seed=seed), tmp_path)
    late = NOW + timedelta(minutes=6)
    with psycopg.connect(db.admin, autocommit=True) as admin:
        admin.execute("DELETE FROM procrastinate_jobs")
        admin.execute("ALTER TABLE procrastinate_jobs ADD CONSTRAINT but_one CHECK (args ->> 'job_id' <> '1')")
        try:
            with pytest.raises(ExceptionGroup):
                sweep_intake(now=late, at_once=1)
            assert sweep_intake(now=late, at_once=1) == 1
            assert waiting_tasks() == [("intake.open_job", {"company_id": acme.id, "job_id": 2})]
        finally:
            admin.execute("ALTER TABLE procrastinate_jobs DROP CONSTRAINT but_one")
    assert sweep_intake(now=late + timedelta(minutes=6), at_once=1) == 1
    assert [args["job_id"] for _, args in waiting_tasks()] == [2, 1]
