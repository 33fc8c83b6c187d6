"""The staff page of flow layouts as somebody uses it: copy, edit, try on a file, save, publish, restore."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from smartbill.adapters.files.shipped import layouts_folder
from smartbill.apps.archive.models import Bill
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.queries import published_layouts
from smartbill.apps.intake.models import Drop, Job
from smartbill.database.context import company
from smartbill.usecases.layouts.library import example_text
from smartbill.web.backoffice.layout_forms import BLANK, BLANK_FIXED
from smartbill.web.uploads import MAX_UPLOAD
from tests.conftest import CompanyFixture
from tests.web.backoffice.conftest import SignIn

LIST = "/backoffice/ACME/impostazioni/tracciati/"
NEW = LIST + "nuovo/"
PAGE = LIST + "di/valmarina-spool/"
TEXT = example_text("valmarina")
FLOW = (layouts_folder() / "valmarina" / "VM26Q2.spl").read_bytes()


def upload(content: bytes = FLOW, name: str = "VM26Q2.spl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def send(client: Client, address: str, do: str, text: str = TEXT, **rest: object) -> HttpResponse:
    return client.post(address, {"do": do, "text": text, **rest})  # type: ignore[return-value]


def words(page: HttpResponse) -> str:
    """The text of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.content.decode())).split())


def test_whole_way(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor, manager = signed_in(acme.editor.email), signed_in(acme.manager.email)
    assert "nuovo/?da=valmarina" in editor.get(LIST).content.decode()
    begun = editor.get(NEW + "?da=valmarina")
    assert "valmarina-spool" in begun.content.decode()

    tried = send(editor, NEW, "try", sample=upload(), document=3)
    page = tried.content.decode()
    assert tried.status_code == 200
    assert "Bolletta 3 del file (A01/303)" in page
    assert page.count("<iframe") == 4
    assert "Fontàna-Prova" in unescape(page)
    assert "114,27" in page
    with company(acme.id):
        assert (Bill.objects.count(), Job.objects.count(), Drop.objects.count()) == (0, 0, 0)

    saved = send(editor, NEW, "save", note="la prima")
    assert (saved.status_code, saved.headers["Location"]) == (302, PAGE + "?salvata=1")
    assert "non è ancora stata provata" in words(editor.get(PAGE))
    assert manager.post(PAGE + "pubblica/", {"version": 1}).status_code == 302
    assert "tutte le sue bollette devono riuscire" in words(manager.get(PAGE))

    send(editor, PAGE, "try", sample=upload())
    assert "13 bollette accettate su 13" in words(editor.get(PAGE))
    assert manager.post(PAGE + "pubblica/", {"version": 1, "note": "va bene"}).status_code == 302
    with company(acme.id):
        assert [(each.name, each.version) for each in published_layouts()] == [("valmarina-spool", 1)]
    send(editor, PAGE, "save", TEXT + "# altro\n")
    assert "bozza: v2" in words(editor.get(PAGE))
    assert editor.post(PAGE + "ripristina/", {"version": 1}).status_code == 302
    assert "# altro" not in editor.get(PAGE).content.decode()
    assert "Come la versione 1" in words(editor.get(PAGE))
    with company(acme.id):
        acts = list(Entry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["try_layout", "save_layout", "try_layout", "publish_layout", "save_layout", "restore_layout"]


def test_from_a_blank_sheet_of_fixed_positions(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor = signed_in(acme.editor.email)
    begun = unescape(editor.get(NEW + "?foglio=fixed").content.decode())
    assert BLANK_FIXED in begun.replace("\r\n", "\n")
    small = upload(b"01C1        000000001220260801" + b"0" * 19 + b"-\n", "piccolo.txt")
    page = words(send(editor, NEW, "try", BLANK_FIXED, sample=small))
    assert "Accettate 1 " in page
    assert "Dati vuoti nel file" in page
    assert "due_date 01 posizioni 31-38 1 1" in page


def test_from_a_blank_sheet(acme: CompanyFixture, signed_in: SignIn) -> None:
    """What the editor begins with reads a bill, and says what to do next about a file that has more than it knows."""
    editor = signed_in(acme.editor.email)
    assert "nome-del-tracciato" in editor.get(NEW).content.decode()
    small = upload(b"FT;C1;12;01/08/2026;31/08/2026;1.120,50;altro\n", "piccolo.csv")
    page = words(send(editor, NEW, "try", BLANK, sample=small))
    assert "Bolletta 1 del file (12)" in page
    assert "1.120,50" in page
    unknown = words(send(editor, NEW, "try", BLANK, sample=upload(b"FT;C1;12;01/08/2026;;0\nXX;1\n", "altro.csv")))
    assert "tipo record «XX» sconosciuto" in unknown
    assert "skip_types" in unknown


def test_mistakes_are_told_with_line_and_key(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor = signed_in(acme.editor.email)
    broken = words(send(editor, NEW, "try", TEXT.replace('kind = "fixed"', 'kind = "fixed'), sample=upload()))
    assert "riga 6" in broken
    odd = TEXT.replace('pattern = "yyyymmdd"', 'pattern = "aaaammgg"').replace("[files]", "[files]\ncolore = 3\n")
    page = send(editor, NEW, "try", odd, sample=upload())
    assert page.status_code == 200
    assert "colore" in words(page)
    assert "aaaammgg" in page.content.decode()  # what was typed is still there
    refused = send(editor, NEW, "save", "niente")
    assert refused.status_code == 200
    assert "serve almeno la tabella [layout]" in words(refused)


def test_sample_travels_with_the_page(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor = signed_in(acme.editor.email)
    page = send(editor, NEW, "try", sample=upload()).content.decode()
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found
    again = send(editor, NEW, "try", carried=found[1], carried_name="VM26Q2.spl", document=2)
    assert "Bolletta 2 del file" in again.content.decode()
    assert "Scelga il file" in words(send(editor, NEW, "try", carried="non è base64"))
    assert "Scelga il file" in words(send(editor, NEW, "try"))


def test_what_is_too_large_is_dropped_while_it_arrives(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor = signed_in(acme.editor.email)
    page = send(editor, NEW, "try", sample=upload(b"x" * (MAX_UPLOAD + 1)))
    assert page.status_code == 400
    assert "al massimo 5 MB" in words(page)
    assert send(editor, NEW, "try", "#" * (256 * 1024 + 1), sample=upload()).status_code == 400


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff" * 300, b"PK\x03\x04 zip", "AB".encode("utf-16"), b"AB" + b" " * 300 + b"\r\n", b"\r\n" * 5000],
)
def test_any_file_gets_an_answer(acme: CompanyFixture, signed_in: SignIn, content: bytes) -> None:
    editor = signed_in(acme.editor.email)
    for name in ("valmarina", "lumengas", "borgoprova"):
        page = send(editor, NEW, "try", example_text(name), sample=upload(content, "strano.bin"))
        assert page.status_code == 200
        assert "Prova su strano.bin" in words(page)


def test_markup_of_a_flow_is_escaped(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor = signed_in(acme.editor.email)
    flow = FLOW.replace(b"Adela ", b"<b>x</")
    page = send(editor, NEW, "try", sample=upload(flow, "<script>.spl")).content.decode()
    assert "<b>x</" not in page
    assert "<script>.spl" not in page


def test_days_of_validity(acme: CompanyFixture, signed_in: SignIn) -> None:
    editor = signed_in(acme.editor.email)
    send(editor, NEW, "save")
    days = PAGE + "validita/"
    assert editor.post(days, {"valid_from": "2026-09-01", "valid_to": ""}).status_code == 302
    page = editor.get(PAGE)
    assert "01/09/2026 – …" in words(page)
    assert 'value="2026-09-01"' in page.content.decode()
    editor.post(days, {"valid_from": "2026-09-01", "valid_to": "2026-08-01"})
    assert "precede il primo" in words(editor.get(PAGE))
    editor.post(days, {"valid_from": "domani"})
    assert "Scriva la data come gg/mm/aaaa" in words(editor.get(PAGE))


def test_viewer_looks_and_does_not_write(acme: CompanyFixture, signed_in: SignIn) -> None:
    send(signed_in(acme.editor.email), NEW, "save")
    viewer = signed_in(acme.viewer.email)
    page = viewer.get(PAGE).content.decode()
    assert 'value="save"' not in page
    assert "ripristina" not in page
    assert "nuovo/" not in viewer.get(LIST).content.decode()
    assert viewer.get(LIST + "guida/").status_code == 200


def test_help_lists_keys_types_transforms_targets_and_fields(acme: CompanyFixture, signed_in: SignIn) -> None:
    told = words(signed_in(acme.viewer.email).get(LIST + "guida/"))
    for word in ("skip_types", "sign_blank", "collapse_spaces", "first_day_of:campo", "bill.consumption", "coeff_c"):
        assert word in told
