"""Reading a contacts file, with a job or alone: its contacts one by one, and then what came of the whole."""

from collections.abc import Iterator
from hashlib import sha256
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Final, Self

from msgspec.structs import replace

from smartbill.apps.companies.queries import settled
from smartbill.apps.intake.operations import ContactFileResult
from smartbill.core.company.documents import Access, Contacts
from smartbill.core.contacts.report import ContactsReport, packed
from smartbill.core.flows.contacts_csv.reader import ContactsRules, read_contacts
from smartbill.core.flows.contacts_csv.rejects import RejectsWriter
from smartbill.core.flows.ledger import CodeCount, FindingLedger
from smartbill.core.flows.value import Finding, FlowContact, Level
from smartbill.core.ports.files import FileStore, kept_key

#: Findings that are kept with the file, the gravest first; the refused rows are all in the file of rejects.
_KEPT_FINDINGS: Final = 500
_PIECE: Final = 1 << 20


def contacts_rules() -> ContactsRules:
    """What the company has settled about its contacts files."""
    wanted = settled(Contacts)
    return ContactsRules(
        customer_code_length=wanted.customer_code_length,
        several_per_customer=wanted.several_per_customer,
        customers_per_address=wanted.customers_per_address,
        refused_percent=wanted.refused_percent,
        languages=frozenset(settled(Access).languages),
    )


class ContactsReading:
    """A context: within it `contacts` is read to its end, then `result` asked. Refused rows go to a file on the way."""

    def __init__(self, rules: ContactsRules, *, file: str, ledger: FindingLedger) -> None:
        self._rules = rules
        self._file = file
        self.ledger = ledger
        self._rejects = TemporaryFile()  # noqa: SIM115 (closed with this context)
        self._watch = RejectsWriter(self._rejects.write, file=file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rejects.close()

    def contacts(self, stream: BinaryIO) -> Iterator[FlowContact]:
        """What is found wrong goes to the ledger."""
        for each in read_contacts(stream, file=self._file, rules=self._rules, watch=self._watch):
            if isinstance(each, Finding):
                self.ledger.add(each)
            else:
                yield each

    @property
    def refused(self) -> bool:
        """Whether nothing of the file counts."""
        return any(level is Level.FILE for _, level in self.ledger.counts)

    def result(self, store: FileStore, company_id: int, report: ContactsReport | None = None) -> ContactFileResult:
        """What came of it; the file of refused rows is stored. `report`: what more there is to say."""
        levels = list(Level)
        counts = [CodeCount(code, level, count) for (code, level), count in self.ledger.counts.items()]
        findings = sorted(self.ledger.kept, key=lambda each: (levels.index(each.level), each.line or 0))
        said = replace(
            report or ContactsReport(),
            headings=self._watch.headings,
            first_rows=self._watch.first_rows,
            merged=self._watch.merged,
            counts=sorted(counts, key=lambda each: (levels.index(each.level), each.code)),
            findings=findings[:_KEPT_FINDINGS],
        )
        return ContactFileResult(
            rows=self._watch.rows,
            refused=self._watch.rejected,
            refuses=self.refused,
            report=packed(said),
            rejects_digest=self._stored_rejects(store, company_id) if self._watch.rejected else "",
        )

    def _stored_rejects(self, store: FileStore, company_id: int) -> str:
        digest = sha256()
        for piece in self._pieces():
            digest.update(piece)
        store.write(kept_key(company_id, digest.hexdigest()), self._pieces())
        return digest.hexdigest()

    def _pieces(self) -> Iterator[bytes]:
        self._rejects.seek(0)
        while piece := self._rejects.read(_PIECE):
            yield piece
