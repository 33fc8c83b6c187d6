"""The command itself: its list, its start, and help with an example for every sub-command."""

import os
import statistics
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from smartbill.cli.main import COMMANDS, command_line

WRITTEN = sorted(name for name, (module, _) in COMMANDS.items() if find_spec(module))

SMARTBILL = [sys.executable, "-m", "smartbill"]


def _help(*arguments: str) -> str:
    result = CliRunner().invoke(command_line(arguments[0] if arguments else ""), [*arguments, "--help"])
    assert result.exit_code == 0
    return " ".join(result.output.replace("│", " ").split())


def _sub_commands(name: str) -> list[list[str]]:
    app = import_module(COMMANDS[name][0]).app
    if len(app.registered_commands) == 1 and app.registered_callback is None:
        return [[name]]
    names = [command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands]
    return [[name, sub_name] for sub_name in names]


def test_the_list_has_every_command_with_its_line() -> None:
    shown = _help()
    assert [name for name, (_, line) in COMMANDS.items() if f"{name} {line}" not in shown] == []


def test_the_list_imports_no_command_and_no_django() -> None:
    code = (
        "import sys; from smartbill.cli.main import run; sys.argv = ['smartbill', '--help']\n"
        "try: run()\nexcept SystemExit: pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stderr.split())
    assert loaded & ({module for module, _ in COMMANDS.values()} | {"django", "psycopg", "granian"}) == set()


def test_the_list_is_there_at_once() -> None:
    def seconds_of_processor() -> float:
        before = os.times()
        subprocess.run([*SMARTBILL, "--help"], capture_output=True, check=True, timeout=60)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    # 0.15 s when this was written; Django alone takes longer than the limit.
    assert statistics.median(seconds_of_processor() for _ in range(3)) < 0.6


@pytest.mark.parametrize("command", [c for name in WRITTEN for c in _sub_commands(name)], ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    assert f"Esempio: smartbill {' '.join(command)}" in _help(*command)


def test_a_command_that_does_not_exist_is_told() -> None:
    result = CliRunner().invoke(command_line("bolletta"), ["bolletta"])
    assert (result.exit_code, "bolletta" in result.output) == (2, True)
