"""A short run of every target, the same inputs each time; and that the harness sees what it is there for."""

import pytest

from tests.fuzz import harmful
from tests.fuzz.harness import load, made, run, target_names

_INPUTS = 400


@pytest.mark.parametrize("name", target_names())
def test_only_findings_come_out(name: str) -> None:
    tally = run(name, first=0, last=_INPUTS, seed="ordinary")
    assert tally.defects == []
    assert tally.inputs == _INPUTS
    assert tally.silent < _INPUTS  # something was wrong with some of them, and was said
    assert tally.codes


def test_harm_is_seen_and_the_run_goes_on() -> None:
    name = harmful.__name__
    seen = {}
    for number in range(40):
        harm = made(harmful.TARGET, [], "ordinary", number)
        if harm not in seen:
            tally = run(name, first=number, last=number + 1, seed="ordinary", patience=0.5)
            seen[harm] = [defect.what.splitlines() for defect in tally.defects]
            assert tally.inputs == 1
            assert [defect.number for defect in tally.defects] == [number] * len(tally.defects)
    assert seen.pop(b"none") == []
    assert {harm: (lines[0], lines[-1]) for harm, (lines,) in seen.items() if harm not in {b"hang", b"end"}} == {
        b"raise": ("Traceback (most recent call last):", "ValueError: raised"),
        b"grow": ("Traceback (most recent call last):", "MemoryError"),
        b"control": ("Traceback (most recent call last):", "AssertionError: control characters are shown"),
        b"unknown": ("Traceback (most recent call last):", "AssertionError: no sentence for XXX-000"),
    }
    assert seen[b"hang"][0][0] == "hung for 0.5 s"
    assert seen[b"end"][0][0] == "process ended: exit 3"


def test_a_run_goes_on_behind_a_dead_process() -> None:
    tally = run(harmful.__name__, first=0, last=20, seed="ordinary", patience=0.5)
    assert tally.inputs == 20
    kept = [number for number in range(20) if made(harmful.TARGET, [], "ordinary", number) != b"none"]
    assert sorted(defect.number for defect in tally.defects) == kept


def test_an_input_is_made_again_by_its_number() -> None:
    target = load("stabo")
    seeds = list(target.seeds())
    first = [made(target, seeds, "a", number) for number in range(20)]
    assert first == [made(target, seeds, "a", number) for number in range(20)]
    assert len(set(first)) > 15
    assert first != [made(target, seeds, "b", number) for number in range(20)]
