"""Who of the staff looked at which personal data: on record, like what they did (R30)."""

from datetime import datetime

import msgspec
from msgspec import Struct

from smartbill.apps.audit.operations import record
from smartbill.usecases.actor import Actor


def record_look(actor: Actor, act: str, subject: str, *, now: datetime, asked: Struct | None = None) -> None:
    """In the open transaction. `asked`: the filters, those that are set are noted down.

    `subject` is not that of an act on a job: a job's history tells what was done to it, not who read it.
    """
    note = msgspec.json.encode(asked).decode() if asked is not None else ""
    record(at=now, actor=actor.email, role=actor.role, act=act, subject=subject, note=note)
