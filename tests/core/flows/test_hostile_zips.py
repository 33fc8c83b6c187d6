"""Every archive made to do harm ends in its sentence."""

from io import BytesIO
from pathlib import Path

import pytest

from smartbill.core.flows.archive import GIB
from tests.core.flows.hostile_zips import HOSTILE, sentence_of


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archive(name: str) -> None:
    write, sentence = HOSTILE[name]
    out = BytesIO()
    write(out)
    assert sentence_of(out) == sentence


def test_more_than_a_zip_may_have(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.truncate(4 * GIB + 1)  # takes no room
    with path.open("rb") as file:
        assert sentence_of(file) == "L'archivio supera la dimensione massima (4 GiB)."
