from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CompanyFixture
from tests.web.sftp.serving import RunningServer, add_accounts, running


@pytest.fixture
def server(acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path) -> Iterator[RunningServer]:
    add_accounts(acme, hydra)
    with running(tmp_path) as started:
        yield started
