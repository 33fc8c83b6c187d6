"""A company's limits are its own, and never beyond the hard caps."""

import pytest

from smartbill.core.company.documents import Intake
from smartbill.core.company.limits import HARD_CAPS, archive_limits, limit_mistakes
from smartbill.core.flows.archive import GIB, MIB, Limits


def test_defaults_are_those_of_the_format() -> None:
    assert archive_limits(Intake()) == Limits()
    assert limit_mistakes(Intake()) == []


@pytest.mark.parametrize("name", HARD_CAPS)
def test_hard_caps(name: str) -> None:
    cap = HARD_CAPS[name]
    assert limit_mistakes(Intake(**{name: cap})) == []
    assert limit_mistakes(Intake(**{name: cap + 1})) == [f"intake.{name}: da 1 a {cap}"]
    assert limit_mistakes(Intake(**{name: 0})) == [f"intake.{name}: da 1 a {cap}"]
    assert archive_limits(Intake(**{name: cap + 1})) == archive_limits(Intake(**{name: cap}))


def test_settings_become_limits() -> None:
    found = archive_limits(Intake(zip_mib=1, zip_files=2, unpacked_mib=3, flow_mib=4, pdf_mib=5, xml_mib=6))
    assert (found.archive, found.entries, found.total) == (MIB, 2, 3 * MIB)
    assert (found.flow, found.pdf, found.xml) == (4 * MIB, 5 * MIB, 6 * MIB)
    assert archive_limits(Intake(zip_mib=10**9)).archive == 16 * GIB


def test_waiting_has_an_end() -> None:
    assert limit_mistakes(Intake(pdf_wait_hours=721)) == ["intake.pdf_wait_hours: da 0 a 720"]
