"""Calling `smartbill` as a program, on the test's database."""

import subprocess
import sys
from collections.abc import Mapping


class Smartbill:
    """The command, in the environment of real processes (`process_environment`)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, *arguments: str) -> str:
        """What a command prints that must go well."""
        done = self._run(arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def failing(self, *arguments: str) -> tuple[int, str]:
        """Exit code and complaint of a command; nothing may be printed as a result."""
        done = self._run(arguments)
        assert done.stdout == "", done.stdout
        return done.returncode, " ".join(done.stderr.split())

    def _run(self, arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "smartbill", *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
