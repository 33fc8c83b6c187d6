"""Reads of the archive. What is asked by its id is the exact bill; what is in force goes through DocumentKey."""

from msgspec import Struct

from smartbill.apps.archive.models import Bill, BillFile, PdfOrder


def bill_in_force_of_job(job_id: int, display_number: str) -> int | None:
    """The id of the job's bill with this number as it is printed, if it is in force."""
    bills = Bill.objects.filter(job_id=job_id, display_number=display_number, key__isnull=False)
    return bills.order_by("id").values_list("id", flat=True).first()


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file of a bill; its content lies under `<company id>/<digest>`."""

    kind: BillFile.Kind
    name: str
    digest: str
    size: int


def pdf_of(bill_id: int, *, made: bool) -> StoredFile | None:
    """The delivered PDF of a bill in force; without one that of our own making, where `made` ones are wanted."""
    kinds = [BillFile.Kind.PDF, BillFile.Kind.MADE] if made else [BillFile.Kind.PDF]
    files = BillFile.objects.filter(bill=bill_id, kind__in=kinds, bill__key__isnull=False)
    return _first(sorted(files, key=lambda file: (file.kind == BillFile.Kind.MADE, file.n)))


def einvoice_of(bill_id: int) -> StoredFile | None:
    return _first(list(BillFile.objects.filter(bill=bill_id, kind=BillFile.Kind.EINVOICE).order_by("n")[:1]))


def pdf_problem(bill_id: int) -> str:
    """Why the ordered PDF of a bill could not be made; empty where nothing is known to be wrong."""
    return PdfOrder.objects.filter(bill=bill_id).values_list("problem", flat=True).first() or ""


def _first(files: list[BillFile]) -> StoredFile | None:
    if not files:
        return None
    file = files[0]
    return StoredFile(kind=BillFile.Kind(file.kind), name=file.name, digest=file.digest, size=file.size)
