"""Which layout a job is read by: those of the company that count on its day, by the names of its files."""

import fnmatch
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from smartbill.apps.companies.models import SettingsVersion
from smartbill.apps.companies.queries import LayoutVersion, layout_versions
from smartbill.core.company.documents import FlowLayout
from smartbill.core.flows.archive import Entry, EntryKind, NameRules
from smartbill.core.flows.descriptor.layout import Layout, compiled
from smartbill.core.flows.descriptor.loading import LayoutMistakes
from smartbill.core.flows.formats import names_with
from smartbill.core.flows.value import Finding, Level


class Choice(Struct, frozen=True, kw_only=True):
    """The layouts that a job may be read by, by name."""

    layouts: tuple[Layout, ...] = ()
    versions: dict[str, int] = {}
    unusable: tuple[str, ...] = ()  # names of those that this program cannot use

    @property
    def rules(self) -> NameRules:
        return names_with(*self.layouts)

    def of(self, entries: Iterable[Entry]) -> Layout | None:
        """The first layout that a file is meant by; one large flow goes before many small files.

        XML outside an archive is one small file, whatever the layout says of archives.
        """
        entries = tuple(entries)
        for kind in (EntryKind.FLOW, EntryKind.XML):
            for layout in self.layouts:
                fits = layout.kind == "xml" if kind is EntryKind.XML else not layout.many_files
                if fits and any(entry.kind is kind and _is_meant(entry.base_name, layout) for entry in entries):
                    return layout
        return None

    def version_of(self, name: str) -> int:
        return self.versions.get(name, 0)

    def findings(self, file: str) -> list[Finding]:
        return [
            Finding(code="FLS-028", level=Level.FILE, file=file, field="layout", values={"nome": name})
            for name in self.unusable
        ]


def _is_meant(name: str, layout: Layout) -> bool:
    folded = name.casefold()
    return any(fnmatch.fnmatchcase(folded, pattern.casefold()) for pattern in layout.file_names)


def layouts_on(day: date) -> Choice:
    """The layouts of the company of the transaction that count on a day, as they are published."""
    usable, versions, unusable = [], {}, []
    for each in _on(layout_versions(), day):
        try:
            layout = compiled_layout(each.layout)
        except LayoutMistakes:
            unusable.append(each.name)
            continue
        usable.append(layout)
        versions[layout.id] = each.version
    return Choice(layouts=tuple(usable), versions=versions, unusable=tuple(unusable))


def _on(versions: Iterable[LayoutVersion], day: date) -> list[LayoutVersion]:
    """Of each layout the newest version that was published and has begun; if that has ended, none."""
    chosen: dict[str, LayoutVersion] = {}
    for each in versions:  # the newest first
        begun = each.layout.valid_from is None or each.layout.valid_from <= day
        if each.state is not SettingsVersion.State.DRAFT and begun:
            chosen.setdefault(each.name, each)
    return [each for each in chosen.values() if each.layout.valid_to is None or day <= each.layout.valid_to]


def layout_of_version(name: str, version: int) -> Layout:
    """The layout that a job was opened with. Raises LookupError when it is not there."""
    for each in layout_versions(name):
        if each.version == version:
            return compiled_layout(each.layout)
    raise LookupError(f"{name} {version}")


def compiled_layout(layout: FlowLayout) -> Layout:
    """Raises LayoutMistakes."""
    return compiled(layout.text, tuple(sorted(layout.bases.items())))
