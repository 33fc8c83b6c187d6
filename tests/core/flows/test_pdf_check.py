"""PDFs that act, embed, hide, or are none."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartbill.core.flows.pdf_check import check_pdf, pdf_findings
from smartbill.core.wording.findings import message

Change = Callable[[pikepdf.Pdf], None]


def made(change: Change | None = None, **options: object) -> bytes:
    target = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        if change:
            change(pdf)
        pdf.save(target, **options)  # type: ignore[arg-type]
    return target.getvalue()


def _open_action(kind: str) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name(kind), JS="app.alert(1)")

    return change


def _launch(pdf: pikepdf.Pdf) -> None:
    link = pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe"))
    pdf.pages[0].Annots = pikepdf.Array([link])


def _attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = b"hello"


def _attachment_and_script(pdf: pikepdf.Pdf) -> None:
    _attachment(pdf)
    pdf.Root.Names.JavaScript = pikepdf.Dictionary(
        Names=pikepdf.Array(["x", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x")])
    )


def _link_to(address: str) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=address)
        pdf.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=action)])

    return change


def _action(kind: str, **values: object) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name(f"/{kind}"), **values)
        link = pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=pdf.make_indirect(action))
        pdf.pages[0].Annots = pikepdf.Array([link])

    return change


def _at(key: str, value: Callable[[], pikepdf.Object]) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root[key] = value()

    return change


def _opens_an_address() -> pikepdf.Object:
    return pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://acqualuce.example/")


def _page_opens_an_address_second(pdf: pikepdf.Pdf) -> None:
    first = pikepdf.Dictionary(S=pikepdf.Name.GoTo, Next=pikepdf.Array([pdf.make_indirect(_opens_an_address())]))
    pdf.pages[0].AA = pikepdf.Dictionary(O=pdf.make_indirect(first))


def _form(**held: object) -> Change:
    return _at("/AcroForm", lambda: pikepdf.Dictionary(Fields=pikepdf.Array(), **held))


def _data_elsewhere(pdf: pikepdf.Pdf) -> None:
    stream = pdf.make_stream(b"")
    stream["/F"] = "//server/share/a.txt"
    pdf.Root.Elsewhere = stream


def _annotation(kind: str) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(Subtype=pikepdf.Name(f"/{kind}"))])

    return change


def _deep(pdf: pikepdf.Pdf) -> None:
    nested: pikepdf.Object = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x")
    for _ in range(90):
        nested = pikepdf.Array([nested])
    pdf.Root.Deep = nested


def _pages(count: int) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        for _ in range(count - 1):
            pdf.pages.append(pdf.pages[0])

    return change


def _no_pages(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[0]


_OBJECT_STREAMS = pikepdf.ObjectStreamMode.generate
EXAMPLES: dict[bytes, str] = {
    made(): "",
    made(_open_action("/GoTo")): "DOC-305",  # a script under any name
    made(_open_action("/JavaScript")): "DOC-305",
    made(_at("/OpenAction", lambda: pikepdf.Dictionary(S=pikepdf.Name.GoTo, D="a"))): "",
    made(_at("/OpenAction", _opens_an_address)): "DOC-305",
    made(_page_opens_an_address_second): "DOC-305",
    made(_launch): "DOC-305",
    made(_launch, object_stream_mode=_OBJECT_STREAMS): "DOC-305",
    made(_launch).replace(b"/Launch", b"/Laun#63h"): "DOC-302",  # another length, so its table of objects is wrong
    made(_action("SubmitForm", F="https://x.example")): "DOC-305",
    made(_action("ImportData", F="a.fdf")): "DOC-305",
    made(_action("GoToR", F="b.pdf")): "DOC-305",
    made(_action("Named", N=pikepdf.Name.NextPage)): "",
    made(_link_to("https://acqualuce.example/bolletta?a=1")): "",
    made(_link_to("www.acqualuce.example")): "",
    made(_link_to("mailto:info@acqualuce.example")): "",
    made(_link_to("file:///etc/passwd")): "DOC-305",
    made(_link_to(" FILE:///c:/x.exe")): "DOC-305",
    made(_link_to("java\tscript:app.alert(1)")): "DOC-305",
    made(_link_to("\\\\server\\share")): "DOC-305",
    made(_link_to("//server/share")): "DOC-305",
    made(_form()): "",
    made(_form(XFA=pikepdf.Array())): "DOC-305",
    made(_data_elsewhere): "DOC-305",
    made(_annotation("RichMedia")): "DOC-305",
    made(_annotation("3D")): "DOC-305",
    made(_annotation("Text")): "",
    made(_deep): "DOC-305",
    made(_attachment): "WRN-409",
    made(_attachment, object_stream_mode=_OBJECT_STREAMS): "WRN-409",
    made(_attachment_and_script): "DOC-305",
    made(encryption=pikepdf.Encryption(owner="o", user="")): "DOC-302",
    made(encryption=pikepdf.Encryption(owner="o", user="u")): "DOC-302",
    made(_pages(2_000)): "",
    made(_pages(2_001)): "DOC-302",
    made(_no_pages): "DOC-302",
    made()[:-40]: "DOC-302",  # cut
    made()[:-40] + made(): "DOC-302",
    made().replace(b"/Type /Page", b"/Type /Pake"): "",  # odd, and still a page
    b"x" * 1_000 + made(): "",
    b"x" * 1_024 + made(): "DOC-302",
    b"%PDF-1.7 and nothing more": "DOC-302",
    b"<html>": "DOC-302",
    b"": "DOC-302",
}


@pytest.mark.parametrize("content", EXAMPLES)
def test_what_a_pdf_is(content: bytes) -> None:
    assert check_pdf(content) == EXAMPLES[content]


def test_sentences() -> None:
    told = [
        message(finding)
        for content in (b"x", made(_launch), made(_attachment), made())
        for finding in pdf_findings(content, name="B051_1.pdf", document="B051/1", line=2, file="f.txt")
    ]
    assert told == [
        "Documento B051/1: il file «B051_1.pdf» non è un PDF valido.",
        "Documento B051/1: il PDF contiene elementi attivi non ammessi.",
        "Documento B051/1: il PDF contiene file allegati.",
    ]


GOOD = made(_attachment)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_spoiled_pdfs_never_raise(changes: list[tuple[int, int]]) -> None:
    spoiled = bytearray(GOOD)
    for at, value in changes:
        spoiled[at] = value
    assert check_pdf(bytes(spoiled)) in {"", "DOC-302", "DOC-305", "WRN-409"}
