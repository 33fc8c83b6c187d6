"""Files that killed processes left behind: half-written ones, and unpacked flows of jobs that are decided."""

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
    for path in (settings.SMARTBILL.home / "work").glob("*"):  # copies that the command makes of what it hands in
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            removed += 1
    for key in store.work_keys():
        company_id, _, job_id = key.split("/")
        with company(int(company_id)):
            job = Job.objects.filter(pk=int(job_id)).only("state").first()
        if job is None or job.state not in _READING:
            store.delete(key)
            removed += 1
    return removed
