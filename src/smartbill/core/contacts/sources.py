"""Who can tell a customer's contact, the more trusted first (R5; decision 6)."""

from enum import StrEnum
from typing import Final


class Source(StrEnum):
    STAFF = "staff"  # a person of the company, with a reason: a correction must outlast the next flow
    FLOW = "flow"  # record 50
    JOB_CSV = "job_csv"  # the contacts file of a job
    PERIODIC = "periodic"  # a contacts file alone
    CUSTOMER = "customer"  # what the customer set


#: One bit for each. What a contact is told by is the sum; its lowest bit is its most trusted source and its rank.
BITS: Final = {source: 1 << place for place, source in enumerate(Source)}
