"""Contacts of a job become those of its customers: the more trusted source first, a refusal above all."""

from pathlib import Path

import pytest

from smartbill.apps.archive.models import Bill, Contact, Customer
from smartbill.apps.intake.models import Job
from smartbill.core.states.job import JobState
from smartbill.database.context import company
from tests.conftest import CompanyFixture
from tests.usecases.intake.flows import counted, edited, life, repacked, sample

Row = tuple[str, str, str, bool | None]


def with_contacts(content: bytes, records: dict[int, list[str]]) -> bytes:
    """The flow with these records 50 (channel|address|preferred|language|consent) by document, and no others."""

    def change(text: str) -> str:
        lines: list[str] = []
        customer = {}
        for line in text.splitlines():
            kind, seq, *rest = line.split("|")
            if kind == "10":
                customer[seq] = rest[9]
            if kind == "60" or kind in {"10", "99"}:
                lines += pending(records, customer, lines, seq, kind)
            if kind != "50":
                lines.append(line)
        trailer = lines[-1].split("|")
        trailer[1] = str(len(lines))
        trailer[12] = str(sum(line.startswith("50|") for line in lines))
        return "\r\n".join([*lines[:-1], "|".join(trailer)]) + "\r\n"

    return edited(content, change)


def pending(
    records: dict[int, list[str]], customer: dict[str, str], lines: list[str], seq: str, kind: str
) -> list[str]:
    """The records 50 that are due before the next line."""
    document = seq if kind == "60" else (lines[-1].split("|")[1] if lines and lines[-1][:2] != "00" else "")
    if not document or any(line.startswith(f"50|{document}|") for line in lines):
        return []
    return [f"50|{document}|{customer[document]}|{record}" for record in records.get(int(document), [])]


def with_csv(content: bytes, rows: str) -> bytes:
    return repacked(content, lambda files: files.update({"CONTATTI_ACME_20260706.csv": rows.encode()}))


def contacts(owner: CompanyFixture, document: int) -> list[Row]:
    """Channel, address, source and consent of the contacts of a document's customer."""
    with company(owner.id):
        code = Bill.objects.order_by("-job_id").filter(doc_seq=document)[0].customer_code
        rows = Contact.objects.filter(customer__code=code).order_by("channel", "address")
        return list(rows.values_list("channel", "address", "source", "consent"))


def customer(owner: CompanyFixture, document: int) -> Customer:
    with company(owner.id):
        code = Bill.objects.order_by("-job_id").filter(doc_seq=document)[0].customer_code
        return Customer.objects.get(code=code)


@pytest.fixture
def flow(acme: CompanyFixture) -> bytes:
    return sample(acme, bills=2)


def codes(content: bytes) -> list[str]:
    found: list[str] = []

    def look(text: str) -> str:
        found.extend(line.split("|")[11] for line in text.splitlines() if line.startswith("10|"))
        return text

    edited(content, look)
    return found


def test_records_of_the_flow_become_contacts(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    records = {1: ["S|+393331234567|S|it|S", "E|uno@example.org|N|it|X"], 2: ["W|+393331234568|N|it|X"]}
    job = life(acme, with_contacts(flow, records), tmp_path)
    assert job.state == JobState.PUBLISHED, counted(acme, job)
    assert contacts(acme, 1) == [
        ("email", "uno@example.org", "flow", None), ("sms", "+393331234567", "flow", True),
    ]  # fmt: skip
    assert contacts(acme, 2) == [("whatsapp", "+393331234568", "flow", None)]
    assert customer(acme, 1).preferred_channel == "sms"
    assert "WRN-407" not in counted(acme, job)


def test_the_flow_is_trusted_more_than_the_file(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    one, two = codes(flow)
    content = with_contacts(flow, {1: ["E|uno@example.org|N|it|X"], 2: []})
    rows = (
        "codice_anagrafico;cellulare;email;canale\n"
        f"{one};;UNO@example.org;\n{two};3331234567;due@example.org;WHATSAPP\n999999;3331234569;;\n"
    )
    job = life(acme, with_csv(content, rows), tmp_path)
    assert contacts(acme, 1) == [("email", "uno@example.org", "flow", None)]
    assert contacts(acme, 2) == [
        ("email", "due@example.org", "job_csv", None),
        ("sms", "+393331234567", "job_csv", None),
        ("whatsapp", "+393331234567", "job_csv", None),
    ]
    assert customer(acme, 2).preferred_channel == "whatsapp"
    assert counted(acme, job)["CSV-512"] == 1


def test_a_no_closes_the_channel_whoever_says_it(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    one, two = codes(flow)
    records = {1: ["E|uno@example.org|N|it|N", "S|+393331234567|N|it|S"], 2: ["E|due@example.org|N|it|S"]}
    rows = f"codice_anagrafico;email;consenso\n{one};altro@example.org;S\n{two};due@example.org;N\n"
    job = life(acme, with_csv(with_contacts(flow, records), rows), tmp_path)
    assert contacts(acme, 1) == [
        ("email", "altro@example.org", "job_csv", False),
        ("email", "uno@example.org", "flow", False),
        ("sms", "+393331234567", "flow", True),
    ]
    assert contacts(acme, 2) == [("email", "due@example.org", "flow", False)]
    assert counted(acme, job)["WRN-407"] == 1
    with company(acme.id):
        usable = Contact.objects.exclude(consent=False).values("customer__code")
        unreachable = Bill.objects.filter(job=job, key__isnull=False).exclude(customer_code__in=usable)
        assert list(unreachable.values_list("doc_seq", flat=True)) == [2]


def test_a_no_counts_where_its_address_can_not_be_used(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    rows = f"codice_anagrafico;email\n{codes(flow)[0]};anna@clienti.example\n"
    job = life(acme, with_csv(with_contacts(flow, {1: ["E|non-un-indirizzo|N|it|N"]}), rows), tmp_path)
    assert counted(acme, job)["CSV-507"] == 1
    assert contacts(acme, 1) == [("email", "anna@clienti.example", "job_csv", False)]


def test_a_later_flow_replaces_what_its_source_said(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    one, _ = codes(flow)
    first = {1: ["E|vecchio@example.org|N|it|N", "S|+393331234567|N|it|S"]}
    rows = f"codice_anagrafico;email\n{one};dal.csv@example.org\n"
    life(acme, with_csv(with_contacts(flow, first), rows), tmp_path)
    later = sample(acme, bills=2, first_number=501, flow_id="DOPO")
    life(acme, with_contacts(later, {1: ["E|nuovo@example.org|N|it|S"]}), tmp_path)
    assert contacts(acme, 1) == [
        ("email", "dal.csv@example.org", "job_csv", True),
        ("email", "nuovo@example.org", "flow", True),
    ]


def test_a_file_is_joined_by_fiscal_code_too(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    life(acme, with_contacts(flow, {}), tmp_path)
    holder = customer(acme, 1)
    key = "codice_fiscale" if len(holder.fiscal_code) == 16 else "partita_iva"
    value = holder.fiscal_code if key == "codice_fiscale" else holder.vat_number
    later = sample(acme, bills=2, first_number=501, flow_id="DOPO")
    life(acme, with_csv(with_contacts(later, {}), f"{key};cellulare\n{value.lower()};3331234567\n"), tmp_path)
    assert contacts(acme, 1) == [("sms", "+393331234567", "job_csv", None)]


def test_a_refused_contacts_file_does_not_refuse_the_flow(acme: CompanyFixture, tmp_path: Path, flow: bytes) -> None:
    job = life(acme, with_csv(with_contacts(flow, {}), "colonna;altra\n1;2\n"), tmp_path)
    assert job.state == JobState.PUBLISHED
    assert counted(acme, job)["CSV-501"] == 1
    with company(acme.id):
        assert Job.objects.get().contact_files.get().rows == 0
