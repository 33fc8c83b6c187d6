"""A contacts file that a person uploads: it goes through the door of all deliveries."""

import os
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from smartbill.apps.companies.models import Role
from smartbill.usecases.actor import Actor, require
from smartbill.usecases.intake.receive import Received, receive_drop


def receive_upload(actor: Actor, name: str, chunks: Iterable[bytes], *, now: datetime) -> Received:
    """Hand in a contacts file, whatever its name: it is read, and waits for a person. Raises NotAllowed."""
    require(actor.at_least(Role.EDITOR), "caricare un file di recapiti")
    folder = settings.SMARTBILL.home / "work"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = sha256(), 0
    with NamedTemporaryFile(dir=folder, delete=False) as copy:
        path = Path(copy.name)
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
            return receive_drop(
                company_id=actor.company_id,
                name=name,
                path=path,
                digest=digest.hexdigest(),
                size=size,
                source="page",
                account_id=None,
                now=now,
                contacts=True,
                sent_by=actor.email,
            )
        finally:
            path.unlink(missing_ok=True)
