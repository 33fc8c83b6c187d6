"""Wrong passwords close the door for a while, and are forgotten."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.area.attempts import PAIR, Attempts, Tally

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def _failed(times: int) -> Attempts:
    attempts = Attempts(0.0, NOW)
    for _ in range(times):
        attempts = attempts.one_more(PAIR, NOW)
    return attempts


def test_nine_are_forgiven_the_tenth_closes() -> None:
    assert _failed(9).closed_until(PAIR, NOW) is None
    assert _failed(10).closed_until(PAIR, NOW) == NOW + timedelta(seconds=90)


def test_it_opens_again_by_itself_for_one_try() -> None:
    later = NOW + timedelta(seconds=90)
    attempts = _failed(10)
    assert attempts.closed_until(PAIR, later) is None
    assert attempts.one_more(PAIR, later).closed_until(PAIR, later) == later + timedelta(seconds=90)
    assert attempts.left(PAIR, NOW + PAIR.melts_in) == 0


@given(st.lists(st.floats(0, 10_000), max_size=60))
def test_nobody_is_shut_out_for_longer_than_one_try_melts(waits: list[float]) -> None:
    now, attempts = NOW, Attempts(0.0, NOW)
    for wait in waits:
        now += timedelta(seconds=wait)
        attempts = attempts.one_more(PAIR, now)
        until = attempts.closed_until(PAIR, now)
        assert until is None or until - now <= PAIR.melts_in / PAIR.most + timedelta(microseconds=1)


def test_a_tally_forgets_the_oldest_and_keeps_keys_apart() -> None:
    tally = Tally(PAIR, most_keys=2)
    for name in ("uno", "due", "tre"):
        for _ in range(10):
            tally.failed((name,), NOW)
    assert [tally.closed_until((name,), NOW) is not None for name in ("uno", "due", "tre")] == [False, True, True]
