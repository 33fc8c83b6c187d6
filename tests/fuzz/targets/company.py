"""The TOML file that describes a company."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartbill.config.settings")
os.environ.setdefault("DATABASE_URL", "postgresql://smartbill_app@/not-asked-for")
django.setup()

from smartbill.usecases.onboarding.company_file import CompanyFileMistakes, read_company_file  # noqa: E402
from tests.fuzz.target import Target  # noqa: E402

_DEMO = Path(__file__).parents[3] / "layouts" / "demo"


def _seeds() -> Sequence[bytes]:
    return [path.read_bytes() for path in sorted(_DEMO.glob("*.toml"))]


def _read(data: bytes) -> Iterable[str]:
    try:
        read_company_file(data.decode("utf-8", errors="replace"))
    except CompanyFileMistakes as refused:
        return refused.mistakes
    return ()


TARGET = Target(
    name="company",
    seeds=_seeds,
    read=_read,
    words=(
        b"[intake]\n",
        b"[[staff]]\n",
        b"[access]\n",
        b" = ",
        b"[",
        b"]",
        b"{",
        b"}",
        b'"""',
        b"true",
        b"1979-05-27",
    ),
)
