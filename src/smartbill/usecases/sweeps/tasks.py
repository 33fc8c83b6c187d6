"""Tasks whose worker died are taken from it and run again: Procrastinate leaves that to us."""

import logging
from typing import Final

from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.utils import utcnow

#: A task that took so many workers down with it is given up, and said.
_MOST_ATTEMPTS: Final = 20

_KEPT_HOURS: Final = 24 * 30

_log = logging.getLogger(__name__)


async def recover_stalled_tasks(tasks: JobManager, *, stalled_seconds: float) -> None:
    """Put the tasks of workers without a heartbeat for so long back into the queue."""
    for task in await tasks.get_stalled_jobs(seconds_since_heartbeat=stalled_seconds):
        try:
            if task.attempts < _MOST_ATTEMPTS:
                await tasks.retry_job(task, retry_at=utcnow())
            else:
                _log.error("task %s was given up after %s attempts", task.task_name, task.attempts)
                await tasks.finish_job(task, status=Status.FAILED, delete_job=False)
        except ConnectorException:
            _log.info("task %s ended while it was being recovered", task.task_name)


async def delete_old_tasks(tasks: JobManager) -> None:
    """Failed tasks are kept for a month; those that succeeded go when they end."""
    await tasks.delete_old_jobs(nb_hours=_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
