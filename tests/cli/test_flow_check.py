"""`smartbill flow check` as scripts use it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.core.flows.stabo.example import PATH, content, edited


def smartbill(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / "smartbill"), "flow", "check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_json_of_the_worked_example() -> None:
    ended = smartbill(str(PATH), "--json", "--company", "ACQUALUCE")
    assert ended.returncode == 0
    told = json.loads(ended.stdout)
    assert told["file"] == str(PATH)
    assert told["accepted"] == [
        {
            "document": "B051/601",
            "kind": "invoice",
            "issue_date": "2026-07-06",
            "total_bill": "128.57",
            "total_due": "146.57",
            "terms": [{"due_date": "2026-07-27", "amount": "146.57"}],
            "supplies": [
                {"service": "electricity", "point_code": "IT001E00000017", "consumption": "412", "unit": "kWh"}
            ],
        },
        {
            "document": "I051/1187",
            "kind": "invoice",
            "issue_date": "2026-07-06",
            "total_bill": "96.45",
            "total_due": "96.00",
            "terms": [{"due_date": "2026-07-27", "amount": "96.00"}],
            "supplies": [{"service": "water", "point_code": "0007712345", "consumption": "48", "unit": "mc"}],
        },
    ]
    assert {finding["level"] for finding in told["findings"]} == {"warning"}


def test_exit_codes_and_one_object_per_file(tmp_path: Path) -> None:
    spoiled = tmp_path / PATH.name
    spoiled.write_bytes(content(edited((2, 10, "Z"))))
    ended = smartbill(str(PATH), str(spoiled), "--json")
    assert ended.returncode == 1
    first, second = (json.loads(line) for line in ended.stdout.splitlines())
    assert (len(first["accepted"]), [each["document"] for each in second["accepted"]]) == (2, ["I051/1187"])
    assert second["findings"][-1] == {
        "code": "REC-105",
        "level": "document",
        "line": 2,
        "record": "10",
        "field": "billing_kind",
        "message": "Riga 2, campo «billing_kind»: valore «Z» non previsto.",
    }
    assert smartbill(str(PATH), "--company", "ALTRA").returncode == 1
    assert smartbill(str(tmp_path / "missing.txt")).returncode == 2
    assert smartbill(str(PATH), "--layout", "telex").returncode == 2
    assert smartbill(str(PATH), "--wrong").returncode == 2


def test_for_people(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(PATH, PATH.name)
    ended = smartbill(str(archive))
    lines = ended.stdout.splitlines()
    assert lines[0].endswith("a.zip")
    assert lines[1] == "  documenti letti: 2, accettati: 0, respinti: 2"
    assert lines[-1] == "Flusso respinto: nulla sarebbe accettato."
    assert ended.returncode == 1


def test_needs_no_django() -> None:
    code = (
        "import sys; sys.argv = ['smartbill', 'flow', 'check', sys.argv[1]]\n"
        "from smartbill.cli.main import run\n"
        "try:\n    run()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert 'django' not in sys.modules\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(PATH)], capture_output=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
