"""Files for the company's `/esiti`: replaced by name, seen by their company alone, deleted a day after they expire."""

from datetime import UTC, datetime, timedelta

import pytest

from smartbill.apps.companies.operations import publish_settings
from smartbill.core.company.documents import Intake
from smartbill.database.context import company
from smartbill.usecases.outcomes import (
    delete_expired_outcomes,
    open_outcome,
    outcome_named,
    outcomes_of,
    publish_outcome,
)
from tests.conftest import CompanyFixture

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_a_file_is_there_for_its_company_and_replaced_by_name(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    first = publish_outcome(acme.id, "ACME_2026_1.csv", b"uno", NOW)
    second = publish_outcome(acme.id, "ACME_2026_1.csv", iter([b"du", b"e"]), NOW)
    assert outcomes_of(acme.id, NOW) == [second]
    assert outcome_named(acme.id, "ACME_2026_1.csv", NOW) == second
    assert (second.size, second.published_at) == (3, NOW)
    with open_outcome(acme.id, second.id) as file:
        assert file.read() == b"due"
    with open_outcome(acme.id, first.id) as file:  # whoever had it listed may still read it
        assert file.read() == b"uno"
    assert outcomes_of(hydra.id, NOW) == []
    with pytest.raises(FileNotFoundError):
        open_outcome(hydra.id, second.id)


def test_files_stay_as_long_as_the_company_says(acme: CompanyFixture) -> None:
    with company(acme.id):
        publish_settings(Intake(outcomes_days=2), by="x", now=NOW)
    file = publish_outcome(acme.id, "esito.json", b"{}", NOW)
    over = NOW + timedelta(days=2)
    assert outcomes_of(acme.id, over - timedelta(seconds=1)) == [file]
    assert outcomes_of(acme.id, over) == []
    assert delete_expired_outcomes(now=over + timedelta(hours=23)) == 0
    assert delete_expired_outcomes(now=over + timedelta(hours=25)) == 1
    with pytest.raises(FileNotFoundError):
        open_outcome(acme.id, file.id)
    assert delete_expired_outcomes(now=over + timedelta(hours=25)) == 0


@pytest.mark.parametrize("name", ["", ".esito", "../x", "a/b", "è.csv", "x" * 121, "a b"])
def test_names_are_plain(acme: CompanyFixture, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        publish_outcome(acme.id, name, b"", NOW)
