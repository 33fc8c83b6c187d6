"""Sign-in sessions that have ended are deleted."""

from datetime import datetime

from django.contrib.sessions.models import Session


def clear_sessions(*, now: datetime) -> int:
    """Returns how many were deleted."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]
