"""Bills of a block go in together, unseen until their job is published."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from django.db import connection
from msgspec import Struct

from smartbill.apps.intake.operations import pdf_name
from smartbill.core.bill.document import compressed, document_json
from smartbill.core.bill.value import Bill
from smartbill.core.flows.value import ReadBill
from smartbill.core.money import cents
from smartbill.database.context import current_company
from smartbill.database.copying import copy_rows

_BILL_COLUMNS = {
    "id": "int8", "doc_seq": "int8", "kind": "text", "series": "text", "number": "text", "display_number": "text",
    "issue_date": "date", "issue_year": "int2", "due_date": "date", "period_from": "date", "period_to": "date",
    "customer_code": "text", "customer_name": "text", "fiscal_code": "text", "vat_number": "text", "services": "text",
    "total_bill": "int8", "total_due": "int8", "slip_present": "bool", "direct_debit": "bool",
    "payable_online": "bool", "language": "text", "line": "int8", "pdf_name": "text", "pdf_sha256": "text",
    "einvoice_name": "text", "digest": "bytea", "document": "bytea",
}  # fmt: skip
_SUPPLY_COLUMNS = {"bill_id": "int8", "seq": "int2", "service": "text", "point_code": "text"}
_FILE_COLUMNS = {"bill_id": "int8", "kind": "text", "n": "int2", "name": "text", "digest": "text", "size": "int8"}

BillRow = tuple[object, ...]


class StoredAttachment(Struct, frozen=True, kw_only=True):
    """A file that came inside a document, already in the file store."""

    doc_seq: int
    kind: str  # BillFile.Kind
    n: int
    name: str
    digest: str
    size: int


def bill_row(read: ReadBill, *, pdf_pattern: str) -> BillRow:
    """The columns of a bill after its id, in the order of the table above."""
    bill = read.bill
    customer = bill.customer
    json = document_json(bill)
    return (
        read.doc_seq, bill.kind.value, bill.series, bill.number, bill.display_number,
        bill.issue_date, bill.issue_date.year, bill.due_date, bill.period_from, bill.period_to,
        customer.code, customer.full_name[:160], customer.fiscal_code, plain_vat_number(customer.vat_number),
        ",".join(bill.services),
        cents(bill.total_bill), cents(bill.total_due), bill.slip_present, bill.direct_debit,
        bill.payable_online, customer.language, read.line,
        read.pdf_file or pdf_name(pdf_pattern, bill.series, bill.number), read.pdf_sha256.lower(),
        read.einvoice_file, sha256(json).digest(), compressed(json),
    )  # fmt: skip


def supply_rows(place: int, bill: Bill) -> Iterator[tuple[int, int, str, str]]:
    """`place` of the bill in its block stands for its id, which is not known yet."""
    for supply in bill.supplies:
        yield place, supply.seq, supply.service.value, supply.point_code


def plain_vat_number(vat_number: str) -> str:
    """Contacts files write Italian VAT numbers with and without their country."""
    return vat_number[2:] if len(vat_number) == 13 and vat_number.startswith("IT") else vat_number


def add_bills(
    job_id: int,
    block: int,
    bills: Sequence[BillRow],
    supplies: Sequence[tuple[int, int, str, str]],
    attachments: Sequence[StoredAttachment] = (),
) -> None:
    """Insert the bills of a block with their supplies and attachments."""
    if not bills:
        return
    ids = _reserved_ids(len(bills))
    copy_rows("incoming_bill", _BILL_COLUMNS, ((bill_id, *row) for bill_id, row in zip(ids, bills, strict=True)))
    columns = ", ".join(_BILL_COLUMNS)
    _move(
        f"INSERT INTO archive_bill (company_id, job_id, block, {columns})"  # noqa: S608
        f" SELECT %s, %s, %s, {columns} FROM incoming_bill",
        [current_company(), job_id, block],
    )
    copy_rows("incoming_supply", _SUPPLY_COLUMNS, ((ids[place], *rest) for place, *rest in supplies))
    columns = ", ".join(_SUPPLY_COLUMNS)
    _move(
        f"INSERT INTO archive_billsupply (company_id, {columns})"  # noqa: S608
        f" SELECT %s, {columns} FROM incoming_supply",
        [current_company()],
    )
    if attachments:
        id_of = {row[0]: bill_id for bill_id, row in zip(ids, bills, strict=True)}
        rows = ((id_of[each.doc_seq], each.kind, each.n, each.name, each.digest, each.size) for each in attachments)
        copy_rows("incoming_file", _FILE_COLUMNS, rows)
        columns = ", ".join(_FILE_COLUMNS)
        _move(
            f"INSERT INTO archive_billfile (company_id, {columns})"  # noqa: S608
            f" SELECT %s, {columns} FROM incoming_file",
            [current_company()],
        )


def _reserved_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('archive_bill', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def _move(statement: str, parameters: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def due_of_not_refused(job_id: int) -> int:
    """Cents to pay on the bills read of a job that are not among its refused documents."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(sum(b.total_due), 0) FROM archive_bill b
               WHERE b.job_id = %(job)s AND NOT EXISTS (
                   SELECT FROM intake_refuseddocument d WHERE d.job_id = %(job)s AND d.doc_seq = b.doc_seq)""",
            {"job": job_id},
        )
        return int(cursor.fetchone()[0])


def delete_unpublished(job_id: int, *, limit: int) -> int:
    """Delete bills of the job that never were in force, with what belongs to them, up to `limit`; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT b.id FROM archive_bill b
               WHERE b.job_id = %s AND NOT EXISTS (SELECT FROM archive_documentkey k WHERE k.bill_id = b.id)
                 AND NOT EXISTS (SELECT FROM archive_replacedbill r WHERE r.bill_id = b.id)
                 AND NOT EXISTS (SELECT FROM archive_withdrawnbill w WHERE w.bill_id = b.id)
               ORDER BY b.doc_seq LIMIT %s""",
            [job_id, limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            cursor.execute("DELETE FROM archive_billsupply WHERE bill_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM archive_billfile WHERE bill_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM archive_pdforder WHERE bill_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM archive_bill WHERE id = ANY(%s)", [ids])
    return len(ids)
