"""The data of `smartbill demo`: two invented companies and one job that went the whole way.

Run as a program of its own while the services are up: BILLS SEED FILE; what it has to tell is written to FILE as JSON.
Everything goes through the same doors as in real life; what is there already is kept.
"""

import base64
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from smartbill.adapters.files.shipped import layouts_folder
from smartbill.cli.environment import enter

PASSWORD = "prova bolletta smart"  # noqa: S105 (of invented people, on a server that only this machine reaches)
COMPANY = "LUCEGAS"
_FILES = ("lucegas.toml", "fonteviva.toml")
_WAIT_SECONDS = 600.0

#: In the data folder: the second factors of the demo logins, for the phone stand-in to show.
CODES_FILE = "demo-codes.json"


def totp_secret(email: str, secret_key: str) -> str:
    """The second factor of a demo login: differs per installation, so that the phone stand-in can be told of it."""
    return base64.b32encode(hmac.digest(secret_key.encode(), f"demo:{email}".encode(), "sha1")).decode()


def main(bills: int, seed: int, told: Path) -> None:
    settings = enter()
    from smartbill.apps.companies.queries import directory

    if not {entry.code for entry in directory()} >= {"LUCEGAS", "FONTEVIVA"}:
        _add_companies()
    job = _sent_job() or _send_job(bills, seed)
    told.write_text(
        json.dumps({"password": PASSWORD, "job": job, "vat": _vat_number("FONTEVIVA"), "home": str(settings.home)})
    )


def _add_companies() -> None:
    from django.conf import settings

    from smartbill.usecases.onboarding.company import CannotAdd, add_company
    from smartbill.usecases.onboarding.company_file import read_company_file, with_password
    from smartbill.usecases.staff.second_factor import give_totp

    secret_key = settings.SMARTBILL.secret_keys[0]
    codes: dict[str, str] = {}
    for name in _FILES:
        text = (layouts_folder() / "demo" / name).read_text(encoding="utf-8")
        try:
            added = add_company(with_password(read_company_file(text), PASSWORD), by="demo", now=datetime.now(UTC))
        except CannotAdd:
            continue  # an earlier start was stopped half-way: this one is there
        for person in added.staff:
            if person.role in ("manager", "operator"):
                codes[person.email] = totp_secret(person.email, secret_key)
                give_totp(person.email, codes[person.email])
    _write_private(settings.SMARTBILL.home / CODES_FILE, json.dumps(codes))


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _sent_job() -> str | None:
    from smartbill.apps.intake.models import Job
    from smartbill.apps.tickets.models import Batch
    from smartbill.database.context import company
    from smartbill.usecases.onboarding.company import company_id_of

    with company(company_id_of(COMPANY)):
        job_id = Batch.objects.filter(kind="mass").order_by("id").values_list("job_id", flat=True).first()
        return Job.objects.get(pk=job_id).code if job_id else None


def _vat_number(code: str) -> str:
    from smartbill.apps.companies.queries import company_of_transaction
    from smartbill.database.context import company
    from smartbill.usecases.onboarding.company import company_id_of

    with company(company_id_of(code)):
        return str(company_of_transaction().vat_number)


def _send_job(bills: int, seed: int) -> str:
    """A flow dropped, tested, approved and sent, as staff would do it one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        flow = Path(folder) / "flusso.zip"
        _smartbill(
            "flow", "sample", "--company", COMPANY, "--vat", _vat_number(COMPANY), "--service", "electricity",
            "--service", "gas", "--bills", str(bills), "--seed", str(seed), "--pdf", "--out", str(flow),
        )  # fmt: skip
        job = _smartbill("drop", str(flow), "--company", COMPANY).split()[-1]
    _wait(job, {"published"})
    _smartbill("job", "test", job, "--as", "preparazione@lucegas.example")
    _wait(job, {"tested"})
    _smartbill("job", "approve", job, "--as", "responsabile@lucegas.example", "--note", "Va bene, si può inviare.")
    _smartbill("job", "send", job, "--as", "operatore@servizio.example")
    _wait(job, {"done"})
    return job


def _wait(job: str, stages: set[str]) -> None:
    """Wait until the job has come so far; workers do it in their own time."""
    from smartbill.usecases.jobs import overview
    from smartbill.usecases.onboarding.company import company_id_of

    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        stage = overview(company_id_of(COMPANY), job).stage
        if stage in stages:
            return
        if stage in ("refused", "held") or time.monotonic() > deadline:
            raise SystemExit(f"La lavorazione {job} è ferma: {stage}.")
        time.sleep(0.2)


def _smartbill(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "smartbill", *arguments], check=False, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise SystemExit(f"smartbill {arguments[0]}: {done.stderr or done.stdout}")
    return done.stdout.strip()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
