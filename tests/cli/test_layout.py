"""Layouts from the command line: trial reads by one, lists, and a company that is added with one."""

import json
from pathlib import Path

from tests.cli.program import call

Environ = dict[str, str]
FOLDER = Path(__file__).resolve().parents[2] / "layouts"
FLOW = str(FOLDER / "valmarina" / "VM26Q2.spl")


def test_a_flow_is_tried_by_name_and_by_file(process_environment: Environ, tmp_path: Path) -> None:
    by_name = call("flow", "check", FLOW, "--layout", "valmarina", "--json", environ=process_environment)
    by_id = call("flow", "check", FLOW, "--layout", "valmarina-spool", "--json", environ=process_environment)
    file = tmp_path / "mine.toml"
    file.write_text((FOLDER / "valmarina" / "descriptor.toml").read_text(encoding="utf-8"), encoding="utf-8")
    by_file = call("flow", "check", FLOW, "--layout", str(file), "--json", environ=process_environment)
    assert (by_name.code, by_name.out) == (by_id.code, by_id.out) == (by_file.code, by_file.out)
    told = json.loads(by_name.out)
    assert (by_name.code, len(told["accepted"]), told["findings"]) == (0, 13, [])


def test_mistakes_of_a_layout_are_told_together(process_environment: Environ, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    text = (FOLDER / "valmarina" / "descriptor.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("max_files = 1", "max_file = 1").replace('kind = "fixed"', 'kind = "fisso"', 1))
    tried = call("flow", "check", FLOW, "--layout", str(file), environ=process_environment)
    assert (tried.code, tried.out) == (2, "")
    assert tried.err.splitlines() == [
        f"Tracciato «{file}» da correggere:",
        "  [files]: la chiave «max_file» non esiste; sono ammesse: match, max_files.",
    ]
    file.write_text(text.replace('kind = "fixed"', 'kind = "fisso"', 1))
    tried = call("flow", "check", FLOW, "--layout", str(file), environ=process_environment)
    assert tried.err.splitlines()[1] == (
        "  [layout], chiave «kind»: «fisso» non esiste; sono ammessi: fixed, delimited, xml."
    )


def test_layouts_are_listed_and_shown(process_environment: Environ) -> None:
    listed = call("layout", "list", environ=process_environment)
    names = [line.split()[0] for line in listed.out.splitlines()[1:]]
    assert {"borgoprova", "lumengas", "stabo-v1-d", "stabo-v1-f", "valmarina"} <= set(names)
    shown = call("layout", "show", "lumengas", environ=process_environment)
    assert shown.out == (FOLDER / "lumengas" / "descriptor.toml").read_text(encoding="utf-8")
    missing = call("layout", "show", "nessuno", environ=process_environment)
    assert (missing.code, missing.out) == (2, "")


def test_a_company_is_added_with_its_layout(db: object, process_environment: Environ, tmp_path: Path) -> None:
    company = 'code = "VALMARINA"\nname = "Acquedotto di Prova"\n'
    file = tmp_path / "valmarina.toml"
    file.write_text(f'{company}layouts = ["nessuno"]\n')
    wrong = call("company", "add", str(file), environ=process_environment)
    assert wrong.code == 2
    assert wrong.err.splitlines()[1].startswith("layouts, numero 1: il tracciato «nessuno» non esiste; ci sono: ")
    (tmp_path / "mio.toml").write_text((FOLDER / "valmarina" / "descriptor.toml").read_text(encoding="utf-8"))
    (tmp_path / "esempio.spl").write_bytes(Path(FLOW).read_bytes())
    file.write_text(f'{company}[[layouts]]\nfile = "mio.toml"\nvalid_from = 2026-01-01\n')
    wrong = call("company", "add", str(file), environ=process_environment)
    assert (wrong.code, "manca il file di esempio" in wrong.err) == (2, True)
    file.write_text(f'{company}[[layouts]]\nfile = "mio.toml"\nsample = "esempio.spl"\nvalid_from = 2026-01-01\n')
    added = call("company", "add", str(file), environ=process_environment)
    assert (added.code, added.err) == (0, "")
    shown = call("company", "show", "valmarina", environ=process_environment)
    assert "tracciato valmarina-spool (versione 1) dal 01/01/2026" in shown.out.splitlines()
    listed = call("layout", "list", "--company", "VALMARINA", environ=process_environment)
    assert listed.out.splitlines()[1].split()[0] == "valmarina-spool"
    text = call("layout", "show", "valmarina-spool", "--company", "VALMARINA", environ=process_environment)
    assert text.out == (tmp_path / "mio.toml").read_text()
