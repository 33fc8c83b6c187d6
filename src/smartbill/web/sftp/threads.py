"""Work that waits (database, disk, slow hashes) beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


async def beside(work: Callable[[], Result]) -> Result:
    """Run in a thread; its database connection is given back, since threads come and go."""
    return await asyncio.to_thread(_closing, work)


def _closing(work: Callable[[], Result]) -> Result:
    try:
        return work()
    finally:
        connections.close_all()
