"""Archives for the tests of the intake, made from sample flows, and handed in as a company would."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from smartbill.apps.intake.models import Finding, Job
from smartbill.apps.intake.queries import finding_counts, job_by_code
from smartbill.core.flows.sample import SampleSpec, write_sample
from smartbill.core.wording.findings import message
from smartbill.database.context import company
from smartbill.usecases.intake.receive import Received, receive_drop
from tests.conftest import CompanyFixture
from tests.worker import run_tasks

NOW = datetime(2026, 7, 6, 16, 30, tzinfo=UTC)
ISSUED = date(2026, 7, 6)


def sample(owner: CompanyFixture, *, bills: int = 20, seed: int = 1, **wishes: object) -> bytes:
    """The ZIP of a sample flow of the company."""
    spec = SampleSpec(company_code=owner.code, bills=bills, seed=seed, issue_date=ISSUED, **wishes)  # type: ignore[arg-type]
    out = io.BytesIO()
    write_sample(spec, out)
    return out.getvalue()


def archive(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def repacked(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The archive with its files changed."""
    files = unpacked(content)
    change(files)
    return archive(files)


def edited(content: bytes, change: Callable[[str], str], *, keep_digest: bool = False) -> bytes:
    """The archive with its flow's text changed. The digest in the trailer is left out, unless it is to be wrong."""

    def change_flow(files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.startswith("STABO"))
        text = change(files[name].decode())
        if not keep_digest:
            text = re.sub(r"(?m)^(99\|.*\|)[0-9a-f]{64}", r"\1", text)
        files[name] = text.encode()

    return repacked(content, change_flow)


def drop_bytes(
    owner: CompanyFixture,
    content: bytes,
    folder: Path,
    *,
    name: str = "flusso.zip",
    now: datetime = NOW,
    source: str = "command",
) -> Received:
    digest = sha256(content).hexdigest()
    path = folder / f"{digest}-{owner.code}"
    path.write_bytes(content)
    return receive_drop(
        company_id=owner.id,
        name=name,
        path=path,
        digest=digest,
        size=len(content),
        source=source,
        account_id=None,
        now=now,
    )


def life(owner: CompanyFixture, content: bytes, folder: Path, *, name: str = "flusso.zip") -> Job:
    """Hand the archive in and run all tasks; the job as it is then."""
    received = drop_bytes(owner, content, folder, name=name)
    assert received.job_code is not None
    run_tasks()
    with company(owner.id):
        job = job_by_code(received.job_code)
    assert job is not None
    return job


def counted(owner: CompanyFixture, job: Job) -> dict[str, int]:
    with company(owner.id):
        return {each.code: each.count for each in finding_counts(job.pk)}


def sentences(owner: CompanyFixture, job: Job, code: str) -> list[str]:
    with company(owner.id):
        return [message(row.value) for row in Finding.objects.filter(job=job, code=code).order_by("n")[:100]]
