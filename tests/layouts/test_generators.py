"""The example flows are what their generators write: nobody mends a flow or an expected result by hand."""

from pathlib import Path
from types import ModuleType

import pytest

from tests.layouts.borgoprova import make_flow as borgoprova
from tests.layouts.lumengas import make_flow as lumengas
from tests.layouts.valmarina import make_flow as valmarina


@pytest.mark.parametrize("generator", [valmarina, lumengas, borgoprova])
def test_files_are_what_the_generator_writes(
    generator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = generator.FOLDER
    monkeypatch.setattr(generator, "FOLDER", tmp_path)
    generator.main()
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert "expected.json" in written
    assert len(written) >= 3
    for name, content in written.items():
        assert (kept / name).read_bytes() == content
