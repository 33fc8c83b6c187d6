"""A table of states says which move is allowed; everything else is refused in one place."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class MoveNotAllowed(Exception):
    """Somebody asked for a step that the table of states does not have."""


def check_move(moves: Mapping[State, Set[State]], old: State, new: State) -> None:
    if new not in moves.get(old, frozenset()):
        raise MoveNotAllowed(f"{old.value} -> {new.value}")
