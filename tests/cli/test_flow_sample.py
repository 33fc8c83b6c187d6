"""`smartbill flow sample` from the outside."""

import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from smartbill.cli.flow_sample import register
from smartbill.core.flows.sample import FAULT_CODES


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return app


def run(app: typer.Typer, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["sample", "--company", "PROVA", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_flow_is_written_and_told(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "flusso.zip"
    code, said, _ = run(
        app, "--bills", "20", "--seed", "4", "--date", "2026-07-06", "--service", "gas", "--service", "I",
        "--series", "G001", "--first-number", "501", "--batch", "2026_27", "--flow-id", "PROVA-27", "--test",
        "--out", str(out),
    )  # fmt: skip
    assert code == 0
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ["STABO_PROVA_PROVA-27.txt"]
        lines = archive.read("STABO_PROVA_PROVA-27.txt").decode().splitlines()
    header, bill = lines[0].split("|"), lines[1].split("|")
    assert header[6:9] == ["PROVA-27", "2026_27", "06072026000000"]
    assert header[11:14] == ["GI", "T", "N"]
    assert bill[3:6] == ["G001", "501", "06072026"]
    assert said.splitlines()[1] == f"flusso STABO_PROVA_PROVA-27.txt, {len(lines)} righe"
    assert list(tmp_path.iterdir()) == [out]


def test_same_command_same_bytes(app: typer.Typer, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        run(app, "--bills", "50", "--date", "06/07/2026", "--pdf", "--contacts-csv", "--out", str(tmp_path / name))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--service", "luce"], "Servizio non previsto: luce. Previsti: electricity, gas, water."),
        (["--date", "2026-07-06", "--year", "2025"], "Indicare --date oppure --year, non entrambi."),
        (["--layout", "fatturapa", "--pdf"], "I PDF accompagnano solo il tracciato stabo."),
    ],
)
def test_misuse_leaves_no_file(app: typer.Typer, tmp_path: Path, arguments: list[str], message: str) -> None:
    code, _, said = run(app, "--bills", "20", "--out", str(tmp_path / "x.zip"), *arguments)
    assert (code, said.strip(), list(tmp_path.iterdir())) == (2, message, [])


def test_a_place_that_cannot_be_written(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "missing" / "x.zip"
    code, _, said = run(app, "--bills", "1", "--out", str(out))
    assert (code, said.strip()) == (2, f"Non posso scrivere «{out}»: No such file or directory.")


def test_wanted_faults_are_listed(app: typer.Typer) -> None:
    code, said, _ = run(app, "--bills", "1", "--out", "x.zip", "--faults", "list")
    assert (code, said.split()) == (0, sorted(FAULT_CODES))
