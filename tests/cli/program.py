"""The command as a person or a script calls it: a process of its own on the test's database."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str


def call(*arguments: str, environ: Mapping[str, str]) -> Called:
    """Run `smartbill …` to its end; lines are not wrapped."""
    done = subprocess.run(
        [sys.executable, "-m", "smartbill", *arguments],
        env={**environ, "COLUMNS": "300"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Called(done.returncode, done.stdout, done.stderr)
