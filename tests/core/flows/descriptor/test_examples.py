"""The example layouts under `layouts/` read their flows as their authors say that they must."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from smartbill.core.flows.descriptor.layout import compile_layout
from smartbill.core.flows.formats import described_format
from smartbill.core.flows.trial import Trial, TrialReader
from smartbill.core.wording.findings import message

LAYOUTS = Path(__file__).resolve().parents[4] / "layouts"
NOW = datetime(2026, 8, 6, 8, 0, tzinfo=UTC)
EXAMPLES = sorted(path.parent for path in LAYOUTS.glob("*/expected.json"))
FLOWS = [
    pytest.param(folder, told, id=f"{folder.name}-{told['file']}")
    for folder in EXAMPLES
    for told in json.loads((folder / "expected.json").read_text(encoding="utf-8"))
]


def trial(folder: Path, file: str) -> Trial:
    layout = compile_layout((folder / "descriptor.toml").read_text(encoding="utf-8"))
    with (folder / file).open("rb") as source:
        return TrialReader(file=file, now=NOW).bare(source, layout=described_format(layout))


def as_json(read: Trial, file: str) -> dict[str, Any]:
    findings = [
        {
            "code": found.code,
            "level": found.level.value,
            "line": found.line,
            "record": found.record,
            "field": found.field,
            "message": message(found),
        }
        for found in read.findings
    ]
    return {"file": file, "accepted": json.loads(msgspec.json.encode(read.accepted)), "findings": findings}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("folder", "told"), FLOWS)
def test_an_example_is_read_as_its_author_says(folder: Path, told: dict[str, Any]) -> None:
    read = as_json(trial(folder, told["file"]), told["file"])
    assert read["accepted"] == told["accepted"]
    keys = told["findings"][0].keys() if told["findings"] else ()
    assert [{key: found[key] for key in keys} for found in read["findings"]] == told["findings"]
