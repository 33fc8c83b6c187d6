"""Sessions end in the database too."""

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.models import Session

from smartbill.usecases.sweeps.sessions import clear_sessions

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_only_ended_sessions_are_deleted(db: object) -> None:
    for key, hours in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="x", expire_date=NOW + timedelta(hours=hours))
    assert clear_sessions(now=NOW) == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
