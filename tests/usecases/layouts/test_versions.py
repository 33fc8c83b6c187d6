"""The life of a flow layout: draft, trial, publishing, restoring; who may; what is on record."""

from datetime import UTC, datetime

import pytest

from smartbill.adapters.files.shipped import layouts_folder
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.queries import published_layouts
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotAllowed, NotPossible
from smartbill.usecases.layouts.library import example_text, examples
from smartbill.usecases.layouts.trying import LayoutTry, SampleFile, try_layout
from smartbill.usecases.layouts.versions import (
    LayoutEntry,
    layout_of_company,
    layouts_of_company,
    publish_layout,
    restore_layout,
    save_layout,
)
from tests.conftest import CompanyFixture

NOW = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)
NAME = "valmarina-spool"
TEXT = example_text("valmarina")
CHANGED = "\n# cambiato dopo la prova\n"


def sample(name: str = "VM26Q2.spl") -> SampleFile:
    return SampleFile(name, (layouts_folder() / "valmarina" / name).read_bytes())


def tried(actor: Actor, text: str = TEXT, **rest: int) -> LayoutTry:
    return try_layout(actor, text, sample(), name=NAME, now=NOW, **rest)


def entry(acme: CompanyFixture) -> LayoutEntry:
    with company(acme.id):
        found = layout_of_company(NAME)
    assert found is not None
    return found


def states(acme: CompanyFixture) -> list[tuple[int, str]]:
    return [(each.version, each.state.value) for each in entry(acme).versions]


def test_draft_trial_publish_and_restore(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    assert save_layout(acme.editor, TEXT, now=NOW, note="prima") == NAME
    assert states(acme) == [(1, "draft")]
    assert tried(acme.editor).accepted == 13
    publish_layout(acme.manager, NAME, 1, note="va bene", now=NOW)
    assert states(acme) == [(1, "published")]
    changed = TEXT.replace("1994", "1995") + "\n# seconda\n"
    save_layout(acme.editor, changed, now=NOW, name=NAME)
    save_layout(acme.editor, changed + "# terza\n", now=NOW, name=NAME)
    assert states(acme) == [(2, "draft"), (1, "published")]
    tried(acme.editor, changed + "# terza\n")
    publish_layout(acme.operator, NAME, 2, now=NOW)
    assert states(acme) == [(2, "published"), (1, "retired")]
    restore_layout(acme.editor, NAME, 1, now=NOW)
    assert states(acme) == [(3, "draft"), (2, "published"), (1, "retired")]
    assert entry(acme).current.layout.text == TEXT
    publish_layout(acme.manager, NAME, 3, now=NOW)  # exactly this text was tried when it was version 1
    with company(acme.id):
        assert [(each.name, each.version, each.layout.text) for each in published_layouts()] == [(NAME, 3, TEXT)]
        told = list(Entry.objects.order_by("id").values_list("actor", "act", "subject", "note"))
    assert told == [
        (acme.editor.email, "save_layout", f"layout {NAME}", "v1 prima"),
        (acme.editor.email, "try_layout", f"layout {NAME}", "13/13 VM26Q2.spl"),
        (acme.manager.email, "publish_layout", f"layout {NAME}", "v1 va bene"),
        (acme.editor.email, "save_layout", f"layout {NAME}", "v2"),
        (acme.editor.email, "save_layout", f"layout {NAME}", "v2"),
        (acme.editor.email, "try_layout", f"layout {NAME}", "13/13 VM26Q2.spl"),
        (acme.operator.email, "publish_layout", f"layout {NAME}", "v2"),
        (acme.editor.email, "restore_layout", f"layout {NAME}", "v1"),
        (acme.manager.email, "publish_layout", f"layout {NAME}", "v3"),
    ]
    with company(hydra.id):
        assert layouts_of_company() == ()
        assert published_layouts() == ()


def test_what_was_not_tried_is_not_published(acme: CompanyFixture) -> None:
    save_layout(acme.editor, TEXT, now=NOW)
    with pytest.raises(NotPossible, match="provi la bozza salvata"):
        publish_layout(acme.manager, NAME, 1, now=NOW)
    tried(acme.editor, TEXT + "\n# un altro testo\n")
    with pytest.raises(NotPossible, match="provi la bozza salvata"):
        publish_layout(acme.manager, NAME, 1, now=NOW)
    tried(acme.editor)
    save_layout(acme.editor, TEXT + CHANGED, now=NOW, name=NAME)
    with pytest.raises(NotPossible, match="provi la bozza salvata"):
        publish_layout(acme.manager, NAME, 1, now=NOW)
    refused = try_layout(acme.editor, TEXT + CHANGED, sample("VM26Q2-ZZ.spl"), name=NAME, now=NOW)
    assert refused.refused_file
    assert try_layout(acme.editor, TEXT + CHANGED, sample("VM26Q2-ERR.spl"), name=NAME, now=NOW).accepted == 7
    with pytest.raises(NotPossible, match="provi la bozza salvata"):
        publish_layout(acme.manager, NAME, 1, now=NOW)


def test_a_draft_with_mistakes_is_kept_but_not_published(acme: CompanyFixture) -> None:
    save_layout(acme.editor, TEXT.replace('kind = "fixed"', 'kind = "a caso"'), now=NOW)
    with pytest.raises(NotPossible, match="La bozza ha errori"):
        publish_layout(acme.manager, NAME, 1, now=NOW)


def test_a_draft_that_changed_meanwhile_is_not_published(acme: CompanyFixture) -> None:
    save_layout(acme.editor, TEXT, now=NOW)
    with pytest.raises(NotPossible, match="nel frattempo"):
        publish_layout(acme.manager, NAME, 2, now=NOW)
    with pytest.raises(NotPossible, match="nel frattempo"):
        publish_layout(acme.manager, "nessuno", 1, now=NOW)


def test_names(acme: CompanyFixture) -> None:
    with pytest.raises(NotPossible, match="almeno la tabella"):
        save_layout(acme.editor, "non è TOML", now=NOW)
    with pytest.raises(NotPossible, match="per un altro nome"):
        save_layout(acme.editor, TEXT, now=NOW, name="borgoprova-csv")
    with pytest.raises(NotPossible, match="non c'è"):
        restore_layout(acme.editor, NAME, 1, now=NOW)


def test_roles(acme: CompanyFixture) -> None:
    save_layout(acme.editor, TEXT, now=NOW)
    for act in (
        lambda: save_layout(acme.viewer, TEXT, now=NOW),
        lambda: tried(acme.viewer),
        lambda: restore_layout(acme.viewer, NAME, 1, now=NOW),
        lambda: publish_layout(acme.editor, NAME, 1, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_trial_shows_rows_beside_values(acme: CompanyFixture) -> None:
    seen = tried(acme.editor, show=2)
    assert seen.shown is not None
    assert (seen.shown.number, seen.shown.document, seen.shown.accepted) == (2, "A01/302", True)
    first = seen.shown.rows[0]
    assert first.raw.startswith("AB0000004402A01000000302")
    values = {value.name: value.text for value in first.values}
    assert (values["customer_code"], values["issue_date"], values["total_bill"]) == ("4402", "10/07/2026", "66,02")
    assert values["doc_type"] == "invoice"
    assert seen.bill is not None
    assert seen.bill.display_number == "A01/302"
    assert tried(acme.editor, show=99).shown is None


def test_examples_are_offered() -> None:
    assert [each.name for each in examples()] == ["borgoprova", "lumengas", "valmarina"]
    assert example_text("../valmarina") == ""
