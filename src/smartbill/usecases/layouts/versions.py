"""Drafts of flow layouts, publishing and restoring them (R3, R31)."""

from datetime import date, datetime

from django.utils.translation import gettext as _
from msgspec import Struct
from msgspec.structs import replace

from smartbill.adapters.files.shipped import library_text
from smartbill.apps.companies.models import Role, SettingsVersion
from smartbill.apps.companies.operations import publish_draft, save_draft
from smartbill.apps.companies.queries import LayoutVersion, layout_versions, published_layouts
from smartbill.core.company.documents import LAYOUT_SECTION, FlowLayout, LayoutTrial
from smartbill.core.flows.descriptor.layout import compile_layout
from smartbill.core.flows.descriptor.loading import LayoutMistakes, Library, bases_of, layout_id
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require

MAX_LAYOUTS = 50


class LayoutEntry(Struct, frozen=True, kw_only=True):
    """A layout in the list: its versions, the newest first."""

    name: str
    versions: tuple[LayoutVersion, ...]

    @property
    def draft(self) -> LayoutVersion | None:
        return next((each for each in self.versions if each.state is SettingsVersion.State.DRAFT), None)

    @property
    def published(self) -> LayoutVersion | None:
        return next((each for each in self.versions if each.state is SettingsVersion.State.PUBLISHED), None)

    @property
    def current(self) -> LayoutVersion:
        """What an editor goes on with."""
        return self.draft or self.published or self.versions[0]


def layouts_of_company() -> tuple[LayoutEntry, ...]:
    """In the open transaction of the company."""
    by_name: dict[str, list[LayoutVersion]] = {}
    for version in layout_versions():
        by_name.setdefault(version.name, []).append(version)
    return tuple(LayoutEntry(name=name, versions=tuple(versions)) for name, versions in sorted(by_name.items()))


def layout_of_company(name: str) -> LayoutEntry | None:
    """In the open transaction of the company."""
    versions = layout_versions(name)
    return LayoutEntry(name=name, versions=versions) if versions else None


def company_library() -> Library:
    """The texts that a layout of the company may extend: its published ones, then the product's. In the transaction."""
    texts = {each.name: each.layout.text for each in published_layouts()}
    return lambda name: texts.get(name) or library_text(name)


def mistakes_in(text: str, library: Library) -> tuple[str, ...]:
    """Every mistake of a descriptor in Italian, with its table, key or line; empty when it can be used."""
    try:
        compile_layout(text, library=library)
    except LayoutMistakes as refused:
        return tuple(refused.mistakes)
    return ()


def save_layout(actor: Actor, text: str, *, now: datetime, name: str = "", note: str = "") -> str:
    """Keep a text as the draft of the layout that it names itself; mistakes in it do not matter yet.

    `name`: the layout that was open, empty for a new one. Returns the name. Raises NotAllowed, NotPossible.
    """
    require(actor.at_least(Role.EDITOR), _("modificare i tracciati"))
    told = layout_id(text)
    if name and told and told != name:
        raise NotPossible(
            _("Il testo dice id = «{told}», ma è aperto «{name}»: per un altro nome crei un tracciato nuovo.").format(
                told=told, name=name
            )
        )
    if not (name or told):
        raise NotPossible(_('Per salvare serve almeno la tabella [layout] con id = "NOME", in TOML senza errori.'))
    name = name or told
    with company(actor.company_id):
        entry = layout_of_company(name)
        if entry is None and len(layouts_of_company()) >= MAX_LAYOUTS:
            raise NotPossible(_("L'azienda ha già {n} tracciati.").format(n=MAX_LAYOUTS))
        draft = entry.draft if entry else None
        trial = draft.layout.trial if draft and draft.layout.text == text else None
        earlier = entry.current.layout if entry else FlowLayout(text="")
        document = replace(earlier, text=text, note=note, trial=trial, bases={})
        version = save_draft(LAYOUT_SECTION + name, document, by=actor.email)
        record_act(actor, "save_layout", f"layout {name}", note=_noted(version, note), now=now)
    return name


def set_validity(
    actor: Actor, name: str, *, valid_from: date | None, valid_to: date | None = None, now: datetime
) -> None:
    """From which day of receipt on (and until when) the draft counts once it is published; None = always.

    A draft is made of the published version where there is none. Raises NotAllowed, NotPossible.
    """
    require(actor.at_least(Role.EDITOR), _("modificare i tracciati"))
    if valid_from and valid_to and valid_to < valid_from:
        raise NotPossible(_("L'ultimo giorno di validità precede il primo."))
    with company(actor.company_id):
        entry = layout_of_company(name)
        if entry is None:
            raise NotPossible(_("Questo tracciato non c'è."))
        document = replace(entry.current.layout, valid_from=valid_from, valid_to=valid_to)
        save_draft(LAYOUT_SECTION + name, document, by=actor.email)
        days = f"{valid_from or '–'} {valid_to or '–'}"
        record_act(actor, "layout_validity", f"layout {name}", note=days, now=now)


def note_trial(actor: Actor, name: str, text: str, trial: LayoutTrial) -> None:
    """Note on the draft of this very text that it was tried. In the open transaction."""
    entry = layout_of_company(name)
    if entry is not None and entry.draft is not None and entry.draft.layout.text == text:
        document = replace(entry.draft.layout, trial=trial)
        save_draft(LAYOUT_SECTION + name, document, by=entry.draft.by)


def publish_layout(actor: Actor, name: str, version: int, *, now: datetime, note: str = "") -> None:
    """Flows of the company are read by this draft from now on. Raises NotAllowed, NotPossible.

    A text that has mistakes, or that was not tried on a file whose bills were all taken, is not published.
    """
    require(actor.at_least(Role.MANAGER), _("pubblicare i tracciati"))
    with company(actor.company_id):
        entry = layout_of_company(name)
        draft = entry.draft if entry else None
        if draft is None or draft.version != version:
            raise NotPossible(_("La bozza nel frattempo è cambiata: la guardi di nuovo prima di pubblicarla."))
        if mistakes_in(draft.layout.text, company_library()):
            raise NotPossible(_("La bozza ha errori: non può essere pubblicata."))
        if draft.layout.trial is None or not draft.layout.trial.passed:
            raise NotPossible(
                _("Prima di pubblicarla, provi la bozza salvata su un file: tutte le sue bollette devono riuscire.")
            )
        library = company_library()
        kept = replace(draft.layout, bases=bases_of(draft.layout.text, library=library))
        save_draft(LAYOUT_SECTION + name, kept, by=draft.by)
        publish_draft(LAYOUT_SECTION + name, by=actor.email, now=now)
        record_act(actor, "publish_layout", f"layout {name}", note=_noted(version, note), now=now)


def restore_layout(actor: Actor, name: str, version: int, *, now: datetime) -> None:
    """Make the draft what an earlier version was; publishing it is another act. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.EDITOR), _("modificare i tracciati"))
    with company(actor.company_id):
        entry = layout_of_company(name)
        earlier = next((each for each in entry.versions if each.version == version), None) if entry else None
        if earlier is None:
            raise NotPossible(_("Questa versione del tracciato non c'è."))
        document = replace(earlier.layout, note=_("Come la versione {n}").format(n=version))
        save_draft(LAYOUT_SECTION + name, document, by=actor.email)
        record_act(actor, "restore_layout", f"layout {name}", note=f"v{version}", now=now)


def _noted(version: int, note: str) -> str:
    return f"v{version} {note}".strip()
