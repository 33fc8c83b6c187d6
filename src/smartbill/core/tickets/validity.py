"""Until when a ticket opens its bill, to the second."""

from datetime import datetime, timedelta


def valid_until(*, handed_over_until: datetime | None, created_at: datetime, validity_days: int) -> datetime:
    """The validity set when the message was handed over; before that it counts from the making of the ticket."""
    return handed_over_until or created_at + timedelta(days=validity_days)
