"""Contacts files (CSV) in their encodings and separators."""

from collections.abc import Iterable, Sequence
from csv import reader
from io import BytesIO, StringIO

from smartbill.core.flows.contacts_csv.reader import ContactsRules, read_contacts
from smartbill.core.flows.contacts_csv.rejects import RejectsWriter
from smartbill.core.flows.value import Finding
from tests.fuzz.target import Target

_GOOD = (
    "CODICE ANAGRAFICO;NUMERO CELLULARE;INDIRIZZO E-MAIL;CANALE;LINGUA\n"
    "C0000001;+39 347 1234567;anna@example.it;email;it\n"
    'C0000002;;"bruno.prova@example.it";sms;de\n'
    "C0000003;347-1234568;;;\n"
    "C0000003;3471234569 / 3471234560;x;;\n"
)


def _seeds() -> Sequence[bytes]:
    return (
        _GOOD.encode(),
        _GOOD.encode("utf-8-sig"),
        _GOOD.encode("utf-16"),
        _GOOD.replace(";", ",").replace("\n", "\r\n").encode("cp1252"),
        _GOOD.replace(";", "\t").encode(),
    )


def _read(data: bytes) -> Iterable[Finding]:
    for several in (False, True):
        rules = ContactsRules(customer_code_length=8, several_per_customer=several, languages=frozenset({"it"}))
        rejects = BytesIO()
        watch = RejectsWriter(rejects.write, file="CONTATTI.csv")
        for outcome in read_contacts(BytesIO(data), file="CONTATTI.csv", rules=rules, watch=watch):
            if isinstance(outcome, Finding):
                yield outcome
        _check_rejects(rejects.getvalue().decode("utf-8-sig"), watch)


def _check_rejects(text: str, watch: RejectsWriter) -> None:
    """The file of rejects is a table with a row for each, and no cell of it is a formula."""
    head, *rows = list(reader(StringIO(text, newline=""), delimiter=";")) or [[]]
    assert len(rows) == watch.rejected
    assert {len(row) for row in rows} <= {len(head)}
    assert not [cell for row in [head, *rows] for cell in row if cell.lstrip(" ").startswith(("=", "@", "\t"))]


TARGET = Target(
    name="contacts",
    seeds=_seeds,
    read=_read,
    words=(b'"', b'""', b";" * 50, b"\n;;;;\n", b"CODICE FISCALE", b"PEC", b"3,47E+09", b"+", b"@", b"a@b@c.it", b"'="),
)
