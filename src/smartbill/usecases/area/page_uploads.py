"""Files that come in through the page, piece by piece, and go on where they stopped.

A piece is whole or not there: its place and length are fixed when the upload begins, so there are no ranges to get
wrong. What is kept is told by `offset`, and by `chain`, a digest over the digests of the pieces; whoever goes on shows
by the same chain that it is the same file. The last piece starts a task that puts the file together and hands it in.
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils import timezone
from msgspec import Struct
from procrastinate.contrib.django import app

from smartbill.adapters.files.registry import open_store
from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.models import Drop, PageUpload
from smartbill.apps.intake.operations import clean
from smartbill.core.area.limits import DISK_RESERVE_BYTES, QUOTA_BYTES
from smartbill.core.area.places import name_mistake
from smartbill.core.company.documents import Intake
from smartbill.core.company.limits import archive_limits
from smartbill.core.flows.archive import shown_size
from smartbill.core.flows.handed_in import is_complete, is_final_name
from smartbill.core.ports.files import piece_key
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.intake.receive import Received, is_taken, receive_drop
from smartbill.usecases.retries import INTAKE_RETRY

_MIB = 1 << 20
#: Bytes of a piece; a small file has smaller ones, so that little is lost with a line.
_LARGE_PIECE = 4 * _MIB
_SMALL_PIECE = _MIB
_SMALL = 256 * _MIB
#: What a browser without script may send in one go.
SMALL_FILE = 20 * _MIB
#: Uploads of one company that are not finished.
_MOST_OPEN = 10
_LIVE = (PageUpload.State.OPEN, PageUpload.State.WHOLE)
_WHAT = "caricare un flusso"


class UploadFacts(Struct, frozen=True, kw_only=True):
    code: str
    name: str
    size: int
    piece: int
    offset: int
    chain: str
    by: str
    state: str
    reason: str
    job: str  # code of its job, also where an equal file had opened it before
    started_at: datetime
    changed_at: datetime


class WrongPiece(Exception):
    """Not the piece that comes next; `facts` say which does."""

    def __init__(self, facts: UploadFacts) -> None:
        super().__init__("not the piece that comes next")
        self.facts = facts


class BrokenPiece(Exception):
    """Less came than was said, or something else: nothing of it is kept. It may be sent again."""


def begin(actor: Actor, name: str, size: int, now: datetime) -> UploadFacts:
    """Start an upload, or find the open one of this name and size. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), _WHAT)
    name = _checked_name(actor.company_id, name)
    with company(actor.company_id):
        largest = archive_limits(settled(Intake)).archive
        if not 1 <= size <= largest:
            raise NotPossible(f"Il file deve avere da 1 byte a {shown_size(largest)}.")
        live = list(PageUpload.objects.select_for_update().filter(state__in=_LIVE))
        for upload in live:
            if (upload.name, upload.size, upload.state) == (name, size, PageUpload.State.OPEN):
                return _facts(upload)
        if len(live) >= _MOST_OPEN:
            raise NotPossible(f"Ci sono già {_MOST_OPEN} caricamenti non conclusi: concluderne o annullarne uno.")
        if sum(upload.size for upload in live) + size > QUOTA_BYTES:
            raise NotPossible(f"I caricamenti non conclusi superano {shown_size(QUOTA_BYTES)}: annullarne uno.")
        upload = PageUpload.objects.create(
            company_id=actor.company_id,
            code=secrets.token_hex(16),
            name=name,
            size=size,
            piece=_SMALL_PIECE if size <= _SMALL else _LARGE_PIECE,
            by=actor.email,
            started_at=now,
            changed_at=now,
        )
        record_act(actor, "begin_upload", "", now=now, note=name)
        return _facts(upload)


def expected_length(facts: UploadFacts) -> int:
    """Bytes of the piece that comes next; 0 when none does."""
    return min(facts.piece, facts.size - facts.offset) if facts.state == PageUpload.State.OPEN else 0


def keep_piece(actor: Actor, code: str, *, offset: int, body: bytes, digest: str, now: datetime) -> UploadFacts:
    """Keep the next piece. `digest`: its SHA-256 in hex as the sender made it, may be empty. Raises NotAllowed,
    NotPossible, WrongPiece, BrokenPiece.
    """
    require(actor.at_least(Role.EDITOR), _WHAT)
    made = sha256(body)
    if digest and digest.lower() != made.hexdigest():
        raise BrokenPiece
    with company(actor.company_id):
        upload = _upload(code, locked=True)
        facts = _facts(upload)
        if offset != upload.offset or not expected_length(facts):
            raise WrongPiece(facts)
        if len(body) != expected_length(facts):
            raise BrokenPiece
        # Under the lock: what lies in the store is what the chain says.
        open_store(settings.SMARTBILL).write(piece_key(actor.company_id, code, offset // upload.piece), [body])
        upload.chain = sha256(bytes.fromhex(upload.chain) + made.digest()).hexdigest()
        upload.offset += len(body)
        upload.changed_at = now
        if upload.offset == upload.size:
            upload.state = PageUpload.State.WHOLE
            hand_in.defer(company_id=actor.company_id, upload_id=upload.pk)
        upload.save(update_fields=["chain", "offset", "changed_at", "state"])
        return _facts(upload)


def upload_facts(actor: Actor, code: str) -> UploadFacts:
    """Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), _WHAT)
    with company(actor.company_id):
        return _facts(_upload(code))


def cancel(actor: Actor, code: str, now: datetime) -> None:
    """Give an upload up; what is kept of it goes. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), _WHAT)
    with company(actor.company_id):
        upload = _upload(code, locked=True)
        if upload.state != PageUpload.State.OPEN:
            raise NotPossible("Il caricamento è già concluso.")
        upload.state, upload.changed_at = PageUpload.State.CANCELLED, now
        upload.save(update_fields=["state", "changed_at"])
        record_act(actor, "cancel_upload", "", now=now, note=upload.name)
        upload_id = upload.pk
    clear(actor.company_id, upload_id)


def receive_small(actor: Actor, name: str, pieces: Iterable[bytes], now: datetime) -> Received:
    """A file that came in one go. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), _WHAT)
    name = _checked_name(actor.company_id, name)
    with _workplace() as place:
        digest, size = _written(place, pieces, at_most=SMALL_FILE)
        if not _is_whole(place, name):
            raise NotPossible(_NOT_WHOLE)
        return receive_drop(
            company_id=actor.company_id,
            name=name,
            path=place,
            digest=digest,
            size=size,
            source="page",
            account_id=None,
            now=now,
            sent_by=actor.email,
        )


@app.task(name="area.hand_in", queue="intake", pass_context=False, retry=INTAKE_RETRY)
def hand_in(*, company_id: int, upload_id: int) -> None:
    """Put the pieces together and hand the file in; it may run twice."""
    with company(company_id):
        upload = PageUpload.objects.get(pk=upload_id)
    if upload.state == PageUpload.State.WHOLE:
        _hand_in(upload, timezone.now())
    clear(company_id, upload_id)


def _hand_in(upload: PageUpload, now: datetime) -> None:
    with _workplace() as place:
        digest, size = _written(place, _pieces(upload), at_most=upload.size)
        if not _is_whole(place, upload.name):
            _end(upload, PageUpload.State.REFUSED, None, _NOT_WHOLE, now)
            return
        drop = _handed_in_before(upload, digest)
        message = ""
        if drop is None:
            received = receive_drop(
                company_id=upload.company_id,
                name=upload.name,
                path=place,
                digest=digest,
                size=size,
                source="page",
                account_id=None,
                now=now,
                sent_by=upload.by,
            )
            message, drop = received.message, _handed_in_before(upload, digest)
    _end(upload, PageUpload.State.RECEIVED, drop, message, now)


def _handed_in_before(upload: PageUpload, digest: str) -> Drop | None:
    """The drop of this very upload: its worker may have been killed right after handing it in."""
    with company(upload.company_id):
        taken = PageUpload.objects.filter(drop__isnull=False).values("drop")
        drops = Drop.objects.filter(source="page", digest=digest, received_at__gte=upload.changed_at)
        return drops.exclude(pk__in=taken).order_by("-pk").first()


def _end(upload: PageUpload, state: str, drop: Drop | None, reason: str, now: datetime) -> None:
    with company(upload.company_id):
        PageUpload.objects.filter(pk=upload.pk).update(state=state, drop=drop, reason=reason, changed_at=now)


def clear(company_id: int, upload_id: int) -> None:
    """Delete the pieces of an upload that has ended. Harmless to repeat."""
    with company(company_id):
        upload = PageUpload.objects.get(pk=upload_id)
    if upload.state in _LIVE or upload.cleared:
        return
    store = open_store(settings.SMARTBILL)
    for number in range(_count(upload)):
        store.delete(piece_key(company_id, upload.code, number))
    with company(company_id):
        PageUpload.objects.filter(pk=upload_id).update(cleared=True)


def waiting_uploads() -> list[UploadFacts]:
    """Those of the company at hand that somebody has to go on with, or that are being handed in."""
    return [_facts(each) for each in PageUpload.objects.filter(state__in=_LIVE).order_by("-started_at", "-pk")]


def ended_uploads(most: int) -> list[UploadFacts]:
    """Those that ended lately without a file taken in."""
    ended = set(PageUpload.State) - {*_LIVE, PageUpload.State.RECEIVED}
    return [_facts(each) for each in PageUpload.objects.filter(state__in=ended).order_by("-changed_at", "-pk")[:most]]


def _count(upload: PageUpload) -> int:
    return -(-upload.size // upload.piece)


def _pieces(upload: PageUpload) -> Iterator[bytes]:
    """All pieces in order. Raises RuntimeError when they are not what was kept."""
    store = open_store(settings.SMARTBILL)
    chain = b""
    for number in range(_count(upload)):
        with store.open(piece_key(upload.company_id, upload.code, number)) as file:
            piece = file.read()
        chain = sha256(chain + sha256(piece).digest()).digest()
        yield piece
    if chain.hex() != upload.chain:
        raise RuntimeError("the pieces of an upload are not those that were kept")


@contextmanager
def _workplace() -> Iterator[Path]:
    """A file of ours for a while; on the disk of the file store where that is local."""
    folder = settings.SMARTBILL.home / "work"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix="upload-") as place:
        yield Path(place) / "file"


def _written(place: Path, pieces: Iterable[bytes], *, at_most: int) -> tuple[str, int]:
    """SHA-256 and size of what was written. Raises NotPossible when it is too much for the rule, or for the disk."""
    disk = os.statvfs(place.parent)
    if at_most > disk.f_bavail * disk.f_frsize - DISK_RESERVE_BYTES:
        raise NotPossible("Sul server non c'è abbastanza spazio per il file: riprovare più tardi.")
    hashed, size = sha256(), 0
    with place.open("xb") as file:
        for piece in pieces:
            size += len(piece)
            if size > at_most:
                raise NotPossible(f"Il file supera {shown_size(at_most)}.")
            hashed.update(piece)
            file.write(piece)
    return hashed.hexdigest(), size


_NOT_WHOLE = "Il file non è completo, o non è ciò che il suo nome dice: controllarlo e caricarlo di nuovo."


def _is_whole(place: Path, name: str) -> bool:
    """As for what comes by SFTP; contacts have no end that tells."""
    with place.open("rb") as file:
        return not is_final_name(name) or is_complete(file, name)


def _checked_name(company_id: int, name: str) -> str:
    """Raises NotPossible."""
    name = name.replace("\\", "/").rpartition("/")[2].strip()  # some browsers send a path
    if mistake := name_mistake(name.encode("utf-8", "replace")):
        raise NotPossible(mistake)
    if name.startswith(".") or not is_taken(company_id, name):
        raise NotPossible(
            "Il nome non è quello di una consegna: scegliere un archivio «.zip», un flusso «STABO….txt», "
            "una fattura elettronica («.xml», «.p7m») o un file di recapiti."
        )
    return clean(name, 255)


def _upload(code: str, *, locked: bool = False) -> PageUpload:
    uploads = PageUpload.objects.select_for_update(of=("self",)) if locked else PageUpload.objects.all()
    upload = uploads.filter(code=code).first()
    if upload is None:
        raise NotPossible("Il caricamento non esiste.")
    return upload


def _facts(upload: PageUpload) -> UploadFacts:
    return UploadFacts(
        code=upload.code,
        name=upload.name,
        size=upload.size,
        piece=upload.piece,
        offset=upload.offset,
        chain=upload.chain,
        by=upload.by,
        state=upload.state,
        reason=upload.reason,
        job=_job_of(upload.drop) if upload.drop else "",
        started_at=upload.started_at,
        changed_at=upload.changed_at,
    )


def _job_of(drop: Drop) -> str:
    """The job of a drop, or of the one that it equals."""
    owner = drop.duplicate_of or drop
    return owner.job.code if hasattr(owner, "job") else ""
