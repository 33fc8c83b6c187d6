"""Realistic, seeded flows with control totals: for demonstrations, benchmarks and tests.

`write_sample(spec, out)` is the door. Everything is a pure function of the `SampleSpec`: no clock, no files, no network;
the same spec gives the same bytes. Amounts are integers of cents, quantities of millionths, prices of 1e-8 euro, so the
arithmetic is exact and rounds half up. Nothing here shares code with the readers, lest both ends share a mistake.
"""
