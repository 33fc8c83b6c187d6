"""What the clock starts. Nothing else defers by the clock.

Every worker has the timetable; the database lets each line run once per moment. A line that still waits is not put
there a second time (`queueing_lock`). To add one: a function in its own module that takes `now`, and a line here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from smartbill.usecases.checks import sweep_checks
from smartbill.usecases.counting.count import count_marked
from smartbill.usecases.outcomes import delete_expired_outcomes
from smartbill.usecases.sweeps.archive import check_kept_files
from smartbill.usecases.sweeps.contacts import sweep_contacts
from smartbill.usecases.sweeps.files import sweep_files
from smartbill.usecases.sweeps.intake import sweep_intake
from smartbill.usecases.sweeps.partitions import add_months
from smartbill.usecases.sweeps.sending import sweep_sending
from smartbill.usecases.sweeps.sessions import clear_sessions
from smartbill.usecases.sweeps.tasks import delete_old_tasks, recover_stalled_tasks
from smartbill.usecases.sweeps.uploads import sweep_uploads

_HOUR: Final = 3600.0

#: Figures are at most so many seconds behind.
_COUNT_SECONDS: Final = 1.0


def cron(seconds: float) -> str:
    """The nearest period that a cron line can say, from a second to an hour (the sixth field is that of seconds)."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"* * * * * */{whole}"
    minutes = round(whole / 60)
    return f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *"


def _line(name: str, run: Callable[[datetime], object], *, every: float, queue: str = "maint") -> None:
    @app.periodic(cron=cron(every), queueing_lock=name)
    @app.task(name=name, queue=queue, pass_context=False)
    def task(timestamp: int) -> None:
        run(timezone.now())


_line("sweeps.intake", lambda now: sweep_intake(now=now), every=settings.SMARTBILL.sweep_seconds)
_line("sweeps.contacts", lambda now: sweep_contacts(now=now), every=settings.SMARTBILL.sweep_seconds)
_line("sweeps.sending", lambda now: sweep_sending(now=now), every=settings.SMARTBILL.sweep_seconds)
_line("sweeps.checks", lambda now: sweep_checks(now=now), every=settings.SMARTBILL.sweep_seconds)
_line("sweeps.files", lambda now: sweep_files(now=now), every=_HOUR)
_line("sweeps.partitions", lambda now: add_months(now=now), every=_HOUR)
_line("sweeps.archive", lambda now: check_kept_files(now=now), every=_HOUR)
_line("sweeps.uploads", lambda now: sweep_uploads(now=now), every=settings.SMARTBILL.sweep_seconds)
_line("sweeps.sessions", lambda now: clear_sessions(now=now), every=_HOUR)
_line("sweeps.outcomes", lambda now: delete_expired_outcomes(now=now), every=_HOUR)
_line("counting.marked", lambda _: count_marked(), every=_COUNT_SECONDS, queue="count")


@app.periodic(cron=cron(settings.SMARTBILL.sweep_seconds), queueing_lock="sweeps.tasks")
@app.task(name="sweeps.tasks", queue="maint", pass_context=True)
async def _recover(context: JobContext, timestamp: int) -> None:
    await recover_stalled_tasks(context.app.job_manager, stalled_seconds=settings.SMARTBILL.stalled_seconds)


@app.periodic(cron=cron(_HOUR), queueing_lock="sweeps.old_tasks")
@app.task(name="sweeps.old_tasks", queue="maint", pass_context=True)
async def _clear(context: JobContext, timestamp: int) -> None:
    await delete_old_tasks(context.app.job_manager)
