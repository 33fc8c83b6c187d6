"""What people decide: a held flow is taken or refused, a published one withdrawn; who may, and that it is on record."""

from pathlib import Path

import pytest

from smartbill.apps.archive.models import Bill, BillSupply, Contact, DocumentKey
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Role
from smartbill.apps.events.models import Change
from smartbill.apps.intake.models import Job, StagedContact
from smartbill.apps.intake.queries import finding_counts
from smartbill.core.money import cents
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotAllowed, NotPossible
from smartbill.usecases.intake.decide import refuse_held, take_held, withdraw
from smartbill.usecases.progress import totals_read
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import NOW, life, sample
from tests.worker import run_tasks


@pytest.fixture
def held(acme: CompanyFixture, tmp_path: Path) -> Job:
    job = life(acme, sample(acme, faults=("DOC-201",)), tmp_path)
    assert (job.state, job.bills, job.refused) == (JobState.HELD, 19, 1)
    with company(acme.id):
        whole = sum(part.sum_total_due for part in totals_read(job.pk))
        taken = sum(Bill.objects.filter(job=job).values_list("total_due", flat=True))
    assert job.refused_due == cents(whole) - taken
    return job


def state(owner: CompanyFixture, job: Job) -> str:
    with company(owner.id):
        return Job.objects.get(pk=job.pk).state


def test_a_held_flow_is_taken(acme: CompanyFixture, held: Job) -> None:
    with company(acme.id):
        before = finding_counts(held.pk)
        assert Bill.objects.count() == 19
    take_held(acme.operator, held.code, "un solo scarto", NOW)
    run_tasks()
    with company(acme.id):
        job = Job.objects.get(pk=held.pk)
        assert (job.state, job.bills, job.refused, job.published_at) == (JobState.PUBLISHED, 19, 1, NOW)
        assert DocumentKey.objects.filter(job=job).count() == Bill.objects.count() == 19
        assert [each for each in finding_counts(held.pk) if each.code != "WRN-407"] == before
        entry = Entry.objects.get(act="take_held")
        assert (entry.actor, entry.role, entry.subject, entry.note) == (
            "operator@acme.example", "operator", f"job {held.code}", "un solo scarto",
        )  # fmt: skip
    with pytest.raises(NotPossible, match="non è in attesa"):
        take_held(acme.operator, held.code, "", NOW)


def test_a_held_flow_is_judged_again_when_taken(acme: CompanyFixture, held: Job, tmp_path: Path) -> None:
    other = life(acme, sample(acme, flow_id="ALTRO"), tmp_path)
    take_held(acme.operator, held.code, "", NOW)
    run_tasks()
    with company(acme.id):
        job = Job.objects.get(pk=held.pk)
        assert (job.state, job.bills, job.skipped, job.refused) == (JobState.PUBLISHED, 0, 19, 1)
        assert set(DocumentKey.objects.values_list("job", flat=True)) == {other.pk}
        assert not Bill.objects.filter(job=job).exists()


def test_a_held_flow_is_refused(acme: CompanyFixture, held: Job, tmp_path: Path) -> None:
    refuse_held(acme.operator, held.code, "da rifare", NOW)
    run_tasks()
    assert state(acme, held) == JobState.REFUSED
    with company(acme.id):
        assert [Bill.objects.count(), BillSupply.objects.count(), DocumentKey.objects.count()] == [0, 0, 0]
        assert finding_counts(held.pk)
        assert Entry.objects.get(act="refuse_held").note == "da rifare"
    assert life(acme, sample(acme), tmp_path).state == JobState.PUBLISHED


def test_a_published_flow_is_withdrawn_and_sent_again(
    acme: CompanyFixture, hydra: CompanyFixture, tmp_path: Path
) -> None:
    content = sample(acme)
    job = life(acme, content, tmp_path)
    with pytest.raises(NotPossible, match="serve una motivazione"):
        withdraw(acme.manager, job.code, "  ", NOW)
    with pytest.raises(NotPossible, match="non esiste"):
        withdraw(hydra.manager, job.code, "provo", NOW)
    withdraw(acme.manager, job.code, "tariffa sbagliata", NOW)
    run_tasks()
    with company(acme.id):
        row = Job.objects.get(pk=job.pk)
        assert (row.state, row.withdrawn_at, row.withdrawal_reason) == ("withdrawn", NOW, "tariffa sbagliata")
        assert not DocumentKey.objects.exists()
        assert Bill.objects.filter(job=job).count() == 20
        assert Change.objects.filter(job_id=job.pk).count() == 2
    again = life(acme, content, tmp_path)
    assert (again.state, again.bills, again.skipped) == (JobState.PUBLISHED, 20, 0)


def test_roles(acme: CompanyFixture, held: Job, tmp_path: Path) -> None:
    own = Actor(company_id=acme.id, email="m@acme.example", role=Role.MANAGER, own_operator=True)
    for actor in (acme.viewer, acme.editor, acme.manager):
        with pytest.raises(NotAllowed):
            take_held(actor, held.code, "", NOW)
        with pytest.raises(NotAllowed):
            refuse_held(actor, held.code, "", NOW)
    for actor in (acme.viewer, acme.editor):
        with pytest.raises(NotAllowed):
            withdraw(actor, held.code, "perché sì", NOW)
    assert state(acme, held) == JobState.HELD
    take_held(own, held.code, "", NOW)
    assert state(acme, held) == JobState.PUBLISHED
    with pytest.raises(NotPossible, match="non è in attesa"):
        refuse_held(own, held.code, "", NOW)
    withdraw(acme.operator, held.code, "prova", NOW)
    with pytest.raises(NotPossible, match="non è pubblicata"):
        withdraw(acme.operator, held.code, "prova", NOW)
    with company(acme.id):
        assert StagedContact.objects.exists()
        assert Contact.objects.exists()
