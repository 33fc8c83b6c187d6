"""`smartbill contacts check` as scripts use it."""

import json
from pathlib import Path

from typer.testing import CliRunner

from smartbill.cli.main import command_line

GOOD = "codice_anagrafico;cellulare;email;canale\n106082;333 1234567;anna@example.it;EMAIL\n"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command_line("contacts"), ["contacts", "check", *arguments])
    return result.exit_code, result.output


def test_json_of_several_files(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(GOOD)
    bad.write_text("codice_anagrafico;cellulare\n1;333I234567\n")
    code, output = run("--json", str(good), str(bad))
    assert code == 1
    assert [json.loads(line) for line in output.splitlines()] == [
        {
            "file": str(good),
            "accepted": 1,
            "contacts": [
                {
                    "key": "106082",
                    "mobile": "+393331234567",
                    "email": "anna@example.it",
                    "channel": "email",
                    "language": "",
                }
            ],
            "findings": [],
        },
        {
            "file": str(bad),
            "accepted": 0,
            "contacts": [],
            "findings": [
                {
                    "code": "CSV-505",
                    "level": "row",
                    "line": 2,
                    "record": "",
                    "field": "mobile",
                    "message": "Riga 2: numero di cellulare non valido.",
                },
                {
                    "code": "CSV-503",
                    "level": "file",
                    "line": None,
                    "record": "",
                    "field": "",
                    "message": "Recapiti: troppe righe scartate (1 su 1), file respinto.",
                },
            ],
        },
    ]


def test_plain_output_and_exit_codes(tmp_path: Path) -> None:
    good, odd = tmp_path / "good.csv", tmp_path / "odd.csv"
    good.write_text(GOOD)
    odd.write_text("anagrafica;sms;[red]\n1;3331234567;x\n")
    assert run(str(good)) == (0, "good.csv: 1 recapiti accettati, 0 segnalazioni\n")
    assert run(str(odd)) == (
        0,
        "odd.csv: 1 recapiti accettati, 1 segnalazioni\n"
        "  WRN-410 Recapiti: colonna «[red]» non riconosciuta, ignorata.\n",
    )
    assert run(str(tmp_path / "missing.csv"))[0] == 2
    assert run()[0] == 2
