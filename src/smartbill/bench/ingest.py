"""From a complete file to published bills, against the same rows by `bulk_create` and by plain COPY.

`bulk_create` and COPY get rows that are read and checked already. The third peer, a loader, is what a Django program of
one process would be: our reader, then `bulk_create` (docs/decisions/0008).

Import it once Django is set up, within `installation.fresh_installation()`.
"""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import file_digest
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any
from zipfile import ZipFile

import psycopg
from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from msgspec import Struct

from smartbill.apps.archive.models import Bill, BillSupply, Consent, Contact, ContactEvent, Customer, DocumentKey
from smartbill.apps.archive.operations.bills import bill_row
from smartbill.apps.companies.models import Company
from smartbill.apps.intake.models import Drop, Job, StagedContact
from smartbill.apps.intake.queries import finding_counts, progress
from smartbill.bench.processes import parent, peak_memory, processor_seconds, workers
from smartbill.core.flows.sample import SampleSpec, write_sample
from smartbill.core.flows.stabo.header import read_header
from smartbill.core.flows.stabo.reader import BlockReader
from smartbill.core.flows.stabo.scan import scan
from smartbill.core.flows.value import ReadBill
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from smartbill.usecases.intake.receive import receive_drop

#: Bills of the two comparisons: their time per row does not depend on how many there are.
COMPARED_BILLS = 5_000
_WARM_UP_BILLS = 100
_LONGEST_SECONDS = 3_600
_LOOK_SECONDS = 0.05
_COPIES = "bench_copy"
_TABLES = (Customer, Bill, BillSupply, StagedContact, DocumentKey, Contact, Consent, ContactEvent)


class IngestFigures(Struct, frozen=True, kw_only=True):
    """Medians over the runs; rates in bills per second, memory in bytes."""

    bills: int
    records_per_bill: float
    runs: int
    worker_processes: int
    seconds_to_publish: float
    seconds_opening: float  # inflated, scanned, cut
    seconds_reading: float  # all blocks parsed and stored
    seconds_publishing: float  # judged and brought into force
    bills_per_second: float
    bulk_create_bills_per_second: float
    loader_bills_per_second: float
    copy_bills_per_second: float
    times_loader: float
    times_bulk_create: float
    share_of_copy: float
    # Processor time: the measure that holds on a machine shared with other work.
    worker_milliseconds_per_bill: float
    database_milliseconds_per_bill: float
    bulk_create_milliseconds_per_bill: float  # client and database
    processor_share_of_bulk_create: float
    peak_memory_workers: tuple[int, ...]
    peak_memory_receiver: int
    drop_bytes: int


class _Processor(Struct, frozen=True):
    """Processor seconds so far."""

    clients: float
    database: float

    def since(self, earlier: "_Processor") -> "_Processor":
        return _Processor(self.clients - earlier.clients, self.database - earlier.database)


class _Phases(Struct, frozen=True):
    opening: float
    reading: float
    publishing: float

    @property
    def total(self) -> float:
        return self.opening + self.reading + self.publishing


def measure_ingest(
    home: Path, *, bills: int, history: bool, runs: int, worker_processes: int, say: Callable[[str], object]
) -> IngestFigures:
    """Read `runs` sample flows of `bills` bills end to end, then write some of the same rows in the two other ways.

    With `history` a bill tells the consumption of the year before, too: some 33 records instead of some 27.
    """
    company_id, other_id = _new_company("WARM"), _new_company("OTHER")
    phases: list[_Phases] = []
    used: list[_Processor] = []
    with workers(worker_processes, "intake") as running:
        worker_ids = [process.pid for process in running]
        _write_flow(home / "warm-up.zip", "WARM", 0, bills=_WARM_UP_BILLS, history=history)
        _published(company_id, home / "warm-up.zip")
        for run in range(1, runs + 1):
            code = f"BENCH{run}"  # a new company: all rows are new, as in the comparisons
            company_id = _new_company(code)
            path = home / f"flow-{run}.zip"
            records = _write_flow(path, code, run, bills=bills, history=history)
            drop_bytes = path.stat().st_size
            before = _processor(worker_ids)
            phases.append(_published(company_id, path))
            used.append(_processor(worker_ids).since(before))
            say(f"Lettura {run} di {runs}: {bills / phases[-1].total:.0f} bollette al secondo")
        memory = tuple(map(peak_memory, worker_ids))
        receiver = peak_memory(os.getpid())
    by_bulk_create, bulk_used = _by_bulk_create(company_id, other_id)
    say(f"bulk_create: {by_bulk_create:.0f} bollette al secondo")
    _write_flow(home / "alone.zip", "ALONE", 1, bills=COMPARED_BILLS, history=history)
    by_loader = 1 / (_seconds_to_read(home / "alone.zip") + 1 / by_bulk_create)
    say(f"Un processo che legge e scrive con bulk_create: {by_loader:.0f} bollette al secondo")
    by_copy = _by_copy(company_id)
    say(f"COPY: {by_copy:.0f} bollette al secondo")
    seconds = median(each.total for each in phases)
    worker_time = median(each.clients for each in used) / bills * 1000
    database_time = median(each.database for each in used) / bills * 1000
    bulk_time = (bulk_used.clients + bulk_used.database) / COMPARED_BILLS * 1000
    return IngestFigures(
        bills=bills,
        records_per_bill=round(records / bills, 1),
        runs=runs,
        worker_processes=worker_processes,
        seconds_to_publish=round(seconds, 2),
        seconds_opening=round(median(each.opening for each in phases), 2),
        seconds_reading=round(median(each.reading for each in phases), 2),
        seconds_publishing=round(median(each.publishing for each in phases), 2),
        bills_per_second=round(bills / seconds, 1),
        bulk_create_bills_per_second=round(by_bulk_create, 1),
        loader_bills_per_second=round(by_loader, 1),
        copy_bills_per_second=round(by_copy, 1),
        times_loader=round(bills / seconds / by_loader, 2),
        times_bulk_create=round(bills / seconds / by_bulk_create, 2),
        share_of_copy=round(bills / seconds / by_copy, 3),
        worker_milliseconds_per_bill=round(worker_time, 3),
        database_milliseconds_per_bill=round(database_time, 3),
        bulk_create_milliseconds_per_bill=round(bulk_time, 3),
        processor_share_of_bulk_create=round((worker_time + database_time) / bulk_time, 3),
        peak_memory_workers=memory,
        peak_memory_receiver=receiver,
        drop_bytes=drop_bytes,
    )


def _processor(client_ids: Iterable[int]) -> _Processor:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = parent(cursor.fetchone()[0])
    return _Processor(sum(map(processor_seconds, client_ids)), processor_seconds(server))


def _new_company(code: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('companies_company', 'id'))")
        company_id = int(cursor.fetchone()[0])
    with company(company_id):
        Company.objects.create(id=company_id, code=code, name=code)
    return company_id


def _write_flow(path: Path, code: str, run: int, *, bills: int, history: bool) -> int:
    """Write the flow of a run for the company; the number of its records."""
    spec = SampleSpec(company_code=code, bills=bills, history=history, seed=run, issue_date=timezone.localdate())
    with path.open("w+b") as out:
        return write_sample(spec, out).records


def _published(company_id: int, path: Path) -> _Phases:
    """Hand the file in and wait until its job is published; the seconds of each phase."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    start = time.perf_counter()
    received = receive_drop(
        company_id=company_id,
        name=path.name,
        path=path,
        digest=digest,
        size=path.stat().st_size,
        source="command",
        account_id=None,
        now=timezone.now(),
    )
    assert received.job_code is not None
    opened = read = 0.0
    while time.perf_counter() - start < _LONGEST_SECONDS:
        with company(company_id):
            job = Job.objects.get(code=received.job_code)
            done = progress(job.pk)
        now = time.perf_counter()
        if not opened and job.state != JobState.RECEIVED:
            opened = now
        if not read and done.blocks and done.blocks == done.read:
            read = now
        if job.state == JobState.PUBLISHED:
            return _Phases(opened - start, read - opened, now - read)
        if job.state in {JobState.REFUSED, JobState.HELD}:
            with company(company_id):
                raise RuntimeError(f"the sample flow was not published: {finding_counts(job.pk)}")
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(received.job_code)


def _by_bulk_create(company_id: int, other_id: int) -> tuple[float, _Processor]:
    """The rows of some bills for another company, by the way Django offers: bills per second, and the time used.

    As for COPY, everything is read and checked before; from values to committed rows it is all that Django needs.
    """
    with company(company_id):
        last = Job.objects.order_by("-pk")[0]
        bills = _values(Bill, job=last, doc_seq__lte=COMPARED_BILLS)
        ids = [bill["id"] for bill in bills]
        codes = {bill["customer_code"] for bill in bills}
        customers = _values(Customer, code__in=codes)
        theirs = [customer["id"] for customer in customers]
        supplies, keys = _values(BillSupply, bill_id__in=ids), _values(DocumentKey, bill_id__in=ids)
        contacts, consents = _values(Contact, customer_id__in=theirs), _values(Consent, customer_id__in=theirs)
        history = _values(ContactEvent, customer_id__in=theirs)
        staged = _values(StagedContact, job=last, key__in=codes)
    with company(other_id):
        drop = Drop.objects.create(
            company_id=other_id, name="", size=0, digest="", source="command", received_at=timezone.now()
        )
        job = Job.objects.create(
            company_id=other_id, year=2000, number=1, code="OTHER", drop=drop, digest="", received_at=timezone.now()
        )
    before = _processor([os.getpid()])
    start = time.perf_counter()
    with company(other_id):
        new_customers = _create(Customer, customers, company_id=other_id)
        new_bills = _create(Bill, bills, company_id=other_id, job_id=job.pk)
        for row in (*supplies, *keys):
            row["bill_id"] = new_bills[row["bill_id"]]
        for row in (*contacts, *consents, *history):
            row["customer_id"] = new_customers[row["customer_id"]]
        _create(BillSupply, supplies, company_id=other_id)
        _create(DocumentKey, keys, company_id=other_id, job_id=job.pk)
        _create(StagedContact, staged, company_id=other_id, job_id=job.pk)
        _create(Contact, contacts, company_id=other_id, job_id=job.pk)
        _create(Consent, consents, company_id=other_id)
        _create(ContactEvent, history, company_id=other_id, job_id=job.pk)
    seconds = time.perf_counter() - start  # foreign keys are checked at the commit
    return len(bills) / seconds, _processor([os.getpid()]).since(before)


def _values(model: type[models.Model], **conditions: object) -> list[dict[str, Any]]:
    return list(model._default_manager.filter(**conditions).values(*_columns(model)))


def _columns(model: type[models.Model]) -> list[str]:
    """Those that are written: not what the database makes of them."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.generated]


def _create(model: type[models.Model], rows: Sequence[dict[str, Any]], **changes: int) -> dict[int, int]:
    """Old id -> new id."""
    objects = [model(**{**row, "id": None, **changes}) for row in rows]
    created = model._default_manager.bulk_create(objects, batch_size=1000)
    return {row["id"]: new.pk for row, new in zip(rows, created, strict=True)}


def _seconds_to_read(path: Path) -> float:
    """Seconds per bill that one process needs from the flow's text to rows: read, checked, encoded."""
    with ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("STABO"))
        data = archive.read(name)
    found = scan(BytesIO(data))
    header, _ = read_header(found.header, now=timezone.now(), file=name)
    assert header is not None
    read = 0
    start = time.perf_counter()
    for each in found.ranges:
        block = data[each.start : each.end]
        reader = BlockReader(block, first_line=each.first_line, file=name, header=header, today=timezone.localdate())
        read += len([bill_row(bill, pdf_pattern="") for bill in reader if isinstance(bill, ReadBill)])
    return (time.perf_counter() - start) / read


def _by_copy(company_id: int) -> float:
    """All rows of the company by COPY into tables with the same indexes and no policy: bills per second."""
    parts: list[tuple[str, bytes]] = []
    with psycopg.connect(settings.SMARTBILL.owner_url) as owner:
        for model in _TABLES:
            table, columns = model._meta.db_table, ", ".join(f'"{column}"' for column in _columns(model))
            with owner.cursor().copy(
                _sql(
                    f"COPY (SELECT {columns} FROM {table} WHERE company_id = {company_id:d}) TO STDOUT (FORMAT BINARY)"
                )
            ) as out:
                parts.append((f"{table} ({columns})", b"".join(out)))
            owner.execute(_sql(f"CREATE TABLE {_COPIES}_{table} (LIKE {table} INCLUDING ALL)"))
        owner.commit()
        start = time.perf_counter()
        for table, content in parts:
            with owner.cursor().copy(_sql(f"COPY {_COPIES}_{table} FROM STDIN (FORMAT BINARY)")) as into:
                into.write(content)
        owner.commit()
        seconds = time.perf_counter() - start
        bills = owner.execute(_sql(f"SELECT count(*) FROM {_COPIES}_{Bill._meta.db_table}")).fetchone()
    assert bills is not None
    return int(bills[0]) / seconds


def _sql(statement: str) -> bytes:
    """A statement made of this module's constants alone."""
    return statement.encode()
