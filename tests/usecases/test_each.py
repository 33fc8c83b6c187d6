"""What is done for many goes on behind one that fails, and the failure is not lost."""

import pytest

from smartbill.usecases.each import for_each


def test_all_are_done_and_what_failed_is_raised_at_the_end() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        done.append(number)
        return number * 10

    with pytest.raises(ExceptionGroup) as raised:
        for_each([1, 2, 3, 4], work)
    assert [error.args for error in raised.value.exceptions] == [(1,), (3,)]
    assert done == [2, 4]
    assert for_each([2, 4], work) == [20, 40]
