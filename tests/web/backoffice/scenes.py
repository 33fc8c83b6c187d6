"""A company in the middle of its work, made through the models: every kind of row that the staff pages show."""

import uuid
from datetime import UTC, date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from smartbill.apps.archive.models import Consent, Contact, ContactEvent, Customer
from smartbill.apps.audit.models import Entry
from smartbill.apps.intake.models import (
    ContactFile,
    Drop,
    Finding,
    FindingCount,
    Job,
    PageUpload,
    ReadBlock,
    SftpAccount,
    SftpKey,
    SftpRefusal,
    StrandedFile,
    ZipEntry,
)
from smartbill.apps.messaging.models import Message
from smartbill.apps.reporting.models import JobFact, TicketRow
from smartbill.apps.tickets.models import Approval, Batch, Ticket, UnreachedBill
from smartbill.core.contacts.report import Change, ContactsReport, Outcome, packed
from smartbill.core.flows.ledger import CodeCount
from smartbill.core.flows.value import Finding as FlowFinding
from smartbill.core.flows.value import Level
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.job import JobState
from smartbill.core.states.message import MessageState
from smartbill.database.context import company
from smartbill.usecases.area.host_keys import host_keys
from tests.conftest import CompanyFixture
from tests.factories import JobMade, mailed_bills, make_job

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def make_scene(acme: CompanyFixture) -> JobMade:
    """A job being sent to customers after its test and go-ahead, a held one, and tickets of earlier days."""
    job = make_job(acme.id, mailed_bills(12))
    with company(acme.id):
        _files(acme.id, job.id)
        _findings(acme.id, job.id)
        trial = _batch(acme, job, BatchKind.TEST, BatchState.DONE)
        _tickets(acme.id, trial, job.bill_ids[:2], [MessageState.DELIVERED, MessageState.S2S_ERROR])
        Approval.objects.create(
            company_id=acme.id, job_id=job.id, n=1, approved=True, by=acme.manager.email, at=NOW, note="Tutto in ordine"
        )
        mass = _batch(acme, job, BatchKind.MASS, BatchState.SENDING)
        states = (
            [MessageState.DELIVERED] * 5 + [MessageState.FAILED, MessageState.SUBMITTED] + [MessageState.QUEUED] * 3
        )
        _tickets(acme.id, mass, job.bill_ids[:10], states)
        UnreachedBill.objects.bulk_create(
            UnreachedBill(company_id=acme.id, batch=mass, bill_id=bill_id, reason=reason)
            for bill_id, reason in zip(job.bill_ids[10:], UnreachedBill.Reason, strict=False)
        )
        for n, act in enumerate(("send_test_batch", "approve_job", "start_sending")):
            Entry.objects.create(
                company_id=acme.id,
                at=NOW + timedelta(minutes=n),
                actor=acme.manager.email,
                role="manager",
                act=act,
                subject=f"job {job.code}",
                note="Tutto in ordine" if act == "approve_job" else "",
            )
        _held_job(acme.id)
        _area(acme)
        _rows(acme.id, job)
        _facts(acme.id, job)
    return job


def make_contacts(acme: CompanyFixture) -> None:
    """A customer with every kind of contact and of change, and a contacts file that waits for a person."""
    with company(acme.id):
        customer = Customer.objects.order_by("id")[0]
        Customer.objects.filter(pk=customer.pk).update(preferred_channel="paper", fiscal_code="VRDNNA80A41F205X")
        address = "un.indirizzo.davvero.lungo.di.una.persona.inventata@posta.elettronica.acme.example"
        for n, (channel, told, disabled) in enumerate(
            [("sms", "+393331234567", False), ("email", address, True), ("whatsapp", "+393331234567", False)]
        ):
            Contact.objects.create(
                company_id=acme.id, customer=customer, channel=channel, address=told, address_hash=bytes([n]) * 32,
                source="staff", source_rank=1, told_by=1, preferred=True, disabled=disabled,
                consent=None if channel == "sms" else False, updated_at=NOW,
            )  # fmt: skip
        Consent.objects.create(
            company_id=acme.id, customer=customer, channel="whatsapp", source="periodic", given=False, updated_at=NOW
        )
        change = Change(customer.pk, customer.code, customer.name, "address", "email", "prima@acme.example", address)
        report = ContactsReport(
            headings=["codice_anagrafico", "cellulare", "email", ""],
            first_rows=[["106082", "3331234567", address, "x"], ["106083", "3,93E+11", "", ""]],
            merged=2,
            counts=[CodeCount("CSV-509", Level.ROW, 1)],
            findings=[FlowFinding(code="CSV-509", level=Level.ROW, line=3, values={"valore": "3,93E+11"})],
            outcome=Outcome(new=1, changed=2, unchanged=30_000, unknown=3, added=2, removed=1, withdrawn=1),
            changes=[change],
        )
        drop = Drop.objects.create(
            company_id=acme.id, name="CONTATTI.csv", size=99, digest="cd" * 32, source="page", received_at=NOW
        )
        file = ContactFile.objects.create(
            company_id=acme.id, drop=drop, name="CONTATTI_ACME_20260302.csv", digest="cd" * 32, state="waiting",
            received_at=NOW, read_at=NOW, sent_by=acme.editor.email, rows=30_010, refused=1, report=packed(report),
            rejects_digest="ef" * 32,
        )  # fmt: skip
        for kind, before, after in (("address", "prima@acme.example", address), ("consent", "yes", "no"),
                                    ("channel", "sms", "paper"), ("language", "", "de")):  # fmt: skip
            ContactEvent.objects.create(
                company_id=acme.id, customer=customer, at=NOW, kind=kind, channel="" if kind == "channel" else "email",
                before=before, after=after, source="periodic", file=file, actor=acme.editor.email, reason="Al telefono",
            )  # fmt: skip


def give_trial_and_go_ahead(acme: CompanyFixture, job: JobMade) -> None:
    """A test batch that went out and the manager's go-ahead; the mass batch waits to be started."""
    with company(acme.id):
        trial = _batch(acme, job, BatchKind.TEST, BatchState.DONE)
        _tickets(acme.id, trial, job.bill_ids[:1], [MessageState.DELIVERED])
        Approval.objects.create(company_id=acme.id, job_id=job.id, n=1, approved=True, by=acme.manager.email, at=NOW)
        mass = _batch(acme, job, BatchKind.MASS, BatchState.WAITING)
        Batch.objects.filter(pk=mass.pk).update(started_at=None)


def make_year_of_the_original(company_id: int) -> None:
    """The counts behind the figures of the original screen of 2023."""
    facts = [
        # channel, state, viewed, slip, paid, tickets
        ("sms", "DLVRD", True, True, True, 1_695),
        ("sms", "DLVRD", True, True, False, 23_133 - 1_695),
        ("sms", "DLVRD", True, False, False, 39_493 - 23_133),
        ("sms", "DLVRD", False, True, False, 78_543 - 39_493),
        ("sms", "ERROR", False, True, False, 5_934),
        ("sms", "TIMEOUT", False, True, False, 2_949),
        ("email", "DLVRD", True, True, True, 989),
        ("email", "DLVRD", True, True, False, 6_832 - 989),
        ("email", "DLVRD", True, False, False, 20_931 - 6_832),
        ("email", "DLVRD", False, True, False, 35_144 - 244 - 20_931),
        ("email", "S2S", False, True, False, 244),
    ]
    with company(company_id):
        JobFact.objects.bulk_create(
            JobFact(
                company_id=company_id,
                job_id=1_000_000,
                label="2023_27",
                day=date(2023, 7, 21),
                channel=channel,
                state=state,
                viewed=viewed,
                slip=slip,
                paid=paid,
                tickets=tickets,
            )
            for channel, state, viewed, slip, paid, tickets in facts
        )


def ticket_row(company_id: int, job: JobMade, n: int, **given: object) -> TicketRow:
    """The row of a ticket as the counting writes it; not saved."""
    at = NOW - timedelta(minutes=n)
    known: dict[str, object] = {
        "company_id": company_id,
        "ticket_id": n,
        "job_id": job.id,
        "job_code": job.code,
        "label": job.code,
        "batch_kind": BatchKind.MASS,
        "bill_id": job.bill_ids[0],
        "series": "B051",
        "number": str(500 + n),
        "display_number": f"B051/{500 + n}",
        "issue_date": date(2026, 2, 27),
        "issue_year": 2026,
        "amount": 5500 + n,
        "customer_code": "106082",
        "customer_name": "COMUNE DI PROVA ALTA",
        "channel": "email",
        "address": "protocollo@comune.example",
        "address_key": "protocollo@comune.example",
        "ticket_at": at,
        "ticket_date": at.date(),
        "state": ("DLVRD", "ERROR", "TIMEOUT", "S2S", "PENDING")[n % 5],
        "message_state": "delivered",
        "valid_until": NOW + timedelta(days=15),
        "viewed": n % 2 == 0,
        "views": n % 3,
        "downloads": n % 2,
        "machine_fetches": 0,
        "slip": True,
        "paid": n % 7 == 0,
    }
    return TicketRow(**(known | given))


def _rows(company_id: int, job: JobMade) -> None:
    rows = [ticket_row(company_id, job, n) for n in range(1, 61)]
    rows[0].customer_code = "IT09876543210123"  # as long as one can be: it must not widen the page
    TicketRow.objects.bulk_create(rows)


def _facts(company_id: int, job: JobMade) -> None:
    JobFact.objects.bulk_create(
        JobFact(
            company_id=company_id,
            job_id=job.id,
            label=job.code,
            day=NOW.date(),
            channel="email",
            state=state,
            viewed=False,
            slip=True,
            paid=False,
            tickets=tickets,
        )
        for state, tickets in (("DLVRD", 5), ("ERROR", 1), ("PENDING", 4))
    )


def _batch(acme: CompanyFixture, job: JobMade, kind: BatchKind, state: BatchState) -> Batch:
    return Batch.objects.create(
        company_id=acme.id,
        job_id=job.id,
        kind=kind,
        state=state,
        created_by=acme.editor.email,
        created_at=NOW,
        started_at=NOW,
        finished_at=NOW if state is BatchState.DONE else None,
    )


def _tickets(company_id: int, batch: Batch, bill_ids: tuple[int, ...], states: list[MessageState]) -> None:
    for n, (bill_id, state) in enumerate(zip(bill_ids, states, strict=True)):
        ticket = Ticket.objects.create(
            company_id=company_id,
            batch=batch,
            bill_id=bill_id,
            channel="email",
            address=f"persona{n}@acme.example",
            address_hash=bytes([n]) * 32,
            language="it",
            nonce=n,
            created_at=NOW,
            validity_days=15,
        )
        Message.objects.create(
            company_id=company_id,
            ticket=ticket,
            batch=batch,
            channel="email",
            reference=uuid.uuid4(),
            own=MessageState.QUEUED if state is MessageState.QUEUED else MessageState.SUBMITTED,
            state=state,
            reason="550 5.1.1" if state in (MessageState.S2S_ERROR, MessageState.FAILED) else "",
            submitted_at=None if state is MessageState.QUEUED else NOW,
        )


def _files(company_id: int, job_id: int) -> None:
    ReadBlock.objects.create(
        company_id=company_id, job_id=job_id, block=1, kind="flow", start=0, end=10, read_at=NOW - timedelta(minutes=5)
    )
    names = [("STABO_ACME_ACME-2026-0027.txt", "flow"), ("pdf/A_1.pdf", "pdf"), ("note.docx", "ignored")]
    ZipEntry.objects.bulk_create(
        ZipEntry(
            company_id=company_id,
            job_id=job_id,
            number=n,
            name=name,
            base_name=name.split("/")[-1],
            kind=kind,
            size=1234 * (n + 1),
        )
        for n, (name, kind) in enumerate(names)
    )


def _findings(company_id: int, job_id: int) -> None:
    made = [("DOC-207", "document", "A/3"), ("WRN-401", "warning", "A/4"), ("WRN-403", "warning", "A/5")] * 12
    Finding.objects.bulk_create(
        Finding(
            company_id=company_id,
            job_id=job_id,
            n=n,
            code=code,
            level=level,
            file="STABO_ACME_ACME-2026-0027.txt",
            line=10 + n,
            record="10",
            field="due_date",
            document=document,
        )
        for n, (code, level, document) in enumerate(made)
    )
    FindingCount.objects.bulk_create(
        FindingCount(company_id=company_id, job_id=job_id, block=1, code=code, level=level, count=12)
        for code, level, _document in made[:3]
    )
    Job.objects.filter(pk=job_id).update(findings_total=len(made), refused=12)


def _held_job(company_id: int) -> None:
    drop = Drop.objects.create(
        company_id=company_id, name="ACME_MARZO.zip", size=2_345_678, digest="ab" * 32, source="sftp", received_at=NOW
    )
    Job.objects.create(
        company_id=company_id,
        year=2026,
        number=2,
        code="ACME_2026_2",
        drop=drop,
        state=JobState.HELD,
        digest="ab" * 32,
        flow_id="F2",
        label="2026_03",
        received_at=NOW + timedelta(hours=1),
        bills=480,
        refused=3,
    )


def _area(acme: CompanyFixture) -> None:
    """An account with two keys and a lock, cut files and uploads, a file that came twice."""
    host_keys(NOW)
    account = SftpAccount.objects.create(
        company_id=acme.id, username="acme", password=make_password(None), password_changed_at=NOW
    )
    for number, label in enumerate(("server della fatturazione", "")):
        SftpKey.objects.create(
            company_id=acme.id,
            account=account,
            fingerprint=f"SHA256:{str(number) * 43}",
            public_key="ssh-ed25519 AAAA",
            label=label,
            used_at=NOW if label else None,
        )
    SftpRefusal.objects.create(
        company_id=acme.id, account=account, address="192.0.2.17", failures=10.0, at=timezone.now()
    )
    for fate in StrandedFile.Fate:
        StrandedFile.objects.create(
            company_id=acme.id,
            source="sftp",
            name=f"flusso_di_marzo_{fate}.zip",
            size=123_456_789,
            changed_at=NOW,
            found_at=NOW,
            expires_at=NOW + timedelta(days=7),
            fate=fate,
            settled_at=None if fate == StrandedFile.Fate.WAITING else NOW,
        )
    for number, state in enumerate(PageUpload.State):
        PageUpload.objects.create(
            company_id=acme.id,
            code=f"{number:032x}",
            name=f"flusso_{state}.zip",
            size=2_500_000_000,
            piece=4 << 20,
            offset=1_000_000_000,
            by=acme.editor.email,
            state=state,
            reason="Il file non è un archivio ZIP completo." if state == PageUpload.State.REFUSED else "",
            started_at=NOW,
            changed_at=NOW,
        )
    first = Drop.objects.order_by("pk").first()
    Drop.objects.create(
        company_id=acme.id, name="flusso_ripetuto.zip", size=1_234_567, digest="0" * 64, source="sftp",
        account=account, received_at=NOW, duplicate_of=first,
    )  # fmt: skip
