"""Which PDF of the archives belongs to which document (chapter 7.4 of the flow format)."""

from collections.abc import Iterable

from msgspec import Struct

from smartbill.core.flows.value import Finding, Level

DEFAULT_PATTERN = "{series}_{number}.pdf"


class Wanted(Struct, frozen=True, kw_only=True):
    """A document that looks for its PDF."""

    ref: int  # whatever the caller finds it by again
    document: str  # display number
    line: int
    series: str
    number: str
    pdf_file: str  # the name announced, empty = by the company's pattern
    refused: bool = False  # takes its PDF out of those without a bill, and has no findings of its own

    def name(self, pattern: str = DEFAULT_PATTERN) -> str:
        by_pattern = pattern.replace("{series}", self.series).replace("{number}", self.number)
        return self.pdf_file or by_pattern.replace("/", "_")


class Pairing(Struct, frozen=True, kw_only=True):
    pairs: dict[int, str]  # ref -> base name as it is in the archive
    missing: tuple[int, ...]  # refs without a PDF (DOC-301)
    shared: tuple[int, ...]  # refs that name a PDF of another document as well (DOC-304)
    findings: tuple[Finding, ...]


def pair_pdfs(
    documents: Iterable[Wanted], names: Iterable[str], *, file: str, required: bool, pattern: str = DEFAULT_PATTERN
) -> Pairing:
    """Pair by name, exactly, then with case ignored. `names` are base names; `required`: the flow announces PDFs."""
    exact = set(names)
    folded = {name.casefold(): name for name in sorted(exact)}
    users: dict[str, list[Wanted]] = {}
    missing: list[Wanted] = []
    for wanted in documents:
        name = wanted.name(pattern)
        found = name if name in exact else folded.get(name.casefold())
        if found is not None:
            users.setdefault(found, []).append(wanted)
        elif required and not wanted.refused:
            missing.append(wanted)
    shared = {name: sharing for name, sharing in users.items() if len(sharing) > 1}
    findings = [_finding("DOC-301", wanted, file, nome=wanted.name(pattern)) for wanted in missing]
    findings += [
        _finding("DOC-304", wanted, file, nome=name)
        for name, sharing in shared.items()
        for wanted in sharing
        if not wanted.refused
    ]
    findings += [
        Finding(code="WRN-406", level=Level.WARNING, file=file, field="pdf_file", values={"nome": name})
        for name in sorted(exact - users.keys())
    ]
    return Pairing(
        pairs={sharing[0].ref: name for name, sharing in users.items() if name not in shared},
        missing=tuple(wanted.ref for wanted in missing),
        shared=tuple(wanted.ref for sharing in shared.values() for wanted in sharing if not wanted.refused),
        findings=tuple(findings),
    )


def _finding(code: str, wanted: Wanted, file: str, **values: str) -> Finding:
    return Finding(
        code=code,
        level=Level.DOCUMENT,
        file=file,
        line=wanted.line,
        record="10",
        field="pdf_file",
        document=wanted.document,
        values=values,
    )
