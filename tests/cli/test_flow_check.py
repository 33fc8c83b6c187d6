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


SAMPLES = Path(__file__).parents[1] / "samples" / "fatturapa"


def test_public_invoices_plain_and_signed() -> None:
    """What the README of the samples promises of each."""
    paths = sorted(path for path in SAMPLES.glob("*/*"))
    ended = smartbill(*map(str, paths), "--json", "--layout", "fatturapa")
    assert ended.returncode == 1  # three of them are to be refused
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    accepted = {
        Path(each["file"]).name: [
            (one["document"], one["kind"], one["issue_date"], one["total_bill"], one["total_due"], one["terms"])
            for one in each["accepted"]
        ]
        for each in told
    }
    signed = [("2", "invoice", "2018-06-08", "122.00", "100.00", [{"due_date": None, "amount": "100.00"}])]
    plain = ("123", "invoice", "2017-01-18", "6.10", "6.10", [{"due_date": "2017-02-18", "amount": "6.10"}])
    assert accepted == {
        "IT01234567890_FPA01.xml": [plain],
        "IT01234567890_FPR03.xml": [
            ("123", "invoice", "2014-12-18", "32.95", "32.95", [{"due_date": "2015-01-30", "amount": "32.95"}]),
            ("456", "invoice", "2014-12-20", "2440.00", "2440.00", [{"due_date": "2015-01-28", "amount": "2440.00"}]),
        ],
        "IT01234567890_FPR04.xml": [
            ("123", "invoice", "2014-12-18", "6.10", "6.10", [{"due_date": "2015-01-30", "amount": "6.10"}])
        ],
        "IT02182030391_31.xml.p7m": signed,
        "IT02182030391_31.Base64.xml.p7m": signed,
        "invoice-credit-note.xml": [("CN-001", "credit_note", "2024-10-09", "-1388.40", "-1388.40", [])],
        "invoice-reverse-charge.xml": [
            ("SAMPLE-010", "invoice", "2024-02-15", "2300.00", "2300.00", [{"due_date": None, "amount": "2300.00"}])
        ],
        "invoice-services-period.xml": [],
        "billion_laughs.xml": [],
        "missing_DatiGeneraliDocumento_Numero.xml": [],
    }
    refused = [(f["code"], f["message"]) for each in told for f in each["findings"] if f["level"] != "warning"]
    assert refused == [
        ("XML-609", "Fattura SAMPLE-001: tipo documento TD06 non gestito."),
        ("XML-601", "Il file «billion_laughs.xml» contiene una DTD: rifiutato per sicurezza."),
        ("XML-606", "Fattura missing_DatiGeneraliDocumento_Numero.xml: manca l'elemento obbligatorio Numero."),
    ]


def test_the_supplier_of_invoices() -> None:
    path = str(SAMPLES / "simevo" / "IT01234567890_FPA01.xml")
    assert smartbill(path, "--vat", "IT01234567890").returncode == 0
    ended = smartbill(path, "--vat", "99000000017", "--json")
    assert ended.returncode == 1
    told = json.loads(ended.stdout)
    assert (told["accepted"], [(f["code"], f["level"], f["message"]) for f in told["findings"]]) == (
        [],
        [
            (
                *("FLS-007", "file"),
                "Il flusso è intestato all'azienda 01234567890, diversa da quella dell'area SFTP.",
            )
        ],
    )
