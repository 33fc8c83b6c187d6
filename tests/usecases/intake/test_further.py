"""PDFs of a flow that come in further ZIPs: before it, after it, in pieces, twice, for nobody."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from smartbill.apps.companies.models import Company, SettingsVersion
from smartbill.apps.intake.models import FurtherZip, Job
from smartbill.apps.intake.queries import job_by_code
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.standins.mailbox import text_of
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.intake.again import process_again
from smartbill.usecases.intake.decide import refuse_held
from smartbill.usecases.staff.deliveries import deliveries_found
from smartbill.usecases.staff.further import further_of
from smartbill.usecases.staff.jobs import job_page
from smartbill.usecases.sweeps.intake import sweep_intake
from tests.conftest import CompanyFixture
from tests.smtp_standin import SmtpStandIn
from tests.usecases.intake.flows import NOW, archive, counted, drop_bytes, life, sample, sentences, unpacked
from tests.worker import run_tasks

BILLS = 6


class Parts:
    """A sample flow with PDFs, cut into the flow and its PDFs."""

    def __init__(self, owner: CompanyFixture, *, seed: int = 1) -> None:
        files = unpacked(sample(owner, bills=BILLS, pdf=True, seed=seed))
        self.pdfs = {name: content for name, content in files.items() if name.endswith(".pdf")}
        self.rest = {name: content for name, content in files.items() if name not in self.pdfs}
        self.flow = archive(self.rest)
        (name,) = (name for name in self.rest if name.startswith("STABO"))
        self.flow_id = name.removesuffix(".txt").split("_", 2)[2]
        assert len(self.pdfs) == BILLS

    def pdf_zip(self, start: int, end: int) -> bytes:
        return archive(dict(list(self.pdfs.items())[start:end]))

    def name(self, n: int) -> str:
        return f"PDF_{self.flow_id}_{n}.zip"


@pytest.fixture
def parts(acme: CompanyFixture) -> Parts:
    return Parts(acme)


def again_seen(owner: CompanyFixture, job: Job) -> Job:
    with company(owner.id):
        found = job_by_code(job.code)
    assert found is not None
    return found


def codes(owner: CompanyFixture, job: Job) -> dict[str, int]:
    """All findings but those that a sample has of itself."""
    return {code: count for code, count in counted(owner, job).items() if code not in {"WRN-407", "WRN-410"}}


def states(owner: CompanyFixture) -> list[tuple[str, str]]:
    with company(owner.id):
        rows = FurtherZip.objects.select_related("drop").order_by("id")
        return [(row.drop.name, row.state) for row in rows]


def test_a_flow_waits_for_the_pdfs_that_it_announces(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    assert job.state == JobState.READING
    assert codes(acme, job) == {}
    with company(acme.id):
        page = job_page(job.code, now=NOW)
    assert page is not None
    assert page.waiting is not None
    assert (page.waiting.found, page.waiting.announced, page.waiting.flow_id) == (0, BILLS, parts.flow_id)

    first = drop_bytes(acme, parts.pdf_zip(0, 2), tmp_path, name=parts.name(1))
    assert (first.job_code, first.duplicate, first.message) == (job.code, False, "")
    run_tasks()
    assert again_seen(acme, job).state == JobState.READING

    drop_bytes(acme, parts.pdf_zip(2, BILLS), tmp_path, name=parts.name(2).upper().replace(".ZIP", ".zip"))
    run_tasks()
    job = again_seen(acme, job)
    assert (job.state, job.bills, job.refused) == (JobState.PUBLISHED, BILLS, 0)
    assert codes(acme, job) == {}
    with company(acme.id):
        found = job_page(job.code, now=NOW)
    assert found is not None
    assert found.waiting is None
    assert [line.state for line in found.further] == ["read", "read"]


def test_pdfs_before_their_flow(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    received = drop_bytes(acme, parts.pdf_zip(0, 3), tmp_path, name=parts.name(1))
    assert (received.job_code, received.duplicate) == (None, False)
    assert received.message == (
        f"PDF per il flusso {parts.flow_id}, non ancora arrivato: conservati in attesa del flusso."
    )
    with SmtpStandIn(tmp_path / "mail.sqlite").running() as server:
        with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port):
            run_tasks(queues=["mail"])
        assert len(server.received()) == 4  # all staff
        (mail,) = server.received("operator@acme.example")
        assert mail.subject == "Acme Energia: PDF senza lavorazione aperta"
        found = server.mailbox.mail(mail.id)
        assert found is not None
        assert received.message in text_of(found[1], "plain")
    with company(acme.id):
        (line,) = deliveries_found().rows
    assert line.further is not None
    assert (line.name, line.job, line.further.state, line.further.sentence) == (
        parts.name(1), "", "waiting", received.message,
    )  # fmt: skip
    with_some = archive(parts.rest | dict(list(parts.pdfs.items())[3:]))
    job = life(acme, with_some, tmp_path)
    assert (job.state, job.bills) == (JobState.PUBLISHED, BILLS)
    assert states(acme) == [(parts.name(1), "read")]


def test_pdfs_of_another_company_are_not_taken(
    acme: CompanyFixture, hydra: CompanyFixture, parts: Parts, tmp_path: Path
) -> None:
    job = life(acme, parts.flow, tmp_path)
    received = drop_bytes(hydra, parts.pdf_zip(0, BILLS), tmp_path, name=parts.name(1))
    run_tasks()
    assert received.job_code is None
    assert again_seen(acme, job).state == JobState.READING
    assert states(hydra) == [(parts.name(1), "waiting")]


def test_the_same_zip_twice(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    content = parts.pdf_zip(0, 2)
    drop_bytes(acme, content, tmp_path, name=parts.name(1))
    run_tasks()
    received = drop_bytes(acme, content, tmp_path, name=parts.name(2))
    assert (received.duplicate, received.message) == (
        True, "Archivio già ricevuto il 06/07/2026 18:30: nessuna nuova lavorazione.",
    )  # fmt: skip
    run_tasks()
    assert states(acme) == [(parts.name(1), "read")]
    assert again_seen(acme, job).state == JobState.READING


NOT_A_ZIP = b"no archive"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda parts: NOT_A_ZIP, "L'archivio «{name}» non è un file ZIP leggibile."),
        (lambda parts: archive({"a.txt": b"x"}), "L'archivio «{name}» non contiene PDF."),
        (lambda parts: archive({"../a.pdf": b"x"}), "Nome di file non ammesso nell'archivio: «../a.pdf»."),
    ],
)
def test_a_bad_zip_is_refused_alone(
    acme: CompanyFixture, parts: Parts, tmp_path: Path, content: Callable[[Parts], bytes], sentence: str
) -> None:
    job = life(acme, parts.flow, tmp_path)
    drop_bytes(acme, content(parts), tmp_path, name=parts.name(1))
    run_tasks()
    job = again_seen(acme, job)
    with company(acme.id):
        (line,) = further_of(job)
    assert (line.state, line.sentence) == ("refused", sentence.format(name=parts.name(1)))
    drop_bytes(acme, parts.pdf_zip(0, BILLS), tmp_path, name=parts.name(1))
    run_tasks()
    assert again_seen(acme, job).state == JobState.PUBLISHED


def test_a_name_that_has_come_already(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    drop_bytes(acme, parts.pdf_zip(0, 2), tmp_path, name=parts.name(1))
    run_tasks()
    drop_bytes(acme, parts.pdf_zip(1, BILLS), tmp_path, name=parts.name(2))
    run_tasks()
    assert states(acme) == [(parts.name(1), "read"), (parts.name(2), "refused")]
    twice = list(parts.pdfs)[1]
    assert sentences(acme, job, "ZIP-008") == [f"Nell'archivio ci sono due file con lo stesso nome: «{twice}»."]


def test_a_damaged_pdf_in_a_further_zip_costs_its_document(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    content = bytearray(parts.pdf_zip(0, BILLS))
    content[content.index(next(iter(parts.pdfs)).encode()) + 60] ^= 0xFF
    drop_bytes(acme, bytes(content), tmp_path, name=parts.name(1))
    run_tasks()
    job = again_seen(acme, job)
    assert (job.state, job.refused) == (JobState.HELD, 1)
    assert codes(acme, job) == {"ZIP-010": 1, "DOC-302": 1}


def test_more_pdfs_than_announced(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    pdfs = parts.pdfs | {"di_troppo.pdf": next(iter(parts.pdfs.values()))}
    drop_bytes(acme, archive(pdfs), tmp_path, name=parts.name(1))
    run_tasks()
    job = again_seen(acme, job)
    assert job.state == JobState.REFUSED
    assert sentences(acme, job, "FLS-023") == [f"I record di tipo PDF sono {BILLS + 1}, la coda ne dichiara {BILLS}."]


def test_the_time_passes(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    assert job.pdfs_until is not None
    with company(acme.id):
        Job.objects.filter(pk=job.pk).update(pdfs_until=job.pdfs_until - timedelta(hours=24))
    assert sweep_intake(now=NOW + timedelta(days=365)) == 1
    run_tasks()
    job = again_seen(acme, job)
    assert job.state == JobState.REFUSED
    assert sentences(acme, job, "FLS-023") == [f"I record di tipo PDF sono 0, la coda ne dichiara {BILLS}."]
    late = drop_bytes(acme, parts.pdf_zip(0, 1), tmp_path, name=parts.name(1))
    assert late.job_code is None  # it waits: the flow may be sent again


def test_a_person_waits_no_longer(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    refuse_held(acme.operator, job.code, "Non arrivano", NOW)
    run_tasks()
    job = again_seen(acme, job)
    assert job.state == JobState.REFUSED
    assert codes(acme, job) == {"FLS-023": 1, "DOC-301": BILLS}


def test_nothing_to_refuse_where_nothing_waits(acme: CompanyFixture, tmp_path: Path) -> None:
    job = life(acme, sample(acme, bills=3, pdf=True), tmp_path)
    assert job.state == JobState.PUBLISHED
    with pytest.raises(NotPossible):
        refuse_held(acme.operator, job.code, "", NOW)


def test_too_late(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, archive(parts.rest | parts.pdfs), tmp_path)
    assert job.state == JobState.PUBLISHED
    received = drop_bytes(acme, parts.pdf_zip(0, 1), tmp_path, name=parts.name(1))
    assert (received.job_code, received.message) == (
        job.code,
        f"PDF per il flusso {parts.flow_id} arrivati tardi: la sua lavorazione è già decisa, non sono stati letti.",
    )
    assert states(acme) == [(parts.name(1), "late")]


def test_reading_again_takes_the_further_zips_along(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    job = life(acme, parts.flow, tmp_path)
    drop_bytes(acme, parts.pdf_zip(0, 2), tmp_path, name=parts.name(1))
    run_tasks()
    refuse_held(acme.operator, job.code, "", NOW)
    run_tasks()
    code = process_again(acme.operator, job.code, note="", now=NOW)
    run_tasks()
    drop_bytes(acme, parts.pdf_zip(2, BILLS), tmp_path, name=parts.name(2))
    run_tasks()
    with company(acme.id):
        found = job_by_code(code)
    assert found is not None
    assert (found.state, found.bills) == (JobState.PUBLISHED, BILLS)


def test_a_company_that_waits_for_nothing(acme: CompanyFixture, parts: Parts, tmp_path: Path) -> None:
    with company(acme.id):
        SettingsVersion.objects.create(
            company=Company.objects.get(), section="intake", version=1, state="published",
            document=b'{"pdf_wait_hours": 0}', created_by="x", published_at=NOW,
        )  # fmt: skip
    job = life(acme, parts.flow, tmp_path)
    assert job.state == JobState.REFUSED
    assert codes(acme, job) == {"FLS-023": 1, "DOC-301": BILLS}
