"""`smartbill flow check` on the example flows says what their generators worked out without it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LAYOUTS = Path(__file__).parents[2] / "layouts"
EXAMPLES = ("borgoprova", "lumengas", "valmarina")


def checked(folder: Path, *names: str) -> list[dict[str, object]]:
    command = [str(Path(sys.executable).parent / "smartbill"), "flow", "check", *names, "--json"]
    command += ["--layout", str(folder / "descriptor.toml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder)
    assert ended.stderr == ""
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: str) -> None:
    folder = LAYOUTS / example
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    found = checked(folder, *[each["file"] for each in expected])
    assert found == expected


def test_every_example_has_many_bills_and_faults() -> None:
    for example in EXAMPLES:
        good, faulty, *_ = json.loads((LAYOUTS / example / "expected.json").read_text(encoding="utf-8"))
        assert len(good["accepted"]) >= 12
        assert good["findings"] == []
        assert len({finding["code"] for finding in faulty["findings"]}) >= 6
