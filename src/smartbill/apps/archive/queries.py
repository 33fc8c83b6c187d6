"""Reads of the archive. What is asked by its id is the exact bill; what is in force goes through DocumentKey."""

from smartbill.apps.archive.models import Bill


def bill_in_force_of_job(job_id: int, display_number: str) -> int | None:
    """The id of the job's bill with this number as it is printed, if it is in force."""
    bills = Bill.objects.filter(job_id=job_id, display_number=display_number, key__isnull=False)
    return bills.order_by("id").values_list("id", flat=True).first()
