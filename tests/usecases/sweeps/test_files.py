"""What killed processes leave behind is removed; what is in use stays."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from smartbill.adapters.files.local import LocalStore
from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.models import Bill
from smartbill.apps.intake.models import Job
from smartbill.core.ports.files import kept_key, piece_key, work_key
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.usecases.intake import opening
from smartbill.usecases.intake.opening import NotEnoughRoom, open_job
from smartbill.usecases.sweeps.files import sweep_files
from smartbill.usecases.sweeps.intake import MOST_TIME, sweep_intake
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import counted, drop_bytes, life, sample
from tests.worker import run_tasks


def test_half_written_files_of_killed_processes(acme: CompanyFixture) -> None:
    root = settings.SMARTBILL.home / "files"
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from smartbill.adapters.files.local import LocalStore\n"
        "def chunks():\n"
        "    yield b'half'\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"LocalStore(Path(sys.argv[1])).write('{acme.id}/abc', chunks())\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    drafts = list((root / str(acme.id) / ".drafts").iterdir())
    assert len(drafts) == 1
    sweep_files(now=timezone.now())
    assert drafts[0].exists()  # its writer may only be slow
    assert sweep_files(now=timezone.now() + timedelta(hours=25)) >= 1
    assert not drafts[0].exists()


def test_copies_of_the_command(acme: CompanyFixture) -> None:
    folder = settings.SMARTBILL.home / "work"
    folder.mkdir(exist_ok=True)
    old, young = folder / "old", folder / "young"
    for path in (old, young):
        path.write_bytes(b"x")
    of_page = folder / "upload-abc"
    of_page.mkdir()
    (of_page / "file").write_bytes(b"x")
    day_ago = timezone.now().timestamp() - 25 * 3600
    for path in (old, of_page):
        os.utime(path, (day_ago, day_ago))
    sweep_files(now=timezone.now())
    assert [path.name for path in folder.iterdir()] == ["young"]
    young.unlink()


def test_pieces_of_uploads_are_left_alone(acme: CompanyFixture) -> None:
    store, key = open_store(settings.SMARTBILL), piece_key(acme.id, "abc", 0)
    store.write(key, [b"x"])
    sweep_files(now=timezone.now())
    assert store.size(key) == 1
    store.delete(key)


def test_unpacked_flows_of_decided_jobs(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, bills=2), tmp_path)
    store = open_store(settings.SMARTBILL)
    decided, unknown = work_key(acme.id, job.pk), work_key(acme.id, job.pk + 1000)
    for key in (decided, unknown):
        store.write(key, [b"x"])
    drop_bytes(acme, sample(acme, bills=2, seed=2), tmp_path)
    with company(acme.id):
        open_job_id = Job.objects.get(state=JobState.RECEIVED).pk
    running = work_key(acme.id, open_job_id)
    store.write(running, [b"x"])
    sweep_files(now=timezone.now())
    assert set(store.work_keys()) & {decided, unknown, running} == {running}
    run_tasks()
    assert running not in store.work_keys()  # and by itself, when its job was decided


def test_no_room_for_a_flow(acme: CompanyFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    received = drop_bytes(acme, sample(acme, bills=2), tmp_path)
    with company(acme.id):
        job = Job.objects.get(code=received.job_code)
    with monkeypatch.context() as patched:
        patched.setattr(opening, "RESERVE", 1 << 60)
        with pytest.raises(NotEnoughRoom):
            open_job(company_id=acme.id, job_id=job.pk)
    with pytest.raises(FileNotFoundError):
        open_store(settings.SMARTBILL).size(work_key(acme.id, job.pk))
    run_tasks()  # there is room again
    with company(acme.id):
        assert Job.objects.get(pk=job.pk).state == JobState.PUBLISHED


def test_a_reading_that_goes_on_for_hours_is_stopped(acme: CompanyFixture, tmp_path: Path) -> None:
    received = drop_bytes(acme, sample(acme, bills=2), tmp_path)
    with company(acme.id):
        job = Job.objects.get(code=received.job_code)
    open_job(company_id=acme.id, job_id=job.pk)  # its parts wait for a worker
    now = timezone.now()
    assert sweep_intake(now=now + MOST_TIME - timedelta(minutes=1)) == 0
    assert sweep_intake(now=now + MOST_TIME + timedelta(minutes=1)) == 1
    run_tasks()
    with company(acme.id):
        job = Job.objects.get(pk=job.pk)
        assert not Bill.objects.filter(job=job).exists()
    assert (job.state, counted(acme, job)["FLS-029"]) == (JobState.REFUSED, 1)


def test_a_reading_that_is_stuck_for_hours_is_given_up(acme: CompanyFixture, tmp_path: Path) -> None:
    received = drop_bytes(acme, sample(acme, bills=2), tmp_path)
    with company(acme.id):
        job = Job.objects.get(code=received.job_code)
    LocalStore(settings.SMARTBILL.home / "files").delete(kept_key(acme.id, job.digest))
    run_tasks(may_fail=True)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'intake'")  # as when all tries are over
    now = timezone.now()
    assert sweep_intake(now=now + timedelta(hours=1)) == 1
    with company(acme.id):
        assert Job.objects.get(pk=job.pk).state == JobState.RECEIVED  # tried again
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'intake'")
    assert sweep_intake(now=now + MOST_TIME + timedelta(hours=2)) == 1
    run_tasks()
    with company(acme.id):
        job = Job.objects.get(pk=job.pk)
    assert (job.state, counted(acme, job)) == (JobState.REFUSED, {"FLS-029": 1})
