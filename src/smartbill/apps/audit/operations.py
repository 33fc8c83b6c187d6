"""Writing down what somebody did."""

from datetime import datetime

from smartbill.apps.audit.models import Entry
from smartbill.database.context import current_company


def record(*, at: datetime, actor: str, act: str, role: str = "", subject: str = "", note: str = "") -> None:
    """Add an entry in the open transaction: the act and its record stand or fall together."""
    Entry.objects.create(
        company_id=current_company(), at=at, actor=actor, role=role, act=act, subject=subject, note=note
    )
