"""How often a task that failed is tried again before a sweep, or a person, has to look after it."""

from typing import Final

from procrastinate import RetryStrategy

#: Tasks of the intake: after 9, 27, 81 … seconds, almost three hours in all.
INTAKE_RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=3)
#: Tasks of a sending, every five seconds: customers wait, and the sweep looks after what stays behind.
SENDING_RETRY: Final = RetryStrategy(max_attempts=5, wait=5)
