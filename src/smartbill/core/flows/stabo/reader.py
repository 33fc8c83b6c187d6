"""Reading the documents of a STABO v1 flow, block by block.

A block is any run of whole documents: `scan` cuts a file at records 10, and blocks are read apart from each other, in
any order, by any number of processes. What concerns the file as a whole is checked on the blocks' totals (`totals`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from smartbill.core.contacts.email import parse_email
from smartbill.core.contacts.mobile import parse_mobile
from smartbill.core.flows.stabo import rules
from smartbill.core.flows.stabo.codes import SUPPLY_SERVICES
from smartbill.core.flows.stabo.costs import ZERO
from smartbill.core.flows.stabo.document import assembled
from smartbill.core.flows.stabo.fields import CONVERTERS, FIXED_CONVERTERS, ValueRefused, shown
from smartbill.core.flows.stabo.header import FlowHeader
from smartbill.core.flows.stabo.issues import Document, Head
from smartbill.core.flows.stabo.records import DOCUMENT_RECORDS
from smartbill.core.flows.value import BlockTotals, Finding, FlowContact, Level, ReadBill, RefusedDocument

#: findings of level file that one block yields: more say nothing new, and a foreign file has one per line
MAX_FILE_FINDINGS = 1000

#: control characters beyond ASCII as each codec writes them; the rest is `scan`'s. CP1252 has none.
_HIGH_CONTROLS = {
    "utf-8": re.compile(b"\xc2[\x80-\x9f]"),
    "iso-8859-1": re.compile(b"[\x80-\x9f]"),
    "iso-8859-15": re.compile(b"[\x80-\x9f]"),
}
_SERVICE_LETTERS = {service: letter for letter, service in SUPPLY_SERVICES.items()}
_FAST = {kind: (CONVERTERS[kind].converters, CONVERTERS[kind].tails) for kind in DOCUMENT_RECORDS}
_FIXED = {kind: (FIXED_CONVERTERS[kind].converters, FIXED_CONVERTERS[kind].tails) for kind in DOCUMENT_RECORDS}
_look_up: Callable[[Any, str], Any] = (
    dict.__getitem__
)  # in the loop over all lines, `operator.getitem` would take twice as long

Outcome = ReadBill | RefusedDocument | Finding


class Ordinals:
    """Ordinals of documents go up by one. The first of a block is compared with the block before by `check_totals`."""

    def __init__(self) -> None:
        self.first: int | None = None
        self._expected: int | None = None
        self._unread = 0

    @property
    def last(self) -> int | None:
        return self._expected - 1 if self._expected is not None else None

    def broken(self, seq: int | None) -> int | None:
        """Take the next ordinal; what was expected, if it is another. One that can't be read takes a place too."""
        expected = self._expected
        if seq is None:
            if expected is None:
                self._unread += 1
            else:
                self._expected = expected + 1
            return None
        self._expected = seq + 1
        if expected is None:
            self.first = seq - self._unread
            return None
        return expected if seq != expected else None


class BlockReader:
    """Iterate once over the outcomes of a block; `totals` is complete when the iteration has ended.

    `data` is whole lines, of whole documents; `first_line` the number of its first line in the file; `today` the day
    that issue dates are compared with. A document's findings come right before its bill or refusal. Bad input never
    raises.
    """

    def __init__(self, data: bytes, *, first_line: int, file: str, header: FlowHeader, today: date) -> None:
        self._data = data
        self._first_line = first_line
        self._file = file
        self._header = header
        self._today = today
        self._ordinals = Ordinals()
        self._file_findings = 0
        self._counts = dict.fromkeys(CONVERTERS, 0)
        self._services: set[str] = set()
        self._totals: dict[str, Any] = {
            "bills": 0, "credit_notes": 0, "refused": 0, "unreadable_totals": 0,
        }  # fmt: skip
        self._sum_total_bill = ZERO
        self._sum_total_due = ZERO
        self._lines = 0

    @property
    def totals(self) -> BlockTotals:
        return BlockTotals(
            first_line=self._first_line,
            lines=self._lines,
            first_seq=self._ordinals.first,
            last_seq=self._ordinals.last,
            sum_total_bill=self._sum_total_bill,
            sum_total_due=self._sum_total_due,
            records={kind: count for kind, count in self._counts.items() if count},
            services="".join(sorted(self._services)),
            **self._totals,
        )

    def __iter__(self) -> Iterator[Outcome]:
        text, undecodable = self._decoded()
        yield from undecodable
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        self._lines = len(lines)
        document: Document | None = None
        last_type = "00"
        fixed = self._header.variant == "F"
        known, examined = (_FIXED, FIXED_CONVERTERS) if fixed else (_FAST, CONVERTERS)
        for number, line in enumerate(lines, self._first_line):
            fields = _cut(line) if fixed else line.split("|")
            kind = fields[0]
            if kind not in known:
                yield from self._foreign(line, kind, number, last_type)
                continue
            converters, tails = known[kind]
            problems: Sequence[tuple[str, ValueRefused]] = ()
            try:
                # A line of the wrong length has no tail, which the slow way explains.
                values = [*map(_look_up, converters, fields), *tails[len(fields)]]
            except (ValueRefused, KeyError):
                values, problems = examined[kind].examined(fields)
            if kind == "10":
                if document is not None:
                    yield from self._closed(document)
                document = self._opened(values, fields, number)
                yield from self._sequence(document)
            elif document is None:
                yield from self._orphan(kind, number, fields[1])
                continue
            else:
                if values[1] != document.seq or kind < last_type:
                    _misplaced(document, kind, number, last_type=last_type, seq=values[1], seq_text=fields[1])
                document.rows[kind].append((number, values))
            last_type = kind
            for name, problem in problems:
                document.refuse(problem.code, name, line=number, record=kind, **problem.values)
        if document is not None:
            yield from self._closed(document)

    def _decoded(self) -> tuple[str, list[Finding]]:
        """The text, line ends made one. What does not decode refuses the file, and is read all the same."""
        data = self._data.replace(b"\r\n", b"\n") if b"\r" in self._data else self._data
        findings = []
        try:
            text = data.decode(self._header.codec)
        except UnicodeDecodeError as error:
            line = self._first_line + data.count(b"\n", 0, error.start)
            findings = list(
                self._file_finding("FLS-003", line, "", "encoding", codifica=self._header.encoding, riga=str(line))
            )
            text = data.decode(self._header.codec, errors="replace")
        controls = None if text.isascii() else _HIGH_CONTROLS.get(self._header.codec)
        if controls and (found := controls.search(data)):
            line = self._first_line + data.count(b"\n", 0, found.start())
            findings += self._file_finding("FLS-027", line, "", "", cosa=f"carattere U+{found[0][-1]:04X}")
        return text, findings

    def _file_finding(self, code: str, line: int, record: str, field: str, **values: str) -> Iterator[Finding]:
        self._file_findings += 1
        if self._file_findings <= MAX_FILE_FINDINGS:
            yield Finding(
                code=code, level=Level.FILE, file=self._file, line=line, record=record, field=field, values=values
            )

    def _foreign(self, line: str, kind: str, number: int, last_type: str) -> Iterator[Finding]:
        """A line that is no record of a document. Blank ones are `scan`'s finding."""
        if kind in CONVERTERS:  # a header or a trailer in the middle
            self._counts[kind] += 1
            yield from self._file_finding("REC-110", number, kind, "", tipo2=last_type)
        elif line:
            yield from self._file_finding("FLS-008", number, "", "record_type", valore=shown(kind.strip()))

    def _orphan(self, kind: str, number: int, seq_text: str) -> Iterator[Finding]:
        """A child record before the first document."""
        self._counts[kind] += 1
        yield from self._file_finding("REC-108", number, kind, "doc_seq", tipo=kind, valore=shown(seq_text))

    def _opened(self, values: list[Any], fields: list[str], number: int) -> Document:
        head = Head._make(values)
        display = f"{fields[3].strip()}/{fields[4].strip()}"
        document = Document(file=self._file, line=number, seq=head.doc_seq, display=shown(display), head=head)
        self._counts["10"] += 1
        if fields[2] == "N":
            self._totals["credit_notes"] += 1
        else:
            self._totals["bills"] += 1
        total_bill, total_due = values[12], values[15]
        if total_bill is None or total_due is None:
            self._totals["unreadable_totals"] += 1
        else:
            self._sum_total_bill += total_bill
            self._sum_total_due += total_due
        return document

    def _sequence(self, document: Document) -> Iterator[Finding]:
        expected = self._ordinals.broken(document.seq)
        if expected is not None:
            yield from self._file_finding(
                "FLS-026", document.line, "10", "doc_seq", trovato=str(document.seq), atteso=str(expected)
            )

    def _closed(self, document: Document) -> Iterator[Outcome]:
        for kind, rows in document.rows.items():
            self._counts[kind] += len(rows)
        self._services |= service_letters(document)
        if len(document.rows["11"]) != 1:
            document.refuse("DOC-209", record="11")
        if not document.rows["12"]:
            document.refuse("DOC-210", record="12")
        read = None
        if not document.refused:
            read = read_document(document, self._today)
        yield from document.findings
        if read is None:
            self._totals["refused"] += 1
            yield refused_document(document)
        else:
            yield read


def _cut(line: str) -> list[str]:
    """The fields of a line of the fixed-width variant; its type alone when it is none of a document."""
    kind = line[:2]
    return FIXED_CONVERTERS[kind].cut(line) if kind in _FIXED else [kind]


def service_letters(document: Document) -> set[str]:
    return {_SERVICE_LETTERS[values[3]] for _, values in document.rows["12"] if values[3] in _SERVICE_LETTERS}


def refused_document(document: Document) -> RefusedDocument:
    head = document.head
    return RefusedDocument(
        doc_seq=document.seq,
        line=document.line,
        series=head.series or "",
        number=head.number or "",
        issue_year=head.issue_date.year if head.issue_date else None,
        pdf_file=head.pdf_file or "",
    )


def read_document(document: Document, today: date) -> ReadBill | None:
    """The bill that the rows of a document make, or None when a rule refuses it: its findings say why.

    `today` is the day that the date of issue is compared with.
    """
    bill, costs = assembled(document)
    contacts = _contacts(document)
    if document.refused and any(finding.code.startswith("REC") for finding in document.findings):
        return None  # what the rules would say of such values is noise
    rules.check(document, bill, costs, today)
    if document.refused:
        return None
    head = document.head
    return ReadBill(
        doc_seq=head.doc_seq,
        line=document.line,
        file=document.file,
        bill=bill,
        contacts=contacts,
        pdf_file=head.pdf_file,
        pdf_sha256=head.pdf_sha256,
        einvoice_file=head.einvoice_file,
    )


def _misplaced(document: Document, kind: str, line: int, *, last_type: str, seq: int | None, seq_text: str) -> None:
    """A child record of another document, or in the wrong place. An ordinal that can't be read has its own finding."""
    if seq is not None and document.seq is not None and seq != document.seq:
        document.refuse("REC-108", "doc_seq", line=line, record=kind, tipo=kind, valore=shown(seq_text))
    if kind < last_type:
        document.refuse("REC-110", line=line, record=kind, tipo2=last_type)


def _contacts(document: Document) -> tuple[FlowContact, ...]:
    """Records 50. An address that cannot be used is dropped with a warning: the bill is good without it.

    A refusal said with such an address stays, and closes its channel: a no counts wherever it comes from (chapter 6).
    """
    contacts = []
    preferred_seen = False
    for line, (_, _, code, channel, address, preferred, language, consent, consent_date) in document.rows["50"]:
        if code != document.head.customer_code:
            document.refuse("DOC-212", "customer_code", record="50")
        if preferred and preferred_seen:
            document.refuse("REC-105", "preferred", line=line, record="50", valore="S")
        preferred_seen = preferred_seen or preferred
        mobile = email = ""
        if channel == "email":
            by_mail = parse_email(address)
            email, problem = by_mail.address, by_mail.problem
        else:
            by_phone = parse_mobile(address)
            mobile, problem = by_phone.number, by_phone.problem
        if problem:
            document.warn(problem, "address", line=line, record="50", valore=shown(address, personal=True))
            if consent is not False:
                continue
        contacts.append(
            FlowContact(
                key_kind="customer_code",
                key=code,
                mobile=mobile,
                email=email,
                channel=channel,
                language=language,
                consent=consent,
                consent_date=consent_date,
                preferred=preferred and not problem,
                line=line,
            )
        )
    return tuple(contacts)
