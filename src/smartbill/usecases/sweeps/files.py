"""Files that killed processes left behind: half-written ones, and unpacked flows of jobs that are decided."""

import contextlib
import shutil
from datetime import datetime, timedelta

from django.conf import settings

from smartbill.adapters.files.registry import open_store
from smartbill.apps.intake.models import Job
from smartbill.core.states.job import JobState
from smartbill.database.context import company

#: Nobody writes one file for so long.
_DRAFT_AGE = timedelta(hours=24)
_READING = {JobState.RECEIVED, JobState.READING}


def sweep_files(*, now: datetime, draft_age: timedelta = _DRAFT_AGE) -> int:
    """Remove what is of no use to anybody; returns how many files."""
    store = open_store(settings.SMARTBILL)
    before = (now - draft_age).timestamp()
    removed = store.clear_drafts(before=before)
    for path in (settings.SMARTBILL.home / "work").glob("*"):  # copies of what the command, or the page, hands in
        with contextlib.suppress(FileNotFoundError):  # its process was only slow
            if path.stat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed += 1
    for key in store.work_keys():
        company_id, _, job_id = key.split("/")
        if not job_id.isdigit():  # a piece of an upload: `sweeps.uploads` looks after those
            continue
        with company(int(company_id)):
            job = Job.objects.filter(pk=int(job_id)).only("state").first()
        if job is None or job.state not in _READING:
            store.delete(key)
            removed += 1
    return removed
