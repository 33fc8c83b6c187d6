"""Doing the same for many companies or jobs."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def for_each(items: Iterable[Item], work: Callable[[Item], Result]) -> list[Result]:
    """One that fails does not hold up the others; what failed is raised at the end, as an ExceptionGroup."""
    results: list[Result] = []
    failures: list[Exception] = []
    for item in items:
        try:
            results.append(work(item))
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("some of them failed", failures)
    return results
