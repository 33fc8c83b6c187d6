"""Files of the largest size, made to take time or memory: each is refused or read, in bounded time.

In one process with a lid on its memory, so that what one of them takes is seen.
"""

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from smartbill.core.flows.fatturapa.reader import MAX_DOCUMENTS, MAX_LINES
from smartbill.core.wording.findings import message
from tests.core.flows.fatturapa.envelopes import enveloped
from tests.core.flows.fatturapa.invoices import (
    HEADER,
    NAMESPACE,
    Outcome,
    body,
    invoice,
    line,
    payment,
    pod_code,
    summary,
)

MIB = 1 << 20
#: What one file may take on top of the program, bytes; seconds of the processor, which others may be using too.
MEMORY, PATIENCE = 350 * MIB, 10.0


def filled(piece: bytes, size: int = 9_900_000) -> bytes:
    return piece * (size // len(piece))


def inside(content: bytes, header: str = HEADER) -> bytes:
    start = f'<p:FatturaElettronica xmlns:p="{NAMESPACE}" versione="FPR12">{header}'.encode()
    return start + content + b"</p:FatturaElettronica>"


def with_body(content: bytes, place: bytes) -> bytes:
    """An invoice with something put before one of its tags."""
    return invoice(body()).replace(place, content + place, 1)


SMALL_BODY = b"<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento/></DatiGenerali></FatturaElettronicaBody>"
LINE = line(codes=pod_code(), period=None).encode()
LONG_NAME = HEADER.replace("Prova", "P\u202e" * 1_500_000)
LONG_SPACE = f"<FatturaElettronicaBody xmlns='{'u' * 4_000_000}'>".encode()

HARM: dict[str, Callable[[], bytes]] = {
    "elements": lambda: inside(filled(b"<a/>", 2_300_000)),
    "too many elements": lambda: inside(filled(b"<a/>")),
    "elements in a body": lambda: with_body(filled(b"<a/>", 2_300_000), b"<DatiGenerali>"),
    "elements in a line": lambda: with_body(filled(b"<a/>", 2_300_000), b"<Descrizione>"),
    "depth": lambda: inside(filled(b"<a>", 1_500_000)),
    "attributes": lambda: inside(b"<a " + b" ".join(b'a%d=""' % n for n in range(290_000)) + b"/>"),
    "too many attributes": lambda: inside(b"<a " + b" ".join(b'a%d=""' % n for n in range(900_000)) + b"/>"),
    "namespaces": lambda: inside(b"<a " + b" ".join(b'xmlns:a%d="u"' % n for n in range(290_000)) + b"/>"),
    "a long namespace": lambda: inside(
        LONG_SPACE + filled(b"<DatiGenerali/>", 4_000_000) + b"</FatturaElettronicaBody>"
    ),
    "a text": lambda: with_body(filled(b"x"), b"</Causale>".replace(b"Causale", b"Numero")),
    "a text of control signs": lambda: with_body("\u202e".encode() * 3_300_000, b"</Numero>"),
    "blanks": lambda: with_body(filled(b" "), b"</Numero>"),
    "an attribute's text": lambda: inside(b'<a b="' + filled(b"x") + b'"/>'),
    "comments": lambda: inside(filled(b"<!---->", 4_100_000)),
    "references": lambda: inside(b"<a>" + filled(b"&#65;") + b"</a>"),
    "unknown entities": lambda: inside(b"<a>" + filled(b"&b;") + b"</a>"),
    "documents": lambda: inside(SMALL_BODY * MAX_DOCUMENTS),
    "too many documents": lambda: inside(b"<FatturaElettronicaBody/>" * (MAX_DOCUMENTS + 1)),
    "documents without a header": lambda: inside(SMALL_BODY * MAX_DOCUMENTS, header=""),
    "documents before the header": lambda: inside(SMALL_BODY * MAX_DOCUMENTS + HEADER.encode(), header=""),
    "documents under a long header": lambda: inside(SMALL_BODY * MAX_DOCUMENTS, header=LONG_NAME),
    "bad lines": lambda: invoice(body(lines="<DettaglioLinee/>" * MAX_LINES)),
    "lines": lambda: invoice(body(lines=LINE.decode() * MAX_LINES, payments="", total="")),
    "too many lines": lambda: invoice(body(lines=LINE.decode() * (MAX_LINES + 1))),
    "descriptions that repeat": lambda: invoice(
        body(lines=line("canone bonus materia " * 40, codes=pod_code()) * 8_000, payments="", total="")
    ),
    "points": lambda: invoice(
        body(general="".join(f"<Causale>IT001E{n:08}</Causale>" for n in range(150_000)), lines=line(), payments="")
    ),
    "payments": lambda: invoice(body(payments=payment("1.00") * 20_000)),
    "summaries": lambda: invoice(body(summaries=summary() * 20_000)),
    "attachments": lambda: invoice(
        body(attachments="<Allegati><Attachment>QQ==</Attachment></Allegati>" * 100_000)
    ),
    "an attachment of blanks": lambda: invoice(
        body(attachments="<Allegati><Attachment>" + "Q Q\n" * 2_400_000 + "</Attachment></Allegati>")
    ),
    "an attachment": lambda: invoice(
        body(attachments=f"<Allegati><Attachment>{base64.b64encode(bytes(7_000_000)).decode()}</Attachment></Allegati>")
    ),
    "UTF-16": lambda: inside(filled(b"<a/>", 2_000_000)).decode().encode("utf-16"),
    "UTF-32": lambda: inside(filled(b"<a/>", 2_000_000)).decode().encode("utf-32"),
    "UTF-7": lambda: b'<?xml version="1.0" encoding="UTF-7"?>' + inside(filled(b"+ADw-a/+AD4-")),
    "signed": lambda: enveloped(inside(filled(b"<a/>", 2_300_000)), endless=True, piece=1_000),
    "signed in bytes": lambda: enveloped(b"<" * 3_000_000, endless=True, piece=1),
    "base64 of base64": lambda: base64.b64encode(base64.b64encode(enveloped(filled(b"x", 5_000_000)))),
    "base64 with a blank behind each letter": lambda: b"M A A A " * 1_300_000,
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_largest_files(harm: str) -> None:
    """What comes out depends on the harm; that it comes in time and can be said does not."""
    data = HARM[harm]()
    start = process_time()
    outcome = Outcome(data, file="IT01_1.xml")
    seconds = process_time() - start
    assert outcome.bills or outcome.refused
    assert all(len(message(finding)) < 1_000 for finding in outcome.findings)
    assert len(outcome.findings) < 20_000
    assert seconds < PATIENCE


TOLD = {
    "too many elements": ["Il file «IT01_1.xml» supera la dimensione massima (300.000 elementi)."],
    "too many attributes": ["Il file «IT01_1.xml» supera la dimensione massima (300.000 elementi)."],
    "too many documents": ["Il file «IT01_1.xml» supera la dimensione massima (5.000 documenti)."],
    "too many lines": ["Il file «IT01_1.xml» supera la dimensione massima (9.999 righe per documento)."],
    "payments": ["Il file «IT01_1.xml» supera la dimensione massima (99 pagamenti)."],
    "summaries": ["Il file «IT01_1.xml» supera la dimensione massima (999 righe di riepilogo)."],
    "depth": ["Il file «IT01_1.xml» non è XML ben formato (riga 8)."],
    "unknown entities": ["Il file «IT01_1.xml» non è XML ben formato (riga 8)."],
    "signed in bytes": ["La busta firmata «IT01_1.xml» non è leggibile."],
    "attachments": [
        "Fattura B051/539: il file non rispetta lo schema (oltre 50 allegati: gli altri restano solo nel file della"
        " fattura)."
    ],
    "attributes": ["Fattura IT01_1.xml: manca l'elemento obbligatorio FatturaElettronicaBody."],
    "UTF-16": ["Fattura IT01_1.xml: manca l'elemento obbligatorio FatturaElettronicaBody."],
}


@pytest.mark.parametrize("harm", TOLD)
def test_what_is_said_of_them(harm: str) -> None:
    assert [message(finding) for finding in Outcome(HARM[harm]()).findings] == TOLD[harm]


def test_none_of_them_takes_much_memory() -> None:
    """Each in a process of its own, since a process never gives memory back. The worst ones are enough."""
    for harm in (
        "elements",
        "elements in a body",
        "attributes",
        "UTF-7",
        "signed",
        "an attachment of blanks",
        "points",
    ):
        code = (
            "import re, pathlib, sys\n"
            "from tests.core.flows.fatturapa.test_hostile import HARM, Outcome\n"
            "def high(): return int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
            "data = HARM[sys.argv[1]]()\nbefore = high()\nOutcome(data)\nprint((high() - before) * 1024)\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code, harm],
            cwd=Path(__file__).parents[4],
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(ended.stdout) < MEMORY, harm


#: A file that a parser must not open, and what it would look like if it did.
_SECRET = "segretissimo"


@pytest.mark.parametrize(
    "how",
    [
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{path}" parse="text"/>',
        '<?xml-stylesheet href="{path}"?>',
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x {path}"/>',
    ],
)
def test_nothing_is_fetched(how: str, tmp_path: Path) -> None:
    place = tmp_path / "segreto.txt"
    place.write_text(_SECRET)
    data = invoice(body(general=f"<Causale>{how.format(path=place.as_uri())}</Causale>"))
    outcome = Outcome(data)
    assert [read.bill.notices for read in outcome.bills] == [()]
    assert not re.search(_SECRET, repr(outcome.all))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-7"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_document_type_in_any_encoding(encoding: str, wrapped: bool, tmp_path: Path) -> None:
    place = tmp_path / "segreto.txt"
    place.write_text(_SECRET)
    text = (
        f"<?xml version='1.0' encoding='{encoding[:6]}'?><!DOCTYPE a [<!ENTITY b SYSTEM '{place.as_uri()}'>]><a>&b;</a>"
    )
    data = text.encode(encoding)
    outcome = Outcome(enveloped(data) if wrapped else data)
    assert outcome.codes == ["XML-601"]
    assert not re.search(_SECRET, repr(outcome.all))
