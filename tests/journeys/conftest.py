"""A whole installation on the test's database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from smartbill.adapters.postgres.roles import DatabaseUrls
from tests.journeys.services import City


@pytest.fixture
def city(db: DatabaseUrls, process_environment: dict[str, str], tmp_path: Path) -> Iterator[City]:
    environment = {**process_environment, "SMARTBILL_SECRET_KEYS": ",".join(settings.SMARTBILL.secret_keys)}
    with City(tmp_path / "home", environment) as running:
        yield running
