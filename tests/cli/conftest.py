"""The command as a program."""

import pytest

from tests.cli.calling import Smartbill


@pytest.fixture
def smartbill(process_environment: dict[str, str]) -> Smartbill:
    return Smartbill(process_environment)
