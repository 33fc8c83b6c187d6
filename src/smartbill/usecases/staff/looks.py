"""Who of the staff looked at which personal data: on record, like what they did (R30)."""

from datetime import datetime

import msgspec
from msgspec import Struct

from smartbill.usecases.actor import Actor, record_act


def record_look(actor: Actor, act: str, subject: str, *, now: datetime, asked: Struct | None = None) -> None:
    """In the open transaction. `asked`: the filters, those that are set are noted down.

    `subject` is not that of an act on a job: a job's history tells what was done to it, not who read it.
    """
    note = msgspec.json.encode(asked).decode() if asked is not None else ""
    record_act(actor, act, subject, note=note, now=now)
