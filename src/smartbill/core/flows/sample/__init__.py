"""Realistic, seeded flows with control totals: for demonstrations, benchmarks and tests.

`write_sample(spec, out)` is the door. Everything is a pure function of the `SampleSpec` (no clock, no files, no
network): the same spec gives the same bytes. Amounts are integers of cents, quantities of millionths, prices of 1e-8
euro, so the arithmetic is exact and rounds half up. Nothing of the readers but the names of the fields is shared, lest
both ends share a mistake.
"""

from smartbill.core.flows.sample.archive import SampleSummary, write_sample
from smartbill.core.flows.sample.faults import FAULT_CODES
from smartbill.core.flows.sample.spec import Layout, SampleError, SampleSpec

__all__ = ["FAULT_CODES", "Layout", "SampleError", "SampleSpec", "SampleSummary", "write_sample"]
