"""The environment of the peers: made once for each set of versions, beside the product's own."""

import re
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import requires
from pathlib import Path

_EXTRA = re.compile(r"""^(?P<wanted>[^;]+);\s*extra\s*==\s*["']peers["']""")


class NoPeers(Exception):
    """The environment could not be made; the message says why, in Italian."""


def peers_python() -> Path:
    """Its Python. Makes it where it is missing: needs the package index that pip is set up for. Raises NoPeers."""
    wanted = sorted(
        found["wanted"].strip() for text in requires("bolletta-smart") or () if (found := _EXTRA.match(text))
    )
    name = sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    folder = Path.home() / ".cache" / "bolletta-smart" / f"peers-{name}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPeers(f"L'ambiente dei programmi di confronto non si può creare: {done.stderr.strip()[-300:]}")
    (folder / "complete").touch()
    return python
