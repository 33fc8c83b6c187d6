"""Read a contacts file: findings first, then, if the file is not refused, each customer's contact once."""

from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, Final, TypeVar

from msgspec import Struct

from smartbill.core.contacts.email import parse_email
from smartbill.core.contacts.mobile import parse_mobile
from smartbill.core.flows.contacts_csv import cells
from smartbill.core.flows.contacts_csv.columns import KEY_KINDS, KEY_NAMES, Columns
from smartbill.core.flows.contacts_csv.line_map import LineMap
from smartbill.core.flows.contacts_csv.table import Row, Table, TableLimits, TableRefusedError, open_table
from smartbill.core.flows.value import Finding, FlowContact, Level

_Value = TypeVar("_Value")
_LINE_BITS: Final = 32
_LINE_MASK: Final = (1 << _LINE_BITS) - 1


class ContactsRules(Struct, frozen=True, kw_only=True):
    """What a company has set up about its contacts files."""

    customer_code_length: int = 0  # 0 = free; else shorter numbers have lost their zeros
    several_per_customer: bool = False  # keep them all, the first is preferred; else the last row wins
    customers_per_address: int = 10  # more are a warning: agency, administrator, test number
    refused_percent: int = 20  # more refuse the whole file
    languages: frozenset[str] = frozenset()  # the active ones; empty = any
    limits: TableLimits = TableLimits()


DEFAULT_RULES: Final = ContactsRules()
_LONGEST_NAME: Final = 160


class RowWatch:
    """Is told of every row of a file, once and in order. This one does not care."""

    def header(self, cells: list[str]) -> None:
        """The headings, before any row."""

    def taken(self, row: Row) -> None: ...

    def repeated(self, row: Row) -> None:
        """A row that says what an earlier one of the same customer has said."""

    def refused(self, row: Row, findings: list[Finding]) -> None:
        """`findings` holds the reasons, of level ROW, and perhaps warnings."""


def read_contacts(
    stream: BinaryIO, *, file: str, rules: ContactsRules = DEFAULT_RULES, watch: RowWatch | None = None
) -> Iterator[FlowContact | Finding]:
    """The contacts of a file, and what is wrong with it. `stream` must be seekable: it is read more than once.

    Contacts come after the findings of their rows, and not at all after a finding of level FILE. Rows that say the
    same are merged without a word; of rows that differ the last one counts (CSV-510). Memory: some tens of bytes
    per customer. CSV-512 (unknown customer) is for the caller, who knows the customers.
    """
    try:
        table = open_table(stream, rules.limits)
        watch = watch or RowWatch()
        watch.header(table.header)
        for name in table.columns.unknown[:20]:
            yield _warning(file, "column", name)
        reader = _RowReader(file, table.columns, rules)
        chosen = yield from _choose(table, reader, watch)
    except TableRefusedError as refused:
        yield Finding(code=refused.code, level=Level.FILE, file=file, line=refused.line, values=refused.values)
        return
    yield from _contacts(table, reader, chosen)


def _choose(table: Table, reader: "_RowReader", watch: RowWatch) -> Generator[Finding, None, LineMap]:
    """First pass: all findings, and per identity the row that counts. Raises TableRefusedError, CSV-503 too."""
    several = reader.rules.several_per_customer
    chosen = LineMap()  # identity -> hash of what the row says, and its line
    refused = total = 0
    for row in table.rows():
        total += 1
        contact, findings = reader.read(row)
        yield from findings
        if contact is None:
            refused += 1
            watch.refused(row, findings)
            continue
        identity = _identity(contact, several=several)
        earlier = chosen.get(identity)
        digest = _content_hash(contact)
        if earlier and earlier >> _LINE_BITS == digest:
            watch.repeated(row)
            continue
        watch.taken(row)
        if earlier:
            yield reader.finding(
                "CSV-510",
                Level.WARNING,
                row.line,
                codice=cells.masked(contact.key_kind, contact.key),
                riga2=str(earlier & _LINE_MASK),
            )
        chosen[identity] = digest << _LINE_BITS | row.line
    if refused * 100 > total * reader.rules.refused_percent:
        raise TableRefusedError("CSV-503", n=str(refused), tot=str(total))
    return chosen


def _contacts(table: Table, reader: "_RowReader", chosen: LineMap) -> Iterator[FlowContact | Finding]:
    """Second pass: the contacts that count, then the addresses that too many customers share (CSV-511)."""
    several = reader.rules.several_per_customer
    met = LineMap()  # customers whose first contact has come
    uses = LineMap()  # address -> customers, and the line of the first
    for row in table.rows():
        contact, _ = reader.read(row)
        if contact is None or chosen.get(_identity(contact, several=several)) & _LINE_MASK != row.line:
            continue
        for address in filter(None, (contact.mobile, contact.email.lower())):
            uses[address] = (uses.get(address) or row.line) + (1 << _LINE_BITS)
        if several:
            customer = _identity(contact, several=False)
            if not met.get(customer):
                met[customer] = row.line
                contact = reader.read(row, preferred=True)[0]
                assert contact is not None
        yield contact
    for use in uses.values():
        if use >> _LINE_BITS > reader.rules.customers_per_address:
            yield reader.finding("CSV-511", Level.WARNING, use & _LINE_MASK, n=str(use >> _LINE_BITS))


def _identity(contact: FlowContact, *, several: bool) -> str:
    key = f"{contact.key_kind}\t{contact.key}"
    return f"{key}\t{contact.mobile}\t{contact.email.lower()}" if several else key


def _content_hash(contact: FlowContact) -> int:
    said = hash((contact.mobile, contact.email, contact.channel, contact.language, contact.consent))
    return said & _LINE_MASK  # 32 bits are enough to tell two rows of one customer apart


class _RowReader:
    """Makes a contact of a row. Stateless but for the file's set-up, so a row may be read again."""

    def __init__(self, file: str, columns: Columns, rules: ContactsRules) -> None:
        self.file = file
        self.rules = rules
        self._columns = columns

    def finding(self, code: str, level: Level, line: int, field: str = "", **values: str) -> Finding:
        return Finding(code=code, level=level, file=self.file, line=line, field=field, values=values)

    def read(self, row: Row, *, preferred: bool = False) -> tuple[FlowContact | None, list[Finding]]:
        if any(cell.strip() for cell in row.cells[self._columns.width :]):
            found, expected = str(len(row.cells)), str(self._columns.width)
            return None, [self.finding("REC-101", Level.ROW, row.line, trovato=found, atteso=expected)]
        key = self._key(row)
        if isinstance(key, Finding):
            return None, [key]
        findings: list[Finding] = []
        consent = self._value(row, "consent", cells.consent_of, None, findings)
        mobile, email, problems = self._addresses(row, findings)
        usable = bool(mobile or email) or consent is False  # a refusal counts even when no address is left
        level = Level.WARNING if usable else Level.ROW
        for code, field, value in problems:
            findings.append(self.finding(code, level, row.line, field, **value))
        if not usable:
            if not problems:
                findings.append(self.finding("CSV-508", Level.ROW, row.line))
            return None, findings
        return FlowContact(
            key_kind=key[0],
            key=key[1],
            mobile=mobile,
            email=email,
            channel=self._value(row, "channel", cells.channel_of, "", findings),
            language=self._language(row, findings),
            consent=consent,
            consent_date=self._value(row, "consent_date", cells.date_of, None, findings),
            preferred=preferred,
            name=" ".join(self._texts(row, "name"))[:_LONGEST_NAME],
            line=row.line,
        ), findings

    def _texts(self, row: Row, field: str) -> list[str]:
        """What the columns of a field hold, the preferred column first, empty cells left out."""
        places = self._columns.places.get(field, ())
        return [row.cells[place] for place in places if place < len(row.cells) and row.cells[place].strip()]

    def _key(self, row: Row) -> tuple[str, str] | Finding:
        for kind in KEY_KINDS:
            for text in self._texts(row, kind):
                try:
                    return kind, cells.key_of(kind, text, customer_code_length=self.rules.customer_code_length)
                except cells.KeyDamagedError as damaged:
                    value = cells.masked(kind, str(damaged))
                    return self.finding("CSV-509", Level.ROW, row.line, kind, valore=value)
                except cells.NotReadableError as wrong:
                    value = cells.masked(kind, str(wrong))
                    return self.finding("REC-107", Level.ROW, row.line, kind, campo=KEY_NAMES[kind], valore=value)
        return self.finding("CSV-504", Level.ROW, row.line)

    def _addresses(self, row: Row, findings: list[Finding]) -> tuple[str, str, list[tuple[str, str, dict[str, str]]]]:
        """Mobile and e-mail of the row, and the problems of those that can't be used: code, field, values."""
        problems: list[tuple[str, str, dict[str, str]]] = []
        mobile = email = ""
        for text in self._texts(row, "mobile"):
            number = parse_mobile(text)
            mobile = mobile or number.number
            if number.problem:
                shown = {"valore": text.strip()[:60]} if number.problem == "CSV-509" else {}
                problems.append((number.problem, "mobile", shown))
        for text in self._texts(row, "email"):
            address = parse_email(text)
            if address.problem:
                problems.append((address.problem, "email", {}))
            elif address.warning == "certified":
                findings.append(_warning(self.file, "email_certified", "", line=row.line))
            elif not email:
                email = address.address
                if address.warning == "slip":
                    findings.append(_warning(self.file, "email_domain", email.rpartition("@")[2], line=row.line))
        return mobile, email, problems

    def _value(
        self, row: Row, field: str, read: Callable[[str], _Value], empty: _Value, findings: list[Finding]
    ) -> _Value:
        for text in self._texts(row, field):
            try:
                return read(text)
            except cells.NotReadableError:
                findings.append(_warning(self.file, field, text, line=row.line))
        return empty

    def _language(self, row: Row, findings: list[Finding]) -> str:
        for text in self._texts(row, "language"):
            try:
                language = cells.language_of(text)
            except cells.NotReadableError:
                language = ""
            if language and (not self.rules.languages or language in self.rules.languages):
                return language
            findings.append(_warning(self.file, "language", text, line=row.line))
            return "it"
        return ""


def _warning(file: str, field: str, value: str, *, line: int | None = None) -> Finding:
    shown = "".join(sign for sign in value.strip()[:60] if sign.isprintable())
    return Finding(code="WRN-410", level=Level.WARNING, file=file, line=line, field=field, values={"valore": shown})
