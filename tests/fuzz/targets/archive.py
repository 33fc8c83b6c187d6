"""ZIP archives, read to the end as the trial read does: spoiled outside, and inside with the outside in order."""

import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from random import Random

from smartbill.core.flows.trial import TrialReader
from smartbill.core.flows.value import Finding
from tests.core.flows.stabo.example import NOW, PATH
from tests.fuzz.target import Target, spoiled

_WORDS = (
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"\xff\xff\xff\xff", b"\xff\xff",
    b"\x01\x00\x10\x00", b"\x08\x00", b"\x00\x08", b"../", b"STABO_A.txt", b".pdf", b".xml", b"CONTATTI.csv",
)  # fmt: skip


def _zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def _files() -> dict[str, bytes]:
    return {PATH.name: PATH.read_bytes(), "B051_1.pdf": b"%PDF-1.7\n" * 9, "x/f.xml": b"<a/>", "CONTATTI_1.csv": b"a;b"}


def _seeds() -> Sequence[bytes]:
    files = _files()
    del files[PATH.name]
    return (_zipped(_files()), _zipped(_files(), zipfile.ZIP_STORED), _zipped(files))


def _spoil(rng: Random, seeds: Sequence[bytes]) -> bytes:
    if rng.random() < 0.6:
        return spoiled(rng, seeds, _WORDS)
    files = _files()
    name = rng.choice(list(files))
    files[name] = spoiled(rng, [files[name]], _WORDS)
    if rng.random() < 0.3:
        files[spoiled(rng, [name.encode()], _WORDS).decode("utf-8", errors="replace")[:60_000]] = files.pop(name)
    return _zipped(files, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _read(data: bytes) -> Iterable[Finding]:
    reader = TrialReader(file="a.zip", now=NOW, company_code="ACQUALUCE")
    return reader.archive(BytesIO(data), BytesIO(), layout="").findings


TARGET = Target(name="archive", seeds=_seeds, read=_read, spoil=_spoil, share=2)
