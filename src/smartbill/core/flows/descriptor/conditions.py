"""Comparing values of a flow with those that a descriptor gives (`when`, `required_if`, `where`, checks)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from smartbill.core.flows.descriptor.keys import Condition
from smartbill.core.flows.descriptor.targets import coercion
from smartbill.core.flows.stabo.fields import ValueRefused
from smartbill.core.flows.stabo.records import FieldSpec


def comparison(condition: Condition, spec: FieldSpec | None) -> Callable[[object], bool]:
    """Whether a value is as the condition wants it; an empty value is equal to the empty text alone."""
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    listed = [comparable(_meant(each, spec)) for each in wanted]
    op = condition.op

    def holds(value: object) -> bool:
        mine = comparable(value)
        if op in {"=", "==", "in"}:
            return mine in listed
        if op in {"!=", "not_in"}:
            return mine not in listed
        return ordered(mine, op, listed[0])

    return holds


def ordered(first: Any, op: str, second: Any) -> bool:
    """Values that cannot be compared are not in order."""
    if type(first) is not type(second):
        return False
    results: dict[str, bool] = {
        ">": first > second, ">=": first >= second, "<": first < second, "<=": first <= second,
    }  # fmt: skip
    return results[op]


def _meant(value: Any, spec: FieldSpec | None) -> object:
    """A code of the list stands for what it means."""
    if spec is None or spec.codes is None:
        return value
    try:
        return coercion(spec)(value)
    except ValueRefused:
        return value


def comparable(value: object) -> object:
    """Values of the flow and of the descriptor made alike: numbers as Decimal, days and codes as texts."""
    if value is None:
        return ""
    if isinstance(value, bool | Decimal):
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    return value.isoformat() if isinstance(value, date) else str(value)
